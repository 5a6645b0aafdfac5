import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { openAuditLog, verifyAuditLog } from '../../src/node.js'
import { ended, temporaryFolder } from '../cli/cli.js'
import { linesOf, write } from './audit.js'
import type { Run } from '../cli/cli.js'

const door = new URL('../../dist/node.js', import.meta.url)
const canLimit = process.platform !== 'win32'
const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs none /mnt'], { stdio: 'ignore' }).status === 0
const NO_MOUNT = 'this machine lets nobody mount a file system of his own'

/** Appends until it is killed, with a dot after the first record, or an append fails; then tells why, and what is in the file. */
const APPEND = `
import { readFileSync } from 'node:fs'
import { openAuditLog } from ${JSON.stringify(door.href)}
const [path, size, durable] = process.argv.slice(2)
const event = (version) => ({ event: 'head-signed', time: 1, app: 'a', version, sequence: 1, kid: 'k' })
let log
try {
  log = await openAuditLog(path, { durable: durable === 'true' })
  log.onEvent(event('v'.repeat(Number(size))))
  process.stdout.write('.')
  for (;;) log.onEvent(event('v'.repeat(Number(size))))
} catch (error) {
  const lines = readFileSync(path, 'utf8').split('\\n')
  console.log(JSON.stringify({ code: error.code, path: error.path, records: log?.state().records, lines: lines.length - 1, rest: lines.at(-1) }))
}
`

let folder: string
let program: string
let path: string

beforeAll(() => {
  if (!existsSync(fileURLToPath(door))) throw new Error('dist is missing: npm run build')
  folder = temporaryFolder()
  program = join(folder, 'append.mjs')
  path = join(folder, 'audit.jsonl')
  writeFileSync(program, APPEND)
  mkdirSync(join(folder, 'disk'))
})

/** Opens a log that a killed program left, after what the refusal says if there is one. */
async function recover(): Promise<'whole' | 'torn'> {
  try {
    await (await openAuditLog(path)).close()
    return 'whole'
  } catch (error) {
    const [, size] = /truncate -s (\d+)\)/.exec((error as Error).message) ?? []
    expect(error).toMatchObject({ code: 'bad-audit-log' })
    expect(size, (error as Error).message).toBeDefined()
    truncateSync(path, Number(size))
    await (await openAuditLog(path)).close()
    return 'torn'
  }
}

it('a program that is killed while it appends leaves a log that goes on', async () => {
  let records = 0
  for (let i = 0; i < 20; i++) {
    const child = spawn(process.execPath, [program, path, String(i % 2 === 0 ? 9000 : 10), String(i % 4 === 3)], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    await wait(i)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await recover()
    const check = await verifyAuditLog(path)
    expect(check.records).toBeGreaterThan(records)
    await write(path, 1)
    records = check.records + 1
  }
  expect(await verifyAuditLog(path)).toMatchObject({ records })
}, 20_000)

it('of two programs that append at once, one is stopped and told', async () => {
  for (let i = 0; i < 3; i++) {
    rmSync(path, { force: true })
    const programs = [1, 2].map(() => spawn(process.execPath, [program, path, '2000', 'false'], { stdio: 'pipe' }))
    const runs = programs.map(async (child) => ended(child))
    const { stdout } = await Promise.race(runs)
    expect(JSON.parse(stdout.replace(/^\./, '')), stdout).toMatchObject({ code: 'bad-audit-log' })
    for (const child of programs) child.kill('SIGKILL')
    await Promise.all(runs)
    // A kill, or a line between another's look and its line, leaves a log that says so.
    await verifyAuditLog(path).catch((error: unknown) => expect(error).toMatchObject({ code: 'bad-audit-log' }))
  }
}, 20_000)

async function appendIn(command: string): Promise<{ readonly run: Run; readonly said: Readonly<Record<string, unknown>> }> {
  const run = await ended(spawn('sh', ['-c', command], { cwd: folder, stdio: 'pipe' }))
  return { run, said: JSON.parse(run.stdout.replace(/^\./, '') || '{}') as Readonly<Record<string, unknown>> }
}

const sizes = [10, 700, 9000]

describe.runIf(canLimit)('a log that may not grow', () => {
  it.each(sizes)('keeps its lines whole, and says why (records of %i bytes)', async (size) => {
    rmSync(path, { force: true })
    const { said, run } = await appendIn(`ulimit -f 40; exec '${process.execPath}' append.mjs audit.jsonl ${size} false`)
    expect([said['code'], said['path'], said['rest']], run.stderr).toEqual(['EFBIG', 'audit.jsonl', ''])
    expect(said['records']).toBe(said['lines'])
    expect(await verifyAuditLog(path)).toMatchObject({ records: said['lines'] })
    await write(path, 1)
    expect(linesOf(path)).toHaveLength(Number(said['lines']) + 1)
  })
})

describe.runIf(process.platform === 'linux')('a disk that is full', () => {
  it.for(sizes.flatMap((size) => [[size, false], [size, true]] as const))('keeps lines whole, and says why (%j)', async ([size, durable], { skip }) => {
    skip(!canMount, NO_MOUNT)
    const copy = join(folder, 'copy.jsonl')
    const { said, run } = await appendIn(
      `unshare -rm sh -c 'mount -t tmpfs -o size=64k none disk || exit 99; "$0" "$@"; cp disk/audit.jsonl copy.jsonl' '${process.execPath}' append.mjs disk/audit.jsonl ${size} ${durable}`,
    )
    expect([run.code, said['code'], said['path'], said['rest']], run.stderr).toEqual([0, 'ENOSPC', 'disk/audit.jsonl', ''])
    expect(said['records']).toBe(said['lines'])
    expect(readFileSync(copy).length).toBeGreaterThan(40_000)
    expect(await verifyAuditLog(copy)).toMatchObject({ records: said['lines'] })
  })
})
