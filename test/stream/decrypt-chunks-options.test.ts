import { describe, expect, test } from 'vitest'
import { openEnvelope } from '../../src/index.js'
import { CHUNK, accepting, pattern, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { openWithIndex } from './readings.js'
import { collectPieces, freshLog, pullCounting } from './streams.js'

const CHUNKS = 9
const signer = freshEd25519()
const sealed = await seal(signer, pattern(8 * CHUNK + 500))

describe('a mistake in a call of decryptChunks', () => {
  const device = accepting(signer)
  const spans: readonly unknown[] = [
    { first: -1, count: 1 }, { first: CHUNKS, count: 1 }, { first: 0, count: 0 }, { first: 0, count: CHUNKS + 1 },
    { first: CHUNKS - 1, count: 2 }, { first: 0.5, count: 1 }, { first: 0, count: 1.5 }, { first: Number.NaN, count: 1 },
    { first: 0, count: Infinity }, { first: '0', count: 1 }, { first: 0, count: '1' }, { first: 0 }, { count: 1 }, {},
    { first: 2 ** 53, count: 2 ** 53 },
  ]

  test.each(spans)('(%j) is a RangeError at the call, and leaves the stream to its owner', async (span) => {
    const opened = await openWithIndex(sealed, device)
    const { stream, log } = pullCounting(sealed.payload)
    expect(() => opened.decryptChunks(span as { first: number; count: number }, stream)).toThrow(RangeError)
    expect([stream.locked, log.pulls, log.cancelled]).toEqual([false, 0, []])
  })

  test('(before setIndex) is a TypeError, and leaves the stream to its owner', async () => {
    const opened = await openEnvelope(sealed.head, device)
    const { stream, log } = pullCounting(sealed.payload)
    expect(() => opened.decryptChunks({ first: 0, count: 1 }, stream)).toThrow(/setIndex/)
    expect(() => opened.decryptChunks({ first: 0, count: 1 }, stream)).toThrow(TypeError)
    expect([stream.locked, log.pulls]).toEqual([false, 0])
  })

  test.each([
    ['bytes', sealed.toBytes()], ['nothing', undefined], ['null', null], ['text', 'text'],
  ])('(%s, which is no stream) is a TypeError at the call that says what is wanted', async (_, wrong) => {
    const opened = await openWithIndex(sealed, device)
    const call = (): unknown => opened.decryptChunks({ first: 0, count: 1 }, wrong as unknown as ReadableStream<Uint8Array>)
    expect(call).toThrow(TypeError)
    expect(call).toThrow(/ReadableStream/)
  })

  test('(a stream that somebody else reads) is a TypeError, and disturbs nobody', async () => {
    const opened = await openWithIndex(sealed, device)
    const { stream, log } = pullCounting(sealed.payload, 100)
    const reader = stream.getReader()
    const { pieces, error } = await collectPieces(opened.decryptChunks({ first: 0, count: 1 }, stream))
    expect(pieces).toEqual([])
    expect(error).toBeInstanceOf(TypeError)
    expect(log).toEqual(freshLog())
    expect((await reader.read()).value).toHaveLength(100)
  })
})
