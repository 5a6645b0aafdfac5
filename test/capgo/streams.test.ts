import { createDecipheriv, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { encryptForCapgo, encryptForCapgoStream, verifyAndDecryptCapgo, verifyAndDecryptCapgoStream } from '../../src/capgo.js'
import { collect, pullCounting, settled, streamOf, streamOfPieces } from '../stream/streams.js'
import { cliKeyPair, cliRelease, describeEachCapgoBackend } from './helpers.js'
import { rawOpen, sha256 } from './hostile.js'
import type { CapgoBackend, CapgoBundle, CapgoRelease, Progress } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()

/** Bytes that the library works on at once. */
const P = 2 ** 19
const sizes = [1, 15, 16, 17, P - 16, P - 1, P, P + 1, 2 * P - 1, 2 * P, 2 * P + 500]
const cuts: readonly (readonly [string, readonly number[]])[] = [
  ['whole', [2 ** 30]], ['of 65,536 bytes', [65_536]], ['of odd sizes', [1000, 1, 7919, 70_001, 0, 3]], ['as large as it works on', [P]], ['a byte larger than that', [P + 1]],
]

async function encrypted(bundle: ReadableStream<Uint8Array>, backend: CapgoBackend): Promise<CapgoRelease> {
  const { payload, checksum, ...fields } = await encryptForCapgoStream(bundle, { privateKey, checksumForm: 'V3', backend })
  const { bytes, error } = await collect(payload)
  expect(error).toBeUndefined()
  return { payload: bytes, checksum: await checksum, ...fields }
}

async function decrypted(payload: ReadableStream<Uint8Array>, { sessionKey, checksum }: { sessionKey: string; checksum: string }, backend: CapgoBackend): Promise<CapgoBundle> {
  const { unverified, sha256: digest, ...found } = await verifyAndDecryptCapgoStream(payload, { publicKey, sessionKey, checksum, backend })
  const { bytes, error } = await collect(unverified)
  expect(error).toBeUndefined()
  return { bundle: bytes, sha256: await digest, ...found }
}

/** The payload of a release, decrypted by node:crypto. */
function opened({ payload, sessionKey }: CapgoRelease): Buffer {
  const [iv, signedKey] = sessionKey.split(':').map((part) => Buffer.from(part, 'base64')) as [Buffer, Buffer]
  const decipher = createDecipheriv('aes-128-cbc', rawOpen(signedKey, publicKey).subarray(-16), iv)
  return Buffer.concat([decipher.update(payload), decipher.final()])
}

describeEachCapgoBackend('streams', (backend) => {
  describe.each(cuts)('in pieces %s', (_, cut) => {
    test.each(sizes)('of %i bytes are encrypted to what node:crypto decrypts', async (size) => {
      const bundle = randomBytes(size)
      const release = await encrypted(streamOf(bundle, cut), backend)
      expect(opened(release).equals(bundle)).toBe(true)
      expect(rawOpen(Buffer.from(release.checksum, 'hex'), publicKey).subarray(-32).equals(sha256(bundle))).toBe(true)
    })

    test.each(sizes)('of %i bytes are decrypted as in one call', async (size) => {
      const bundle = randomBytes(size)
      const release = cliRelease(bundle, privateKey, 'V3')
      const { bundle: bytes, ...found } = await decrypted(streamOf(release.payload, cut), release, backend)
      expect(bundle.equals(bytes)).toBe(true)
      const { bundle: inOne, ...foundInOne } = await verifyAndDecryptCapgo(release.payload, { ...release, publicKey, backend })
      expect(bundle.equals(inOne)).toBe(true)
      expect(found).toEqual(foundInOne)
    })
  })

  test('of one byte at a time are encrypted and decrypted', async () => {
    const bundle = randomBytes(5000)
    const release = await encrypted(streamOf(bundle, 1), backend)
    expect(opened(release).equals(bundle)).toBe(true)
    expect(bundle.equals((await decrypted(streamOf(release.payload, 1), release, backend)).bundle)).toBe(true)
  })

  test('of Node become streams by Readable.toWeb', async () => {
    const bundle = randomBytes(P + 77)
    const web = (bytes: Uint8Array): ReadableStream<Uint8Array> => Readable.toWeb(Readable.from([bytes.subarray(0, 999), bytes.subarray(999)])) as ReadableStream<Uint8Array>
    const release = await encrypted(web(bundle), backend)
    expect(bundle.equals((await decrypted(web(release.payload), release, backend)).bundle)).toBe(true)
  })

  test('of nothing are refused', async () => {
    const { payload, checksum } = await encryptForCapgoStream(streamOfPieces([new Uint8Array(0), new Uint8Array(0)]), { privateKey, checksumForm: 'V3', backend })
    expect(await collect(payload as ReadableStream<Uint8Array>)).toMatchObject({ pieces: [], error: { code: 'malformed-release' } })
    await expect(checksum).rejects.toMatchObject({ code: 'malformed-release' })
    const { unverified, sha256: digest } = await verifyAndDecryptCapgoStream(streamOfPieces([]), { ...cliRelease(randomBytes(5), privateKey, 'V3'), publicKey, backend })
    expect(await collect(unverified as ReadableStream<Uint8Array>)).toMatchObject({ pieces: [], error: { code: 'truncated' } })
    await expect(digest).rejects.toMatchObject({ code: 'truncated' })
  })

  test('are read only as far as the consumer asks, and two pieces at most', async () => {
    const bundle = randomBytes(6 * P)
    const release = cliRelease(bundle, privateKey, 'V3')
    const piece = 65_536
    const source = pullCounting(bundle, piece)
    const target = pullCounting(release.payload, piece)
    const made = await encryptForCapgoStream(source.stream, { privateKey, checksumForm: 'V3', backend })
    const read = await verifyAndDecryptCapgoStream(target.stream, { ...release, publicKey, backend })
    await settled()
    expect([source.log.pulls, target.log.pulls]).toEqual([0, 0])
    const [payload, unverified] = [made.payload.getReader(), read.unverified.getReader()]
    for (let i = 1; i <= 3; i++) {
      expect((await payload.read()).value?.length).toBe(P)
      expect((await unverified.read()).value?.length).toBe(P)
      await settled()
      expect(source.log.bytes).toBe(i * P)
      expect(target.log.bytes).toBe((i + 1) * P)
    }
    await Promise.all([payload.cancel(), unverified.cancel()])
  })

  test('tell how far they are, in bytes of their input, and no end that is not known', async () => {
    const bundle = randomBytes(2 * P + 500)
    const seen: Progress[] = []
    const onProgress = (progress: Progress): void => void seen.push(progress)
    const { payload, checksum, ...fields } = await encryptForCapgoStream(streamOf(bundle), { privateKey, checksumForm: 'V3', backend, onProgress })
    const { bytes } = await collect(payload)
    expect(seen.splice(0)).toEqual([P, 2 * P, 2 * P + 500].map((done) => ({ done, total: Infinity })))
    const release = { ...fields, checksum: await checksum }
    const { unverified } = await verifyAndDecryptCapgoStream(streamOf(bytes), { ...release, publicKey, backend, onProgress })
    await collect(unverified)
    expect(seen.splice(0)).toEqual([P, 2 * P, bytes.length].map((done) => ({ done, total: Infinity })))
    await encryptForCapgo(bundle, { privateKey, checksumForm: 'V3', backend, onProgress })
    expect(seen.splice(0)).toEqual([P, 2 * P, 2 * P + 500].map((done) => ({ done, total: bundle.length })))
    await verifyAndDecryptCapgo(bytes, { ...release, publicKey, backend, onProgress })
    expect(seen.splice(0)).toEqual([P, 2 * P, bytes.length].map((done) => ({ done, total: bytes.length })))
  })

  test('give pieces that are the consumer\'s own: what is written into one changes no other', async () => {
    const bundle = randomBytes(2 * P + 500)
    const { payload, checksum, ...fields } = await encryptForCapgoStream(streamOf(bundle), { privateKey, checksumForm: 'V3', backend })
    const copies: Buffer[] = []
    for await (const piece of payload as unknown as AsyncIterable<Uint8Array>) {
      copies.push(Buffer.from(piece))
      piece.fill(0)
    }
    const release = { ...fields, payload: new Uint8Array(Buffer.concat(copies)), checksum: await checksum }
    expect(opened(release).equals(bundle)).toBe(true)
    const { unverified, sha256: digest } = await verifyAndDecryptCapgoStream(streamOf(release.payload), { ...release, publicKey, backend })
    const read: Buffer[] = []
    for await (const piece of unverified as unknown as AsyncIterable<Uint8Array>) {
      read.push(Buffer.from(piece))
      piece.fill(0)
    }
    expect(Buffer.concat(read).equals(bundle)).toBe(true)
    expect(await digest).toBe(sha256(bundle).toString('hex'))
  })
})
