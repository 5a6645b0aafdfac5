import type { ByteRange } from '../../src/index.js'

/** Reads plaintext as `checkChunks` wants it, from a file that is these bytes. */
export function readerOf(file: Uint8Array): (range: ByteRange) => Uint8Array {
  return ({ start, end }) => file.slice(start, end)
}

/** What can happen to a chunk on a disk. */
export type Damage = (chunk: Uint8Array, at: number) => void

/** `at` is a place within the chunk. */
export const damages: readonly (readonly [string, Damage])[] = [
  ['written up to some byte, and zeros behind it', (chunk, at) => chunk.fill(0, at)],
  ['of zeros', (chunk) => chunk.fill(0)],
  ['with one bit flipped', (chunk, at) => (chunk[at] = (chunk[at] as number) ^ (1 << (at % 8)))],
  ['written from some byte on', (chunk, at) => chunk.fill(0, 0, at + 1)],
  ['moved by one byte', (chunk) => chunk.copyWithin(1, 0)],
]

/** A copy of `file` with its chunk `i` damaged. */
export function damaged(file: Uint8Array, chunkSize: number, i: number, damage: Damage, at: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(file)
  damage(out.subarray(i * chunkSize, (i + 1) * chunkSize), at)
  return out
}

/** Numbers from 0 up to, not including, `count`. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

