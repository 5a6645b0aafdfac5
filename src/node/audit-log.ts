import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, lstatSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { booleanOption, objectOption } from '../options.js'
import { LINE_MAX, NO_LINE, badLog, decodeLine, digestOf, encodeLine, mayBeginLog } from './audit-line.js'
import { pathOf } from './input.js'
import { naming } from './system-error.js'
import type { EventListener } from '../events.js'
import type { FileName } from './input.js'

/** How an audit log is kept. */
export interface AuditLogOptions {
  /** Whether each record is down on the disk before the work goes on that it tells of. Left out: `false`. */
  readonly durable?: boolean | undefined
}

/** An open audit log. */
export interface AuditLog {
  /**
   * Appends a record; made for the option `onEvent`. It is in the file when this returns.
   *
   * @throws EnvelopeError `bad-audit-log` where another program has written to the log, or removed it: nothing is written then
   * @throws Error of Node with a code such as `ENOSPC`, and the `path`: what was written of the line is taken back
   * @throws TypeError, RangeError for what is no record of this library
   */
  readonly onEvent: EventListener
  /** How many records there are, and the hex SHA-256 of the last line: note both elsewhere, and nobody can shorten the log unseen. */
  readonly state: () => { readonly records: number; readonly last: string }
  /** Nothing is appended after it. */
  readonly close: () => Promise<void>
}

/** The end of a log as this program left it. */
interface End {
  /** Bytes. */
  readonly size: number
  readonly n: number
  readonly digest: string
}

const NEWLINE = 0x0a

/**
 * Opens an audit log for appending, or begins one, readable by its owner alone: a file of JSON lines, each of which names the
 * SHA-256 of the one before. Only the last line of an existing log is read; `verifyAuditLog` checks all of it. One program writes
 * to a log at a time.
 *
 * @throws EnvelopeError `bad-audit-log` where the last line is incomplete or none of an audit log, or `path` is no plain file
 * @throws Error of Node with a code such as `ENOENT` or `EACCES`, and the `path`
 * @throws TypeError where the program passes a wrong kind of argument
 */
export async function openAuditLog(path: FileName, options: AuditLogOptions = {}): Promise<AuditLog> {
  const durable = booleanOption('durable', objectOption('options', options).durable ?? false)
  const name = pathOf(path)
  const file = withName(name, () => openPlain(name))
  try {
    const end = withName(name, () => readEnd(file, name))
    if (durable) syncFolder(dirname(name))
    return createLog(file, name, end, durable)
  } catch (error) {
    closeSync(file)
    throw error
  }
}

function createLog(file: number, name: string, start: End, durable: boolean): AuditLog {
  let end = start
  let open = true
  return {
    onEvent: (event) => {
      if (!open) throw new TypeError('the audit log is closed')
      const line = encodeLine(end.n + 1, end.digest, event)
      const size = withName(name, () => append(file, name, end, line, durable))
      end = { size, n: end.n + 1, digest: digestOf(line) }
    },
    state: () => ({ records: end.n, last: end.digest }),
    close: async () => {
      if (open) closeSync(file)
      open = false
    },
  }
}

/** A link could lead anywhere, and what is written to a pipe or device can't be read again. */
function openPlain(name: string): number {
  const before = lstatSync(name, { throwIfNoEntry: false })
  if (before?.isFile() === false) throw noFile(name)
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>
  return openSync(name, (O_RDWR as number) | (O_APPEND as number) | (O_CREAT as number) | O_NOFOLLOW | O_NONBLOCK, 0o600)
}

function noFile(name: string): Error {
  return badLog(`${name} is no plain file: an audit log must be one, and no link to one`)
}

function readEnd(file: number, name: string): End {
  const stats = fstatSync(file)
  if (!stats.isFile()) throw noFile(name)
  if (stats.size === 0) return { size: 0, n: 0, digest: NO_LINE }
  // As much of the end as the last line and the newline before it can take.
  const tail = readFrom(file, Math.max(0, stats.size - LINE_MAX - 2), stats.size)
  const lastNewline = tail.lastIndexOf(NEWLINE)
  const whole = stats.size - tail.length + lastNewline + 1
  const isTorn = lastNewline !== tail.length - 1 && (lastNewline >= 0 || tail.length <= LINE_MAX)
  if (isTorn) throw mayBeginLog(readFrom(file, 0, Math.min(stats.size, 1024))) ? torn(name, whole) : badLog(`${name} is no audit log: pass another FILE`)
  const line = lastNewline < 0 ? tail : tail.subarray(tail.subarray(0, lastNewline).lastIndexOf(NEWLINE) + 1, lastNewline)
  const decoded = line.length > LINE_MAX ? undefined : decodeLine(line)
  if (decoded === undefined) throw badLog(`the last line of ${name} is none of an audit log: keep the file, and log to another one`)
  return { size: stats.size, n: decoded.n, digest: digestOf(line) }
}

function torn(name: string, whole: number): Error {
  const cut = `cut the file to ${whole} bytes (truncate -s ${whole})`
  return badLog(`${name} ends in the middle of a line, as after a crash: keep a copy, ${cut}, and check it with \`otaseal audit verify\``)
}

/** The bytes from `start` to `end`, or to where the file ends. */
function readFrom(file: number, start: number, end: number): Buffer {
  const bytes = Buffer.alloc(end - start)
  let done = 0
  while (done < bytes.length) {
    const bytesRead = readSync(file, bytes, done, bytes.length - done, start + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes.subarray(0, done)
}

/** Writes a line, all of it or nothing, and gives the size of the file. */
function append(file: number, name: string, end: End, line: Buffer, durable: boolean): number {
  checkUntouched(file, name, end.size)
  const bytes = Buffer.concat([line, Buffer.of(NEWLINE)])
  let done = 0
  try {
    while (done < bytes.length) done += writeSync(file, bytes, done)
    if (durable) fsyncSync(file)
  } catch (error) {
    takeBack(file, end.size, done)
    throw error
  }
  const size = end.size + bytes.length
  // Whoever wrote between the first look and the line has parted the chain, which must not go unnoticed.
  checkUntouched(file, name, size)
  return size
}

/** @throws EnvelopeError `bad-audit-log` */
function checkUntouched(file: number, name: string, size: number): void {
  const stats = fstatSync(file)
  if (stats.nlink === 0) throw badLog(`${name} was removed or replaced while it was open: open it again`)
  if (stats.size !== size) throw badLog(`${name} was changed by another program while it was open: check it, open it again, and have one program write to it`)
}

/** Cuts off what was written of a line, unless others have written behind it. */
function takeBack(file: number, size: number, done: number): void {
  try {
    if (fstatSync(file).size === size + done) ftruncateSync(file, size)
  } catch {
    // The next append finds the size wrong.
  }
}

/** So that a new log outlasts a loss of power as well. Windows can't, and needn't. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r')
    try {
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
  } catch {
    // Not every file system can.
  }
}

/** Has the error of a failed call name the file as the caller knows it. */
function withName<T>(name: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw naming(name, error)
  }
}
