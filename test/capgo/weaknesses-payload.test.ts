import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encryptForCapgo, encryptForCapgoStream } from '../../src/capgo.js'
import { encryptFileForCapgo } from '../../src/node.js'
import { collect, streamOf } from '../stream/streams.js'
import { cliKeyPair, describeEachCapgoBackend } from './helpers.js'
import { cbc, CONTENT, expectBundle, expectNothing, releaseOf, ways } from './hostile.js'
import type { RawRelease } from './hostile.js'

/* What is wrong with the payload of a release, and how much the format lets us say of it. */

const { publicKey, privateKey } = cliKeyPair()
const content = Buffer.from(CONTENT)
const [key, iv] = [randomBytes(16), randomBytes(16)]
const good = releaseOf({ privateKey, key, iv })
const { payload } = good

/** The content with another padding than it should have: `size` bytes, the last of which says `says`, the others `fill`. */
const padded = (size: number, says: number, fill = says): Buffer => Buffer.concat([content, Buffer.alloc(size - 1, fill), Buffer.of(says)])
const least = 16 - (content.length % 16)
const wholeBlocks = randomBytes(32)

const withPadding = (name: string, size: number, says: number, fill?: number): readonly [string, RawRelease] => [
  name, releaseOf({ privateKey, key, iv, padded: padded(size, says, fill) }),
]

/** All of these hold the content whose digest was signed; only their padding is wrong. */
const paddings: readonly (readonly [string, RawRelease])[] = [
  withPadding('that says 0', least, 0),
  withPadding('of zeros, and a byte that says how many', least, least, 0),
  withPadding('that says 17', least, 17),
  withPadding('of 17 bytes that says so', least + 16, 17),
  withPadding('that says 255', least, 255),
  withPadding('that says a byte more than there are', least, least + 1, least + 1),
  withPadding('that says a byte less than there are', least, least - 1, least - 1),
  withPadding('that says 128', least, 128),
  withPadding('of a block more than it needs, which says so', least + 16, least + 16),
  withPadding('of a block more than it needs', least + 16, 16),
  ['that is not there, behind whole blocks', releaseOf({ privateKey, key, iv, bundle: wholeBlocks, padded: wholeBlocks })],
  ['that is not there, and whose content looks like one', releaseOf({ privateKey, key, iv, bundle: Buffer.alloc(32, 1), padded: Buffer.alloc(32, 1) })],
  ['whose first byte is another', ((): RawRelease => {
    const bytes = padded(least, least)
    bytes[content.length] = (bytes[content.length] as number) ^ 1
    return releaseOf({ privateKey, key, iv, padded: bytes })
  })()],
]

const flipped = (bytes: Uint8Array, at: number, bit: number): Buffer => {
  const changed = Buffer.from(bytes)
  changed[at] = (changed[at] as number) ^ (1 << bit)
  return changed
}
const swapped = (a: number, b: number): Buffer => {
  const changed = Buffer.from(payload)
  changed.set(payload.subarray(16 * a, 16 * a + 16), 16 * b)
  changed.set(payload.subarray(16 * b, 16 * b + 16), 16 * a)
  return changed
}

const digests: readonly (readonly [string, RawRelease])[] = [
  ['with the checksum of other content', { ...good, checksum: releaseOf({ privateKey, bundle: randomBytes(content.length) }).checksum }],
  ['with the checksum of the payload itself', { ...good, checksum: releaseOf({ privateKey, bundle: payload }).checksum }],
  ['with the session key of another release', { ...good, sessionKey: releaseOf({ privateKey }).sessionKey }],
  ['with another initialisation vector', releaseOf({ privateKey, key, iv, padded: Buffer.concat([randomBytes(16), padded(least, least).subarray(16)]) })],
  ['that is cut by its last block', { ...good, payload: payload.subarray(0, -16) }],
  ['that is cut to its first block', { ...good, payload: payload.subarray(0, 16) }],
  ['that lacks its first block', { ...good, payload: payload.subarray(16) }],
  ['with a random block behind', { ...good, payload: Buffer.concat([payload, randomBytes(16)]) }],
  ['with its last block twice', { ...good, payload: Buffer.concat([payload, payload.subarray(-16)]) }],
  ['with a random block before', { ...good, payload: Buffer.concat([randomBytes(16), payload]) }],
  ['twice', { ...good, payload: Buffer.concat([payload, payload]) }],
  ['with its first blocks swapped', { ...good, payload: swapped(0, 1) }],
  ['with its last blocks swapped', { ...good, payload: swapped(payload.length / 16 - 2, payload.length / 16 - 1) }],
  ['in clear', { ...good, payload: padded(least, least) }],
  ['of zeros', { ...good, payload: new Uint8Array(payload.length) }],
]

const lengths: readonly (readonly [string, Uint8Array])[] = [
  ['nothing at all', new Uint8Array(0)], ['one byte', payload.subarray(0, 1)], ['8 bytes', payload.subarray(0, 8)], ['15 bytes', payload.subarray(0, 15)], ['17 bytes', payload.subarray(0, 17)],
  ['a byte less', payload.subarray(0, -1)], ['a byte more', Buffer.concat([payload, Buffer.of(0)])], ['8 bytes more', Buffer.concat([payload, payload.subarray(0, 8)])], ['15 bytes more', Buffer.concat([payload, payload.subarray(0, 15)])],
]

describeEachCapgoBackend('a payload', (backend) => {
  const options = { publicKey, backend }

  describe.each(ways)('%s:', (_, way) => {
    test.each(paddings)('with a padding %s is refused', async (_name, release) => {
      expectNothing(await way(release, options), 'bad-checksum')
    })

    test.each(digests)('%s is refused', async (_name, release) => {
      expectNothing(await way(release, options), 'bad-checksum')
    })

    test.each(lengths)('of which there is %s is truncated', async (_name, bytes) => {
      const { message } = expectNothing(await way({ ...good, payload: bytes }, options), 'truncated')
      expect(message).toContain('download it again')
    })

    test('tells a wrong padding, wrong content and a wrong session key by the same words', async () => {
      const messages = new Set<string>()
      for (const [, release] of [...paddings, ...digests]) messages.add(expectNothing(await way(release, options), 'bad-checksum').message)
      expect(messages.size).toBe(1)
    })

    test.each([0, 15, 16, 17, 20, 31, 32, 48])('tells the same where maxSize is %i, whatever its padding says', async (maxSize) => {
      const told = new Set<string>()
      for (let says = 0; says < 20; says++) {
        const release = releaseOf({ privateKey, key, iv, padded: Buffer.concat([randomBytes(16), Buffer.alloc(16, says)]) })
        const { bytes, error } = await way(release, { ...options, maxSize })
        expect(bytes.length).toBe(0)
        told.add(String((error as Error | undefined)?.message))
      }
      expect([...told]).toHaveLength(1)
    })

    test('whose content is empty is refused, though its digest is signed', async () => {
      expectNothing(await way(releaseOf({ privateKey, bundle: new Uint8Array(0) }), options), 'malformed-release')
      expectNothing(await way(releaseOf({ privateKey, bundle: new Uint8Array(0), form: 'base64' }), { ...options, maxSize: 0 }), 'malformed-release')
    })

    test.each([1, 15, 16, 17, 48, 2 ** 19, 2 ** 19 + 16])('of %i bytes of content passes with that for maxSize, and not with one byte less', async (size) => {
      const bundle = randomBytes(size)
      const release = releaseOf({ privateKey, bundle })
      expectBundle(await way(release, { ...options, maxSize: size }), bundle)
      const { error, bytes } = await way(release, { ...options, maxSize: size - 1 })
      expect(error).toMatchObject({ code: 'too-large', message: expect.stringContaining(`${size - 1} bytes of maxSize`) as string })
      expect(bytes.length).toBeLessThan(size)
    })

    test('of more than maxSize is refused before all of it is decrypted', async () => {
      const bundle = randomBytes(3 * 2 ** 19)
      const { error, bytes } = await way(releaseOf({ privateKey, bundle }), { ...options, maxSize: 1000 })
      expect(error).toMatchObject({ code: 'too-large' })
      expect(bytes.length).toBe(0)
    })

    test('of more than one piece that was changed gives no last piece', async () => {
      const bundle = randomBytes(2 ** 20 + 500)
      const release = releaseOf({ privateKey, bundle })
      for (const at of [0, 2 ** 19, 2 ** 20, release.payload.length - 17, release.payload.length - 1]) {
        const { bytes, error } = await way({ ...release, payload: flipped(release.payload, at, 3) }, options)
        expect(error).toMatchObject({ code: 'bad-checksum' })
        expect([0, 2 ** 20]).toContain(bytes.length)
      }
    })

    // The format's limit: nobody signs the initialisation vector, and nothing binds a session key to a release.
    test('under the session key of another release and a new initialisation vector is read where its content is the signed one', async () => {
      const older = releaseOf({ privateKey, key, bundle: randomBytes(50) })
      const [, signedKey] = older.sessionKey.split(':') as [string, string]
      const fresh = randomBytes(16)
      // Who knows the public key knows the session key of every release that ever was.
      const mixed = { payload: cbc(key, fresh, content), sessionKey: `${fresh.toString('base64')}:${signedKey}`, checksum: good.checksum }
      expectBundle(await way(mixed, options), content)
      expectNothing(await way({ ...mixed, payload: cbc(key, fresh, randomBytes(50)) }, options), 'bad-checksum')
    })
  })

  test('with any one bit of its last two blocks flipped is refused', async () => {
    for (const [, way] of ways.slice(0, 2)) {
      for (let at = payload.length - 32; at < payload.length; at++) {
        for (let bit = 0; bit < 8; bit++) expectNothing(await way({ ...good, payload: flipped(payload, at, bit) }, options), 'bad-checksum')
      }
    }
  })

  test('with any one bit of its initialisation vector flipped is refused', async () => {
    const [, signedKey] = good.sessionKey.split(':') as [string, string]
    for (let at = 0; at < 16; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const sessionKey = `${flipped(iv, at, bit).toString('base64')}:${signedKey}`
        for (const [, way] of ways.slice(0, 2)) expectNothing(await way({ ...good, sessionKey }, options), 'bad-checksum')
      }
    }
  })

  test('of nothing is not made', async () => {
    const options = { privateKey, checksumForm: 'V3', backend } as const
    const empty = { name: 'EnvelopeError', code: 'malformed-release' }
    await expect(encryptForCapgo(new Uint8Array(0), options)).rejects.toMatchObject(empty)
    const { payload: stream, checksum } = await encryptForCapgoStream(streamOf(new Uint8Array(0)), options)
    expect(await collect(stream as ReadableStream<Uint8Array>)).toMatchObject({ pieces: [], error: empty })
    await expect(checksum).rejects.toMatchObject(empty)
    const written: Uint8Array[] = []
    await expect(encryptFileForCapgo(streamOf(new Uint8Array(0)), async (bytes) => void written.push(bytes), options)).rejects.toMatchObject(empty)
    expect(written).toEqual([])
  })
})

test('the padding of these releases is their only fault: with the right one they are the control', () => {
  expect(Buffer.from(payload).equals(cbc(key, iv, padded(least, least), false))).toBe(true)
})
