import { constants, fstatSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { nodeDeviceBackend } from '../node.js'
import { fileSource } from '../node/file-source.js'
import { FileError, fileError } from './errors.js'
import type { Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { FileInput } from '../node.js'

/** Bytes that are read as they are asked for; each piece is valid until the next one. */
export type Pieces = AsyncGenerator<Uint8Array, void, undefined>

/** Bytes of each piece of a file but the last, which is shorter and may be empty. */
export const PIECE = 131_072

const STDIN = 'the standard input'

/** What messages call an input. */
export function inputName(path: string): string {
  return path === '-' ? STDIN : path
}

/** Whether there is something at `path`, and what; symbolic links are followed. */
export async function statInput(path: string): Promise<Stats> {
  return stat(path).catch((error: unknown) => {
    throw fileError('read', path, error)
  })
}

/** A file or pipe, or stdin for `-`, for the functions that take any. */
export function fileInput(path: string): FileInput {
  return path === '-' ? streamOf(stdinPieces()) : path
}

/** The bytes of a file or pipe, or of stdin for `-`. */
export function inputPieces(path: string): Pieces {
  return path === '-' ? stdinPieces() : filePieces(path, constants.O_RDONLY, new Uint8Array(PIECE))
}

/** The bytes of a regular file that is no symbolic link, even if it has become one a moment ago; `memory` holds each piece. */
export function plainFilePieces(path: string, memory: Uint8Array<ArrayBuffer>): Pieces {
  // Windows has no such flag.
  const noFollow = (constants.O_NOFOLLOW as number | undefined) ?? 0
  return filePieces(path, constants.O_RDONLY | noFollow, memory)
}

async function* filePieces(path: string, flags: number, memory: Uint8Array<ArrayBuffer>): Pieces {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, flags)
    const stats = await handle.stat()
    const source = fileSource(handle, path, { size: stats.isFile() ? stats.size : undefined })
    for (;;) {
      const piece = await source.take(memory.length, memory)
      yield piece
      if (piece.length < memory.length) return
    }
  } catch (error) {
    throw fileError('read', path, error)
  } finally {
    await handle?.close()
  }
}

async function* stdinPieces(): Pieces {
  try {
    // Of a folder Node would read nothing, and call that the end. Windows has none as stdin.
    if (process.platform !== 'win32' && fstatSync(0).isDirectory()) throw new FileError(`cannot read ${STDIN}: it is a folder`)
    for await (const piece of process.stdin as AsyncIterable<Uint8Array<ArrayBuffer>>) {
      yield piece
      // Else what was read would lie about until the garbage collector comes by.
      nodeDeviceBackend.release?.(piece)
    }
  } catch (error) {
    throw fileError('read', STDIN, error)
  }
}

/** The first `length` bytes or more, fewer only where there are no more, and what comes after them. */
export async function startOf(pieces: Pieces, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let done = 0
  while (done < length) {
    const { value } = await pieces.next()
    if (value === undefined) break
    parts.push(Buffer.from(value))
    done += value.length
  }
  return Buffer.concat(parts)
}

/** What {@link startOf} has read, and all that follows. */
export async function* withStart(start: Uint8Array, pieces: Pieces): Pieces {
  try {
    yield start
    yield* pieces
  } finally {
    await pieces.return()
  }
}

/** Passes pieces on, and tells the length of each. */
export async function* counted(pieces: Pieces, onPiece: (length: number) => void): Pieces {
  for await (const piece of pieces) {
    onPiece(piece.length)
    yield piece
  }
}

/** A web stream that reads only as its consumer does. */
export function streamOf(pieces: Pieces): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      pull: async (controller) => {
        const { value } = await pieces.next()
        if (value === undefined) controller.close()
        else controller.enqueue(value)
      },
      cancel: async () => {
        await pieces.return()
      },
    },
    { highWaterMark: 0 },
  )
}
