import { randomBytes } from 'node:crypto'
import { link, lstat, open, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { fileSource } from './file-source.js'
import { systemCode, systemError, withPath } from './system-error.js'
import type { ByteSource } from '../stream/source.js'

/** A file that is not yet what it is to be: readable by its owner alone, and gone if it is discarded. */
export interface TemporaryFile {
  readonly path: string
  readonly mode: () => Promise<number>
  /** Appends. */
  readonly write: (bytes: Uint8Array) => Promise<void>
  /** Gives it its mode, and writes all of it down to the disk. */
  readonly finish: (mode: number) => Promise<void>
  /** What was written, from the start; by the handle, so that nobody can put another file in its place. */
  readonly source: () => ByteSource
  /** Never fails: a failure comes before it. */
  readonly discard: () => Promise<void>
}

/** File systems without hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES', 'EINVAL', 'EMLINK', 'EXDEV', 'EISDIR'])

/** Where folders can't be written down to the disk, by the file system or by this user. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EPERM', 'EACCES'])

/** A temporary file in `folder` for as long as `work` lasts. Errors name it `name`. */
export async function withTemporary<T>(folder: string, name: string, work: (file: TemporaryFile) => Promise<T>): Promise<T> {
  const temporary = await createTemporary(folder, name)
  return work(temporary).finally(temporary.discard)
}

/** The name of a temporary file. */
export const temporaryName: RegExp = /^\.otaseal-[0-9a-f]{24}\.tmp$/

/** A name that no other file has. */
export function temporaryPath(folder: string): string {
  return join(folder, `.otaseal-${randomBytes(12).toString('hex')}.tmp`)
}

/**
 * Makes a temporary file in `folder`, from its first moment for its owner alone: who had opened it before that could
 * read all that is written to it later. Errors name it `name`.
 */
async function createTemporary(folder: string, name: string, createMode = 0o600): Promise<TemporaryFile> {
  const path = temporaryPath(folder)
  const handle = await withPath(name, open(path, 'wx+', createMode))
  let size = 0
  return {
    path,
    mode: async () => (await handle.stat()).mode & 0o777,
    write: async (bytes) => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await withPath(name, handle.write(bytes, done))
        done += bytesWritten
        size += bytesWritten
      }
    },
    source: () => fileSource(handle, name, { position: 0, size }),
    finish: async (mode) => {
      await handle.chmod(mode)
      await handle.sync()
      await handle.close()
    },
    discard: async () => {
      await handle.close().catch(ignore)
      await rm(path, { force: true }).catch(ignore)
    },
  }
}

/** How a file is made. */
export interface WriteOptions {
  /** Whether a file that is there may be replaced, which then gives the new one its mode. */
  readonly overwrite?: boolean
  /** Of a new file. Left out: what is usual here. */
  readonly mode?: number
  /** Called when all is done but giving the file its name; where it throws, there is none. */
  readonly check?: () => void
}

/**
 * Makes the file `target` completely or not at all: `work` writes to a temporary file beside it, which is written down to
 * the disk and takes its name once `work` is done. What fails leaves nothing behind; only where a file was replaced, and its folder then
 * can't be written down to the disk, the new one stays.
 *
 * @throws Error of Node, whose `path` is `target`; with the code `EEXIST` where there is such a file, unless `overwrite` is set
 */
export async function writeWhole<T>(target: string, options: WriteOptions, work: (file: TemporaryFile) => Promise<T>): Promise<T> {
  if (target.endsWith('/') || target.endsWith(sep)) throw systemError('EISDIR', 'illegal operation on a directory', 'open', target)
  // Once, so that neither a change of the working directory nor `..` behind a link parts the two files.
  const folder = await withPath(target, realpath(dirname(target)))
  const place = join(folder, basename(target))
  await withPath(target, modeToKeep(place, options.overwrite))
  return withTemporary(folder, target, async (temporary) => {
    const result = await work(temporary)
    await withPath(target, commit(temporary, place, options))
    return result
  })
}

async function commit(temporary: TemporaryFile, place: string, { overwrite = false, mode, check }: WriteOptions): Promise<void> {
  const folder = dirname(place)
  const kept = await modeToKeep(place, overwrite)
  await temporary.finish(kept ?? mode ?? (await ordinaryMode(folder)))
  check?.()
  await (overwrite ? rename(temporary.path, place) : moveWithoutReplacing(temporary.path, place))
  await syncFolder(folder).catch(async (error: unknown) => {
    if (!overwrite) await rm(place, { force: true }).catch(ignore)
    throw error
  })
}

/** The mode of the file that will be replaced, where there is one. Only files are, and links themselves. */
async function modeToKeep(place: string, overwrite = false): Promise<number | undefined> {
  const existing = await lstat(place).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (existing === undefined) return undefined
  if (!overwrite) throw systemError('EEXIST', 'file already exists', 'open', place)
  if (existing.isSymbolicLink()) return undefined
  // Who left a file here for others to find must not choose who can read the new one.
  if (existing.isFile()) return existing.uid === (process.getuid?.() ?? existing.uid) ? existing.mode & 0o777 : undefined
  throw systemError('EEXIST', 'what is there is no file', 'open', place)
}

/** The mode that an empty new file gets here: what the user's mask leaves of 0666, which can't be asked without changing it. */
async function ordinaryMode(folder: string): Promise<number> {
  const probe = await createTemporary(folder, folder, 0o666)
  return probe.mode().finally(probe.discard)
}

async function moveWithoutReplacing(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (!NO_LINKS.has(systemCode(error) ?? '')) throw error
    await claimAndRename(from, to)
    return
  }
  // The target is there, under its name for good.
  await rm(from).catch(ignore)
}

/** For file systems without hard links: whoever creates the empty file owns the name. */
async function claimAndRename(from: string, to: string): Promise<void> {
  await (await open(to, 'wx', 0o600)).close().catch(ignore)
  await rename(from, to).catch(async (error: unknown) => {
    await rm(to, { force: true }).catch(ignore)
    throw error
  })
}

/** So that the new name outlasts a loss of power as well. Windows can't, and needn't. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    await withPath(folder, handle.sync()).finally(async () => handle.close().catch(ignore))
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(systemCode(error) ?? '')) throw error
  }
}

/** For what comes after the failure, or the success, that the caller has to know of. */
export function ignore(): void {
  return undefined
}
