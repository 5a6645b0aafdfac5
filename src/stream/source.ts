import { asBytes } from '../bytes.js'
import type { Bytes } from '../bytes.js'

/** The part of the platform's `ReadableStream` that is read. */
export interface ByteStreamLike {
  /** Locks the stream; throws where it is locked already. */
  getReader(): ByteStreamReaderLike
}

/** The part of the platform's `ReadableStreamDefaultReader` that is used. */
export interface ByteStreamReaderLike {
  /** The next piece, of any length; `done` at the end, without a `value`. */
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  /** Says that nothing more is wanted. */
  cancel(reason?: unknown): Promise<unknown>
}

/** Bytes that come one after the other; one taker at a time. */
export interface ByteSource {
  /**
   * The next `length` bytes in memory that the caller owns (`into`, where it is given and long enough); fewer only
   * where the source ends before.
   */
  readonly take: (length: number, into?: Bytes) => Promise<Bytes>
  /**
   * Gives up, once: what is waited for and asked for from now on fails with `reason`. Settles, and never fails, once the
   * origin was told.
   */
  readonly close: (reason: unknown) => Promise<void>
  /** Set where what is taken are views, so that no memory need be given for it. */
  readonly isView?: true
}

const NOTHING: Bytes = new Uint8Array(0)

/** Looked up at once: what a test framework puts in its place later may never come. */
const { setImmediate, setTimeout } = globalThis as { readonly [Name in 'setImmediate' | 'setTimeout']?: (resume: () => void) => unknown }

/** After so many empty pieces in a row, timers and `AbortSignal`s have a turn. */
const EMPTY_PIECES = 100

/** Whether a caller's value is a `ReadableStream` of the platform. */
export function isByteStream(value: unknown): value is ByteStreamLike {
  return typeof value === 'object' && value !== null && 'getReader' in value && typeof value.getReader === 'function'
}

/** @throws TypeError */
export function byteStreamOption(name: string, value: unknown): ByteStreamLike {
  if (isByteStream(value)) return value
  throw new TypeError(`${name} must be a ReadableStream: a Node stream becomes one by Readable.toWeb()`)
}

/** How far a stream has been read. */
interface Reading {
  ended: boolean
  /** The last piece, whose last `left` bytes are still to be taken. */
  piece: Bytes
  left: number
  closed?: { readonly reason: unknown; readonly told: Promise<void> }
  /** Fails the taking that is under way. */
  interrupt?: ((reason: unknown) => void) | undefined
}

/**
 * Reads a stream in pieces of any sizes. What is taken is copied out of the pieces, so that nobody who shares their
 * memory can change it between a check and its use.
 *
 * @throws TypeError where the stream has another reader
 */
export function streamSource(stream: ByteStreamLike): ByteSource {
  const reader = stream.getReader()
  const reading: Reading = { ended: false, piece: NOTHING, left: 0 }
  return {
    take: async (length, into) => {
      checkOpen(reading)
      const out = into !== undefined && into.length >= length ? into : new Uint8Array(length)
      // Not left to the stream: one may leave its reader waiting after it was cancelled.
      return new Promise((resolve, reject) => {
        reading.interrupt = reject
        fill(out, length, reader, reading).then((part) => {
          reading.interrupt = undefined
          resolve(part)
        }, reject)
      })
    },
    close: async (reason) => {
      reading.piece = NOTHING
      reading.left = 0
      reading.closed ??= { reason, told: reading.ended ? Promise.resolve() : cancelReader(reader, reason) }
      await reading.closed.told
      reading.interrupt?.(reading.closed.reason)
      reading.interrupt = undefined
    },
  }
}

async function fill(out: Bytes, length: number, reader: ByteStreamReaderLike, reading: Reading): Promise<Bytes> {
  let taken = 0
  let empty = 0
  while (taken < length) {
    if (reading.left === 0) {
      if (reading.ended) break
      const { done, value } = await reader.read()
      checkOpen(reading)
      reading.ended = done
      reading.piece = done ? NOTHING : asBytes(value, 'each piece of the stream')
      reading.left = reading.piece.length
      empty = reading.left > 0 ? 0 : empty + 1
      if (empty % EMPTY_PIECES === EMPTY_PIECES - 1) await turnOfEventLoop()
    }
    const part = nextPart(reading.piece, reading.left, length - taken)
    out.set(part, taken)
    taken += part.length
    reading.left -= part.length
  }
  return out.subarray(0, taken)
}

function checkOpen({ closed }: Reading): void {
  if (closed !== undefined) throw closed.reason
}

/** At most so many bytes of a piece, whose last `left` bytes are still to be read. */
function nextPart(piece: Bytes, left: number, most: number): Bytes {
  if (piece.length < left) throw new TypeError('a piece of the stream was transferred elsewhere before it was read')
  const start = piece.length - left
  return piece.subarray(start, start + most)
}

/**
 * Cancels in a turn of its own, where the engine has one to give: Node would end a program whose `Readable.toWeb` stream is
 * cancelled in the turn in which it was read (https://github.com/nodejs/node/issues/64529).
 */
export async function cancelReader(reader: ByteStreamReaderLike, reason: unknown): Promise<void> {
  await turn(setImmediate)
  void (async () => reader.cancel(reason))().catch(() => undefined)
}

/** Lets timers and `AbortSignal`s have their turn. */
export async function turnOfEventLoop(): Promise<void> {
  await turn(setImmediate ?? setTimeout)
}

/** Where the engine has one to give. */
async function turn(schedule: typeof setImmediate): Promise<void> {
  if (schedule !== undefined) await new Promise<void>((resume) => schedule(resume))
}

/** Bytes that are all at hand. They must not change until they are taken. */
export function bytesSource(bytes: Bytes): ByteSource {
  let offset = 0
  let closed: { readonly reason: unknown } | undefined
  return {
    take: async (length) => {
      if (closed !== undefined) throw closed.reason
      const part = bytes.slice(offset, offset + length)
      offset += part.length
      return part
    },
    close: async (reason) => void (closed ??= { reason }),
  }
}

/** The same, of which each part is a view: for bytes that nobody else holds. */
export function viewSource(bytes: Bytes): ByteSource {
  let offset = 0
  return {
    take: async (length) => {
      const part = bytes.subarray(offset, offset + length)
      offset += part.length
      return part
    },
    close: async () => undefined,
    isView: true,
  }
}
