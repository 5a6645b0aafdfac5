import { createHash } from 'node:crypto'
import { EnvelopeError } from '../errors.js'
import { isExactForm } from '../json.js'

/** Bytes of a line without its newline; a record of the library takes far fewer. */
export const LINE_MAX = 65_536

/** What the first line names as the one before it. */
export const NO_LINE: string = '0'.repeat(64)

/** How every log begins. */
const LOG_START = `{"n":1,"previous":"${NO_LINE}","event":{`

/** Lower-case hex SHA-256 of a line. */
export const digestPattern: RegExp = /^[0-9a-f]{64}$/

/** A line of an audit log, as far as the log itself cares. */
export interface AuditLine {
  /** From 1 on. */
  readonly n: number
  /** Hex SHA-256 of the line before, without its newline. */
  readonly previous: string
  readonly event: { readonly event: string; readonly time: number }
}

/** Hex SHA-256. */
export function digestOf(line: Uint8Array): string {
  return createHash('sha256').update(line).digest('hex')
}

/** @throws EnvelopeError `bad-audit-log` */
export function badLog(message: string): EnvelopeError {
  return new EnvelopeError('bad-audit-log', message)
}

/**
 * A line without its newline.
 *
 * @throws TypeError where `event` is no record; RangeError where it is too long
 */
export function encodeLine(n: number, previous: string, event: unknown): Buffer {
  if (!isRecord(event)) throw new TypeError('event must be a record of this library')
  const line = Buffer.from(JSON.stringify({ n, previous, event }))
  if (line.length > LINE_MAX) throw new RangeError(`event must not take more than ${LINE_MAX} bytes as a line of an audit log`)
  return line
}

/** Whether a file that begins with these bytes may be an audit log, of which a crash may have left less than a line. */
export function mayBeginLog(bytes: Buffer): boolean {
  const text = bytes.toString('latin1')
  return text.startsWith(LOG_START) || LOG_START.startsWith(text)
}

/** Reads a line without its newline; `undefined` where it is not what {@link encodeLine} writes. */
export function decodeLine(bytes: Buffer): AuditLine | undefined {
  const text = bytes.toString('utf8')
  const value = parsed(text)
  if (typeof value !== 'object' || value === null) return undefined
  const { n, previous, event } = value as Readonly<Record<keyof AuditLine, unknown>>
  if (!isRecord(event) || typeof previous !== 'string' || !digestPattern.test(previous) || !isCount(n)) return undefined
  const line = { n, previous, event }
  // One text and one text only: nothing unknown, nothing twice, and what is not UTF-8 differs as well.
  return isExactForm(text, line) && Buffer.from(text).equals(bytes) ? line : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function isRecord(value: unknown): value is AuditLine['event'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { event, time } = value as Readonly<Record<string, unknown>>
  return typeof event === 'string' && typeof time === 'number' && Number.isSafeInteger(time) && time >= 0
}
