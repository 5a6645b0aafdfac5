import { asBytes } from '../bytes.js'
import { integerOption } from '../options.js'
import { byteStreamOption, streamSource } from '../stream/source.js'
import type { Bytes } from '../bytes.js'
import type { Awaitable } from '../crypto/backend.js'
import type { AbortSignalLike } from '../options.js'
import type { ByteSource, ByteStreamLike } from '../stream/source.js'

/**
 * A file of a release, at its relative path: its bytes, which must not change before the call has settled, or a stream of them. A
 * function that opens the stream is called again where the file has more than 64 MiB, and must give the same bytes; a stream itself
 * can't have more.
 */
export type ManifestInput =
  | { readonly path: string; readonly bytes: Uint8Array; readonly stream?: undefined }
  | {
      readonly path: string
      /** The bytes of the file, or a function that opens them. */
      readonly stream: ByteStreamLike | (() => Awaitable<ByteStreamLike>)
      /** Bytes, for the progress alone. */
      readonly size?: number | undefined
      readonly bytes?: undefined
    }

/** The same, its members read once. */
export type Input = BytesInput | StreamInput

interface BytesInput {
  readonly path: string
  readonly size: number
  /** Views of the caller's memory. */
  readonly bytes: Bytes
}

export interface StreamInput {
  readonly path: string
  /** As it was said: `Infinity` where nothing was. */
  readonly size: number
  /** What is opened after an abort is closed at once. */
  readonly open: (signal: AbortSignalLike | undefined) => Promise<ByteSource>
  /** Whether it can be opened once more. */
  readonly opensTwice: boolean
}

/** @throws TypeError, RangeError */
export function inputOption(value: ManifestInput): Input {
  if (typeof value !== 'object' || (value as unknown) === null) throw new TypeError('each of files must be { path, bytes } or { path, stream }')
  const { path, bytes, stream, size } = value as { readonly [Name in 'path' | 'bytes' | 'stream' | 'size']?: unknown }
  if (typeof path !== 'string') throw new TypeError('each of files must have a path, a string')
  const name = JSON.stringify(path)
  if ((bytes === undefined) === (stream === undefined)) throw new TypeError(`the file ${name} must have either bytes or a stream`)
  if (bytes !== undefined) {
    const view = asBytes(bytes, `bytes of the file ${name}`)
    return { path, size: view.length, bytes: view }
  }
  const opensTwice = typeof stream === 'function'
  if (!opensTwice) byteStreamOption(`stream of the file ${name}`, stream)
  return {
    path,
    size: size === undefined ? Infinity : integerOption(`size of the file ${name}`, size, Number.MAX_SAFE_INTEGER),
    open: async (signal) => {
      const opened: unknown = opensTwice ? await (stream as () => unknown)() : stream
      const source = streamSource(byteStreamOption(`stream of the file ${name}`, opened))
      if (signal?.aborted === true) await source.close(signal.reason)
      return source
    },
    opensTwice,
  }
}
