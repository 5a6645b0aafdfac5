import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Dirent } from 'node:fs'

/** A file of a folder. */
export interface FolderFile {
  readonly path: string
  /** Below the folder, in NFC, with forward slashes. */
  readonly name: string
}

/** What is said to what can't be taken. */
export interface WalkRules {
  /** Makes the error for a message. */
  readonly refuse: (message: string) => Error
  /** Sees each entry first; may throw. */
  readonly check?: (path: string, entry: Dirent) => void
}

/** What Node gives for a name that is no Unicode text. */
const noText = /\uFFFD|\p{Cs}/u

/**
 * The files of a folder and of those in it, in the order of their names: by UTF-16 code units, which no locale changes. Links, special
 * files, and names that are no text or equal in NFC are refused.
 *
 * @throws Error of Node with a code such as `EACCES`, and the `path`
 */
export async function walkFolder(folder: string, rules: WalkRules): Promise<readonly FolderFile[]> {
  return [...(await listFiles(folder, '', rules))].sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function listFiles(folder: string, prefix: string, rules: WalkRules): Promise<readonly FolderFile[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  refuseEqualNames(folder, entries, rules)
  const found: FolderFile[] = []
  for (const entry of entries) {
    const path = join(folder, entry.name)
    const name = prefix + entry.name.normalize('NFC')
    refuseEntry(path, entry, rules)
    if (!entry.isDirectory()) found.push({ path, name })
    else for (const file of await listFiles(path, `${name}/`, rules)) found.push(file)
  }
  return found
}

function refuseEntry(path: string, entry: Dirent, { check, refuse }: WalkRules): void {
  check?.(path, entry)
  if (noText.test(entry.name)) throw refuse(`${path} has a name that is no Unicode text: rename it`)
  if (entry.isSymbolicLink()) throw refuse(isLink(path))
  if (!entry.isFile() && !entry.isDirectory()) throw refuse(`${path} is neither a file nor a folder: remove it`)
}

function refuseEqualNames(folder: string, entries: readonly Dirent[], { refuse }: WalkRules): void {
  const seen = new Set<string>()
  for (const { name } of entries) {
    const normal = name.normalize('NFC')
    if (seen.has(normal)) throw refuse(`${folder} holds two entries named ${normal}, in two Unicode forms: rename one`)
    seen.add(normal)
  }
}

/** What is said of a link. */
export function isLink(path: string): string {
  return `${path} is a symbolic link: put the file itself in its place`
}
