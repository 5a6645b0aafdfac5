import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { bytesSource, isByteStream, streamSource } from '../../src/stream/source.js'
import { pattern, sameAs } from '../envelope/helpers.js'
import { freshLog, settled, streamOf, streamOfPieces } from '../stream/streams.js'
import type { Bytes } from '../../src/bytes.js'
import type { ByteSource } from '../../src/stream/source.js'

const bundle = pattern(200)
const gone = new Error('the user left')

/** The same bytes from each kind of source. */
const sources: readonly (readonly [string, (bytes: Bytes, cut: readonly number[]) => ByteSource])[] = [
  ['a stream', (bytes, cut) => streamSource(streamOf(bytes, cut))],
  ['bytes', (bytes) => bytesSource(bytes)],
]

/** Sizes of pieces, some of them empty. */
const cuts = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 8 }).filter((cut) => cut.some((size) => size > 0))
const takes = fc.array(fc.integer({ min: 0, max: 70 }), { maxLength: 12 })

describe.each(sources)('a source of %s', (_, sourceOf) => {
  test('gives, for every cutting and every sequence of takes, what slicing gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), cuts, takes, async (bytes, cut, lengths) => {
        const source = sourceOf(new Uint8Array(bytes), cut)
        let offset = 0
        for (const length of lengths) {
          expect(await source.take(length)).toEqual(new Uint8Array(bytes.subarray(offset, offset + length)))
          offset += length
        }
        expect(await source.take(300)).toEqual(new Uint8Array(bytes.subarray(offset)))
        expect(await source.take(1), 'after the end').toEqual(new Uint8Array(0))
      }),
      { seed: 52, numRuns: 200 },
    )
  })

  test('gives memory of its own, which neither the origin nor another take shares', async () => {
    const origin = new Uint8Array(bundle)
    const source = sourceOf(origin, [64])
    const [first, second] = [await source.take(50), await source.take(50)]
    first.fill(0xaa)
    expect(second).toSatisfy(sameAs(bundle.subarray(50, 100)))
    expect(origin).toSatisfy(sameAs(bundle))
    origin.fill(0xbb)
    expect(second).toSatisfy(sameAs(bundle.subarray(50, 100)))
  })

  test('takes nothing without waiting for anything', async () => {
    expect(await sourceOf(new Uint8Array(0), [1]).take(0)).toEqual(new Uint8Array(0))
  })

  test('that was closed fails each take with the first reason', async () => {
    const source = sourceOf(bundle, [64])
    expect(await source.take(10)).toHaveLength(10)
    void source.close(gone)
    void source.close(new Error('another'))
    for (const length of [0, 1, 500]) await expect(source.take(length)).rejects.toBe(gone)
  })

  test('may be closed without a reason', async () => {
    const source = sourceOf(bundle, [64])
    void source.close(undefined)
    await expect(source.take(1)).rejects.toBeUndefined()
  })
})

describe('a source of a stream', () => {
  test('fills the memory that it is given, where that is long enough, and reports how far', async () => {
    const source = streamSource(streamOf(bundle, [7, 64]))
    const memory = new Uint8Array(64).fill(0xee)
    const part = await source.take(50, memory)
    expect(part.buffer).toBe(memory.buffer)
    expect(part).toSatisfy(sameAs(bundle.subarray(0, 50)))
    expect(memory.subarray(50)).toEqual(new Uint8Array(14).fill(0xee))
    const other = await source.take(65, memory)
    expect(other.buffer).not.toBe(memory.buffer)
    expect(other).toSatisfy(sameAs(bundle.subarray(50, 115)))
    const inside = memory.subarray(10, 40)
    expect(await source.take(30, inside)).toSatisfy(sameAs(bundle.subarray(115, 145)))
    expect(inside).toSatisfy(sameAs(bundle.subarray(115, 145)))
    const last = await source.take(64, memory)
    expect([last.length, last.buffer]).toEqual([55, memory.buffer])
  })

  test('reads a piece only when it needs one', async () => {
    const log = freshLog()
    const source = streamSource(streamOf(bundle, 50, { log }))
    await settled()
    expect(log.pulls).toBe(0)
    for (const [length, pulls] of [[0, 0], [1, 1], [49, 1], [1, 2], [100, 4]] as const) {
      await source.take(length)
      await settled()
      expect(log.pulls, `after ${length} bytes`).toBe(pulls)
    }
  })

  test('takes what is there in any memory: a Buffer, an offset subarray, pieces of nothing', async () => {
    const around = new Uint8Array(60)
    around.set(bundle.subarray(0, 20), 30)
    const pieces = [new Uint8Array(0), around.subarray(30, 50), new Uint8Array(0), Buffer.from(bundle.subarray(20))]
    const source = streamSource(streamOfPieces(pieces))
    expect(await source.take(200)).toSatisfy(sameAs(bundle))
    expect(await source.take(1)).toHaveLength(0)
  })

  test('fails with the error of the stream, unchanged, and after what came before', async () => {
    const error = new Error('connection reset')
    const source = streamSource(streamOf(bundle, 50, { then: { error } }))
    expect(await source.take(200)).toSatisfy(sameAs(bundle))
    await expect(source.take(1)).rejects.toBe(error)
  })

  test.each([['text'], [[1, 2]], [new ArrayBuffer(3)], [null], [new Uint8Array(new SharedArrayBuffer(2))]])(
    'refuses %j for a piece, which is a TypeError',
    async (piece) => {
      const source = streamSource(streamOfPieces([bundle, piece]))
      expect(await source.take(200)).toSatisfy(sameAs(bundle))
      await expect(source.take(1)).rejects.toThrow(TypeError)
    },
  )

  test('closed while it waits fails at once, and tells the stream why', async () => {
    const log = freshLog()
    const source = streamSource(streamOf(bundle, 50, { log, then: 'stall' }))
    const pending = source.take(500)
    await settled()
    void source.close(gone)
    await expect(pending).rejects.toBe(gone)
    expect(log.cancelled).toEqual([gone])
  })

  test('closed while it waits fails, also where the stream leaves its reader waiting for ever', async () => {
    const cancel = vi.fn(async () => undefined)
    const never = new Promise<never>(() => undefined)
    const source = streamSource({ getReader: () => ({ read: async () => never, cancel }) })
    const pending = source.take(10)
    await Promise.all([source.close(gone), expect(pending).rejects.toBe(gone)])
    expect(cancel.mock.calls).toEqual([[gone]])
  })

  test('closed while it waits drops what the stream fails with later', async () => {
    let fail = (): void => undefined
    const read = async (): Promise<never> => new Promise((_, reject) => (fail = () => reject(new Error('late'))))
    const source = streamSource({ getReader: () => ({ read, cancel: async () => undefined }) })
    const pending = source.take(10)
    void source.close(gone)
    await expect(pending).rejects.toBe(gone)
    fail()
    await settled()
  })

  test('closed twice cancels the stream once; closed after its end not at all', async () => {
    const open = freshLog()
    const source = streamSource(streamOf(bundle, 50, { log: open }))
    await Promise.all([source.close(gone), source.close(gone)])
    expect(open.cancelled).toEqual([gone])
    const cancel = vi.fn(async () => undefined)
    const over = streamSource({ getReader: () => ({ read: async () => ({ done: true }), cancel }) })
    expect(await over.take(500)).toHaveLength(0)
    await over.close(gone)
    expect(cancel).not.toHaveBeenCalled()
  })

  test('drops a piece that comes after it was closed', async () => {
    const cancel = vi.fn(async () => undefined)
    let give = (): void => undefined
    const read = async (): Promise<{ done: false; value: Bytes }> => {
      await new Promise<void>((resolve) => (give = resolve))
      return { done: false, value: bundle }
    }
    const source = streamSource({ getReader: () => ({ read, cancel }) })
    const pending = source.take(10)
    void source.close(gone)
    give()
    await expect(pending).rejects.toBe(gone)
    await source.close(gone)
    expect(cancel.mock.calls).toEqual([[gone]])
  })

  test('closing does not fail where the stream cannot be cancelled', async () => {
    const source = streamSource({ getReader: () => ({ read: async () => ({ done: true }), cancel: async () => Promise.reject(gone) }) })
    expect(() => source.close(gone)).not.toThrow()
    await settled()
  })

  test('notices that a piece was given away before all of it was taken', async () => {
    const piece = new Uint8Array(bundle)
    const source = streamSource(streamOfPieces([piece]))
    expect(await source.take(50)).toSatisfy(sameAs(bundle.subarray(0, 50)))
    structuredClone(piece.buffer, { transfer: [piece.buffer] })
    await expect(source.take(50)).rejects.toThrow(/transferred/)
  })

  test('is a TypeError where the stream has another reader, who keeps it', async () => {
    const stream = streamOf(bundle)
    const reader = stream.getReader()
    expect(() => streamSource(stream)).toThrow(TypeError)
    expect((await reader.read()).value).toSatisfy(sameAs(bundle))
  })

  test('keeps no piece once it is closed', async () => {
    const source = streamSource(streamOf(bundle, 200))
    await source.take(10)
    void source.close(gone)
    await expect(source.take(0)).rejects.toBe(gone)
  })
})

test('a ReadableStream is known by its getReader, whichever realm or library it is of', () => {
  expect(isByteStream(streamOf(bundle))).toBe(true)
  expect(isByteStream({ getReader: () => undefined })).toBe(true)
  const others = [null, undefined, 5, 'x', bundle, {}, [], { getReader: 1 }, { read: () => undefined }, bundle.buffer]
  for (const other of others) expect(isByteStream(other)).toBe(false)
})
