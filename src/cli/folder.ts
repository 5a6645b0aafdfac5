import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FileError, fileError } from './errors.js'
import { PIECE, counted, plainFilePieces, statInput } from './input.js'
import { tally } from './progress.js'
import { refuseSecretName, withoutSecret } from './secret-files.js'
import { ZIP_SIZE_MAX, packZip, tooLarge } from './zip.js'
import type { Dirent } from 'node:fs'
import type { Progress } from '../index.js'
import type { Pieces } from './input.js'

/** A file of a folder. */
export interface FolderFile {
  readonly path: string
  /** Below the folder, in NFC, with forward slashes. */
  readonly name: string
}

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
  const files = [...(await listFiles(folder, ''))].sort(byName)
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

/** By UTF-16 code units, which no locale changes. */
function byName(a: FolderFile, b: FolderFile): number {
  return a.name < b.name ? -1 : 1
}

async function listFiles(folder: string, prefix: string): Promise<readonly FolderFile[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError('read', folder, error)
  })
  refuseEqualNames(folder, entries)
  const found: FolderFile[] = []
  for (const entry of entries) {
    const path = join(folder, entry.name)
    const name = prefix + entry.name.normalize('NFC')
    refuseEntry(path, entry)
    if (entry.isDirectory()) found.push(...(await listFiles(path, `${name}/`)))
    else found.push({ path, name })
  }
  return found
}

function refuseEntry(path: string, entry: Dirent): void {
  if (badName.test(entry.name)) throw new FileError(`${path} has a name that does not unpack everywhere: rename it`)
  if (entry.name === '__proto__') throw new FileError(`${path} has a name that unpackers in JavaScript lose: rename it`)
  if (entry.isSymbolicLink()) throw new FileError(`${path} is a symbolic link: put the file itself in its place`)
  if (!entry.isFile() && !entry.isDirectory()) throw new FileError(`${path} is neither a file nor a folder: remove it`)
  if (entry.isFile()) refuseSecretName(path)
}

function refuseEqualNames(folder: string, entries: readonly Dirent[]): void {
  const seen = new Set<string>()
  for (const { name } of entries) {
    const normal = name.normalize('NFC')
    if (seen.has(normal)) throw new FileError(`${folder} holds two entries named ${normal}, in two Unicode forms: rename one`)
    seen.add(normal)
  }
}
