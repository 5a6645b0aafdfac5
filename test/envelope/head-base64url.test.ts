import { describe, expect, test } from 'vitest'
import { decodeHead, verifyAndDecrypt } from '../../src/index.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { base64url, protectedText, rawHead, rawHeader } from './hostile.js'
import { withHead, withSignature, withSigned, withSignedMember } from './hostile.js'
import { freshEd25519 } from './signers.js'
import type { EnvelopeParts } from '../../src/index.js'
import type { RawHead } from './hostile.js'

const signer = freshEd25519()
const bundle = pattern(3)
const device = accepting(signer)

/** `uneven` is one whose payload member has unused bits. */
const sealed = await seal(signer, bundle)
const uneven = ['', ' ', '  ']
  .map((more) => withSigned(sealed, signer, (header) => (header.meta = { m: more })))
  .find(({ head }) => rawHead(head).payload.length % 4 !== 0) as EnvelopeParts

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Every wrong writing of the same bytes, and some that are no base64url at all. */
function wrongWritings(text: string): readonly string[] {
  const last = alphabet.indexOf(text.at(-1) as string)
  const unused = text.length % 4 === 0 ? [] : [
    text.slice(0, -1) + (alphabet[last + 1] as string),
    text.padEnd(text.length + 4 - (text.length % 4), '='),
  ]
  return [
    ...unused,
    `${text}${'A'.repeat(5 - (text.length % 4))}`,
    `+/${text.slice(2)}`,
    `${text}=`,
    `${text.slice(0, 8)}.${text.slice(9)}`,
  ]
}

async function expectEachRefused(text: string, write: (writing: string) => EnvelopeParts): Promise<void> {
  const good = write(text)
  await expectAccepted(good, device, bundle)
  expect(wrongWritings(text).length).toBeGreaterThanOrEqual(4)
  for (const writing of wrongWritings(text)) {
    const bad = write(writing)
    await expectRefused(() => verifyAndDecrypt(bad, device), 'malformed-head', /base64url|does not hold|32|24/)
    await expectRefused(() => decodeHead(bad.head), 'malformed-head', /base64url|does not hold|32|24/)
  }
}

describe('R9: base64url that is not canonical is refused', () => {
  test('in the payload member, although it is signed as it stands', async () => {
    expect(rawHead(uneven.head).payload.length % 4).not.toBe(0)
    await expectEachRefused(rawHead(uneven.head).payload, (payload) => withSignedMember(uneven, payload, signer))
  })

  test.each(['protected', 'signature'] as const)('in the %s member of a signature', async (member) => {
    const first = (head: RawHead): RawHead['signatures'][0] => head.signatures[0] as RawHead['signatures'][0]
    await expectEachRefused(first(rawHead(sealed.head))[member], (writing) =>
      withHead(sealed, (head) => (first(head)[member] = writing)),
    )
  })

  test.each(['salt', 'commitment', 'index'] as const)('in the %s of a signed body', async (member) => {
    await expectEachRefused(rawHeader(sealed.head).body[member], (writing) =>
      withSigned(sealed, signer, (header) => (header.body[member] = writing)),
    )
  })

  test('in a signed checksum', async () => {
    await expectEachRefused(rawHeader(sealed.head).bundle.checksum, (writing) =>
      withSigned(sealed, signer, (header) => (header.bundle.checksum = writing)),
    )
  })

  test('in a signed kid', async () => {
    await expectEachRefused(
      signer.kid,
      (kid) => withSignature(sealed, signer, { protected: protectedText(signer, { kid }) }),
    )
  })
})

test.each([0, 31, 33])('R12, R16: members of %i bytes are refused', async (length) => {
  await expectAccepted(sealed, device, bundle)
  const other = base64url(pattern(length))
  const wrong: readonly (readonly [EnvelopeParts, RegExp])[] = [
    [withSigned(sealed, signer, (header) => (header.body.commitment = other)), /commitment does not hold 32 bytes/],
    [withSigned(sealed, signer, (header) => (header.body.index = other)), /index does not hold 32 bytes/],
    [withSigned(sealed, signer, (header) => (header.body.salt = other)), /salt does not hold 24 bytes/],
    [withSigned(sealed, signer, (header) => (header.bundle.checksum = other)), /checksum does not hold 32 bytes/],
    [withSignature(sealed, signer, { protected: protectedText(signer, { kid: other }) }), /kid does not hold 32 bytes/],
  ]
  for (const [bad, message] of wrong) {
    await expectRefused(() => verifyAndDecrypt(bad, device), 'malformed-head', message)
  }
})
