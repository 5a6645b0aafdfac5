/**
 * Kills of `encrypt` and `decrypt` at any moment: what is under the target's name is what was there before, or complete.
 * More of them: `OTASEAL_KILLS=200 npx vitest run test/cli/kills.test.ts` (of each command; `OTASEAL_SEED` for other moments).
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { verifyFile } from '../../src/node.js'
import { pattern } from '../envelope/helpers.js'
import { randomOf } from '../random.js'
import { ended, namesIn, otaseal, release, start, workFolder } from './cli.js'
import type { Run } from './cli.js'

const KILLS = Number(process.env['OTASEAL_KILLS'] ?? 16)
const SEED = Number(process.env['OTASEAL_SEED'] ?? 1)
const SIZE = 12 * 2 ** 20 + 345
const OLD = 'the release before'
const TEMPORARY = /^\.otaseal-[0-9a-f]{24}\.tmp$/

let folder: string
let bundle: Buffer
let trust: string

interface Command {
  readonly name: string
  readonly args: readonly string[]
  readonly isComplete: (path: string) => Promise<boolean>
}

const commands: readonly Command[] = [
  {
    name: 'encrypt',
    args: ['encrypt', '../large', ...release, '--key', '../.otaseal_key'],
    isComplete: async (path) => {
      const accepted = { trust, app: 'com.example.app', channel: null, lastSequence: null }
      const { header } = await verifyFile(path, accepted)
      return header.bundle.checksum === createHash('sha256').update(bundle).digest('hex')
    },
  },
  {
    name: 'decrypt',
    args: ['decrypt', '../large.otaseal', '--app', 'com.example.app', '--key', '../.otaseal_key.pub'],
    isComplete: async (path) => readFileSync(path).equals(bundle),
  },
]

beforeAll(async () => {
  folder = await workFolder()
  bundle = Buffer.from(pattern(SIZE))
  trust = readFileSync(join(folder, '.otaseal_key.pub'), 'utf8')
  writeFileSync(join(folder, 'large'), bundle)
  expect(await otaseal(folder, ['encrypt', 'large', ...release])).toMatchObject({ code: 0 })
})

/** When to send a signal: some milliseconds after the start, or after the first temporary file was seen. */
interface Moment {
  readonly since: 'the start' | 'the first temporary file'
  readonly delay: number
}

/** How one run went, in a folder of its own. */
interface Attempt {
  readonly run: Run
  readonly cwd: string
  /** Whether there was a temporary file when the signal was sent. */
  readonly wasSeen: boolean
  /** Milliseconds. */
  readonly total: number
  readonly work: number
}

let attempts = 0

/** Runs a command that writes `target`, over an old one with `force`, and sends it a signal unless it has ended by then. */
async function attempt({ args }: Command, force: boolean, signal?: NodeJS.Signals, moment?: Moment): Promise<Attempt> {
  const cwd = join(folder, `attempt-${attempts++}`)
  mkdirSync(cwd)
  if (force) writeFileSync(join(cwd, 'target'), OLD)
  const started = performance.now()
  let seen: number | undefined
  const watcher = watch(cwd)
  const sight = new Promise<void>((resolve) => {
    watcher.on('change', (_, name) => {
      if (!TEMPORARY.test(String(name))) return
      seen ??= performance.now()
      resolve()
    })
  })
  const child = start(cwd, [...args, '-o', 'target', ...(force ? ['--force'] : [])])
  const end = ended(child)
  if (signal !== undefined && moment !== undefined) {
    if (moment.since !== 'the start') await Promise.race([sight, end])
    await Promise.race([sleep(moment.delay), end])
    child.kill(signal)
  }
  const wasSeen = seen !== undefined
  const run = await end
  const now = performance.now()
  watcher.close()
  return { run, cwd, wasSeen, total: now - started, work: now - (seen ?? now) }
}

/** What is under the target's name. Nothing but temporary files may lie beside it. */
async function targetIn({ cwd }: Attempt, { isComplete }: Command): Promise<'nothing' | 'the old file' | 'the result'> {
  expect(namesIn(cwd).filter((name) => name !== 'target' && !TEMPORARY.test(name))).toEqual([])
  if (!namesIn(cwd).includes('target')) return 'nothing'
  const path = join(cwd, 'target')
  if (readFileSync(path).equals(Buffer.from(OLD))) return 'the old file'
  expect(await isComplete(path), 'a wrong or partial file').toBe(true)
  return 'the result'
}

const temporariesIn = ({ cwd }: Attempt): readonly string[] => readdirSync(cwd).filter((name) => TEMPORARY.test(name))

/** Everything but the folders of attempts. */
function sources(): Readonly<Record<string, string>> {
  const names = namesIn(folder).filter((name) => !name.startsWith('attempt-'))
  const hash = (name: string): string => createHash('sha256').update(readFileSync(join(folder, name))).digest('hex')
  return Object.fromEntries(names.map((name) => [name, hash(name)]))
}

/** A third of all moments are spread over the whole run and a little beyond, the others over its work on files. */
function momentsOf(random: () => number, { total, work }: Attempt): () => Moment {
  return () =>
    random() < 1 / 3
      ? { since: 'the start', delay: random() * total * 1.2 }
      : { since: 'the first temporary file', delay: random() * work * 1.1 }
}

describe.runIf(process.platform !== 'win32').each(commands)('$name', (command) => {
  const random = randomOf(SEED)

  it(`killed ${KILLS} times leaves no wrong file, and works when run again`, { timeout: 20_000 + KILLS * 2_000 }, async () => {
    const before = sources()
    const whole = await attempt(command, false)
    expect(whole.run).toMatchObject({ code: 0 })
    const moment = momentsOf(random, whole)
    const outcomes = new Map<string, number>()
    for (let i = 0; i < KILLS; i++) {
      const force = i % 2 === 1
      const at = moment()
      const label = `kill ${i} of seed ${SEED}, ${at.delay.toFixed(1)} ms after ${at.since}`
      const killed = await attempt(command, force, 'SIGKILL', at)
      const target = await targetIn(killed, command)
      const left = temporariesIn(killed).length
      const kind = `${target}, ${left} temporary files, ${killed.run.signal ?? `exit ${killed.run.code ?? '?'}`}`
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)

      expect([killed.run.code, killed.run.signal], label).toEqual(killed.run.signal === null ? [0, null] : [null, 'SIGKILL'])
      if (killed.run.code === 0) expect([target, left], label).toEqual(['the result', 0])
      if (target !== 'the result') expect(target, label).toBe(force ? 'the old file' : 'nothing')
      // What a killed run left is in nobody's way.
      if (i % 3 === 0) {
        const again = await otaseal(killed.cwd, [...command.args, '-o', 'target', '--force'])
        expect(again, label).toMatchObject({ code: 0 })
        expect(await targetIn(killed, command), label).toBe('the result')
        expect(temporariesIn(killed), label).toHaveLength(left)
      }
      rmSync(killed.cwd, { recursive: true })
    }
    expect(sources()).toEqual(before)
    if (process.env['OTASEAL_KILLS'] !== undefined) console.log(command.name, Object.fromEntries([...outcomes].sort()))
    const inTheMidst = [...outcomes].filter(([kind]) => /[1-9] temporary/.test(kind)).reduce((sum, [, count]) => sum + count, 0)
    expect(inTheMidst, 'kills in the midst of the work').toBeGreaterThan(KILLS / 8)
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ended by %s leaves nothing at all, or the result', { timeout: 60_000 }, async (signal) => {
    const moment = momentsOf(random, await attempt(command, false))
    let inTheMidst = 0
    for (let i = 0; i < 3; i++) {
      const at = i === 0 ? ({ since: 'the first temporary file', delay: 0 } as const) : moment()
      const label = `${at.delay.toFixed(1)} ms after ${at.since}`
      const force = i % 2 === 1
      const stopped = await attempt(command, force, signal, at)
      const target = await targetIn(stopped, command)
      expect(temporariesIn(stopped), label).toEqual([])
      if (stopped.run.signal === null) expect([stopped.run.code, target], label).toEqual([0, 'the result'])
      else expect(stopped.run.signal, label).toBe(signal)
      if (target !== 'the result') expect(target, label).toBe(force ? 'the old file' : 'nothing')
      if (stopped.wasSeen && target !== 'the result') inTheMidst++
    }
    expect(inTheMidst, 'signals in the midst of the work').toBeGreaterThan(0)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('from stdin to stdout, ended by %s, leaves no temporary file where the system has them', async (signal) => {
    const cwd = join(folder, `attempt-${attempts++}`)
    mkdirSync(cwd)
    const source = join(folder, command.name === 'encrypt' ? 'large' : 'large.otaseal')
    const args = command.args.map((word) => (word.startsWith('../large') ? '-' : word))
    const child = start(cwd, [...args, '-o', '-'], { TMPDIR: cwd })
    const end = ended(child)
    child.stdin?.on('error', () => undefined)
    child.stdin?.write(readFileSync(source).subarray(0, SIZE / 2))
    await expect.poll(() => namesIn(cwd), { timeout: 20_000 }).toEqual([expect.stringMatching(TEMPORARY)])
    child.kill(signal)
    const run = await end
    expect([run.signal, run.bytes.length, namesIn(cwd)]).toEqual([signal, 0, []])
  })
})
