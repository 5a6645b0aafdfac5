import { describe, expect, test } from 'vitest'
import { verifyAndDecrypt } from '../../src/index.js'
import { refusal } from '../envelope/helpers.js'
import { rawHead } from '../envelope/hostile.js'
import { accepting } from './event-calls.js'
import { entry, link, named, storeOf } from './signed.js'
import { release, secret } from './world.js'
import type { EnvelopeEvent } from '../../src/index.js'

const [A, B, K] = [named('A'), named('B'), named('K')]
const revoked = storeOf([entry(A, { status: 'revoked' }), B])

/** A head whose first signature stands there twice; `spoil` changes the second. */
function doubled(parts: { readonly head: string; readonly payload: Uint8Array }, spoil: boolean): typeof parts {
  const head = rawHead(parts.head)
  const [first] = head.signatures
  const twin = { ...first, signature: spoil ? 'A'.repeat(86) : first?.signature }
  return { ...parts, head: JSON.stringify({ ...head, signatures: [...head.signatures, twin] }) }
}

describe('R25: two signatures of one key', () => {
  test.each([[false], [true]])('hide no signature by a revoked key (the second is spoilt: %s)', async (spoil) => {
    for (const parts of [release([A]), release([K], [link(A, K)])]) {
      const told: EnvelopeEvent[] = []
      const call = async (): Promise<unknown> =>
        verifyAndDecrypt(doubled(parts, spoil), { ...accepting(secret), trust: revoked, onEvent: (event) => told.push(event) })
      expect((await refusal(call)).code).toBe('revoked-key')
      expect(told.filter((event) => event.event === 'signature-refused').map(({ code }) => code)).toContain('revoked-key')
    }
  })

  test('count for nobody, though both hold', async () => {
    const call = async (): Promise<unknown> => verifyAndDecrypt(doubled(release([B]), false), { ...accepting(secret), trust: revoked })
    expect((await refusal(call)).code).toBe('bad-signature')
  })
})
