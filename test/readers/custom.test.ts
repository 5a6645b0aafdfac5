import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { openEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { nobleReader } from '../../src/noble.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { accepting, expectAccepted, expectRefused, refusal, seal } from '../envelope/helpers.js'
import { withHead } from '../envelope/hostile.js'
import { bundle, craftSlot, curves, freshReader, sealed, sessionKey, signer } from './readers.js'
import type { JsonWebKey } from 'node:crypto'
import type { AgreementPublicJwk, Backend, EnvelopeParts, ReaderKey } from '../../src/index.js'
import type { TestReader } from './readers.js'

/** As a native module would do it: it throws where a point is none. */
function hardware(reader: TestReader, derive?: ReaderKey['deriveSharedSecret']): ReaderKey {
  const honest = (ephemeral: AgreementPublicJwk): Uint8Array =>
    diffieHellman({
      privateKey: createPrivateKey(reader.privateKey),
      publicKey: createPublicKey({ key: ephemeral as JsonWebKey, format: 'jwk' }),
    })
  return { publicKey: reader.publicKey, deriveSharedSecret: derive ?? honest }
}

const reader = freshReader('P-256')
const slots = (...keys: string[]): EnvelopeParts => withHead(sealed, (head) => (head.keys = keys))
const forMe = slots(craftSlot(reader, sessionKey))
const zeros = Buffer.alloc(32).toString('base64url')
const offCurve = craftSlot(reader, sessionKey, { epk: { crv: 'P-256', kty: 'EC', x: zeros, y: zeros }, secret: Buffer.alloc(32) })

async function misuse(given: unknown): Promise<unknown> {
  const custom = hardware(reader, () => given as Uint8Array)
  return verifyAndDecrypt(forMe, accepting(signer, { reader: custom })).then(() => 'accepted', (error: unknown) => error)
}

describe('a reader whose key lies elsewhere', () => {
  test.each(curves)('opens slots for %s, by P-256 in a Buffer as node:crypto gives it', async (curve) => {
    const mine = freshReader(curve)
    const envelope = await seal(signer, bundle, { readers: [freshReader(curve).publicKey, mine.publicKey] })
    await expectAccepted(envelope, accepting(signer, { reader: hardware(mine) }), bundle)
    await expectRefused(() => verifyAndDecrypt(sealed, accepting(signer, { reader: hardware(mine) })), 'no-reader-key')
  })

  test('is asked with its own `this`, the numbers of the slot alone, frozen, and a signal; never for other slots', async () => {
    const honest = hardware(reader)
    const derive = vi.fn((...given: Parameters<ReaderKey['deriveSharedSecret']>) => honest.deriveSharedSecret(...given))
    const custom = { publicKey: reader.publicJwk, deriveSharedSecret: derive }
    const head = slots(craftSlot(freshReader('P-256'), sessionKey), craftSlot(freshReader('X25519'), sessionKey), craftSlot(reader, sessionKey))
    await expectAccepted(head, accepting(signer, { reader: custom }), bundle)
    expect(derive).toHaveBeenCalledTimes(1)
    expect(derive.mock.contexts[0]).toBe(custom)
    const [ephemeral, options] = derive.mock.calls[0] as Parameters<ReaderKey['deriveSharedSecret']>
    expect(Object.keys(ephemeral).sort()).toEqual(['crv', 'kty', 'x', 'y'])
    expect(Object.isFrozen(ephemeral)).toBe(true)
    expect(options.signal.aborted).toBe(false)
  })

  test('that throws for a planted slot, or knows no secret, gets the next one', async () => {
    await expectAccepted(slots(offCurve, craftSlot(reader, sessionKey)), accepting(signer, { reader: hardware(reader) }), bundle)
    let calls = 0
    const moody = hardware(reader, (ephemeral, options) => (calls++ === 0 ? undefined : hardware(reader).deriveSharedSecret(ephemeral, options)))
    await expectAccepted(slots(craftSlot(reader, sessionKey), craftSlot(reader, sessionKey)), accepting(signer, { reader: moody }), bundle)
    expect(calls).toBe(2)
  })

  test('that throws where nothing else fits is the cause of the refusal', async () => {
    const cause = new Error('the user pressed cancel')
    for (const derive of [() => Promise.reject(cause), () => { throw cause }]) {
      const error = await refusal(() => verifyAndDecrypt(forMe, accepting(signer, { reader: hardware(reader, derive) })))
      expect([error.code, error.cause]).toEqual(['no-reader-key', cause])
      expect(error.message).toMatch(/could not use its key.*cause/)
    }
  })

  test('that throws does not hide another reader', async () => {
    const broken = hardware(reader, () => { throw new Error('no key') })
    await expectAccepted(forMe, accepting(signer, { reader: [broken, reader.privateKey] }), bundle)
  })

  test('that hangs is left alone when the call is stopped, and told so', async () => {
    const stop = new AbortController()
    let told: { readonly aborted: boolean } | undefined
    const hanging = hardware(reader, async (_, { signal }) => {
      told = signal
      setTimeout(() => stop.abort(new Error('too slow')), 10)
      return new Promise<never>(() => undefined)
    })
    await expectRefused(() => openEnvelope(forMe.head, accepting(signer, { reader: hanging, signal: stop.signal })), 'aborted')
    expect(told?.aborted).toBe(true)
    await expectRefused(() => openEnvelope(forMe.head, accepting(signer, { reader: hanging, signal: stop.signal })), 'aborted')
  })

  test('that fails after the call was stopped disturbs nobody', async () => {
    const stop = new AbortController()
    const late = hardware(reader, async () => {
      stop.abort()
      await new Promise((resolve) => setTimeout(resolve, 5))
      throw new Error('late')
    })
    await expectRefused(() => openEnvelope(forMe.head, accepting(signer, { reader: late, signal: stop.signal })), 'aborted')
    await new Promise((resolve) => setTimeout(resolve, 20))
  })

  test('that gives something else than 32 bytes is the programmer\'s mistake', async () => {
    for (const given of [null, 5, 'text', [], new ArrayBuffer(32), {}]) {
      expect(await misuse(given)).toMatchObject({ name: 'TypeError', message: expect.stringMatching(/^what deriveSharedSecret gives must be a Uint8Array/) as unknown })
    }
    for (const size of [0, 31, 33, 64, 65]) {
      expect(await misuse(new Uint8Array(size))).toMatchObject({ name: 'RangeError', message: expect.stringMatching(/32 bytes, not/) as unknown })
    }
    expect(await misuse(new Uint8Array(32))).toMatchObject({ code: 'no-reader-key' })
  })

  test('on X25519 that gives all zeros has nothing in common with the slot', async () => {
    const mine = freshReader('X25519')
    const epk = { crv: 'X25519', kty: 'OKP', x: zeros }
    const head = slots(craftSlot(mine, sessionKey, { epk, secret: new Uint8Array(32) }))
    const careless = hardware(mine, () => new Uint8Array(32))
    await expectRefused(() => verifyAndDecrypt(head, accepting(signer, { reader: careless })), 'no-reader-key')
  })

  test('changed after the call is asked as it was', async () => {
    const custom = { ...hardware(reader) }
    const opening = verifyAndDecrypt(forMe, accepting(signer, { reader: custom }))
    custom.deriveSharedSecret = () => { throw new Error('changed') }
    custom.publicKey = freshReader('P-256').publicKey
    expect((await opening).bundle.length).toBe(bundle.length)
  })
})

describe('a backend without ECDH', () => {
  const ecdh = ['deriveSharedSecret', 'generateAgreementKey']
  const methods = Object.entries(nodeBackend).filter(([name]) => !ecdh.includes(name))
  const backend = { ...Object.fromEntries(methods), name: 'old' } as unknown as Backend

  test('is told by name, on both sides, and is enough for everything else', async () => {
    expect(Object.keys(nodeBackend)).toEqual(expect.arrayContaining(ecdh))
    await expectRefused(() => seal(signer, bundle, { backend, readers: [reader.publicKey] }), 'backend-unavailable', /old has no generateAgreementKey/)
    await expectRefused(() => verifyAndDecrypt(forMe, accepting(signer, { backend, reader: reader.privateKey })), 'backend-unavailable', /old has no deriveSharedSecret/)
    const secret = new Uint8Array(32).fill(3)
    await expectAccepted(await seal(signer, bundle, { backend, readers: [secret] }), accepting(signer, { backend, reader: secret }), bundle)
  })

  test('reads with nobleReader, and does not hide a reader in a list that it can do', async () => {
    await expectAccepted(forMe, accepting(signer, { backend, reader: nobleReader(reader.privateKey) }), bundle)
    const secret = new Uint8Array(32).fill(3)
    const envelope = await seal(signer, bundle, { readers: [reader.publicKey, secret] })
    await expectAccepted(envelope, accepting(signer, { backend, reader: [reader.privateKey, secret] }), bundle)
  })
})
