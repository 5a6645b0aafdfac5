import { lstat, readdir, realpath, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathProblem } from '../format/path.js'
import { textOption } from '../options.js'
import { isFolderThere, listBelow, makeFolder, makeFolders, removeBelow } from './folder-below.js'
import { readCurrent, releaseIdPattern, writeCurrent } from './folder-current.js'
import { eachInParallel, openPlain, piecesOf, syncFile } from './folder-file.js'
import { withFolderLock } from './folder-lock.js'
import { putBelow } from './folder-put.js'
import { pathOf } from './input.js'
import { systemCode } from './system-error.js'
import { ignore, syncFolder, temporaryName } from './temporary-file.js'
import type { Bytes } from '../bytes.js'
import type { ReleaseStorage } from '../manifest/storage.js'
import type { FileName } from './input.js'

/** Releases in a folder. */
export interface FolderStorage extends ReleaseStorage {
  /** The folder with the files of a release, whether or not it is there. */
  readonly releasePath: (releaseId: string) => string
  /**
   * Calls of this program wait for each other, so that work must not wait for another call.
   *
   * @throws Error of Node with the code `EBUSY` where another program works for longer than ten seconds
   */
  readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>
}

const RELEASES = 'releases'

/** Milliseconds, after which nobody writes to a temporary file any more. */
const HOUR = 3_600_000

/**
 * Keeps releases in a folder, which is made where it is missing: the files of each below `releases/<releaseId>/`, and `current.json`,
 * which names the installed one. Nothing is read, written or removed through a symbolic link. Node can't rule out links that are put
 * there during a call, so that only the app's own user should be able to write to the folder.
 *
 * The functions throw an Error of Node with a code such as `ENOSPC` and the `path`, `ELOOP` for links; EnvelopeError `bad-storage`
 * where `current.json` is broken; TypeError, RangeError for a path or `releaseId` that none can have.
 */
export function folderStorage(folder: FileName): FolderStorage {
  const place = resolve(pathOf(folder))
  const root = async (): Promise<string> => rootOf(place)
  const current = async (): Promise<string> => join(await root(), 'current.json')
  const releases = async (): Promise<string> => join(await root(), RELEASES)
  const release = async (releaseId: string): Promise<string> => join(await releases(), idOption(releaseId))
  const file = async (releaseId: string, path: string): Promise<string> => join(await release(releaseId), ...pathOption(path))
  return {
    releasePath: (releaseId) => join(place, RELEASES, idOption(releaseId)),
    installed: async () => readCurrent(await current()),
    install: async (installed) => {
      const [top, whole] = [await root(), await release(installed.releaseId)]
      // A release may have no files.
      await makeFolder(top, whole)
      await syncRelease(top, whole)
      await writeCurrent(await current(), installed)
      await removeLeftovers(top).catch(ignore)
    },
    releases: async () => {
      const all = await releases()
      return (await isFolderThere(all)) ? (await readdir(all)).filter((name) => releaseIdPattern.test(name)) : []
    },
    files: async (releaseId) => listBelow(await release(releaseId)),
    read: (releaseId, path) => readFile(async () => file(releaseId, path)),
    write: async (releaseId, path, bytes, position) => putBelow(await root(), await file(releaseId, path), bytes, position),
    remove: async (releaseId, path) => {
      const whole = await release(releaseId)
      await removeBelow(whole, path === undefined ? whole : join(whole, ...anyPathOption(path)))
    },
    exclusive: async (work) => withFolderLock(await root(), work),
  }
}

/** The folder with no link in its path, made where it is missing. */
async function rootOf(place: string): Promise<string> {
  return realpath(place).catch(async (error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
    await makeFolders(place)
    return realpath(place)
  })
}

function idOption(releaseId: unknown): string {
  return textOption('releaseId', releaseId, releaseIdPattern)
}

/** The names of a path that a manifest can have. */ // R73
function pathOption(path: string): readonly string[] {
  const problem = pathProblem(path)
  if (problem !== undefined) throw new RangeError(`path ${problem}`)
  return path.split('/')
}

/** The names of a path that may be there though no manifest can have it; it leads nowhere else. */
function anyPathOption(path: string): readonly string[] {
  const names = path.split('/')
  const forbidden = process.platform === 'win32' ? /^\.{0,2}$|[\0\\:]/ : /^\.{0,2}$|\0/
  if (names.some((name) => forbidden.test(name))) throw new RangeError('path leads out of its release')
  return names
}

/** Opens the file at the start of the loop. */
async function* readFile(path: () => Promise<string>): AsyncGenerator<Bytes, void, undefined> {
  const place = await path()
  await isFolderThere(dirname(place))
  yield* piecesOf(await openPlain(place))
}

/** Has all files of a release, and the names of all its folders, outlast a loss of power. */
async function syncRelease(root: string, release: string): Promise<void> {
  const files = (await listBelow(release)).filter(({ size }) => size >= 0)
  await eachInParallel(files, async ({ path }) => syncFile(join(release, path)))
  const folders = new Set([root])
  for (const { path } of [{ path: '.' }, ...files]) {
    for (let above = dirname(join(release, path)); !folders.has(above); above = dirname(above)) folders.add(above)
  }
  await eachInParallel(folders.add(release), syncFolder)
}

/** Removes what killed programs have left of records. */
async function removeLeftovers(root: string): Promise<void> {
  for (const name of (await readdir(root)).filter((each) => temporaryName.test(each))) {
    const path = join(root, name)
    if (Date.now() - (await lstat(path)).mtimeMs > HOUR) await rm(path)
  }
}
