import { constants } from 'node:fs'
import { dirname } from 'node:path'
import { integerOption } from '../options.js'
import { makeFolder } from './folder-below.js'
import { openPlain, writeAt } from './folder-file.js'
import { systemCode, systemError } from './system-error.js'
import type { PlainFile } from './folder-file.js'

const { O_WRONLY, O_CREAT } = constants

/** How often folders are made that another call removes because nothing is in them yet. */
const TRIES = 20

/** Puts bytes at a position of a file below `root`, at most at its end; makes it, and its folders, where there is none. */
export async function putBelow(root: string, path: string, bytes: Uint8Array, position: number): Promise<void> {
  integerOption('position', position, Number.MAX_SAFE_INTEGER)
  const file = await openBelow(root, path, TRIES)
  try {
    if (position > file.size) throw new RangeError('position lies behind the end of the file')
    // What has another name may be another's, or a copy that was made to be kept.
    if (file.names > 1) throw systemError('EMLINK', 'the file has a second name (a hard link) and would change there too: remove it here', 'open', path)
    await writeAt(file, bytes, position)
  } finally {
    await file.handle.close()
  }
}

async function openBelow(root: string, path: string, tries: number): Promise<PlainFile> {
  try {
    await makeFolder(root, dirname(path))
    return await openPlain(path, O_WRONLY | O_CREAT, 0o644)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || tries === 0) throw error
    return openBelow(root, path, tries - 1)
  }
}
