import { describe, expect, test, vi } from 'vitest'
import { iterate, piecesOf } from '../../src/stream/pieces.js'
import { collectPieces, settled } from '../stream/streams.js'
import type { Pieces } from '../../src/stream/pieces.js'
import type { ByteSource } from '../../src/stream/source.js'

interface Watched {
  readonly pieces: Pieces<number>
  /** The reasons that the source was closed with. */
  readonly closed: unknown[]
  readonly unsubscribe: ReturnType<typeof vi.fn>
  /** Fails the pieces from outside, as an AbortSignal does. */
  readonly abort: (reason: unknown) => void
  readonly calls: () => number
}

/** Pieces made by `next`, which is told how often it was called before. */
function watched(next: (call: number) => Promise<number | undefined>, abortedAtOnce?: { readonly reason: unknown }): Watched {
  const closed: unknown[] = []
  const unsubscribe = vi.fn()
  let abort: (reason: unknown) => void = () => undefined
  let calls = 0
  const source: ByteSource = { take: async () => new Uint8Array(0), close: async (reason) => void closed.push(reason) }
  const pieces = piecesOf(
    source,
    (fail) => {
      abort = fail
      if (abortedAtOnce !== undefined) fail(abortedAtOnce.reason)
      return unsubscribe
    },
    async () => next(calls++),
  )
  return { pieces, closed, unsubscribe, abort: (reason) => abort(reason), calls: () => calls }
}

const upTo = (count: number) => async (call: number): Promise<number | undefined> => (call < count ? call : undefined)
const failure = new Error('a chunk is bad')
const stop = new Error('the user left')

describe('R51: pieces that end', () => {
  test('come in order, then undefined for ever, and the source is not closed', async () => {
    const { pieces, closed, calls, unsubscribe } = watched(upTo(3))
    const given = []
    for (let i = 0; i < 6; i++) given.push(await pieces.next())
    expect(given).toEqual([0, 1, 2, undefined, undefined, undefined])
    expect(calls(), 'nothing more is asked for after the end').toBe(4)
    expect(closed).toEqual([])
    expect(unsubscribe).toHaveBeenCalled()
  })

  test('cannot fail any more', async () => {
    const { pieces, closed, abort } = watched(upTo(1))
    const told = vi.fn()
    pieces.onFailure(told)
    expect([await pieces.next(), await pieces.next()]).toEqual([0, undefined])
    abort(stop)
    void pieces.cancel(stop)
    expect(await pieces.next()).toBeUndefined()
    expect([closed, told.mock.calls]).toEqual([[], []])
  })
})

describe('R51: pieces that fail', () => {
  const failingAt = (at: number) => async (call: number): Promise<number> => {
    if (call === at) throw failure
    return call
  }

  test('give nothing more, the same failure for ever, and close the source once', async () => {
    const { pieces, closed, calls, unsubscribe } = watched(failingAt(2))
    expect([await pieces.next(), await pieces.next()]).toEqual([0, 1])
    for (let i = 0; i < 4; i++) await expect(pieces.next()).rejects.toBe(failure)
    expect(calls()).toBe(3)
    expect(closed).toEqual([failure])
    expect(unsubscribe).toHaveBeenCalled()
  })

  test('keep the first of two failures', async () => {
    const inside = watched(failingAt(0))
    await expect(inside.pieces.next()).rejects.toBe(failure)
    inside.abort(stop)
    void inside.pieces.cancel(stop)
    await expect(inside.pieces.next()).rejects.toBe(failure)
    expect(inside.closed).toEqual([failure])

    const outside = watched(failingAt(0))
    outside.abort(stop)
    await expect(outside.pieces.next()).rejects.toBe(stop)
    expect([outside.closed, outside.calls()]).toEqual([[stop], 0])
  })

  test('from outside drop what is in flight, whether that succeeds or fails', async () => {
    for (const outcome of ['piece', 'end', 'failure']) {
      let finish = (): void => undefined
      const { pieces, closed, abort } = watched(async () => {
        await new Promise<void>((resolve) => (finish = resolve))
        if (outcome === 'failure') throw failure
        return outcome === 'piece' ? 7 : undefined
      })
      const pending = pieces.next()
      await settled(2)
      abort(stop)
      finish()
      await expect(pending, outcome).rejects.toBe(stop)
      await expect(pieces.next(), outcome).rejects.toBe(stop)
      expect(closed).toEqual([stop])
    }
  })

  test('before the first piece, because they were stopped already, unsubscribe too', async () => {
    const { pieces, closed, calls, unsubscribe } = watched(upTo(3), { reason: stop })
    expect(closed).toEqual([stop])
    expect(unsubscribe).toHaveBeenCalled()
    await expect(pieces.next()).rejects.toBe(stop)
    expect(calls()).toBe(0)
  })

  test.each([undefined, null, 0, ''])('with %j for a reason fail all the same', async (reason) => {
    const { pieces, closed, abort } = watched(upTo(3))
    const told = vi.fn()
    pieces.onFailure(told)
    abort(reason)
    const outcome = await pieces.next().then(() => 'a piece', (error: unknown) => ({ error }))
    expect(outcome).toEqual({ error: reason })
    expect([closed, told.mock.calls]).toEqual([[reason], [[reason]]])
  })

  test('tell every listener once, also one that comes later', async () => {
    const { pieces } = watched(failingAt(0))
    const [early, second, late] = [vi.fn(), vi.fn(), vi.fn()]
    pieces.onFailure(early)
    pieces.onFailure(second)
    await pieces.next().catch(() => undefined)
    await pieces.next().catch(() => undefined)
    pieces.onFailure(late)
    await Promise.resolve()
    for (const listener of [early, second, late]) expect(listener.mock.calls).toEqual([[failure]])
  })

  test('tell their listeners while nobody asks for a piece', async () => {
    const { pieces, abort } = watched(upTo(3))
    const told = vi.fn()
    pieces.onFailure(told)
    expect(told).not.toHaveBeenCalled()
    abort(stop)
    await Promise.resolve()
    expect(told.mock.calls).toEqual([[stop]])
  })

  test('by being cancelled close the source with that reason', async () => {
    const { pieces, closed, unsubscribe } = watched(upTo(3))
    expect(await pieces.next()).toBe(0)
    void pieces.cancel(stop)
    expect(closed).toEqual([stop])
    expect(unsubscribe).toHaveBeenCalled()
    await expect(pieces.next()).rejects.toBe(stop)
  })
})

describe('iterate', () => {
  test('gives every piece and ends, without closing the source', async () => {
    const { pieces, closed } = watched(upTo(3))
    expect(await collectPieces(iterate(() => pieces))).toEqual({ pieces: [0, 1, 2], failed: false })
    expect(closed).toEqual([])
  })

  test('ends with the failure, after the pieces before it', async () => {
    const { pieces, closed } = watched(async (call) => {
      if (call === 2) throw failure
      return call
    })
    expect(await collectPieces(iterate(() => pieces))).toEqual({ pieces: [0, 1], failed: true, error: failure })
    expect(closed).toEqual([failure])
  })

  test('cancels when its loop is left, by break, return or throw', async () => {
    const loops: readonly ((iterable: AsyncIterable<number>) => Promise<void>)[] = [
      async (iterable) => {
        for await (const piece of iterable) if (piece === 1) break
      },
      async (iterable) => {
        for await (const piece of iterable) if (piece === 1) return
      },
      async (iterable) => {
        for await (const piece of iterable) if (piece === 1) throw failure
      },
    ]
    for (const loop of loops) {
      const { pieces, closed, calls, unsubscribe } = watched(upTo(9))
      await loop(iterate(() => pieces)).catch((error: unknown) => expect(error).toBe(failure))
      expect(closed).toEqual([undefined])
      expect(unsubscribe).toHaveBeenCalled()
      expect(calls()).toBe(2)
    }
  })

  test('asks for a piece only when its loop does', async () => {
    const { pieces, calls } = watched(upTo(9))
    const iterator = iterate(() => pieces)
    await settled()
    expect(calls()).toBe(0)
    await iterator.next()
    await settled()
    expect(calls()).toBe(1)
    await iterator.return()
  })
})
