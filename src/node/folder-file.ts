import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { inLanes } from '../manifest/stop.js'
import { inOrder } from '../stream/in-order.js'
import { systemCode, systemError, withPath } from './system-error.js'
import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { Bytes } from '../bytes.js'
import type { ByteStreamLike } from '../stream/source.js'

const PIECE = 262_144

/** Files that are worked on at once, where the work is the system's. */
const LANES = 16

const { O_RDONLY, O_RDWR, O_NOFOLLOW, O_NONBLOCK = 0 } = constants as Partial<typeof constants> & Pick<typeof constants, 'O_RDONLY' | 'O_RDWR'>

/** A file that is open. */
export interface PlainFile {
  readonly path: string
  readonly handle: FileHandle
  /** Bytes, when it was opened. */
  readonly size: number
  /** Of the file, in all folders. */
  readonly names: number
  /** When it was opened; see {@link stateOf}. */
  readonly state: string
}

/**
 * Opens a plain file: neither a symbolic link, even if it has become one a moment ago, nor a pipe that nobody writes to.
 *
 * @throws Error of Node: with the code `ELOOP` for a link, `EISDIR` for a folder, `EINVAL` or `ENXIO` for what is no file
 */
export async function openPlain(path: string, flags: number = O_RDONLY, mode?: number): Promise<PlainFile> {
  // Windows has no such flag.
  if (O_NOFOLLOW === undefined) await refuseLink(path)
  const handle = await open(path, flags | (O_NOFOLLOW ?? 0) | O_NONBLOCK, mode).catch((error: unknown) => {
    throw systemCode(error) === 'ELOOP' ? linkError(path) : error
  })
  try {
    const stats = await withPath(path, handle.stat({ bigint: true }))
    if (stats.isDirectory()) throw systemError('EISDIR', 'a folder is where a file must be', 'open', path)
    if (!stats.isFile()) throw systemError('EINVAL', 'what is there is no file', 'open', path)
    return { path, handle, size: Number(stats.size), names: Number(stats.nlink), state: stateOf(stats) }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Differs once somebody has written to a file, as finely as its file system tells times. */
export function stateOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [ino, size, mtimeNs, ctimeNs].join(' ')
}

async function refuseLink(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined)
  if (stats?.isSymbolicLink() === true) throw linkError(path)
}

/** What is not there by itself. */
export function linkError(path: string): Error {
  return systemError('ELOOP', 'a symbolic link is in its place, or on the way to it: remove the link', 'open', path)
}

/** The bytes from `start` to `end`, or to where the file ends, each piece in memory of its own. Closes the file at the end of the loop. */
export async function* piecesOf(file: PlainFile, start = 0, end: number = Infinity): AsyncGenerator<Bytes, void, undefined> {
  try {
    yield* openPieces(file, start, end)
  } finally {
    await file.handle.close()
  }
}

/** The same of a file that stays open. */
export async function* openPieces({ path, handle, size }: PlainFile, start = 0, end: number = Infinity): AsyncGenerator<Bytes, void, undefined> {
  for (let position = start; position < end; ) {
    // One byte more than there should be: files grow.
    const rest = Math.max(0, size - position) + 1
    const memory = new Uint8Array(Math.min(PIECE, end - position, rest))
    const { bytesRead } = await withPath(path, handle.read(memory, 0, memory.length, position))
    if (bytesRead === 0) return
    position += bytesRead
    yield memory.subarray(0, bytesRead)
  }
}

/** Pieces as a stream that reads only as its consumer does; `close` what the loop over them would not, where it was never begun. */
export function byteStreamOf(pieces: AsyncGenerator<Bytes, void, undefined>, close: () => Promise<void> = async () => undefined): ByteStreamLike {
  return {
    getReader: () => ({
      read: async () => {
        const { done, value } = await pieces.next()
        return done === true ? { done } : { done: false, value }
      },
      cancel: async () => {
        await pieces.return()
        await close()
      },
    }),
  }
}

/** Writes all of `bytes` at a position. */
export async function writeAt({ path, handle }: Pick<PlainFile, 'path' | 'handle'>, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await withPath(path, handle.write(bytes, done, bytes.length - done, position + done))
    done += bytesWritten
  }
}

/** Has a file outlast a loss of power. */
export async function syncFile(path: string): Promise<void> {
  // Windows does it only for those who may write.
  const { handle } = await openPlain(path, process.platform === 'win32' ? O_RDWR : O_RDONLY)
  await withPath(path, handle.sync()).finally(async () => handle.close())
}

/** Does `work` on each item, on some of them at once; what fails is thrown when none is under way any more. */
export async function eachInParallel<I>(items: Iterable<I>, work: (item: I) => Promise<void>): Promise<void> {
  await inLanes(items, LANES, undefined, () => work)
}

/** The same with results, in order. */
export async function mapInParallel<I extends object | string, O extends object>(items: readonly I[], work: (item: I) => Promise<O>): Promise<readonly O[]> {
  const next = inOrder<I, O>(LANES, async (i) => items[i], work)
  const results: O[] = []
  for (let result = await next(); result !== undefined; result = await next()) results.push(result)
  return results
}
