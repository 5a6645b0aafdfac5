import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { EnvelopeError } from '../errors.js'
import type { Dirent } from 'node:fs'

/** A file of a folder. */
export interface FolderFile {
  readonly path: string
  /** Below the folder, in NFC, with forward slashes. */
  readonly name: string
}

/** What Node gives for a name that is no Unicode text. */
const noText = /\uFFFD|\p{Cs}/u

/**
 * The files of a folder and of those in it, in the order of their names: by UTF-16 code units, which no locale changes. `check` sees
 * each entry first, and may refuse it.
 *
 * @throws EnvelopeError `bad-path` for links, special files, and names that are no text or equal in NFC
 * @throws Error of Node with a code such as `EACCES`, and the `path`
 */
export async function walkFolder(folder: string, check: (path: string, entry: Dirent) => void = () => undefined): Promise<readonly FolderFile[]> {
  return [...(await listFiles(folder, '', check))].sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function listFiles(folder: string, prefix: string, check: (path: string, entry: Dirent) => void): Promise<readonly FolderFile[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  refuseEqualNames(folder, entries)
  const found: FolderFile[] = []
  for (const entry of entries) {
    const path = join(folder, entry.name)
    const name = prefix + entry.name.normalize('NFC')
    check(path, entry)
    refuseEntry(path, entry)
    if (!entry.isDirectory()) found.push({ path, name })
    else for (const file of await listFiles(path, `${name}/`, check)) found.push(file)
  }
  return found
}

function refuseEntry(path: string, entry: Dirent): void {
  if (noText.test(entry.name)) throw badPath(`${path} has a name that is no Unicode text: rename it`)
  if (entry.isSymbolicLink()) throw linkAt(path)
  if (!entry.isFile() && !entry.isDirectory()) throw badPath(`${path} is neither a file nor a folder: remove it`)
}

function refuseEqualNames(folder: string, entries: readonly Dirent[]): void {
  const seen = new Set<string>()
  for (const { name } of entries) {
    const normal = name.normalize('NFC')
    if (seen.has(normal)) throw badPath(`${folder} holds two entries named ${normal}, in two Unicode forms: rename one`)
    seen.add(normal)
  }
}

export function linkAt(path: string): EnvelopeError {
  return badPath(`${path} is a symbolic link: put the file itself in its place`)
}

export function badPath(message: string): EnvelopeError {
  return new EnvelopeError('bad-path', message)
}
