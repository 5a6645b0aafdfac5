import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeHead, encryptBundle, joinEnvelope, verifyAndDecrypt, verifyAndDecryptStream, verifyEnvelope } from '../../src/index.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { backends, describeEachBackend } from '../backends.js'
import { CHUNK, accepting, expectAccepted, expectRefused, pattern, sameAs } from '../envelope/helpers.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { sealAll, sealStream } from './encrypt.js'
import { byteByByte, modes, outcomeOf } from './matrix.js'
import { collect, streamOf, streamOfPieces } from './streams.js'
import type { ChunkSize, EncryptOptions, Progress } from '../../src/index.js'

const signer = freshEd25519()
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const sizesOf = (chunk: ChunkSize): readonly number[] => [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 500]
const sizes = ([16_384, 262_144] as const).flatMap((chunkSize) => sizesOf(chunkSize).map((size) => ({ chunkSize, size })))

describeEachBackend('a stream that was encrypted', (publisher) => {
  test.each(sizes)('of $size bytes in chunks of $chunkSize comes back on every backend, at once and streamed', async ({ size, chunkSize }) => {
    const bundle = pattern(size, size + 1)
    const sealed = await sealAll(signer, bundle, { backend: publisher, chunkSize })
    const chunks = Math.floor(size / chunkSize) + 1
    expect(sealed.index).toHaveLength(32 * chunks)
    expect(sealed.body).toHaveLength(24 + 32 + size + 16 * chunks)
    expect(sealed.checksum).toBe(sha256(bundle))
    expect(decodeHead(sealed.head).payloadLength).toBe(sealed.payload.length)
    expect(sealed.file).toSatisfy(sameAs(joinEnvelope(sealed.head, sealed.payload)))
    for (const backend of backends) {
      const options = accepting(signer, { backend })
      const whole = await verifyAndDecrypt(sealed.file, options)
      expect(whole.bundle, backend.name).toSatisfy(sameAs(bundle))
      expect(whole.header.bundle).toEqual({ size, checksum: sealed.checksum, type: 'application/octet-stream' })
      const streamed = await verifyAndDecryptStream({ head: sealed.head, payload: streamOf(sealed.payload) }, options)
      expect((await collect(streamed.bundle)).bytes, backend.name).toSatisfy(sameAs(bundle))
    }
  })

  test.each([0, 1, CHUNK, 2 * CHUNK + 500])('of %i bytes gives salt and commitment first, and then a piece for each chunk', async (size) => {
    const bundle = pattern(size)
    const { pieces, index, head } = await sealAll(signer, bundle, { backend: publisher })
    const [prefix = new Uint8Array(0), ...chunks] = pieces
    const { body } = decodeHead(head).header
    expect(Buffer.from(prefix).toString('hex')).toBe(Buffer.from(`${body.salt}${body.commitment}`, 'base64url').toString('hex'))
    expect(chunks.map(({ length }) => length)).toEqual([...Array.from({ length: Math.floor(size / CHUNK) }, () => CHUNK + 16), (size % CHUNK) + 16])
    expect(Buffer.concat(chunks.map((chunk) => Buffer.from(sha256(chunk), 'hex')))).toSatisfy(sameAs(index))
  })

  test('gives pieces in memory of their own: what their reader does to them does not reach the envelope', async () => {
    const bundle = pattern(5 * CHUNK + 3)
    const { body, envelope } = await sealStream(signer, streamOf(bundle), { backend: publisher })
    const kept: Uint8Array[] = []
    for await (const piece of body as unknown as AsyncIterable<Uint8Array<ArrayBuffer>>) {
      expect([piece.constructor, piece.byteOffset, piece.buffer.byteLength]).toEqual([Uint8Array, 0, piece.length])
      kept.push(piece.slice())
      piece.fill(0xff)
      structuredClone(piece.buffer, { transfer: [piece.buffer] })
    }
    const { head, index } = await envelope
    await expectAccepted({ head, payload: Buffer.concat([index, ...kept]) }, accepting(signer), bundle)
  })

  test('tells its progress once for each chunk, without a total, which is not known', async () => {
    const records: Progress[] = []
    await sealAll(signer, pattern(3 * CHUNK + 500), { backend: publisher, onProgress: (record) => records.push(record) })
    expect(records).toEqual([CHUNK, 2 * CHUNK, 3 * CHUNK, 3 * CHUNK + 500].map((done) => ({ done, total: Infinity })))
  })
})

test('any bundle in pieces of any sizes comes back, by any backend to any other, in any mode', async () => {
  const cut = fc
    .array(fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 5000, max: 40_000 })), { minLength: 1, maxLength: 6 })
    .filter((sizes) => sizes.some((size) => size > 20))
  const way = fc.record({
    border: fc.constantFrom(0, CHUNK, 2 * CHUNK), more: fc.integer({ min: -3, max: 600 }), cut,
    publisher: fc.constantFrom(...backends), lanes: fc.integer({ min: 1, max: 6 }),
    device: fc.constantFrom(...backends), mode: fc.constantFrom(...modes),
  })
  await fc.assert(
    fc.asyncProperty(way, async ({ border, more, cut: sizes, publisher, lanes, device, mode }) => {
      const bundle = pattern(Math.max(0, border + more), border + more)
      const sealed = await sealAll(signer, streamOf(bundle, sizes), { backend: { ...publisher, lanes } })
      const outcome = await outcomeOf(mode, sealed.file, accepting(signer, { backend: device }))
      expect(outcome.bundle).toSatisfy(sameAs(bundle))
    }),
    { seed: 55, numRuns: 80 },
  )
})

describe('what is encrypted may come', () => {
  const bundle = pattern(3 * CHUNK + 500)
  const around = new Uint8Array(bundle.length + 20)
  around.set(bundle, 7)

  /** A source that uses the same memory for each piece. */
  function* reusing(): Generator<Uint8Array> {
    const memory = new Uint8Array(5000)
    for (let start = 0; start < bundle.length; start += memory.length) {
      const part = bundle.subarray(start, start + memory.length)
      memory.set(part)
      yield memory.subarray(0, part.length)
    }
  }

  test.each([
    ['byte by byte', () => byteByByte(bundle)],
    ['as one giant piece', () => streamOf(bundle, bundle.length)],
    ['as a Buffer', () => streamOfPieces([Buffer.from(bundle)])],
    ['as an offset subarray', () => streamOfPieces([around.subarray(7, 7 + bundle.length)])],
    ['between pieces of nothing', () => streamOfPieces([new Uint8Array(0), bundle, new Uint8Array(0), new Uint8Array(0)])],
    ['in memory that is used again', () => streamOfPieces(reusing())],
    ['from a Blob', () => new Blob([bundle]).stream()],
  ])('%s', async (_, source) => {
    for (const backend of backends) {
      const { file } = await sealAll(signer, source(), { backend })
      await expectAccepted(file, accepting(signer), bundle)
    }
  })
})

describe('what is said of a bundle', () => {
  const rsa = freshRsa(3072)
  const secret = pattern(32, 77)
  const said: Partial<EncryptOptions> = {
    channel: 'beta', runtime: 'ios-7', type: 'application/zip', expires: 4_000_000_000, meta: { commit: 'abc', ü: '✓' },
  }

  test('stands in its header as the one-shot call would write it', async () => {
    const bundle = pattern(20_000)
    const streamed = decodeHead((await sealAll(signer, bundle, said)).head).header
    const options = { signer: signer.privateKey, app: 'com.example.app', version: '1.4.0', sequence: 1000, chunkSize: CHUNK as ChunkSize, ...said }
    const atOnce = decodeHead((await encryptBundle(bundle, options)).head).header
    const fixed = { created: 0, bundle: { checksum: '' }, body: { salt: '', commitment: '', index: '' } }
    const comparable = (header: typeof streamed): object => ({
      ...header, created: fixed.created, bundle: { ...header.bundle, ...fixed.bundle }, body: { ...header.body, ...fixed.body },
    })
    expect(comparable(streamed)).toEqual(comparable(atOnce))
    expect(Object.keys(streamed)).toEqual(Object.keys(atOnce))
  })

  test('is signed by every signer, each of whom may be trusted', async () => {
    const { file, head } = await sealAll(signer, pattern(3), { signer: [signer.privateKey, rsa.privateKey, signer.privateKey] })
    expect(decodeHead(head).signatures.map(({ kid }) => kid)).toEqual([signer.kid, rsa.kid])
    for (const by of [signer, rsa]) await expectAccepted(file, accepting(by), pattern(3))
  })

  test('is read by its readers alone', async () => {
    const { file } = await sealAll(signer, pattern(3), { readers: [secret] })
    await expectAccepted(file, accepting(signer, { reader: secret }), pattern(3))
    await expectRefused(() => verifyAndDecrypt(file, accepting(signer)), 'no-reader-key')
    expect((await verifyEnvelope(file, { trust: signer.publicKey })).signers).toEqual([signer.kid])
  })

  test('has chunks of 256 KiB unless chosen otherwise', async () => {
    const { head } = await sealAll(signer, pattern(3), { chunkSize: undefined })
    expect(decodeHead(head).header.body.chunk).toBe(262_144)
  })

  test('may change right after the call: options are read once', async () => {
    const readers = [pattern(32, 77)]
    const options = { ...said, readers, signer: [signer.privateKey] }
    const pending = sealStream(signer, streamOf(pattern(3)), options)
    Object.assign(options, { channel: 'other', chunkSize: 262_144 })
    readers[0]?.fill(0)
    options.signer.length = 0
    const { body, envelope } = await pending
    const { bytes } = await collect(body)
    const { head, index } = await envelope
    const device = accepting(signer, { channel: 'beta', reader: secret, backend: nodeBackend })
    await expectAccepted({ head, payload: Buffer.concat([index, bytes]) }, device, pattern(3))
  })
})
