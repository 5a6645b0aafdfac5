import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isByteStream, streamSource } from '../stream/source.js'
import { createTemporary } from './temporary-file.js'
import type { FileHandle } from 'node:fs/promises'
import type { Bytes } from '../bytes.js'
import type { ByteSource, ByteStreamLike } from '../stream/source.js'

/** The name of a file, or its `file:` URL. */
export type FileName = string | { readonly href: string }

/** A file, or a web `ReadableStream` of bytes (`Readable.toWeb` makes one of a Node stream). */
export type FileInput = FileName | ByteStreamLike

/** What is read, and how large it is where that is known. */
export interface OpenInput {
  readonly source: ByteSource
  /** Bytes. */
  readonly size: number | undefined
  /** The same bytes once more, from the start. */
  readonly again: () => ByteSource
}

const PIECE = 2 ** 20

export function pathOf(name: FileName): string {
  return typeof name === 'string' ? name : fileURLToPath(name.href)
}

/** Opens `input` for `work`, and closes it whatever happens. */
export async function withInput<T>(input: FileInput, work: (input: OpenInput) => Promise<T>): Promise<T> {
  if (isByteStream(input)) {
    const source = streamSource(input)
    return work({ source, size: undefined, again: noSecondTime }).catch((error: unknown) => {
      source.close(error)
      throw error
    })
  }
  const handle = await open(pathOf(input), 'r')
  try {
    const stats = await handle.stat()
    return await work({ source: fileSource(handle), size: stats.isFile() ? stats.size : undefined, again: () => fileSource(handle, 0) })
  } finally {
    await handle.close()
  }
}

/** An input that can be read twice: what is read of a stream is written to a temporary file on the way. */
export async function withSeekable<T>(input: FileInput, work: (input: OpenInput) => Promise<T>): Promise<T> {
  return withInput(input, async (opened) => {
    if (opened.size !== undefined) return work(opened)
    const temporary = await createTemporary(tmpdir())
    try {
      return await withInput(temporary.path, async ({ again }) =>
        work({ ...opened, source: keeping(opened.source, temporary.write), again }),
      )
    } finally {
      await temporary.discard()
    }
  })
}

/** The same source; what is taken of it is written as well. */
function keeping({ take, close }: ByteSource, write: (bytes: Bytes) => Promise<void>): ByteSource {
  return {
    take: async (length, into) => {
      const bytes = await take(length, into)
      await write(bytes)
      return bytes
    },
    close,
  }
}

/** Passes all that a source has on, in pieces that are used again. */
export async function copySource(source: ByteSource, write: (bytes: Bytes) => Promise<void>): Promise<void> {
  const memory = new Uint8Array(PIECE)
  for (;;) {
    const piece = await source.take(PIECE, memory)
    if (piece.length > 0) await write(piece)
    if (piece.length < PIECE) return
  }
}

/** Reads a file from where it is at, which works for pipes too, or from `position`. */
export function fileSource(handle: FileHandle, position?: number): ByteSource {
  let closed: { readonly reason: unknown } | undefined
  let read = 0
  return {
    take: async (length, into) => {
      const out = into !== undefined && into.length >= length ? into : new Uint8Array(length)
      let done = 0
      while (done < length) {
        if (closed !== undefined) throw closed.reason
        const place = position === undefined ? null : position + read
        const { bytesRead } = await handle.read(out, done, length - done, place)
        if (bytesRead === 0) break
        done += bytesRead
        read += bytesRead
      }
      return out.subarray(0, done)
    },
    close: (reason) => (closed ??= { reason }),
  }
}

function noSecondTime(): never {
  throw new TypeError('a stream can be read only once')
}
