import { createHash } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { geometriesOfPayload } from '../format/geometry.js'
import { objectNamePattern } from '../format/object-list.js'
import { PIECE, plainFilePieces } from './input.js'

/** A file that is named as an object. */
export interface StoredFile {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970, when it came or was changed here. */
  readonly time: number
}

export async function storedIn(folder: string): Promise<readonly StoredFile[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const files: StoredFile[] = []
  for (const entry of entries) {
    if (!entry.isFile() || !objectNamePattern.test(entry.name)) continue
    const { size, mtimeMs, ctimeMs } = await lstat(join(folder, entry.name))
    // Tools that copy a file keep the time of its content.
    files.push({ name: entry.name, size, time: Math.max(mtimeMs, ctimeMs) })
  }
  return files
}

/** Whether a file is an object of its name, as far as its length and its index tell. */
export async function isObject(folder: string, { name, size }: StoredFile): Promise<boolean> {
  for (const { indexRange } of geometriesOfPayload(size)) if ((await digestOfStart(join(folder, name), indexRange.end)) === name) return true
  return false
}

/** Hex SHA-256. */
async function digestOfStart(path: string, length: number): Promise<string> {
  const hash = createHash('sha256')
  let left = length
  for await (const piece of plainFilePieces(path, new Uint8Array(Math.min(PIECE, length)))) {
    hash.update(piece.subarray(0, left))
    left -= Math.min(left, piece.length)
    if (left === 0) break
  }
  return hash.digest('hex')
}
