import { lstatSync, statSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { FileError, UsageError, fileError } from './errors.js'
import { refuseSecretContent, refuseSecretName } from './secret-files.js'
import { writeStdout } from './terminal.js'
import type { Stats } from 'node:fs'
import type { FileOutput } from '../node.js'
import type { Terminal } from './terminal.js'

/** Where a result goes: a file, or stdout where `path` is `-`. */
export interface Target {
  readonly path: string
  /** Whether an existing file may be replaced. */
  readonly force: boolean
}

/** The same for the functions that write it. */
export function fileOutput({ path }: Target): FileOutput {
  return path === '-' ? writeStdout : path
}

/** Refuses before the work begins what would be refused after it. `inputs` are files that must never be replaced. */
export function checkTarget({ path, force }: Target, inputs: readonly string[], terminal: Terminal): void {
  if (path === '-') {
    if (terminal.json) throw new UsageError('--json and the result cannot both go to stdout: pass -o FILE')
    if (process.stdout.isTTY) throw new UsageError('stdout is a terminal: pass -o FILE, or pipe the result to another program')
    return
  }
  if (inputs.some((input) => isSameFile(input, path))) throw new UsageError(`${path} is an input: pass another -o FILE`)
  refuseSecretName(path)
  try {
    checkPlace(path, force)
  } catch (error) {
    throw fileError('write', path, error)
  }
}

function checkPlace(path: string, force: boolean): void {
  const folder = statSync(dirname(resolve(path)), { throwIfNoEntry: false })
  if (folder?.isDirectory() !== true) throw new FileError(`cannot write ${path}: there is no such folder`)
  const existing = lstatSync(path, { throwIfNoEntry: false })
  if (existing === undefined) return
  if (!existing.isFile()) throw new FileError(`${path} exists and is not a plain file: pass another -o FILE`)
  if (!force) throw new FileError(`${path} exists already: pass another -o FILE, or --force where the command has it`)
  refuseSecretContent(path)
}

/** Whether something has this name; a dangling symbolic link counts. */
export function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    throw fileError('write', path, error)
  }
}

/** Refuses a path that lies inside a folder. */
export async function refuseInside(folder: string, path: string, why: string): Promise<void> {
  const place = await realpath(path)
    .catch(async () => realpath(dirname(resolve(path))))
    .catch((error: unknown) => {
      throw fileError('write', path, error)
    })
  const way = relative(await realpath(folder), place)
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) return
  throw new UsageError(`${path} lies inside ${folder}: ${why}`)
}

/** Whether two paths lead to one file. */
export function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map(statOrNothing)
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino
}

/** What can't be asked is told where it is opened. */
function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
