import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { openAuditLog } from '../../src/node.js'
import type { EnvelopeEvent } from '../../src/node.js'

export const record = (i: number): EnvelopeEvent => ({
  ...{ event: 'head-signed', time: 1_800_000_000 + i, app: 'com.example.app', version: `1.4.${i}`, sequence: i, kid: 'k'.repeat(43) },
})

/** Appends records to a log. */
export async function write(path: string, count: number, from = 0): Promise<void> {
  const log = await openAuditLog(path)
  for (let i = from; i < from + count; i++) log.onEvent(record(i))
  await log.close()
}

/** The lines of a log, without their newlines. */
export function linesOf(path: string): readonly string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}

export const digest = (line: string): string => createHash('sha256').update(line).digest('hex')

/** An EnvelopeError for a broken log. */
export const badLog = (message: RegExp): object => ({ name: 'EnvelopeError', code: 'bad-audit-log', message: expect.stringMatching(message) as string })
