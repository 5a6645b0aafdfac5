import { createHash } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PIECE, plainFilePieces } from './input.js'

/** A file that is named as an object. */
export interface StoredFile {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970, when it came or was changed here. */
  readonly time: number
}

const objectName = /^[0-9a-f]{64}$/

/** Bytes of plaintext in a chunk, and how many chunks there can be; sections 3 and 11.6 of the specification. */
const CHUNKS = [16_384, 262_144]
const CHUNKS_MAX = 2 ** 20

export async function storedIn(folder: string): Promise<readonly StoredFile[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const files: StoredFile[] = []
  for (const entry of entries) {
    if (!entry.isFile() || !objectName.test(entry.name)) continue
    const { size, mtimeMs, ctimeMs } = await lstat(join(folder, entry.name))
    // Tools that copy a file keep the time of its content.
    files.push({ name: entry.name, size, time: Math.max(mtimeMs, ctimeMs) })
  }
  return files
}

/** Whether a file is an object of its name, as far as its length and its index tell. */
export async function isObject(folder: string, { name, size }: StoredFile): Promise<boolean> {
  for (const length of indexLengths(size)) if ((await digestOfStart(join(folder, name), length)) === name) return true
  return false
}

/** How many bytes the index, salt and commitment of an object of `size` bytes can take. */
function indexLengths(size: number): readonly number[] {
  return CHUNKS.flatMap((chunk) => {
    const chunks = Math.floor((size - 56) / (chunk + 48)) + 1
    const plain = size - 56 - 48 * chunks
    return plain >= 0 && chunks <= CHUNKS_MAX && Math.floor(plain / chunk) + 1 === chunks ? [32 * chunks + 56] : []
  })
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
