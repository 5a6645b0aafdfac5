import { describe, expect, test } from 'vitest'
import { addReaders, decodeHead, verifyEnvelope } from '../../src/index.js'
import { backends, describeEachBackend } from '../backends.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from '../envelope/helpers.js'
import { base64url, rawHead, reordered, withHead, withSigned } from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'
import { bundle, craftSlot, curves, freshReader, privateCryptoKey, sealed, sessionKey, signer } from './readers.js'
import type { AddReadersOptions, Backend, DeviceReader, EnvelopeEvent, EnvelopeParts } from '../../src/index.js'

const secret = pattern(32, 4711)
const added = freshReader('X25519')
const basic: AddReadersOptions = { trust: signer.publicKey, readers: [added.publicKey] }

async function withAdded(envelope: EnvelopeParts, more: Partial<AddReadersOptions> = {}): Promise<EnvelopeParts> {
  return { head: await addReaders(envelope.head, { ...basic, ...more }), payload: envelope.payload }
}

async function opens(envelope: EnvelopeParts, reader: DeviceReader | undefined, backend?: Backend): Promise<void> {
  await expectAccepted(envelope, accepting(signer, { ...(reader !== undefined && { reader }), backend }), bundle)
}

/** What must not change. */
function signedPartOf({ head }: EnvelopeParts): object {
  const { keys, ...rest } = rawHead(head)
  return { rest, count: keys.length > 0 }
}

describeEachBackend('addReaders', (backend) => {
  test('lets new readers read what was sealed for others, without the private key', async () => {
    const first = freshReader('P-256')
    const envelope = await seal(signer, bundle, { backend, readers: [first.publicKey], meta: { commit: 'abc' } })
    const group = freshReader('P-256')
    const more = await withAdded(envelope, { backend, reader: first.privateKey, readers: [added.publicKey, group.publicJwk, secret] })
    for (const other of backends) {
      for (const reader of [first.privateKey, added.privateKey, group.privateKey, secret]) await opens(more, reader, other)
    }
    expect(signedPartOf(more)).toEqual(signedPartOf(envelope))
    expect(rawHead(more.head).keys[0]).toBe(rawHead(envelope.head).keys[0])
    expect(decodeHead(more.head).slots.slice(0, 3)).toEqual([first.kid, added.kid, group.kid])
    await verifyEnvelope(more, { trust: signer.publicKey, backend })
    await expectRefused(() => withAdded(envelope, { backend }), 'no-reader-key')
  })

  test('opens with the trusted key, a secret, a key that is not extractable, and those that were added', async () => {
    const mine = freshReader('X25519')
    const once = await withAdded(sealed, { backend, readers: [secret, mine.publicKey] })
    await opens(once, undefined, backend)
    const twice = await withAdded(once, { backend, reader: secret, readers: [freshReader('P-256').publicKey] })
    const thrice = await withAdded(twice, { backend, reader: await privateCryptoKey(mine, false) })
    expect(decodeHead(thrice.head).slots).toHaveLength(5)
    for (const reader of [undefined, secret, mine.privateKey, added.privateKey]) await opens(thrice, reader, backend)
  })

  test('replaces the slots of a reader, which a distributor may have damaged, and keeps all others as they are', async () => {
    const [broken, foreign] = [craftSlot(added, pattern(32)), craftSlot(freshReader('P-256'), pattern(32))]
    const damaged = withHead(sealed, ({ keys }) => keys.unshift(broken, 'garbage', foreign, broken))
    await expectRefused(async () => opens(damaged, added.privateKey, backend), 'no-reader-key')
    const mended = await withAdded(damaged, { backend })
    expect(rawHead(mended.head).keys.slice(0, 3)).toEqual(['garbage', foreign, rawHead(sealed.head).keys[0]])
    expect(decodeHead(mended.head).slots.slice(3)).toEqual([added.kid])
    await opens(mended, added.privateKey, backend)
    const again = await withAdded(mended, { backend })
    expect(decodeHead(again.head).slots).toEqual(decodeHead(mended.head).slots)
    expect(rawHead(again.head).keys[3]).not.toBe(rawHead(mended.head).keys[3])
  })
})

describe('the head that addReaders takes', () => {
  test('may be text, bytes, an object, laid out anew and in another order', async () => {
    const raw = rawHead(sealed.head)
    const spread = JSON.stringify(reordered(raw), null, 2)
    for (const head of [sealed.head, Buffer.from(sealed.head), raw, spread, `\n\t${spread}\r\n`]) {
      const text = await addReaders(head, basic)
      expect(text).not.toMatch(/\s/)
      expect(signedPartOf({ head: text, payload: sealed.payload })).toEqual(signedPartOf(sealed))
      await opens({ head: text, payload: sealed.payload }, added.privateKey)
    }
  })

  test('is verified first: nobody adds readers to what was not signed', async () => {
    const tampered = withHead(sealed, (head) => (head.payload = base64url(Buffer.from(head.payload, 'base64url').toString().replace('1.4.0', '1.4.1'))))
    await expectRefused(() => withAdded(tampered), 'bad-signature')
    await expectRefused(() => withAdded(sealed, { trust: freshEd25519().publicKey }), 'untrusted-key')
    await expectRefused(() => withAdded({ ...sealed, head: sealed.head.slice(0, -1) }), 'malformed-head')
    await expectRefused(() => withAdded({ ...sealed, head: sealed.head.replace('{', '{"more":1,') }), 'unsupported')
  })

  test('is held against the claims that are named, and against its expiry', async () => {
    await expectRefused(() => withAdded(sealed, { app: 'com.example.other' }), 'wrong-app')
    await expectRefused(() => withAdded(sealed, { channel: 'beta' }), 'wrong-channel')
    await expectRefused(() => withAdded(sealed, { lastSequence: 1000 }), 'rollback')
    await withAdded(sealed, { app: 'com.example.app', channel: 'production', lastSequence: 999 })
    const expiring = withSigned(sealed, signer, (header) => (header.expires = 4_000_000_000))
    await expectRefused(() => withAdded(expiring, { now: 4_000_000_000 }), 'expired')
    await withAdded(expiring, { now: 3_999_999_999 })
  })

  test('with a slot of another session key alone opens nothing', async () => {
    const other = withHead(sealed, (head) => (head.keys = [craftSlot(added, pattern(32))]))
    await expectRefused(() => withAdded(other, { reader: added.privateKey }), 'no-reader-key')
  })
})

describe('addReaders fills a head', () => {
  const secrets = Array.from({ length: 64 }, (_, i) => pattern(32, i + 1))

  test('up to 64 slots, and tells how many there would be', async () => {
    const full = await withAdded(sealed, { readers: secrets.slice(0, 63) })
    expect(decodeHead(full.head).slots).toHaveLength(64)
    await expectRefused(() => withAdded(full), 'limit-exceeded', /would have 65 slots, and 64 fit/)
    await expectRefused(() => withAdded(sealed, { readers: secrets }), 'limit-exceeded', /65/)
    const replaced = await withAdded(full, { reader: secrets[3] as Uint8Array, readers: secrets.slice(0, 63) })
    expect(decodeHead(replaced.head).slots).toHaveLength(64)
  })

  test('with keys of both kinds, each once however often it was given', async () => {
    const keys = Array.from({ length: 20 }, (_, i) => freshReader(curves[i % 2] as (typeof curves)[0]))
    const all = await withAdded(sealed, { readers: [...keys, ...keys].map(({ publicKey }) => publicKey) })
    expect(decodeHead(all.head).slots).toEqual([signer.kid, ...keys.map(({ kid }) => kid)])
    for (const { privateKey } of keys.slice(0, 4)) await opens(all, privateKey)
  })
})

describe('addReaders tells', () => {
  test('who read, and for whom slots were added, without key material', async () => {
    const events: EnvelopeEvent[] = []
    await withAdded(sealed, { readers: [added.publicKey, secret], now: 2_000_000_000, onEvent: (event) => events.push(event) })
    expect(events.map(({ event }) => event)).toEqual(['signature-counted', 'head-verified', 'reader-used', 'readers-added'])
    expect(events.at(-2)).toMatchObject({ kid: signer.kid })
    const release = { time: 2_000_000_000, app: 'com.example.app', version: '1.4.0', sequence: 1000, channel: 'production' }
    const kids = [added.kid, expect.stringMatching(/^[\w-]{43}$/) as unknown]
    expect(events.at(-1)).toEqual({ event: 'readers-added', ...release, kids })
    expect(JSON.stringify(events)).not.toContain(base64url(sessionKey))
  })

  test('of a refusal', async () => {
    const events: EnvelopeEvent[] = []
    const options = { reader: pattern(32, 5), onEvent: (event: EnvelopeEvent) => events.push(event) }
    await expectRefused(() => withAdded(sealed, options), 'no-reader-key')
    expect(events.at(-1)).toMatchObject({ event: 'reader-refused', code: 'no-reader-key' })
  })
})

describe('addReaders given', () => {
  test.each([
    ['no readers', { readers: undefined }, TypeError, /^readers must be an array/],
    ['an empty list', { readers: [] }, RangeError, /^readers is empty/],
    ['65 readers', { readers: Array.from({ length: 65 }, () => secret) }, RangeError, /^at most 64 readers/],
    ['a short secret', { readers: [secret, pattern(31)] }, RangeError, /^readers\[1\] must hold 32/],
    ['no trust', { trust: undefined }, TypeError, /^trust is missing/],
    ['a backend that cannot seal', { backend: { lanes: 1 } }, TypeError, /^backend must have the method randomBytes/],
  ])('%s tells the programmer', async (_, more, kind, message) => {
    const error: unknown = await addReaders(sealed.head, { ...basic, ...more } as AddReadersOptions).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(kind)
    expect((error as Error).message).toMatch(message)
  })

  test('an aborted signal does nothing', async () => {
    await expectRefused(() => withAdded(sealed, { signal: AbortSignal.abort() }), 'aborted')
  })
})
