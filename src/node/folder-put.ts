import { constants } from 'node:fs'
import { copyFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { integerOption } from '../options.js'
import { makeFolder } from './folder-below.js'
import { openPlain, writeAt } from './folder-file.js'
import { systemCode, withPath } from './system-error.js'
import { ignore, temporaryPath } from './temporary-file.js'
import type { PlainFile } from './folder-file.js'

const { O_WRONLY, O_CREAT, COPYFILE_EXCL, COPYFILE_FICLONE } = constants

/** How often folders are made that another call removes because nothing is in them yet. */
const TRIES = 20

/** Puts bytes at a position of a file below `root`, at most at its end; makes it, and its folders, where there is none. */
export async function putBelow(root: string, path: string, bytes: Uint8Array, position: number): Promise<void> {
  integerOption('position', position, Number.MAX_SAFE_INTEGER)
  const file = await openBelow(root, path, TRIES)
  try {
    if (position > file.size) throw new RangeError('position lies behind the end of the file')
    await writeAt(file, bytes, position)
  } finally {
    await file.handle.close()
  }
}

async function openBelow(root: string, path: string, tries: number): Promise<PlainFile> {
  try {
    await makeFolder(root, dirname(path))
    const file = await openPlain(path, O_WRONLY | O_CREAT, 0o644)
    if (file.names <= 1) return file
    await file.handle.close()
    await withPath(path, part(path))
    return await openPlain(path, O_WRONLY)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || tries === 0) throw error
    return openBelow(root, path, tries - 1)
  }
}

/** Gives a file that has other names (hard links) bytes of its own: under those it may be another's, or a copy that was made to be kept. */
async function part(path: string): Promise<void> {
  const own = temporaryPath(dirname(path))
  try {
    await copyFile(path, own, COPYFILE_EXCL | COPYFILE_FICLONE)
    await rename(own, path)
  } catch (error) {
    await rm(own, { force: true }).catch(ignore)
    throw error
  }
}
