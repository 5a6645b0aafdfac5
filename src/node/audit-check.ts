import { createReadStream } from 'node:fs'
import { objectOption, textOption } from '../options.js'
import { LINE_MAX, NO_LINE, badLog, decodeLine, digestOf, digestPattern } from './audit-line.js'
import { pathOf } from './input.js'
import { withPath } from './system-error.js'
import type { AuditLine } from './audit-line.js'
import type { FileName } from './input.js'

/** What an audit log is held against besides itself. */
export interface AuditCheckOptions {
  /** The hex SHA-256 of a line, noted where nobody who can write the log can change it: some line must have it. */
  readonly last?: string | undefined
}

/** An audit log in which every line follows the one before. */
export interface AuditCheck {
  readonly records: number
  /** Hex SHA-256 of the last line; of an empty log 64 zeros. */
  readonly last: string
  /** Of the first record and the last one, in whole seconds since 1970. */
  readonly firstTime?: number
  readonly lastTime?: number
  /** The line that has the digest `last` of the options; 0 where that was of an empty log. */
  readonly notedLine?: number
}

const NEWLINE = 0x0a

/**
 * Checks that no line of an audit log was changed, removed, moved or inserted since it was written, in bounded memory. What a
 * chain of digests can't show without `last`: that lines are missing at the end, that the last one was changed, or that all of
 * the log was written anew.
 *
 * @throws EnvelopeError `bad-audit-log`; the message names the line
 * @throws Error of Node with a code such as `ENOENT`, and the `path`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function verifyAuditLog(path: FileName, options: AuditCheckOptions = {}): Promise<AuditCheck> {
  const { last: noted } = objectOption('options', options)
  if (noted !== undefined) textOption('last', noted, digestPattern)
  const name = pathOf(path)
  let check: AuditCheck = { records: 0, last: NO_LINE, ...(noted === NO_LINE && { notedLine: 0 }) }
  for await (const line of linesOf(name)) check = follow(check, line, noted)
  if (noted !== undefined && check.notedLine === undefined) {
    throw badLog(`none of the ${check.records} lines has the digest that was noted: lines are missing at the end, or the log was written anew`)
  }
  return check
}

function follow({ records, last, firstTime, notedLine }: AuditCheck, bytes: Buffer, noted: string | undefined): AuditCheck {
  const number = records + 1
  const line = decodeLine(bytes)
  if (line === undefined) throw badLog(`line ${number} is malformed: it was changed, or is none of an audit log`)
  if (line.previous !== last || line.n !== number) throw broken(line, number)
  const digest = digestOf(bytes)
  return {
    records: number,
    last: digest,
    firstTime: firstTime ?? line.event.time,
    lastTime: line.event.time,
    ...(digest === noted ? { notedLine: number } : notedLine !== undefined && { notedLine }),
  }
}

/** Of two lines that don't belong together nobody can tell which is the right one. */
function broken({ n }: AuditLine, number: number): Error {
  const said = n === number ? '' : ` (it says to be line ${n})`
  if (number === 1) return badLog(`line 1 is not the first line of a log${said}: it was changed, or lines before it are missing`)
  return badLog(`line ${number - 1} is not the one that line ${number} follows${said}: one of both was changed, or lines were removed, inserted or moved there`)
}

/** The lines of a file, without their newlines. */
async function* linesOf(name: string): AsyncGenerator<Buffer> {
  const pieces = createReadStream(name, { highWaterMark: LINE_MAX })[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let number = 1
  let rest: Buffer = Buffer.alloc(0)
  try {
    for (;;) {
      const { done, value } = (await withPath(name, pieces.next())) as IteratorResult<Buffer, undefined>
      if (done === true) break
      let start = 0
      for (let end = value.indexOf(NEWLINE); end >= 0; end = value.indexOf(NEWLINE, start)) {
        yield bounded(Buffer.concat([rest, value.subarray(start, end)]), number++)
        rest = Buffer.alloc(0)
        start = end + 1
      }
      rest = bounded(Buffer.concat([rest, value.subarray(start)]), number)
    }
  } finally {
    await pieces.return?.()
  }
  if (rest.length > 0) throw badLog(`line ${number} is incomplete: the log ends in the middle of it, as after a crash`)
}

function bounded(line: Buffer, number: number): Buffer {
  if (line.length > LINE_MAX) throw badLog(`line ${number} is longer than ${LINE_MAX} bytes, which no line of an audit log is`)
  return line
}
