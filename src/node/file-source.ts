import { systemError, withPath } from './system-error.js'
import type { FileHandle } from 'node:fs/promises'
import type { Bytes } from '../bytes.js'
import type { ByteSource } from '../stream/source.js'

const PIECE = 2 ** 20

/** Passes all that a source has on, in pieces that are used again. */
export async function copySource(source: ByteSource, write: (bytes: Bytes) => Promise<void>): Promise<void> {
  const memory = new Uint8Array(PIECE)
  for (;;) {
    const piece = await source.take(PIECE, memory)
    if (piece.length > 0) await write(piece)
    if (piece.length < PIECE) return
  }
}

/** Where a file is read from, and how long it must turn out to be; left out: from where it is at, and any length. */
export interface Reading {
  readonly position?: number | undefined
  readonly size?: number | undefined
}

/**
 * Reads a file, or a pipe, which has neither position nor size.
 *
 * @throws Error of Node; with the code `EBUSY` where the file has changed in length since `size` was asked for
 */
export function fileSource(handle: FileHandle, path: string, { position, size }: Reading = {}): ByteSource {
  const state: { closed?: { readonly reason: unknown }; giveUp?: (reason: unknown) => void } = {}
  let read = 0
  /** Some systems have files that say 0 and hold more. */
  const checkSize = async (before: number): Promise<void> => {
    const { size: now } = await withPath(path, handle.stat())
    if (now !== before || (before > 0 && read !== before)) throw changed(path)
  }
  const fill = async (out: Bytes, length: number): Promise<Bytes> => {
    let done = 0
    while (done < length) {
      if (state.closed !== undefined) throw state.closed.reason
      const place = position === undefined ? null : position + read
      const { bytesRead } = await withPath(path, handle.read(out, done, length - done, place))
      if (bytesRead === 0) {
        if (size !== undefined) await checkSize(size)
        break
      }
      done += bytesRead
      read += bytesRead
    }
    return out.subarray(0, done)
  }
  return {
    take: async (length, into) =>
      new Promise((resolve, reject) => {
        state.giveUp = reject
        const out = into !== undefined && into.length >= length ? into : new Uint8Array(length)
        fill(out, length).then(resolve, reject)
      }),
    close: async (reason) => {
      state.closed ??= { reason }
      state.giveUp?.(state.closed.reason)
    },
  }
}

/** The error where a file is not what it was a moment ago. */
export function changed(path: string): Error {
  return systemError('EBUSY', 'the file was changed while it was read', 'read', path)
}
