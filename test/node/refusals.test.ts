import { beforeEach, describe, expect, it } from 'vitest'
import { webDeviceBackend } from '../../src/crypto/web.js'
import { joinEnvelope } from '../../src/index.js'
import { nobleDeviceBackend } from '../../src/noble.js'
import { decryptFile, encryptFile, nodeDeviceBackend, verifyFile } from '../../src/node.js'
import { CHUNK, accepting, pattern, refusal, sameAs, seal } from '../envelope/helpers.js'
import { base64url, fromBase64url, withHead, withPayload, withSigned } from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'
import { backends } from '../backends.js'
import { streamOf } from '../stream/streams.js'
import { bundle, makeFullPlace, signer } from './calls.js'
import { expectFailure, failureIn, makeSink, publishing } from './helpers.js'
import type { DeviceOptions, EncryptOptions } from '../../src/node.js'
import type { EnvelopeParts } from '../../src/index.js'
import type { Place } from './calls.js'

let place: Place
let envelope: EnvelopeParts

beforeEach(async () => {
  place = makeFullPlace()
  envelope = await seal(signer, bundle, { runtime: 'ios-7', type: 'application/zip', expires: 2_000_000_000 })
})

const join = ({ head, payload }: EnvelopeParts): Uint8Array => joinEnvelope(head, payload)
const flip = (at: number) => (): Uint8Array =>
  join(withPayload(envelope, (payload) => payload.set([(payload.at(at) as number) ^ 0x10], (at + payload.length) % payload.length)))
const flippedText = (text: string): string => base64url(fromBase64url(text).map((byte) => byte ^ 1))
const badSignature = (): Uint8Array => join(withHead(envelope, ({ signatures }) => signatures.forEach((it) => (it.signature = flippedText(it.signature)))))
const badChecksum = (): Uint8Array => join(withSigned(envelope, signer, (header) => (header.bundle.checksum = flippedText(header.bundle.checksum))))

/** What is refused, by its code: the bytes, or what of the policy. */
const refused: readonly (readonly [string, () => Uint8Array, Partial<DeviceOptions>])[] = [
  ['not-an-envelope', () => Buffer.from('PK\u0003\u0004 and so on'), {}],
  ['truncated', () => new Uint8Array(0), {}],
  ['truncated', () => join(envelope).subarray(0, 11), {}],
  ['truncated', () => join(envelope).subarray(0, 300), {}],
  ['truncated', () => join({ ...envelope, payload: new Uint8Array(0) }), {}],
  ['truncated', () => join(envelope).subarray(0, -1), {}],
  ['malformed-head', () => join({ ...envelope, head: '{}' }), {}],
  ['bad-signature', badSignature, {}],
  ['untrusted-key', () => join(envelope), { trust: freshEd25519().publicKey }],
  ['bad-key', () => join(envelope), { trust: 'no key' }],
  ['wrong-app', () => join(envelope), { app: 'com.example.other' }],
  ['wrong-channel', () => join(envelope), { channel: 'beta' }],
  ['rollback', () => join(envelope), { lastSequence: 1000 }],
  ['wrong-runtime', () => join(envelope), { runtime: 'ios-8' }],
  ['wrong-type', () => join(envelope), { type: 'application/gzip' }],
  ['expired', () => join(envelope), { now: 2_000_000_001 }],
  ['too-large', () => join(envelope), { maxSize: bundle.length - 1 }],
  ['no-reader-key', () => join(envelope), { reader: pattern(32) }],
  ['bad-index', flip(0), {}],
  ['bad-chunk', flip(-1), {}],
  ['bad-chunk', flip(-3 * CHUNK), {}],
  ['trailing-data', () => Buffer.concat([join(envelope), Buffer.of(0)]), {}],
  ['bad-checksum', badChecksum, {}],
]

describe.each(refused)('an envelope that is refused leaves no file, and changes none: %s', (code, bytes, more) => {
  it('from a file and from a stream, to a new file, over an old one, to a function, and to nothing', async () => {
    const options = accepting(signer, more)
    const file = place.put('hostile', bytes())
    place.put('old', 'old', 0o600)
    const sink = makeSink()
    for (const input of [() => file, () => streamOf(bytes(), 700)]) {
      const attempts = [
        async () => decryptFile(input(), place.path('target'), options),
        async () => decryptFile(input(), place.path('old'), { ...options, overwrite: true }),
        async () => decryptFile(input(), sink.write, options),
        async () => verifyFile(input(), options),
      ]
      for (const attempt of attempts) {
        await expectFailure(place, attempt, code)
        expect((await refusal(attempt)).code).toBe(code)
      }
    }
    expect(sink.pieces).toEqual([])
  })
})

it('the envelope of these tests is accepted as it stands', async () => {
  const { header } = await decryptFile(place.put('e', join(envelope)), place.path('target'), accepting(signer))
  expect([header.runtime, place.read('target').equals(bundle)]).toEqual(['ios-7', true])
})

describe('encryptFile', () => {
  const mistakes: readonly (readonly [string, Partial<EncryptOptions>, unknown])[] = [
    ['a broken key', { signer: 'no key' }, { code: 'bad-key' }],
    ['a public key', { signer: signer.publicKey }, { code: 'bad-key' }],
    ['a sequence in milliseconds', { sequence: Date.now() }, { name: 'RangeError' }],
    ['no app', { app: '' }, { name: 'RangeError' }],
    ['a chunk size of its own', { chunkSize: 1000 as 16_384 }, { name: 'RangeError' }],
    ['a backend without a hash', { backend: { ...backends[0], hasher: undefined } as never }, { name: 'TypeError' }],
  ]

  it.each(mistakes)('with %s leaves nothing', async (_, more, expected) => {
    for (const output of [place.path('target'), makeSink().write]) {
      for (const input of [() => place.path('bundle'), () => streamOf(bundle)]) {
        expect(await failureIn(place, async () => encryptFile(input(), output, publishing(signer, more)))).toMatchObject(expected as object)
      }
    }
  })
})

describe('the checksum of the whole', () => {
  it('is left out where the caller says so: the signed digests of the chunks stay', async () => {
    const file = place.put('hostile', badChecksum())
    await expectFailure(place, async () => decryptFile(file, place.path('out'), accepting(signer)), 'bad-checksum')
    await decryptFile(file, place.path('out'), accepting(signer, { checksum: false }))
    expect(place.read('out')).toSatisfy(sameAs(bundle))
    const bad = place.put('bad', flip(-1)())
    await expectFailure(place, async () => decryptFile(bad, place.path('new'), accepting(signer, { checksum: false })), 'bad-chunk')
  })

  it('is checked with a backend that has no running hash, too', async () => {
    const options = accepting(signer, { backend: webDeviceBackend })
    await decryptFile(place.path('envelope'), place.path('out'), options)
    expect(place.read('out')).toSatisfy(sameAs(bundle))
    const wrong = place.put('hostile', badChecksum())
    await expectFailure(place, async () => verifyFile(wrong, options), 'bad-checksum')
  })
})

describe.each(backends)('$name backend', (backend) => {
  it('encrypts for every other', async () => {
    await encryptFile(place.path('bundle'), place.path('e'), publishing(signer, { backend }))
    for (const [i, device] of [nodeDeviceBackend, nobleDeviceBackend, ...backends].entries()) {
      await decryptFile(place.path('e'), place.path(`out-${i}`), accepting(signer, { backend: device }))
      expect(place.read(`out-${i}`)).toSatisfy(sameAs(bundle))
    }
  })
})
