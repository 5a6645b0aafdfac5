import { Zip, ZipDeflate } from 'fflate'
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
/** The first time that a ZIP file can tell, in whatever time zone. */
const ATTRIBUTES = { mtime: new Date(1980, 0, 1), os: 0, attrs: 0 } as const

/** A file that goes into a ZIP file. */
export interface ZipEntry {
  readonly name: string
  /** Its content in pieces of {@link PIECE} bytes and a shorter last one: how it is cut changes how it is packed. */
  readonly pieces: () => Pieces
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
  const packed: Uint8Array[] = []
  const zip = new Zip((error, bytes) => {
    if (error !== null) throw error
    packed.push(bytes)
  })
  let offset = 0
  const takePacked = (): Uint8Array => {
    const bytes = Buffer.concat(packed.splice(0))
    offset += bytes.length
    if (offset > most) throw tooLarge('the folder', most)
    return bytes
  }
  for (const { name, pieces } of entries) {
    let size = 0
    let file: ZipDeflate | undefined
    for await (const piece of pieces()) {
      const isLast = piece.length < PIECE
      size += piece.length
      if (size > most) throw tooLarge(name, most)
      file ??= startFile(zip, name, isLast)
      file.push(piece, isLast)
      yield takePacked()
    }
  }
  zip.end()
  yield takePacked()
}

function startFile(zip: Zip, name: string, isSmall: boolean): ZipDeflate {
  const file = Object.assign(new ZipDeflate(name, isSmall ? SMALL : LARGE), ATTRIBUTES)
  zip.add(file)
  return file
}

export function tooLarge(what: string, most: number = ZIP_SIZE_MAX): FileError {
  return new FileError(`${what} takes more than ${most} bytes, the most in a ZIP file that unpackers in the field read: encrypt an archive of your own`)
}
