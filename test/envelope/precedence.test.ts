import { describe, expect, test } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { decodeHead, encryptBundle, verifyAndDecrypt, verifyTrustUpdate } from '../../src/index.js'
import { entry, named, storeOf, updateOf, NOW } from '../trust/signed.js'
import { accepting, expectAccepted, expectRefused, pattern, refusal, seal } from './helpers.js'
import { protectedText, withHead, withHeadText, withPayload, withSignature, withSigned, withSignedText } from './hostile.js'
import { freshEd25519 } from './signers.js'
import type { Backend } from '../../src/crypto/backend.js'
import type { DeviceOptions, EnvelopeParts, ErrorCode, KeyMember } from '../../src/index.js'

const signer = freshEd25519()
const other = freshEd25519()
const bundle = pattern(3)
const EXPIRES = 4_000_000_000
const sealed = await seal(signer, bundle, { runtime: 'ios-7', type: 'application/zip', expires: EXPIRES })

describe('R85: the code of a value that is wrong', () => {
  const cases: readonly (readonly [string, EnvelopeParts, ErrorCode])[] = [
    ['body.alg another text', withSigned(sealed, signer, ({ body }) => (body.alg = 'AES-128-GCM')), 'unsupported'],
    ['body.alg a number', withSignedText(sealed, signer, (text) => text.replace('"AES-256-GCM"', '1')), 'malformed-head'],
    ['chunk another number', withSigned(sealed, signer, ({ body }) => (body.chunk = 65_536)), 'unsupported'],
    ['chunk a string', withSignedText(sealed, signer, (text) => text.replace('"chunk":16384', '"chunk":"16384"')), 'unsupported'],
    ['typ another text', withSignature(sealed, signer, { protected: protectedText(signer, { typ: 'JWT' }) }), 'unsupported'],
    ['typ no text', withSignature(sealed, signer, { protected: protectedText(signer, { typ: 2 }) }), 'malformed-head'],
    ['keys an object', withHeadText(sealed, (text) => text.replace(/"keys":\[[^\]]*\]/, '"keys":{}')), 'malformed-head'],
    ['no signature at all', withHead(sealed, (head) => (head.signatures = [])), 'malformed-head'],
  ]
  test.each(cases)('%s', async (_, bad, code) => {
    await expectRefused(() => decodeHead(bad.head), code)
    await expectRefused(() => verifyAndDecrypt(bad, accepting(signer)), code)
  })

  test('an alg that nobody knows is no matter of form, but of the signature', async () => {
    const bad = withSignature(sealed, signer, { protected: protectedText(signer, { alg: 'HS256' }) })
    expect(decodeHead(bad.head).signatures).toHaveLength(1)
    await expectRefused(() => verifyAndDecrypt(bad, accepting(signer)), 'bad-signature')
  })
})

describe('R87: of several claims that fail', () => {
  const fails: readonly (readonly [ErrorCode, Partial<DeviceOptions>])[] = [
    ['wrong-app', { app: 'com.example.other' }],
    ['wrong-channel', { channel: 'beta' }],
    ['wrong-runtime', { runtime: 'ios-8' }],
    ['wrong-type', { type: 'text/html' }],
    ['rollback', { lastSequence: 1000 }],
    ['expired', { now: EXPIRES }],
    ['too-large', { maxSize: 2 }],
  ]

  test.each(fails.map(([code], i) => [code, i] as const))('%s is told before what comes after it', async (code, i) => {
    const device = accepting(signer, Object.assign({}, ...fails.slice(i).map(([, options]) => options)) as Partial<DeviceOptions>)
    await expectRefused(() => verifyAndDecrypt(sealed, device), code)
  })

  test('the last installed sequence is looked at before minSequence, both before the expiry', async () => {
    const trust = storeOf([signer], { minSequence: 2000 })
    const error = await refusal(() => verifyAndDecrypt(sealed, accepting(signer, { trust, lastSequence: 1000, now: EXPIRES })))
    expect(error.message).toMatch(/installed 1000/)
    await expectRefused(() => verifyAndDecrypt(sealed, accepting(signer, { trust, now: EXPIRES })), 'rollback', /minSequence/)
  })
})

describe('R38: of several steps that fail', () => {
  const noSlot = withHead(sealed, (head) => (head.keys = []))
  const cut = (parts: EnvelopeParts): EnvelopeParts => ({ head: parts.head, payload: parts.payload.subarray(1) })
  const flipped = withPayload(sealed, (payload) => (payload[0] = (payload[0] ?? 0) ^ 1))
  const all: DeviceOptions = accepting(other, { app: 'com.example.other' })
  const cases: readonly (readonly [string, EnvelopeParts, DeviceOptions, ErrorCode])[] = [
    ['form before trust store', withHead(noSlot, (head) => (head.signatures = [])), { ...all, trust: storeOf([], {}) }, 'malformed-head'],
    ['too many chunks before signatures', withSigned(noSlot, signer, (header) => (header.bundle.size = 2 ** 40)), all, 'limit-exceeded'],
    ['trust store before signatures', noSlot, { ...all, trust: storeOf([other, other]) }, 'bad-trust-store'],
    ['signatures before claims', cut(noSlot), all, 'untrusted-key'],
    ['claims before length', cut(noSlot), accepting(signer, { app: 'com.example.other' }), 'wrong-app'],
    ['length before slots', cut(noSlot), accepting(signer), 'truncated'],
    ['slots before index', withHead(flipped, (head) => (head.keys = [])), accepting(signer), 'no-reader-key'],
    ['index before chunks', withPayload(flipped, (payload) => payload.fill(0, -16)), accepting(signer), 'bad-index'],
  ]
  test.each(cases)('%s', async (_, bad, device, code) => {
    await expectAccepted(sealed, accepting(signer), bundle)
    await expectRefused(() => verifyAndDecrypt(bad, device), code)
  })
})

describe('R89: of several steps of a trust update that fail', () => {
  const [A, B] = [named('A'), named('B')]
  const weak: KeyMember = { kty: 'OKP', crv: 'Ed25519', x: 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }
  const weakStore = storeOf([B, { key: weak, status: 'active' }], { epoch: 3 })
  const own = storeOf([A], { epoch: 2 })
  const cases: readonly (readonly [string, ReturnType<typeof updateOf>, typeof own, ErrorCode])[] = [
    ['form before its own trust store', { ...updateOf(own, [B]), payload: '' }, storeOf([A, A]), 'bad-trust-store'],
    ['its own trust store before the epoch', updateOf(storeOf([B]), [B]), { ...own, keys: [{ key: weak, status: 'active' }] }, 'bad-key'],
    ['the epoch before signatures', updateOf({ ...weakStore, epoch: 2 }, [B]), own, 'rollback'],
    ['signatures by the old store before keys of the new one', updateOf(weakStore, [B]), own, 'untrusted-key'],
    ['keys of the new one before signatures by it', updateOf(weakStore, [A]), own, 'bad-key'],
    ['a key twice before signatures by it', updateOf(storeOf([B, entry(B)], { epoch: 3 }), [A]), own, 'bad-trust-store'],
    ['signatures by the new one at the end', updateOf(storeOf([B], { epoch: 3 }), [A]), own, 'untrusted-key'],
  ]
  test.each(cases)('%s', async (_, update, trust, code) => expectRefused(() => verifyTrustUpdate(update, { trust, now: NOW }), code))
})

describe('R88: a publisher refuses to give away', () => {
  test('a head that readers would refuse', async () => {
    const options = { app: 'com.example.app', version: '1', signer: signer.privateKey, channel: 'x' }
    const short: Backend = { ...nodeBackend, randomBytes: (length) => nodeBackend.randomBytes(length === 24 ? 23 : length) }
    await expectRefused(() => encryptBundle(bundle, { ...options, backend: short }), 'malformed-head', /salt does not hold 24 bytes/)
    expect(decodeHead((await encryptBundle(bundle, { ...options, backend: nodeBackend })).head).header.version).toBe('1')
  })
})
