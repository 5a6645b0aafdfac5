import { walkFolder } from '../node/folder-walk.js'
import { FileError, fileError } from './errors.js'
import { PIECE, counted, plainFilePieces, statInput } from './input.js'
import { tally } from './progress.js'
import { refuseSecretName, withoutSecret } from './secret-files.js'
import { ZIP_SIZE_MAX, packZip, tooLarge } from './zip.js'
import type { Dirent } from 'node:fs'
import type { Progress } from '../index.js'
import type { FolderFile } from '../node/folder-walk.js'
import type { Pieces } from './input.js'

/** Backslashes, which some unpackers take for slashes; control characters; names that are no Unicode text. */
const badName = /[\\\uFFFD]|\p{Cs}|\p{Cc}/u

/**
 * A folder as a ZIP file that depends on the names and contents of its files alone, packed as it is read. Mode bits,
 * times and empty folders are not kept. Progress is counted in bytes of the files.
 *
 * @throws FileError for links, special files, private keys, ambiguous names, and where there is no file at all
 */
export async function packFolder(folder: string, onProgress: (progress: Progress) => void): Promise<Pieces> {
  const files = await folderFiles(folder)
  const total = await totalSize(files)
  const onPiece = tally(total, onProgress)
  const memory = new Uint8Array(PIECE)
  return packZip(
    files.map(({ path, name }) => ({ name, pieces: () => counted(withoutSecret(path, plainFilePieces(path, memory)), onPiece) })),
  )
}

/**
 * The files of a folder and of those in it, in the order of their names.
 *
 * @throws FileError for links, special files, files named as private keys, ambiguous names, and where there is no file at all
 */
export async function folderFiles(folder: string): Promise<readonly FolderFile[]> {
  const files = await walkFolder(folder, { check: refuseEntry, refuse: (message) => new FileError(message) }).catch((error: unknown) => {
    throw fileError('read', pathIn(error) ?? folder, error)
  })
  if (files.length === 0) throw new FileError(`${folder} holds no file: there is nothing to encrypt`)
  return files
}

async function totalSize(files: readonly FolderFile[]): Promise<number> {
  let total = 0
  for (const { path } of files) {
    const { size } = await statInput(path)
    if (size > ZIP_SIZE_MAX) throw tooLarge(path)
    total += size
  }
  return total
}

/** The folder that could not be read. */
function pathIn(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined
}

function refuseEntry(path: string, entry: Dirent): void {
  if (badName.test(entry.name)) throw new FileError(`${path} has a name that does not unpack everywhere: rename it`)
  if (entry.name === '__proto__') throw new FileError(`${path} has a name that unpackers in JavaScript lose: rename it`)
  if (entry.isFile()) refuseSecretName(path)
}
