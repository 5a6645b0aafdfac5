import { describe, expect, test } from 'vitest'
import { decodeHead, encryptBundle, verifyAndDecrypt } from '../../src/index.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { signatureOver, withHead, withSigned } from './hostile.js'
import { freshEd25519 } from './signers.js'
import { link } from '../trust/signed.js'
import type { EnvelopeParts, ErrorCode } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(3)
const sealed = await seal(signer, bundle)
const device = accepting(signer)

/** `least` to `most` are accepted, and one more or less is refused. */
async function expectEdge(good: EnvelopeParts, bad: EnvelopeParts, code: ErrorCode, message: RegExp): Promise<void> {
  await expectAccepted(good, device, bundle)
  await expectRefused(() => verifyAndDecrypt(bad, device), code, message)
  await expectRefused(() => decodeHead(bad.head), code, message)
}

function withOthers(count: number): EnvelopeParts {
  return withHead(sealed, (head) => {
    for (let i = 0; i < count; i++) head.signatures.unshift(signatureOver(head.payload, freshEd25519()))
  })
}

const withSlots = (count: number): EnvelopeParts =>
  withHead(sealed, (head) => head.keys.unshift(...Array.from({ length: count }, (_, i) => `other.${i}`)))
/** Of a key that is none of this device's: well-formed, and to be ignored. */
const stranger = link(freshEd25519(), signer)
const [header, claims, signature] = stranger.split('.') as [string, string, string]
const withLinks = (links: unknown): EnvelopeParts => withHead(sealed, (head) => Object.assign(head, { chain: links }))
const withMeta = (size: number): EnvelopeParts =>
  withSigned(sealed, signer, (header) => (header.meta = { a: 'x'.repeat(size - '{"a":""}'.length) }))

describe('R11: how many', () => {
  test('8 signatures, of which the last counts, are accepted, 9 refused', async () =>
    expectEdge(withOthers(7), withOthers(8), 'limit-exceeded', /signatures has more than 8/))

  test('no signature is refused', async () => {
    const bad = withHead(sealed, (head) => (head.signatures = []))
    await expectEdge(sealed, bad, 'malformed-head', /signatures has fewer than 1/)
  })

  test('64 slots, of which the last is genuine, are accepted, 65 refused', async () =>
    expectEdge(withSlots(63), withSlots(64), 'limit-exceeded', /keys has more than 64/))

  test('8 links are accepted, 9 and none refused', async () => {
    await expectEdge(
      withLinks(Array(8).fill(stranger)),
      withLinks(Array(9).fill(stranger)),
      'limit-exceeded',
      /chain has more than 8/,
    )
    await expectEdge(sealed, withLinks([]), 'malformed-head', /chain has fewer than 1/)
  })

  const badLinks: readonly (readonly [string, unknown])[] = [
    ['two parts', `${header}.${claims}`], ['four parts', `${stranger}.${signature}`], ['dots alone', '..'], ['nothing', ''],
    ['no header', `.${claims}.${signature}`], ['no payload', `${header}..${signature}`], ['no signature', `${header}.${claims}.`],
    ['padding', `${stranger}==`], ['bits left over', `${header}.${claims}.AB`], ['a lone character', `${header}.${claims}.A`],
    ['base64, not base64url', `${header}.A+.${signature}`], ['a number', 5], ['null', null],
    ['a list', [stranger]], ['an object', { header, claims, signature }],
  ]
  const badChains: readonly (readonly [string, unknown])[] = [
    ...badLinks.map(([title, bad]) => [`a link of ${title}`, [bad]] as const),
    ['one that is broken after one that is not', [stranger, '']], ['a link without its list', stranger],
    ['null for a list', null], ['an object for a list', { 0: stranger }],
  ]
  test.each(badChains)('R55: a chain with %s is refused', async (_, chain) => {
    await expectEdge(withLinks([stranger]), withLinks(chain), 'malformed-head', /chain/)
  })

  test('lists that are none, and members of them that are no objects, are refused', async () => {
    const wrong = [{}, 'x', null, 5]
    for (const value of wrong) {
      await expectEdge(
        sealed,
        withHead(sealed, (head) => Object.assign(head, { signatures: value })),
        'malformed-head',
        /not an array/,
      )
      await expectEdge(
        sealed,
        withHead(sealed, (head) => Object.assign(head, { keys: value })),
        'malformed-head',
        /not an array/,
      )
    }
    for (const value of [[], 'x', null, 5]) {
      await expectEdge(
        sealed,
        withHead(sealed, (head) => Object.assign(head, { signatures: [value] })),
        'malformed-head',
        /not an object/,
      )
    }
    await expectEdge(
      sealed,
      withHead(sealed, (head) => Object.assign(head, { keys: [5] })),
      'malformed-head',
      /not a string/,
    )
    await expectEdge(
      sealed,
      withHead(sealed, (head) => Object.assign(head, { payload: 5 })),
      'malformed-head',
      /not a string/,
    )
  })
})

describe('R17: meta', () => {
  test('of 16,384 bytes is accepted, one more refused', async () =>
    expectEdge(withMeta(16_384), withMeta(16_385), 'limit-exceeded', /meta takes more than 16384 bytes/))

  test('is measured in bytes, not characters', async () => {
    const bad = withSigned(sealed, signer, (header) => (header.meta = { a: 'é'.repeat(8200) }))
    await expectEdge(withMeta(16_384), bad, 'limit-exceeded', /meta/)
  })

  test.each([
    [{ a: 1 }], [{ a: null }], [{ a: { b: 'c' } }], [{ a: ['b'] }], ['text'], [['a']], [null], [5],
  ])('%j is refused', async (meta) => {
    const bad = withSigned(sealed, signer, (header) => Object.assign(header, { meta }))
    await expectEdge(sealed, bad, 'malformed-head', /meta is not (a string|an object)/)
  })

  test('too large is refused when it is published', async () => {
    const options = { signer: signer.privateKey, app: 'a', version: '1' }
    const tooLarge = encryptBundle(bundle, { ...options, meta: { a: 'x'.repeat(16_377) } })
    await expect(tooLarge).rejects.toThrow(/meta .*16384 bytes/)
    const { head } = await encryptBundle(bundle, { ...options, meta: { a: 'x'.repeat(16_376) } })
    expect(decodeHead(head).header.app).toBe('a')
  })
})

describe('R5: the number of chunks', () => {
  const claims = (size: number, chunk: number): EnvelopeParts =>
    withSigned(sealed, signer, (header) => {
      header.bundle.size = size
      header.body.chunk = chunk
    })

  test.each([16_384, 262_144])('is at most 1,048,576, of %i bytes; nothing is allocated for more', async (chunk) => {
    const largest = 1_048_576 * chunk - 1
    await expectRefused(() => verifyAndDecrypt(claims(largest, chunk), device), 'truncated', /of \d{11,} bytes/)
    expect(decodeHead(claims(largest, chunk).head).payloadLength).toBe(1_048_576 * (32 + 16) + 56 + largest)
    for (const size of [largest + 1, 2 ** 45, Number.MAX_SAFE_INTEGER]) {
      await expectRefused(
        () => verifyAndDecrypt(claims(size, chunk), device),
        'limit-exceeded',
        /more than 1048576 chunks/,
      )
      await expectRefused(() => decodeHead(claims(size, chunk).head), 'limit-exceeded', /more than 1048576 chunks/)
    }
  })
})
