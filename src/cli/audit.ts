import { InvalidArgumentError } from 'commander'
import { verifyAuditLog } from '../node.js'
import { fileError } from './errors.js'
import { jsonFlag, single } from './options.js'
import { printable, table, timeText } from './text.js'
import type { Command } from 'commander'
import type { AuditCheck } from '../node.js'
import type { Outcome, Terminal } from './terminal.js'

interface AuditVerifyFlags {
  readonly last?: string
}

/** The last second that a `Date` can hold. */
const DATE_MAX = 8_640_000_000_000

const AUDIT_EXAMPLES = `
Examples:
  $ otaseal audit verify audit.jsonl
  $ otaseal audit help verify
`
const EXAMPLES = `
Every line names the SHA-256 of the one before, so a line that was changed, removed, moved or inserted is found. Lines
missing at the end, and a log that was written anew, are found only by --last: a digest that an earlier run printed, and that was
kept where nobody who can write the log can change it. The log may have grown since.

Examples:
  $ otaseal audit verify audit.jsonl
  $ otaseal audit verify audit.jsonl --last "$(cat noted-elsewhere)" --json
`

export function addAudit(program: Command, terminal: Terminal): void {
  program
    .command('audit')
    .summary('check an audit log')
    .description('Checks audit logs, as --audit and openAuditLog write them.')
    .addHelpText('after', AUDIT_EXAMPLES)
    .command('verify')
    .summary('check that a log is whole')
    .description('Checks that an audit log is as it was written.')
    .argument('<file>', 'the log')
    .addOption(single('--last <digest>', 'SHA-256 of a line, noted earlier, that must be there', digest))
    .addOption(jsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, flags: AuditVerifyFlags) => verify(file, flags, terminal))
}

function digest(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new InvalidArgumentError('It must be 64 lower-case hex digits.')
  return text
}

async function verify(file: string, { last }: AuditVerifyFlags, terminal: Terminal): Promise<void> {
  const check = await verifyAuditLog(file, { last }).catch((error: unknown) => {
    throw fileError('read', file, error)
  })
  await terminal.show(outcomeOf(file, check))
}

function outcomeOf(file: string, check: AuditCheck): Outcome {
  const { records, last, firstTime, lastTime, notedLine } = check
  return {
    data: { file, ...check },
    lines: [
      `whole: ${printable(file)}`,
      ...table([
        ['records', String(records)],
        ...(firstTime === undefined ? [] : [['first', recordTime(firstTime)] as const]),
        ...(lastTime === undefined ? [] : [['last', recordTime(lastTime)] as const]),
        ...(notedLine === undefined ? [] : [['noted line', String(notedLine)] as const]),
        ['digest', last],
      ]),
    ],
  }
}

/** A record may come from a device, with a time that no calendar has. */
function recordTime(seconds: number): string {
  return seconds > DATE_MAX ? String(seconds) : timeText(seconds)
}
