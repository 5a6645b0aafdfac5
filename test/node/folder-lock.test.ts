/** One call at a time on a folder, of all programs; and what a killed one leaves. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it } from 'vitest'
import { folderStorage } from '../../src/node.js'
import { thisProcess } from '../../src/node/folder-process.js'
import { ended, temporaryFolder } from '../cli/cli.js'
import type { ChildProcess } from 'node:child_process'
import type { ProcessMark } from '../../src/node/folder-process.js'

const door = new URL('../../dist/node.js', import.meta.url)
const isLinux = process.platform === 'linux'
const A = 'a'.repeat(64)

/** Says so once it works: `hold` until it is killed; `count` adds one to a number, with a pause between reading and writing, again and again. */
const PROGRAM = `
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { folderStorage } from ${JSON.stringify(door.href)}
const [folder, how, rounds] = process.argv.slice(2)
const storage = folderStorage(folder)
if (how === 'hold') await storage.exclusive(async () => {
  process.stdout.write('.')
  await wait(60_000)
})
if (how === 'install') await storage.exclusive(async () => {
  for (let i = 0; ; i++) {
    const releaseId = String(i % 2).repeat(64)
    await storage.write(releaseId, 'file', new TextEncoder().encode(releaseId), 0)
    await storage.install({ releaseId, app: 'app', version: '1', sequence: i })
    process.stdout.write('.')
  }
})
for (let i = 0; i < Number(rounds); i++) await storage.exclusive(async () => {
  const count = Number(readFileSync(folder + '/count', 'utf8'))
  await wait(1)
  writeFileSync(folder + '/count', String(count + 1))
})
`

let folder: string
let program: string

beforeEach(() => {
  if (!existsSync(fileURLToPath(door))) throw new Error('dist is missing: npm run build')
  const work = temporaryFolder()
  folder = join(work, 'app')
  program = join(work, 'program.mjs')
  writeFileSync(program, PROGRAM)
  mkdirSync(folder)
})

const run = (how: string, rounds = '0', where = folder): ChildProcess => spawn(process.execPath, [program, where, how, rounds], { stdio: ['ignore', 'pipe', 'pipe'] })

async function holding(how = 'hold', where = folder): Promise<ChildProcess> {
  const child = run(how, '0', where)
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  child.stdout?.resume()
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const locks = (): readonly string[] => readdirSync(folder).filter((name) => name.endsWith('.lock'))

/** A lock as some process would leave it. */
function plant({ pid, start, place }: ProcessMark, where = folder): string {
  const path = join(where, `.otaseal-${pid}-${start}-${place}-${'0'.repeat(24)}.lock`)
  writeFileSync(path, '')
  return path
}

describe('exclusive', () => {
  it('works one at a time in one program, gives what the work gives, and leaves nothing', async () => {
    let working = 0
    const storage = folderStorage(folder)
    const work = async (i: number): Promise<number> =>
      folderStorage(folder).exclusive(async () => {
        expect(++working).toBe(1)
        await storage.write(A, `f${i}`, Buffer.from('x'), 0)
        working--
        return i
      })
    expect(await Promise.all([0, 1, 2, 3, 4, 5].map(work))).toEqual([0, 1, 2, 3, 4, 5])
    expect(locks()).toEqual([])
  })

  it('has many calls of one program wait for their turns, for longer than it waits for others', async () => {
    let [working, worked] = [0, 0]
    const work = async (): Promise<void> => {
      expect(++working).toBe(1)
      if (worked++ === 0) await new Promise((resolve) => setTimeout(resolve, 10_500))
      working--
    }
    await Promise.all(Array.from({ length: 200 }, async () => folderStorage(folder).exclusive(work)))
    expect([worked, locks()]).toEqual([200, []])
  }, 20_000)

  it('throws what the work throws, and is free then', async () => {
    const storage = folderStorage(folder)
    await expect(storage.exclusive(async () => Promise.reject(new Error('of the work')))).rejects.toThrow('of the work')
    expect(await storage.exclusive(async () => 1)).toBe(1)
  })

  it('works one at a time in several programs', async () => {
    writeFileSync(join(folder, 'count'), '0')
    const runs = await Promise.all([1, 2, 3].map(async () => ended(run('count', '15'))))
    expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual([[0, ''], [0, ''], [0, '']])
    expect(readFileSync(join(folder, 'count'), 'utf8')).toBe('45')
    expect(locks()).toEqual([])
  }, 20_000)

  it('goes on at once where the program that worked was killed', async () => {
    await kill(await holding())
    expect(locks()).toHaveLength(1)
    const start = performance.now()
    expect(await folderStorage(folder).exclusive(async () => locks().length)).toBe(1)
    expect(performance.now() - start).toBeLessThan(5000)
    expect(locks()).toEqual([])
  })

  it('of many that find the lock of a killed program one works at a time', async () => {
    writeFileSync(join(folder, 'count'), '0')
    await kill(await holding())
    const runs = await Promise.all([1, 2, 3].map(async () => ended(run('count', '5'))))
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(readFileSync(join(folder, 'count'), 'utf8')).toBe('15')
  }, 20_000)

  it.runIf(isLinux)('is not kept out by another process that has the number of a killed one', async () => {
    plant({ ...(await thisProcess()), start: '1' })
    expect(await folderStorage(folder).exclusive(async () => locks().length)).toBe(1)
  })

  it('waits for ten seconds: for a process that goes on, or for a lock of another machine or a thread, which it takes away if nobody has renewed it', async () => {
    const [held, renewed, left, thread] = ['held', 'renewed', 'left', 'thread'].map((name) => join(folder, name)) as [string, string, string, string]
    for (const each of [held, renewed, left, thread]) mkdirSync(each)
    plant(await thisProcess(), thread)
    const [lock] = [renewed, left].map((each) => plant({ pid: 1, start: '1', place: '0'.repeat(16) }, each)) as [string, string]
    const renewing = setInterval(() => utimesSync(lock, new Date(), new Date()), 500)
    const child = await holding('hold', held)
    try {
      const work = async (each: string): Promise<string> => folderStorage(each).exclusive(async () => 'worked')
      const [first, second, ...others] = await Promise.allSettled([work(held), work(renewed), work(left), work(thread)])
      const busy = (path: string, pid: unknown): object => ({ code: 'EBUSY', path, message: expect.stringContaining(`process ${String(pid)} works on it`) as string })
      expect(first).toMatchObject({ reason: busy(held, child.pid) })
      expect(second).toMatchObject({ reason: busy(renewed, 1) })
      expect(others).toMatchObject([{ value: 'worked' }, { value: 'worked' }])
      expect([held, renewed, left, thread].map((each) => readdirSync(each).length)).toEqual([1, 1, 0, 0])
    } finally {
      clearInterval(renewing)
      await kill(child)
    }
  }, 20_000)

  it('renews its own', async () => {
    const storage = folderStorage(folder)
    const times = await storage.exclusive(async () => {
      const path = join(folder, locks()[0] as string)
      utimesSync(path, new Date(0), new Date(0))
      const deadline = Date.now() + 5000
      while (statSync(path).mtimeMs === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50))
      return statSync(path).mtimeMs
    })
    expect(times).toBeGreaterThan(0)
  }, 20_000)

  it('is not confused by files of other names, nor by a folder that is named like a lock', async () => {
    for (const name of ['.otaseal-x.lock', '.otaseal-1-1-1-1.lock', 'current.json.lock']) writeFileSync(join(folder, name), '')
    mkdirSync(join(folder, `.otaseal-1-1-${'0'.repeat(16)}-${'0'.repeat(24)}.lock`))
    expect(await folderStorage(folder).exclusive(async () => 1)).toBe(1)
    expect(readdirSync(folder)).toHaveLength(4)
  })
})

it('a program that is killed while it installs leaves one release or the other, and the next goes on', async () => {
  for (let i = 0; i < 8; i++) {
    const child = await holding('install')
    await new Promise((resolve) => setTimeout(resolve, i * 3))
    await kill(child)
    const storage = folderStorage(folder)
    const installed = await storage.installed()
    expect(installed).toMatchObject({ app: 'app', releaseId: expect.stringMatching(/^(0{64}|1{64})$/) as string })
    const pieces: Uint8Array[] = []
    for await (const piece of storage.read(installed?.releaseId ?? '', 'file')) pieces.push(piece)
    expect(Buffer.concat(pieces).toString()).toBe(installed?.releaseId)
    const others = readdirSync(folder).filter((name) => name !== 'current.json' && name !== 'releases')
    for (const name of others) expect(name).toMatch(/^\.otaseal-([0-9a-f]{24}\.tmp|.*\.lock)$/)
  }
}, 20_000)
