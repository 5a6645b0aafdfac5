import { describe, expect, test } from 'vitest'
import { joinEnvelope, openEnvelope, verifyAndDecryptStream } from '../../src/index.js'
import { CHUNK, accepting, pattern, sameAs, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { expectWhole, openWithIndex } from './readings.js'
import { collect, collectPieces, freshLog, piecesOf, streamOf, streamOfPieces } from './streams.js'
import type { CollectedBytes } from './streams.js'

const signer = freshEd25519()
const bundle = pattern(3 * CHUNK + 500)
const sealed = await seal(signer, bundle)
const file = joinEnvelope(sealed.head, sealed.payload)
const HEAD_END = file.length - sealed.payload.length
const BODY = 4 * 32 + 56
const SEALED = CHUNK + 16
const device = accepting(signer)

describe('a piece that was transferred to somebody else', () => {
  const refused = async (call: () => Promise<unknown>): Promise<void> => {
    await expect(call()).rejects.toThrow(TypeError)
    await expect(call()).rejects.toThrow(/transferred/)
  }

  test('while part of it is still to be read is a TypeError that says so, and final', async () => {
    const log = freshLog()
    const piece = new Uint8Array(sealed.payload)
    const payload = streamOfPieces([piece], { log, then: 'stall' })
    const { bundle: stream } = await verifyAndDecryptStream({ head: sealed.head, payload }, device)
    const reader = stream.getReader()
    expect((await reader.read()).value).toSatisfy(sameAs(bundle.subarray(0, CHUNK)))
    structuredClone(piece, { transfer: [piece.buffer] })
    await refused(async () => reader.read())
    expect(log.cancelled).toHaveLength(1)
  })

  test('before it was read at all is a TypeError, and final', async () => {
    const piece = new Uint8Array(sealed.payload)
    structuredClone(piece, { transfer: [piece.buffer] })
    const log = freshLog()
    const payload = streamOfPieces([piece], { log, then: 'stall' })
    const { bundle: stream } = await verifyAndDecryptStream({ head: sealed.head, payload }, device)
    await expect(stream.getReader().read()).rejects.toThrow(TypeError)
    expect(log.cancelled).toHaveLength(1)
  })

  test('once all of it was read is nobody\'s loss', async () => {
    function* givenAway(): Generator<Uint8Array> {
      for (const piece of piecesOf(file, 9999)) {
        yield piece
        structuredClone(piece, { transfer: [piece.buffer] })
      }
    }
    expectWhole(await collect((await verifyAndDecryptStream(streamOfPieces(givenAway()), device)).bundle), bundle)
  })
})

describe('what is no piece of bytes', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(100))
  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['text', 'text', /Uint8Array/],
    ['an ArrayBuffer', new ArrayBuffer(10), /Uint8Array/],
    ['a list', [1, 2, 3], /Uint8Array/],
    ['another typed array', new Uint16Array(5), /Uint8Array/],
    ['undefined', undefined, /Uint8Array/],
    ['null', null, /Uint8Array/],
    ['bytes in memory that is shared with other threads', shared, /shared memory/],
  ]

  test.each(wrong)('%s is a TypeError, in the head and after it, and cancels the source', async (_, piece, message) => {
    for (const start of [0, 50, HEAD_END, HEAD_END + BODY + SEALED + 5]) {
      const log = freshLog()
      const pieces = [file.slice(0, start), piece, file.slice(start)]
      const call = async (): Promise<CollectedBytes> => {
        const { bundle: stream } = await verifyAndDecryptStream(streamOfPieces(pieces, { log }), device)
        const collected = await collect(stream)
        if (collected.failed) throw collected.error
        return collected
      }
      const outcome = expect(call()).rejects
      await outcome.toThrow(TypeError)
      await outcome.toThrow(message)
      expect(log.cancelled).toHaveLength(1)
    }
  })

  test.each(wrong)('%s is a TypeError in a range of chunks', async (_, piece, message) => {
    const opened = await openWithIndex(sealed, device)
    const log = freshLog()
    const { pieces, error } = await collectPieces(
      opened.decryptChunks({ first: 0, count: 4 }, streamOfPieces([sealed.payload.slice(BODY, BODY + SEALED), piece], { log })),
    )
    expect(pieces.map(({ i }) => i)).toEqual([0])
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toMatch(message)
    expect(log.cancelled).toEqual([error])
  })
})

test('a head apart that is wrong closes the payload', async () => {
  for (const head of ['{', 7, null, undefined, new Uint8Array(3)]) {
    const log = freshLog()
    const payload = streamOf(sealed.payload, 100, { log })
    await expect(verifyAndDecryptStream({ head: head as string, payload }, device)).rejects.toThrow()
    expect([log.pulls, log.cancelled.length]).toEqual([0, 1])
    await expect(openEnvelope(head as string, device)).rejects.toThrow()
  }
})
