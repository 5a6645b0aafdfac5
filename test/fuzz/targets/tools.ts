import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { date, digits } from '../../../src/cli/options.js'
import { verifyAuditLog } from '../../../src/node/audit-check.js'
import { decodeLine, encodeLine } from '../../../src/node/audit-line.js'
import { attempt, bytesOf, must, mustAgree, textOf } from '../oracle.js'
import { decoded, fixtures } from '../fixtures.js'
import type { Target } from '../oracle.js'

let folder: string | undefined

function fileOf(bytes: Uint8Array): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'otaseal-fuzz-'))
    process.on('exit', () => rmSync(made, { recursive: true, force: true }))
    folder = made
  }
  const file = join(folder, 'log')
  writeFileSync(file, bytes)
  return file
}

export const auditLog: Target = {
  name: 'audit-log',
  seeds: () => [decoded(fixtures.audit), decoded(fixtures.audit).subarray(0, decoded(fixtures.audit).indexOf(10)), bytesOf(textOf(decoded(fixtures.audit)).split('\n', 1)[0]?.replace(':', ': ') ?? '')],
  run: async (input) => {
    const line = decodeLine(Buffer.from(input))
    if (line !== undefined) mustAgree(encodeLine(line.n, line.previous, line.event), input, 'a line is written as it was read')
    const checked = await attempt(() => verifyAuditLog(fileOf(input)))
    if (checked.code !== undefined) { must(checked.code === 'bad-audit-log', 'a log is refused as one'); return; }
    const lines = Buffer.from(input).toString('latin1').split('\n')
    must(checked.value.records === lines.length - 1 && lines.at(-1) === '', 'each line is a record')
  },
}

/** What a flag of the command line takes; `undefined` where it says that it doesn't. */
function flag<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    must(error instanceof InvalidArgumentError, 'a flag is refused as one')
    return undefined
  }
}

export const flags: Target = {
  name: 'flags',
  seeds: () => ['0', '1763700000', '9007199254740993', '2027-01-31', '2027-01-31T12:00:00Z', '2027-02-30T00:00+01:00', '2024-02-29T23:59:59.5-11:30', '2023-02-29'].map(bytesOf),
  run: (input) => {
    const text = textOf(input)
    const number = flag(() => digits(text))
    must((number !== undefined) === /^\d{1,16}$/.test(text) && (number === undefined || number === Number(BigInt(text))), 'a number is its digits')
    const time = flag(() => date(text))
    if (time === undefined) return
    const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number)
    must(!Number.isNaN(time.getTime()) && month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate(), 'a date is one of the calendar')
    must(Math.abs(time.getTime() - Date.parse(`${text.slice(0, 10)}T00:00Z`)) <= 2 * 86_400_000, 'it is that day')
  },
}
