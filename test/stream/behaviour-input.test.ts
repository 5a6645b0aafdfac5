import fc from 'fast-check'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { joinEnvelope, verifyAndDecryptStream } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { forgedChunk } from '../envelope/attacker.js'
import { CHUNK, accepting, expectRefused, pattern, sameAs, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { expectWhole, forms, readings } from './readings.js'
import { collect, piecesOf, streamOf, streamOfPieces } from './streams.js'
import type { Backend } from '../../src/crypto/backend.js'
import type { CollectedBytes } from './streams.js'

const signer = freshEd25519()
const bundle = pattern(3 * CHUNK + 500)
const sealed = await seal(signer, bundle)
const file = joinEnvelope(sealed.head, sealed.payload)
const BODY = 4 * 32 + 56
const SEALED = CHUNK + 16
const device = accepting(signer)

async function readPieces(pieces: Iterable<unknown>, options = device): Promise<CollectedBytes> {
  return collect((await verifyAndDecryptStream(streamOfPieces(pieces), options)).bundle)
}

describeEachBackend('pieces of any sizes:', (backend) => {
  const options = accepting(signer, { backend })

  describe.each(readings.slice(0, 3))('%s', (_, read) => {
    test.each([
      ['byte by byte', 1],
      ['in one giant piece', 2 ** 20],
      ['as chunks are cut', SEALED],
      ['a byte less', SEALED - 1],
      ['a byte more', SEALED + 1],
      ['with empty pieces between others', [0, 1, 0, 0, 30_000, 0]],
    ])('%s gives the bundle', async (_sizes, sizes) => {
      expectWhole(await read(sealed, options, sizes), bundle)
    })
  })
})

test('any bundle in pieces of any sizes, with any number of chunks in flight, comes out in whole chunks', async () => {
  const { backends } = await import('../backends.js')
  await fc.assert(
    fc.asyncProperty(
      fc.nat(3 * CHUNK + 1),
      fc.array(fc.oneof(fc.nat(5), fc.nat(2 * CHUNK)), { minLength: 1, maxLength: 12 }),
      fc.constantFrom(...backends),
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom(...forms),
      async (size, sizes, backend, lanes, [, form]) => {
        const original = pattern(size, size)
        const envelope = await seal(signer, original)
        const { input } = form(envelope, [...sizes, 100])
        const { bundle: stream } = await verifyAndDecryptStream(input, accepting(signer, { backend: { ...backend, lanes } }))
        const collected = await collect(stream)
        expectWhole(collected, original)
        expect(collected.pieces.slice(0, -1).every(({ length }) => length === CHUNK)).toBe(true)
        expect(collected.pieces.every(({ length }) => length > 0)).toBe(true)
      },
    ),
    { numRuns: 60, seed: 20_262 },
  )
})

describe('pieces in any memory', () => {
  const foreign = runInNewContext('(bytes) => Uint8Array.from(bytes)') as (from: Uint8Array) => Uint8Array
  const views: readonly (readonly [string, (piece: Uint8Array) => Uint8Array])[] = [
    ['a Buffer', (piece) => Buffer.from(piece)],
    ['an offset view', (piece) => new Uint8Array(Buffer.concat([Buffer.alloc(7, 0xee), piece, Buffer.alloc(9, 0xee)])).subarray(7, -9)],
    ['a Uint8Array of another realm', foreign],
  ]

  test.each(views)('%s is read where it lies', async (_, view) => {
    expectWhole(await readPieces(piecesOf(file, 10_001).map(view)), bundle)
  })

  test('that is used again for the next piece is not seen after the piece was read', async () => {
    const memory = new Uint8Array(10_001)
    function* reusing(): Generator<Uint8Array> {
      for (const piece of piecesOf(file, memory.length)) {
        memory.fill(0xff)
        memory.set(piece)
        yield memory.subarray(0, piece.length)
      }
    }
    expectWhole(await readPieces(reusing()), bundle)
  })
})

describeEachBackend('R41: a piece that its owner changes', (backend) => {
  test('between the check of a chunk and its decryption changes nothing: what was checked is decrypted', async () => {
    const payload = new Uint8Array(sealed.payload)
    const forged = await forgedChunk(sealed.head, signer, 0, new Uint8Array(CHUNK).fill(0x41))
    let changes = 0
    const changing: Backend = {
      ...backend,
      sha256: (...parts) => {
        const length = parts.reduce((sum, part) => sum + part.length, 0)
        if (length === SEALED && changes++ === 0) payload.set(forged, BODY)
        return backend.sha256(...parts)
      },
    }
    const stream = streamOfPieces([payload])
    const opened = await verifyAndDecryptStream({ head: sealed.head, payload: stream }, accepting(signer, { backend: changing }))
    expectWhole(await collect(opened.bundle), bundle)
    expect(changes).toBe(3)
    expect(payload, 'it was changed: the control').not.toSatisfy(sameAs(sealed.payload))
  })

  test('while later chunks still lie in it is refused where it was changed', async () => {
    const payload = new Uint8Array(sealed.payload)
    const options = accepting(signer, { backend: { ...backend, lanes: 1 } })
    const opened = await verifyAndDecryptStream({ head: sealed.head, payload: streamOfPieces([payload]) }, options)
    const reader = opened.bundle.getReader()
    expect((await reader.read()).value).toSatisfy(sameAs(bundle.subarray(0, CHUNK)))
    payload.fill(0xff)
    await expectRefused(async () => reader.read(), 'bad-chunk', /chunk 1 /)
  })
})

describe('a head that comes apart', () => {
  test.each([
    ['bytes', () => new Uint8Array(Buffer.from(sealed.head)), (head: Uint8Array) => head.fill(0xff)],
    ['an object', () => JSON.parse(sealed.head) as { keys: string[] }, (head: { keys: string[] }) => (head.keys.length = 0)],
  ] as const)('as %s and changed right after the call is not seen', async (_, make, change) => {
    const head = make()
    const pending = verifyAndDecryptStream({ head, payload: streamOf(sealed.payload) }, device)
    change(head as never)
    expectWhole(await collect((await pending).bundle), bundle)
  })
})
