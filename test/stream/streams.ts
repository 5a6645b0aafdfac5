/** What happened to a source. */
export interface SourceLog {
  /** How often a piece was asked for. */
  pulls: number
  /** Bytes given so far. */
  bytes: number
  /** Whether its end or its error was reached. */
  ended: boolean
  /** The reason of each cancellation. */
  readonly cancelled: unknown[]
}

export interface SourceOptions {
  readonly log?: SourceLog | undefined
  /** What comes after the last piece: the end unless given, nothing ever, or an error. */
  readonly then?: 'end' | 'stall' | { readonly error: unknown }
  /** Awaited before piece `i` is given. */
  readonly before?: (i: number) => unknown
}

export const freshLog = (): SourceLog => ({ pulls: 0, bytes: 0, ended: false, cancelled: [] })

/** Copies of the bytes, in pieces of this size, or of these sizes over and over (not only zeros). */
export function piecesOf(bytes: Uint8Array, sizes: number | readonly number[]): Uint8Array<ArrayBuffer>[] {
  const cycle = typeof sizes === 'number' ? [sizes] : sizes
  if (!cycle.some((size) => size > 0)) throw new RangeError('some piece must have a size')
  const pieces: Uint8Array<ArrayBuffer>[] = []
  for (let start = 0, i = 0; start < bytes.length; i++) {
    const end = start + (cycle[i % cycle.length] as number)
    pieces.push(new Uint8Array(bytes.subarray(start, end)))
    start = end
  }
  return pieces
}

/** A stream that gives a piece only when it is asked for one. Pieces may be of a wrong kind, for tests of that. */
export function streamOfPieces(
  pieces: Iterable<unknown>,
  { log = freshLog(), then = 'end', before = () => undefined }: SourceOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = pieces[Symbol.iterator]()
  let cancelled = false
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull: async (controller) => {
        const i = log.pulls++
        await before(i)
        if (cancelled) return
        const next: IteratorResult<unknown, unknown> = iterator.next()
        if (next.done !== true) {
          log.bytes += next.value instanceof Uint8Array ? next.value.length : 0
          controller.enqueue(next.value as Uint8Array<ArrayBuffer>)
          return
        }
        if (then === 'stall') return new Promise(() => undefined)
        log.ended = true
        if (then === 'end') controller.close()
        else controller.error(then.error)
        return undefined
      },
      cancel: (reason) => {
        cancelled = true
        log.cancelled.push(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

export function streamOf(
  bytes: Uint8Array,
  sizes: number | readonly number[] = 65_536,
  options: SourceOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return streamOfPieces(piecesOf(bytes, sizes), options)
}

/** A stream of the bytes, and how far it was read. */
export function pullCounting(
  bytes: Uint8Array,
  sizes: number | readonly number[] = 65_536,
  options: SourceOptions = {},
): { readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>; readonly log: SourceLog } {
  const log = freshLog()
  return { stream: streamOf(bytes, sizes, { ...options, log }), log }
}

/** All that comes out of a stream or iterable, and the error that ends it, if one does. */
export interface Collected<T> {
  readonly pieces: readonly T[]
  readonly failed: boolean
  readonly error?: unknown
}

export async function collectPieces<T>(iterable: AsyncIterable<T>): Promise<Collected<T>> {
  const pieces: T[] = []
  try {
    for await (const piece of iterable) pieces.push(piece)
  } catch (error) {
    return { pieces, failed: true, error }
  }
  return { pieces, failed: false }
}

export interface CollectedBytes extends Collected<Uint8Array> {
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** All bytes that come out of a stream, and the error that ends it, if one does. */
export async function collect(stream: ReadableStream<Uint8Array>): Promise<CollectedBytes> {
  const collected = await collectPieces(stream as unknown as AsyncIterable<Uint8Array>)
  return { ...collected, bytes: new Uint8Array(Buffer.concat(collected.pieces)) }
}

/** Long enough for everything that is under way, and does not wait for something else, to have come about. */
export async function settled(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
}
