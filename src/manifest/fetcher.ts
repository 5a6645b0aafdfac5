import type { ByteRange } from '../format/geometry.js'
import type { AbortSignalLike } from '../options.js'
import type { ByteStreamLike } from '../stream/source.js'

/** What is asked for. */
export interface ObjectRequest {
  /** Index digest, 64 hex digits. */
  readonly name: string
  /** Bytes of the whole object. */
  readonly size: number
  /** The part of it that is wanted: from `start` up to, not including, `end`. */
  readonly range: ByteRange
  readonly signal?: AbortSignalLike | undefined
}

/**
 * Gives the bytes of a range of an object. What it throws, and what its stream breaks off with, is tried again, but for an
 * `EnvelopeError`, which is final. An error with a number `retryAfter` asks for so many seconds of peace before that.
 */
export type FetchObject = (request: ObjectRequest) => Promise<ByteStreamLike>
