import { randomBytes } from 'node:crypto'
import { link, lstat, open, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Stats } from 'node:fs'
import type { Bytes } from '../bytes.js'

/** A file that is not yet what it is to be: readable by its owner alone, and gone if it is discarded. */
export interface TemporaryFile {
  readonly path: string
  readonly mode: () => Promise<number>
  /** Appends. */
  readonly write: (bytes: Bytes) => Promise<void>
  /** Writes all of it down to the disk and gives it the name `target`, in one step. It can't be discarded afterwards. */
  readonly commit: (target: string, overwrite: boolean) => Promise<void>
  readonly discard: () => Promise<void>
}

/** File systems without hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES', 'EINVAL', 'EMLINK', 'EXDEV', 'EISDIR'])

/**
 * Makes a temporary file in `folder`, from its first moment for its owner alone: who had opened it before that could
 * read all that is written to it later.
 */
export async function createTemporary(folder: string, createMode = 0o600): Promise<TemporaryFile> {
  const path = join(folder, `.otaseal-${randomBytes(12).toString('hex')}.tmp`)
  const handle = await open(path, 'wx', createMode)
  return {
    path,
    mode: async () => (await handle.stat()).mode,
    write: async (bytes) => {
      for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done)).bytesWritten
    },
    commit: async (target, overwrite) => {
      const replaced = overwrite ? await statOrNothing(target) : undefined
      await handle.chmod((replaced?.isFile() === true ? replaced.mode : await ordinaryMode(folder)) & 0o777)
      await handle.sync()
      await handle.close()
      await (overwrite ? rename(path, target) : moveWithoutReplacing(path, target))
      await syncFolder(folder)
    },
    discard: async () => {
      await handle.close()
      await rm(path, { force: true })
    },
  }
}

/**
 * Makes the file `target` completely or not at all: `work` writes to a temporary file beside it, which takes its name once
 * `work` is done. What fails leaves nothing behind.
 *
 * @throws Error of Node with the code `EEXIST` where there is such a file, unless `overwrite` is set
 */
export async function writeWhole<T>(target: string, overwrite: boolean, work: (file: TemporaryFile) => Promise<T>): Promise<T> {
  // Once, so that neither a change of the working directory nor `..` behind a link parts the two files.
  const folder = await realpath(dirname(target))
  const place = join(folder, basename(target))
  if (!overwrite && (await statOrNothing(place)) !== undefined) throw exists(target)
  const temporary = await createTemporary(folder)
  try {
    const result = await work(temporary)
    await temporary.commit(place, overwrite)
    return result
  } catch (error) {
    await temporary.discard()
    throw error
  }
}

/** The mode that an empty new file gets here: what the user's mask leaves of 0666, which can't be asked without changing it. */
async function ordinaryMode(folder: string): Promise<number> {
  const probe = await createTemporary(folder, 0o666)
  return probe.mode().finally(probe.discard)
}

async function statOrNothing(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
}

async function moveWithoutReplacing(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (!NO_LINKS.has(codeOf(error))) throw error
    await claimAndRename(from, to)
    return
  }
  await rm(from)
}

/** For file systems without hard links: whoever creates the empty file owns the name. */
async function claimAndRename(from: string, to: string): Promise<void> {
  await (await open(to, 'wx', 0o600)).close()
  await rename(from, to).catch(async (error: unknown) => {
    await rm(to, { force: true })
    throw error
  })
}

/** So that the new name outlasts a loss of power as well. Windows can't, and needn't. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

function exists(path: string): Error {
  return Object.assign(new Error(`EEXIST: file already exists, '${path}'`), { code: 'EEXIST', syscall: 'open', path })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
