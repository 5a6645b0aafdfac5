import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { FileError, fileError } from './errors.js'
import type { Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

/** Bundle and envelope are held in memory, and Node reads no file above 2 GiB into it. */
export const INPUT_MAX: number = 2 ** 31 - 1

/** Whether there is something at `path`, and what; symbolic links are followed. */
export async function statInput(path: string): Promise<Stats> {
  return stat(path).catch((error: unknown) => {
    throw fileError('read', path, error)
  })
}

/** The bytes of a file, a pipe, or stdin for `-`; at most `limit`. */
export async function readInput(path: string, limit: number = INPUT_MAX): Promise<Uint8Array> {
  if (path === '-') return collect(process.stdin, 'the standard input', limit)
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw fileError('read', path, error)
  })
  return readHandle(handle, path, limit)
}

/** The bytes of a regular file that is no symbolic link, even if it has become one a moment ago. */
export async function readPlainFile(path: string, limit: number): Promise<Uint8Array> {
  // Windows has no such flag.
  const noFollow = (constants.O_NOFOLLOW as number | undefined) ?? 0
  const handle = await open(path, constants.O_RDONLY | noFollow).catch((error: unknown) => {
    throw fileError('read', path, error)
  })
  return readHandle(handle, path, limit)
}

async function readHandle(handle: FileHandle, path: string, limit: number): Promise<Uint8Array> {
  try {
    const stats = await handle.stat()
    if (stats.size > limit) throw tooLarge(path, limit)
    return stats.isFile() ? await handle.readFile() : await collect(handle.createReadStream({ autoClose: false }), path, limit)
  } catch (error) {
    throw fileError('read', path, error)
  } finally {
    await handle.close()
  }
}

async function collect(stream: AsyncIterable<unknown>, name: string, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of stream as AsyncIterable<Uint8Array>) {
    length += part.length
    if (length > limit) throw tooLarge(name, limit)
    parts.push(part)
  }
  return Buffer.concat(parts, length)
}

function tooLarge(name: string, limit: number): FileError {
  return new FileError(`${name} is larger than ${limit} bytes, the most that this version of the command line takes`)
}
