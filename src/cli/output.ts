import { randomBytes } from 'node:crypto'
import { closeSync, fchmodSync, fsync, linkSync, lstatSync, openSync, renameSync, rmSync, statSync, write } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { promisify } from 'node:util'
import { FileError, UsageError, fileError, systemCode } from './errors.js'
import { refuseSecretName } from './secret-files.js'
import { writeStdout } from './terminal.js'
import type { Terminal } from './terminal.js'

const writeAt = promisify(write)
const sync = promisify(fsync)

/** Between two writes signals are heard. */
const SLICE = 2 ** 22
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES', 'EINVAL', 'EMLINK', 'EXDEV', 'EISDIR'])

/** Where a result goes: a file, or stdout where `path` is `-`. */
export interface Target {
  readonly path: string
  /** Whether an existing file may be replaced. */
  readonly force: boolean
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
  const folder = statSync(dirname(resolve(path)), { throwIfNoEntry: false })
  if (folder?.isDirectory() !== true) throw new FileError(`cannot write ${path}: there is no such folder`)
  const existing = lstatSync(path, { throwIfNoEntry: false })
  if (existing === undefined) return
  if (!existing.isFile()) throw new FileError(`${path} exists and is not a plain file: pass another -o FILE`)
  if (!force) throw exists(path)
}

/** Refuses a path that lies inside a folder. */
export async function refuseInside(folder: string, path: string, why: string): Promise<void> {
  const place = await realpath(path).catch(async () => realpath(dirname(resolve(path))))
  const way = relative(await realpath(folder), place)
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) return
  throw new UsageError(`${path} lies inside ${folder}: ${why}`)
}

/**
 * Writes a result completely or not at all: to a temporary file beside its target, which takes its name in one
 * step and without replacing what has appeared there meanwhile. Signals and failures leave nothing behind.
 */
export async function writeOutput({ path, force }: Target, bytes: Uint8Array): Promise<void> {
  if (path === '-') return writeStdout(bytes)
  const replaced = force ? lstatSync(path, { throwIfNoEntry: false }) : undefined
  const mode = replaced === undefined ? 0o644 & ~userMask() : replaced.mode & 0o777
  await undoOnFailure(async (created) => {
    const temporary = await writeTemporary(path, bytes, mode, created)
    if (force) renameSync(temporary, path)
    else moveWithoutReplacing(temporary, path)
  }).catch((error: unknown) => {
    throw fileError('write', path, error)
  })
}

/** Writes a file that must not exist yet, completely or not at all. */
export async function writeNew(path: string, bytes: Uint8Array, mode: number, created: (path: string) => void): Promise<void> {
  try {
    moveWithoutReplacing(await writeTemporary(path, bytes, mode, created), path)
    created(path)
  } catch (error) {
    throw fileError('write', path, error)
  }
}

/** Reading it without writing it is deprecated; nothing else runs between the two calls. */
function userMask(): number {
  const mask = process.umask(0o077)
  process.umask(mask)
  return mask
}

/** Runs `work`; where it fails, or a signal ends the program, the files that it named are removed. */
export async function undoOnFailure(work: (created: (path: string) => void) => Promise<void>): Promise<void> {
  const paths: string[] = []
  const undo = (): void => paths.forEach((path) => rmSync(path, { force: true }))
  const stop = (signal: NodeJS.Signals): void => {
    undo()
    for (const name of SIGNALS) process.off(name, stop)
    process.kill(process.pid, signal)
  }
  for (const name of SIGNALS) process.on(name, stop)
  try {
    await work((path) => paths.push(path))
  } catch (error) {
    undo()
    throw error
  } finally {
    for (const name of SIGNALS) process.off(name, stop)
  }
}

/**
 * Writes a file beside `path`, down to the disk, and returns its name. It is opened synchronously, so that no signal
 * comes between its creation and the knowledge of it.
 */
async function writeTemporary(
  path: string,
  bytes: Uint8Array,
  mode: number,
  created: (path: string) => void,
): Promise<string> {
  const temporary = join(dirname(path), `.otaseal-${randomBytes(12).toString('hex')}.tmp`)
  const file = openSync(temporary, 'wx', 0o600)
  created(temporary)
  try {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await writeAt(file, bytes, done, Math.min(SLICE, bytes.length - done), done)
      done += bytesWritten
    }
    fchmodSync(file, mode)
    await sync(file)
  } finally {
    closeSync(file)
  }
  return temporary
}

function moveWithoutReplacing(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EEXIST') throw exists(to)
    if (code === undefined || !NO_LINKS.has(code)) throw error
    claimAndRename(from, to)
    return
  }
  rmSync(from)
}

/** For file systems without hard links: whoever creates the empty file owns the name. */
function claimAndRename(from: string, to: string): void {
  try {
    closeSync(openSync(to, 'wx', 0o600))
  } catch (error) {
    throw systemCode(error) === 'EEXIST' ? exists(to) : error
  }
  try {
    renameSync(from, to)
  } catch (error) {
    rmSync(to, { force: true })
    throw error
  }
}

function exists(path: string): FileError {
  return new FileError(`${path} exists already: pass another -o FILE, or --force where the command has it`)
}

/** Whether two paths lead to one file. */
export function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }))
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino
}
