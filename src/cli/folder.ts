import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FileError, fileError } from './errors.js'
import { INPUT_MAX, readPlainFile, statInput } from './input.js'
import { refuseSecretContent, refuseSecretName } from './secret-files.js'
import { packZip } from './zip.js'
import type { Dirent } from 'node:fs'
import type { Progress } from '../index.js'

/** A file of a folder. */
interface FolderFile {
  readonly path: string
  /** Below the folder, in NFC, with forward slashes. */
  readonly name: string
}

/** Backslashes, which some unpackers take for slashes; control characters; names that are no Unicode text. */
const badName = /[\\\uFFFD]|\p{Cs}|\p{Cc}/u

/**
 * A folder as a ZIP file that depends on the names and contents of its files alone. Mode bits, times and empty
 * folders are not kept.
 *
 * @throws FileError for links, special files, private keys, ambiguous names, and where there is no file at all
 */
export async function packFolder(folder: string, onProgress: (progress: Progress) => void): Promise<Uint8Array> {
  const files = await listFiles(folder, '')
  if (files.length === 0) throw new FileError(`${folder} holds no file: there is nothing to encrypt`)
  const sizes = await Promise.all(files.map(async ({ path }) => (await statInput(path)).size))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total > INPUT_MAX) throw new FileError(`${folder} holds more than ${INPUT_MAX} bytes, the most that this version takes`)
  const contents = new Map<string, Uint8Array>()
  let done = 0
  for (const { path, name } of [...files].sort(byName)) {
    const content = await readPlainFile(path, INPUT_MAX)
    refuseSecretContent(path, content)
    contents.set(name, content)
    done += content.length
    onProgress({ done, total })
  }
  return packZip(contents)
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
