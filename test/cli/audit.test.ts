import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openAuditLog } from '../../src/node.js'
import { accept, codeOf, ended, json, namesIn, otaseal, program, release, workFolder } from './cli.js'
import type { Run } from './cli.js'

let folder: string
const log = 'audit.jsonl'
const path = (name: string): string => join(folder, name)

interface Line {
  readonly n: number
  readonly event: { readonly event: string; readonly kid?: string; readonly code?: string }
}

function lines(name = log): readonly Line[] {
  return readFileSync(path(name), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Line)
}

const names = (): readonly string[] => lines().map(({ event }) => event.event)
const encrypt = ['encrypt', 'app.bin', ...release, '--force', '--audit', log]

beforeAll(async () => {
  folder = await workFolder()
  await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', 'app.otaseal'])
})

beforeEach(() => rmSync(path(log), { force: true }))

describe('--audit', () => {
  it('encrypt, verify and decrypt append to one log, which `audit verify` finds whole', async () => {
    expect(await otaseal(folder, encrypt)).toMatchObject({ code: 0 })
    expect(names()).toEqual(['head-signed'])
    expect(await otaseal(folder, ['verify', 'app.bin.otaseal', ...accept, '--audit', log])).toMatchObject({ code: 0 })
    expect(await otaseal(folder, ['decrypt', 'app.bin.otaseal', ...accept, '-o', 'out.bin', '--audit', log])).toMatchObject({ code: 0 })
    const accepted = names()
    expect(accepted[0]).toBe('head-signed')
    for (const name of ['signature-counted', 'head-verified', 'reader-used', 'bundle-accepted']) {
      expect(accepted.filter((other) => other === name), name).toHaveLength(2)
    }
    expect(new Set(lines().flatMap(({ event }) => event.kid ?? [])).size).toBe(1)
    if (process.platform !== 'win32') expect(statSync(path(log)).mode & 0o777).toBe(0o600)
    expect(json(await otaseal(folder, ['audit', 'verify', log, '--json']))).toMatchObject({ ok: true, file: log, records: accepted.length })
    rmSync(path('out.bin'))
  })

  it('has records of what is refused, too', async () => {
    const run = await otaseal(folder, ['verify', 'app.otaseal', '--key', '.otaseal_key.pub', '--app', 'com.example.other', '--audit', log, '--json'])
    expect(codeOf(run)).toBe('wrong-app')
    expect(lines().at(-1)?.event).toMatchObject({ event: 'head-refused', code: 'wrong-app' })
  })

  it('records what goes from stdin to stdout once', async () => {
    const input = readFileSync(path('app.otaseal'))
    const { code, stderr } = await otaseal(folder, ['decrypt', '-', ...accept, '-o', '-', '--audit', log], { input })
    expect(code, stderr).toBe(0)
    expect(names().filter((name) => name === 'bundle-accepted')).toHaveLength(1)
  })

  it('stops before anything is done where the log is torn or is none', async () => {
    const contents = [
      ['{"n":1', 'truncate -s 0'],
      ['hello\n', 'is none of an audit log'],
      ['these are my notes', `${log} is no audit log: pass another FILE`],
      ['these are\nmy notes', `${log} is no audit log: pass another FILE`],
    ] as const
    for (const [content, message] of contents) {
      writeFileSync(path(log), content)
      const before = namesIn(folder)
      const run = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', 'new.otaseal', '--audit', log])
      expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('refused (bad-audit-log)')])
      expect(run.stderr).toContain(message)
      expect(namesIn(folder)).toEqual(before)
      expect(readFileSync(path(log), 'utf8')).toBe(content)
    }
  })

  it('stops where the log can not be made', async () => {
    const run = await otaseal(folder, ['verify', 'app.otaseal', ...accept, '--audit', 'no/audit.jsonl', '--json'])
    expect([run.code, codeOf(run)]).toEqual([1, 'io'])
    expect(run.stdout).toContain('cannot write no/audit.jsonl: there is no such file or folder')
  })

  it('never is a file of the command, or inside the folder that is packed', async () => {
    mkdirSync(path('www'), { recursive: true })
    writeFileSync(path('www/index.html'), 'hello')
    const wrong: readonly (readonly string[])[] = [
      ['encrypt', 'app.bin', ...release, '-o', 'new.otaseal', '--audit', 'new.otaseal'],
      ['encrypt', 'app.bin', ...release, '-o', 'new.otaseal', '--audit', './app.bin'],
      ['encrypt', 'www', ...release, '-o', 'new.otaseal', '--audit', 'www/audit.jsonl'],
      ['decrypt', 'app.otaseal', ...accept, '-o', 'out.bin', '--audit', 'app.otaseal'],
      ['verify', 'app.otaseal', ...accept, '--audit', '.otaseal_key.pub'],
      ['verify', 'app.otaseal', ...accept, '--audit', '-'],
      ['verify', 'app.otaseal', ...accept, '--audit', log, '--audit', log],
    ]
    const before = namesIn(folder)
    for (const args of wrong) {
      const run = await otaseal(folder, [...args, '--json'])
      expect([run.code, codeOf(run)], args.join(' ')).toEqual([2, 'usage'])
    }
    expect(codeOf(await otaseal(folder, [...encrypt.slice(0, -1), '.otaseal_key', '--json']))).toBe('io')
    expect(namesIn(folder)).toEqual(before)
    expect(namesIn(path('www'))).toEqual(['index.html'])
  })
})

it('a folder for the log that is not there is told by the name of the log', async () => {
  mkdirSync(path('www'), { recursive: true })
  writeFileSync(path('www/index.html'), 'hello')
  const run = await otaseal(folder, ['encrypt', 'www', ...release, '-o', 'new.otaseal', '--audit', 'nodir/x', '--json'])
  expect([run.code, codeOf(run), namesIn(folder).includes('new.otaseal')]).toEqual([1, 'io', false])
  expect(run.stdout).toContain('cannot write nodir/x: there is no such file or folder')
})

describe.runIf(process.platform !== 'win32')('a log that can not grow', () => {
  const limited = async (args: readonly string[]): Promise<Run> => {
    const words = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ')
    return ended(spawn('sh', ['-c', `ulimit -f 1000; exec ${words}`], { cwd: folder, env: { PATH: process.env['PATH'] ?? '' }, stdio: 'pipe' }))
  }

  /** Fills the log until nothing more fits into that limit. */
  async function fill(): Promise<number> {
    const audit = await openAuditLog(path(log))
    const record = { event: 'head-signed', time: 1, app: 'a', version: 'v'.repeat(300), sequence: 1, kid: 'k' } as const
    while (statSync(path(log)).size < 511_600) audit.onEvent(record)
    await audit.close()
    return audit.state().records
  }

  it('nothing succeeds unrecorded', async () => {
    const records = await fill()
    const before = namesIn(folder)
    const run = await limited(['encrypt', 'app.bin', ...release, '-o', 'new.otaseal', '--audit', log])
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining(`cannot write ${log}: `)])
    expect(namesIn(folder)).toEqual(before)
    expect(json(await otaseal(folder, ['audit', 'verify', log, '--json']))).toMatchObject({ records })
  })

  it('what is refused stays refused, with a warning', async () => {
    await fill()
    const envelope = readFileSync(path('app.otaseal'))
    writeFileSync(path('broken.otaseal'), envelope.fill('x', 12, 20))
    const run = await limited(['verify', 'broken.otaseal', ...accept, '--audit', log])
    expect([run.code, run.stderr]).toEqual([1, expect.stringMatching(/warning: not recorded in audit\.jsonl: EFBIG.*\n.*refused \(malformed-head\)/)])
  })
})

describe('audit verify', () => {
  it('shows how many records there are, from when to when, and the digest to note', async () => {
    await otaseal(folder, encrypt)
    const first = json(await otaseal(folder, ['audit', 'verify', log, '--json']))
    expect(first).toMatchObject({ ok: true, file: log, records: 1, last: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
    await otaseal(folder, encrypt)
    const last = first['last'] as string
    expect(json(await otaseal(folder, ['audit', 'verify', log, '--last', last, '--json']))).toMatchObject({ records: 2, notedLine: 1 })
    const { code, stdout, stderr } = await otaseal(folder, ['audit', 'verify', log, '--last', last])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^whole: audit\.jsonl\n {2}records {5}2\n {2}first {7}\S+Z\n {2}last {8}\S+Z\n {2}noted line {2}1\n {2}digest {6}[0-9a-f]{64}\n$/)
  })

  it('shows a time that no calendar has as its number', async () => {
    const audit = await openAuditLog(path(log))
    for (const time of [0, 253_402_300_799, 8_640_000_000_000, Number.MAX_SAFE_INTEGER]) {
      audit.onEvent({ event: 'link-signed', time, kid: 'k', delegate: 'd' })
      const { code, stdout, stderr } = await otaseal(folder, ['audit', 'verify', log])
      expect([code, stderr], String(time)).toEqual([0, ''])
      const shown = time > 8e12 ? (time === Number.MAX_SAFE_INTEGER ? String(time) : '+275760-09-13T00:00:00Z') : new Date(time * 1000).toISOString().replace('.000', '')
      expect(/^ {2}last {4} {1,8}(\S+)$/m.exec(stdout)?.[1]).toBe(shown)
    }
    await audit.close()
  })

  it('names the line of the damage, and ends with 1', async () => {
    for (let i = 0; i < 3; i++) await otaseal(folder, encrypt)
    const whole = readFileSync(path(log), 'utf8')
    writeFileSync(path(log), whole.replace('1.4.0', '1.4.1'))
    const run = await otaseal(folder, ['audit', 'verify', log, '--json'])
    expect([run.code, codeOf(run), run.stderr]).toEqual([1, 'bad-audit-log', ''])
    expect(run.stdout).toContain('line 1 is not the one that line 2 follows')
    writeFileSync(path(log), whole.slice(0, -5))
    expect(await otaseal(folder, ['audit', 'verify', log])).toMatchObject({ code: 1, stderr: expect.stringContaining('line 3 is incomplete') as string })
    writeFileSync(path(log), whole)
    const lost = await otaseal(folder, ['audit', 'verify', log, '--last', 'a'.repeat(64)])
    expect([lost.code, lost.stderr]).toEqual([1, expect.stringContaining('none of the 3 lines has the digest')])
  })

  it('tells apart what can not be read, and wrong usage', async () => {
    const missing = await otaseal(folder, ['audit', 'verify', 'missing.jsonl', '--json'])
    expect([missing.code, codeOf(missing)]).toEqual([1, 'io'])
    expect(missing.stdout).toContain('cannot read missing.jsonl: there is no such file or folder')
    const wrong = [['audit'], ['audit', 'verify'], ['audit', 'mend', log], ['audit', 'verify', log, log], ['audit', 'verify', log, '--last', 'ABC']]
    for (const args of wrong) {
      const run = await otaseal(folder, [...args, '--json'])
      expect([run.code, codeOf(run)], args.join(' ')).toEqual([2, 'usage'])
    }
  })

  it('has help with examples', async () => {
    for (const args of [['audit', '--help'], ['audit', 'verify', '--help']]) {
      const { code, stdout } = await otaseal(folder, args)
      expect([code, stdout]).toEqual([0, expect.stringContaining('$ otaseal audit verify')])
    }
    expect((await otaseal(folder, ['--help'])).stdout).toContain('audit')
  })
})
