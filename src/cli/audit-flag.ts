import { resolve } from 'node:path'
import { openAuditLog } from '../node.js'
import { UsageError, fileError } from './errors.js'
import { single } from './options.js'
import { isSameFile } from './output.js'
import { refuseSecretName } from './secret-files.js'
import type { Option } from 'commander'
import type { AuditLog, EventListener } from '../node.js'
import type { Terminal } from './terminal.js'

/** The flag of {@link auditFlag}, as the commands have it. */
export interface AuditFlags {
  readonly audit?: string
}

/** `--audit FILE`, which every command has that uses a key. */
export function auditFlag(): Option {
  return single('--audit <file>', 'audit log to which each use and refusal of a key is appended')
}

/**
 * Does `work` with a listener that appends to the log of `--audit`, or with none. A log that can't be opened stops it before it begins, and
 * one that can't be written ends it, so that nothing is done unrecorded; a refusal stays a refusal, with a warning that it isn't
 * recorded. `files` are those that the command reads and writes: none may be the log.
 *
 * @throws UsageError, FileError, EnvelopeError `bad-audit-log`, and what `work` throws
 */
export async function withAudit<T>(
  { audit }: AuditFlags,
  terminal: Terminal,
  work: (onEvent: EventListener | undefined) => Promise<T>,
  files: readonly string[] = [],
): Promise<T> {
  if (audit === undefined) return work(undefined)
  checkName(audit, files)
  const log = await openLog(audit)
  let failure: unknown
  const onEvent: EventListener = (event) => {
    try {
      log.onEvent(event)
    } catch (error) {
      failure = error
      throw error
    }
  }
  try {
    return await work(onEvent)
  } catch (error) {
    if (failure !== undefined && failure !== error) terminal.warn(`not recorded in ${audit}: ${messageOf(failure)}`)
    throw error
  } finally {
    await log.close()
  }
}

function checkName(audit: string, files: readonly string[]): void {
  if (audit === '-') throw new UsageError('--audit takes the name of a file')
  refuseSecretName(audit)
  if (files.some((file) => resolve(file) === resolve(audit) || isSameFile(file, audit))) {
    throw new UsageError(`${audit} is read or written by this command: pass another --audit FILE`)
  }
}

async function openLog(audit: string): Promise<AuditLog> {
  try {
    return await openAuditLog(audit)
  } catch (error) {
    throw fileError('write', audit, error)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
