import { crc32 } from 'node:zlib'
import { Deflate, deflateSync } from 'fflate'
import { FileError } from './errors.js'
import { PIECE } from './input.js'
import type { Pieces } from './input.js'

/** Above these numbers a ZIP file needs an extension that unpackers in the field lack. */
const FILES_MAX = 65_534
export const ZIP_SIZE_MAX: number = 2 ** 32 - 2

/**
 * The options that make bytes depend on names and contents alone. Level 9 takes twice as long for 0.2 %
 * (measured); `mem` left out would depend on Math.log, which engines round.
 */
const LARGE = { level: 6, mem: 6 } as const
/** For a file of one piece: a sixteenth of the hash table for 0.01 % (measured). */
const SMALL = { level: 6, mem: 2 } as const

const [LOCAL, DESCRIPTOR, CENTRAL, END] = [0x04034b50, 0x08074b50, 0x02014b50, 0x06054b50] as const
const VERSION = 20
/** The name is in UTF-8; sizes and checksum come behind the content. */
const FLAGS = 0x0808
const DEFLATED = 8
/** The first day that a ZIP file can tell. */
const DATE = 0x0021

/** A file that goes into a ZIP file. */
export interface ZipEntry {
  readonly name: string
  /** Its content in pieces of {@link PIECE} bytes and a shorter last one: how it is cut changes how it is packed. */
  readonly pieces: () => Pieces
}

/** A file that lies in a ZIP file. */
interface Packed {
  readonly name: string
  /** Where it begins. */
  readonly start: number
  readonly checksum: number
  readonly packedSize: number
  readonly size: number
}

type Field = readonly [value: number, size: 2 | 4]

/** Joins and counts the bytes of a ZIP file. */
interface Output {
  offset: number
  readonly join: (parts: readonly Uint8Array[]) => Uint8Array
}

/**
 * A ZIP file of named contents, packed as it is read. fflate's deflate gives the same bytes on every machine, as that of
 * Node's own zlib does not. Every file is deflated, also an empty one: unpackers that read from front to end could not
 * find the end of one that is only stored.
 *
 * @throws FileError
 */
export async function* packZip(entries: readonly ZipEntry[], most: number = ZIP_SIZE_MAX): Pieces {
  if (entries.length > FILES_MAX) throw new FileError(`the folder holds more than ${FILES_MAX} files, the most in a ZIP file`)
  const files: Packed[] = []
  const output: Output = {
    offset: 0,
    join: (parts) => {
      const bytes = Buffer.concat(parts)
      output.offset += bytes.length
      if (output.offset > most) throw tooLarge('the folder', most)
      return bytes
    },
  }
  for (const entry of entries) files.push(yield* packEntry(entry, output, most))
  const start = output.offset
  yield output.join(files.flatMap(centralRecord))
  const size = output.offset - start
  yield output.join([record([END, 4], [0, 4], [entries.length, 2], [entries.length, 2], [size, 4], [start, 4], [0, 2])])
}

async function* packEntry({ name, pieces }: ZipEntry, output: Output, most: number): AsyncGenerator<Uint8Array, Packed, undefined> {
  const start = output.offset
  const parts: Uint8Array[] = localRecord(name)
  let [checksum, packedSize, size] = [0, 0, 0]
  const take = (bytes: Uint8Array): void => {
    packedSize += bytes.length
    parts.push(bytes)
  }
  let deflate: Deflate | undefined
  for await (const piece of pieces()) {
    const isLast = piece.length < PIECE
    checksum = crc32(piece, checksum)
    size += piece.length
    if (size > most) throw tooLarge(name, most)
    if (!isLast) deflate ??= new Deflate(LARGE, take)
    if (deflate === undefined) take(deflateSync(piece, SMALL))
    else deflate.push(piece, isLast)
    yield output.join(parts.splice(0))
  }
  yield output.join([record([DESCRIPTOR, 4], [checksum, 4], [packedSize, 4], [size, 4])])
  return { name, start, checksum, packedSize, size }
}

/** What stands before a file's content, when all but the name is still unknown. */
function localRecord(name: string): Uint8Array[] {
  const encoded = Buffer.from(name)
  return [record([LOCAL, 4], ...fields(encoded, 0, 0, 0)), encoded]
}

/** What the directory at the end says of it. */
function centralRecord({ name, start, checksum, packedSize, size }: Packed): Uint8Array[] {
  const encoded = Buffer.from(name)
  const before = record([CENTRAL, 4], [VERSION, 2], ...fields(encoded, checksum, packedSize, size), [0, 4], [0, 2], [0, 4], [start, 4])
  return [before, encoded]
}

function fields(name: Uint8Array, checksum: number, packedSize: number, size: number): readonly Field[] {
  return [
    ...([[VERSION, 2], [FLAGS, 2], [DEFLATED, 2], [0, 2], [DATE, 2]] as const),
    ...([[checksum, 4], [packedSize, 4], [size, 4], [name.length, 2], [0, 2]] as const),
  ]
}

function record(...values: readonly Field[]): Uint8Array {
  const bytes = Buffer.alloc(values.reduce((length, [, size]) => length + size, 0))
  let offset = 0
  for (const [value, size] of values) offset = bytes.writeUIntLE(value, offset, size)
  return bytes
}

export function tooLarge(what: string, most: number = ZIP_SIZE_MAX): FileError {
  return new FileError(`${what} takes more than ${most} bytes, the most in a ZIP file that unpackers in the field read: encrypt an archive of your own`)
}
