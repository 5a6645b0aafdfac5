import { afterEach, describe, expect, test, vi } from 'vitest'
import { EnvelopeError } from '../../src/index.js'
import { readableOf, requireStreams } from '../../src/stream/readable.js'
import { collectPieces, settled } from '../stream/streams.js'
import type { Pieces } from '../../src/stream/pieces.js'

const failure = new Error('a chunk is bad')
const stop = new Error('the user left')

interface Watched {
  readonly pieces: Pieces<number>
  readonly cancel: ReturnType<typeof vi.fn<(reason: unknown) => Promise<void>>>
  readonly fail: (reason: unknown) => void
  readonly asked: () => number
}

function watched(next: (call: number) => Promise<number | undefined>): Watched {
  const cancel = vi.fn<(reason: unknown) => Promise<void>>(async () => undefined)
  let asked = 0
  let fail: (reason: unknown) => void = () => undefined
  const pieces: Pieces<number> = { next: async () => next(asked++), cancel, onFailure: (listener) => (fail = listener) }
  return { pieces, cancel, fail: (reason) => fail(reason), asked: () => asked }
}

const upTo = (count: number) => async (call: number): Promise<number | undefined> => (call < count ? call : undefined)

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('readableOf', () => {
  test('gives a ReadableStream of the platform, with every piece, that closes', async () => {
    const stream = readableOf(watched(upTo(3)).pieces)
    expect(stream).toBeInstanceOf(ReadableStream)
    expect(await collectPieces(stream as unknown as AsyncIterable<number>)).toEqual({ pieces: [0, 1, 2], failed: false })
  })

  test('asks for no piece before its consumer does, and for no second one while that takes its time', async () => {
    const { pieces, asked } = watched(upTo(9))
    const reader = readableOf(pieces).getReader()
    await settled()
    expect(asked()).toBe(0)
    for (let given = 1; given <= 3; given++) {
      await reader.read()
      await settled()
      expect(asked()).toBe(given)
    }
  })

  test('errors with the failure, unchanged, after the pieces before it', async () => {
    const { pieces } = watched(async (call) => {
      if (call === 1) throw failure
      return call
    })
    const stream = readableOf(pieces) as unknown as AsyncIterable<number>
    expect(await collectPieces(stream)).toEqual({ pieces: [0], failed: true, error: failure })
  })

  test('errors while nobody reads', async () => {
    const { pieces, fail, asked } = watched(upTo(9))
    const reader = readableOf(pieces).getReader()
    const closed = reader.closed.then(() => 'closed', (reason: unknown) => reason)
    fail(stop)
    expect(await closed).toBe(stop)
    await expect(reader.read()).rejects.toBe(stop)
    expect(asked()).toBe(0)
  })

  test('passes a cancellation on, with its reason, once', async () => {
    const { pieces, cancel } = watched(upTo(9))
    const stream = readableOf(pieces)
    await stream.cancel(stop)
    await stream.cancel(stop)
    expect(cancel.mock.calls).toEqual([[stop]])
  })

  test('that was cancelled or errored in the meantime takes a late piece without a word', async () => {
    const unhandled: unknown[] = []
    const listen = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', listen)
    for (const end of ['cancel', 'fail']) {
      let give = (): void => undefined
      const { pieces, fail } = watched(async () => {
        await new Promise<void>((resolve) => (give = resolve))
        return 1
      })
      const reader = readableOf(pieces).getReader()
      const pending = reader.read().then(({ done }) => (done ? 'done' : 'a piece'), (reason: unknown) => reason)
      await settled()
      if (end === 'fail') fail(stop)
      else await reader.cancel(stop)
      give()
      expect(await pending).toBe(end === 'fail' ? stop : 'done')
      await settled()
    }
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })

  test('says what to use instead where the engine has no streams', () => {
    vi.stubGlobal('ReadableStream', undefined)
    expect(requireStreams).toThrow(EnvelopeError)
    expect(requireStreams).toThrow(
      expect.objectContaining({ code: 'backend-unavailable', message: expect.stringMatching(/openEnvelope and decryptChunk/) as string }),
    )
    vi.unstubAllGlobals()
    expect(requireStreams).not.toThrow()
  })
})
