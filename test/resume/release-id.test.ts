import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { openEnvelope } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { accepting, pattern, seal } from '../envelope/helpers.js'
import { rawHead, reordered, withHead, withSigned } from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'
import type { HeadInput } from '../../src/index.js'

const signer = freshEd25519()
const cosigner = freshEd25519()
const bundle = pattern(5)
const sealed = await seal(signer, bundle)

describeEachBackend('R53: releaseId', (backend) => {
  const idOf = async (head: HeadInput): Promise<string> =>
    (await openEnvelope(head, accepting(signer, { backend }))).releaseId

  test('is the hex SHA-256 of the head member payload, as it stands there', async () => {
    const { payload } = rawHead(sealed.head)
    expect(await idOf(sealed.head)).toBe(createHash('sha256').update(payload, 'ascii').digest('hex'))
    expect(await idOf(sealed.head)).toMatch(/^[0-9a-f]{64}$/)
  })

  test('is the same for a head in any form and layout, with other slots and with more signatures', async () => {
    const head = rawHead(sealed.head)
    const [own] = head.keys as [string]
    const other = rawHead((await seal(cosigner, bundle)).head)
    const forms: HeadInput[] = [
      head,
      Buffer.from(sealed.head),
      JSON.stringify(head, null, 2),
      JSON.stringify(reordered(head)),
      withHead(sealed, (one) => (one.keys = [...other.keys, 'no-slot', own])).head,
      withHead(sealed, (one) => one.signatures.push(...other.signatures)).head,
    ]
    const id = await idOf(sealed.head)
    for (const form of forms) expect(await idOf(form)).toBe(id)
  })

  test('differs between two releases, also of the same bundle with the same claims', async () => {
    const again = await seal(signer, bundle)
    const later = withSigned(sealed, signer, (header) => (header.sequence += 1))
    const ids = await Promise.all([sealed, again, later].map(async ({ head }) => idOf(head)))
    expect(new Set(ids).size).toBe(3)
  })
})
