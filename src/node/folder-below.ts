import { lstat, mkdir, readdir, realpath, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { linkError, mapInParallel } from './folder-file.js'
import { systemCode } from './system-error.js'
import { syncFolder } from './temporary-file.js'
import type { Dirent } from 'node:fs'
import type { StoredFile } from '../manifest/storage.js'

/** Node's mark where bytes of a name are no Unicode text. */
const NO_TEXT = '\uFFFD'

/**
 * Whether there is such a folder, at its own place; `folder` has no links in it.
 *
 * @throws Error of Node with the code `ELOOP` where a symbolic link leads elsewhere
 */
export async function isFolderThere(folder: string): Promise<boolean> {
  const real = await realpath(folder).catch(ifMissing)
  if (real === undefined) return false
  // Some file systems keep names in another Unicode form.
  if (real.normalize('NFC') !== folder.normalize('NFC')) throw linkError(folder)
  return true
}

/** Makes a folder below `root`, and those above it, none of which may be a link. */
export async function makeFolder(root: string, folder: string): Promise<void> {
  if (folder === root || (await isFolderThere(folder))) return
  await makeFolder(root, dirname(folder))
  await mkdir(folder).catch(async (error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error
    const stats = await lstat(folder)
    if (stats.isSymbolicLink()) throw linkError(folder)
    if (!stats.isDirectory()) throw error
  })
}

/**
 * Makes a folder, and those above it, for good; links may be among them. Level by level: Node's own way goes on for ever where a file
 * system lets nobody make folders and says that the one above is missing.
 */
export async function makeFolders(folder: string): Promise<void> {
  const above = dirname(folder)
  await makeOne(folder).catch(async (error: unknown) => {
    if (systemCode(error) !== 'ENOENT' || above === folder) throw error
    await makeFolders(above)
    await makeOne(folder)
  })
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    const stats = await stat(folder).catch(() => undefined)
    if (stats?.isDirectory() === true) return
    throw error
  }
  await syncFolder(dirname(folder))
}

function ifMissing(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error
}

/** All that is below a folder; nothing where there is none. Size -1 for what is no file, and for a folder that holds nothing. */
export async function listBelow(folder: string): Promise<readonly StoredFile[]> {
  return (await isFolderThere(folder)) ? entriesBelow(folder, '') : []
}

async function entriesBelow(folder: string, prefix: string): Promise<readonly StoredFile[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(ifMissing)
  if (entries === undefined) return []
  if (entries.length === 0 && prefix !== '') return [{ path: prefix.slice(0, -1), size: -1 }]
  const found: StoredFile[] = []
  const files: string[] = []
  for (const entry of entries) {
    const name = await nameOf(folder, entry)
    if (name.includes(NO_TEXT) || !(entry.isFile() || entry.isDirectory())) found.push({ path: prefix + name, size: -1 })
    else if (entry.isFile()) files.push(name)
    else for (const below of await entriesBelow(join(folder, name), `${prefix}${name}/`)) found.push(below)
  }
  const sized = await mapInParallel(files, async (name) => ({ path: prefix + name, size: (await lstat(join(folder, name)).catch(ifMissing))?.size }))
  // An app that runs from a release may remove what it has put there.
  for (const { path, size } of sized) if (size !== undefined) found.push({ path, size })
  return found
}

/** As it was given, where the file system keeps it in another Unicode form. */
async function nameOf(folder: string, { name }: Dirent): Promise<string> {
  const normal = name.normalize('NFC')
  if (normal === name) return name
  const [here, there] = await Promise.all([name, normal].map(async (each) => lstat(join(folder, each)).catch(() => undefined)))
  return here !== undefined && here.ino === there?.ino && here.dev === there.dev ? normal : name
}

/** Removes what is at `path`, a link and not what it leads to, and the folders above it that hold nothing then, up to `root`. */
export async function removeBelow(root: string, path: string): Promise<void> {
  const folder = dirname(path)
  if (!(await isFolderThere(folder))) return
  for (const place of await placesOf(folder, basename(path))) await rm(place, { recursive: true, force: true })
  for (let above = folder; above !== root && above.length > root.length; above = dirname(above)) {
    const isRemoved = await rmdir(above).then(
      () => true,
      () => false,
    )
    if (!isRemoved) return
  }
}

/** A name that is no text may stand for several. */
async function placesOf(folder: string, name: string): Promise<readonly (string | Buffer)[]> {
  if (!name.includes(NO_TEXT)) return [join(folder, name)]
  const names = await readdir(folder, { encoding: 'buffer' })
  return names.filter((each) => each.toString() === name).map((each) => Buffer.concat([Buffer.from(folder + sep), each]))
}
