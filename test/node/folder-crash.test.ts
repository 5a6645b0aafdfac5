/** Stops, and failures, at each single file operation of a folder of releases, and of objects. */
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { folderObjects, folderStorage } from '../../src/node.js'
import { temporaryFolder } from '../cli/cli.js'
import type { InstalledRelease } from '../../src/node.js'
import type { CrashPlan, WatchedWorld } from './watched-files.js'

const world = vi.hoisted((): WatchedWorld => ({ handles: [] }))

vi.mock('node:fs/promises', async (original) => (await import('./watched-files.js')).watchedFiles(await original(), world))

const OLD: InstalledRelease = { releaseId: 'a'.repeat(64), app: 'app', version: '1', sequence: 1 }
const NEW: InstalledRelease = { releaseId: 'b'.repeat(64), app: 'app', version: '2', sequence: 2 }
const NAME = 'c'.repeat(64)
let folder: string

beforeEach(() => {
  folder = join(temporaryFolder(), 'app')
})

afterEach(async () => {
  world.plan = undefined
  for (const handle of world.handles.splice(0)) await handle.close().catch(() => undefined)
})

/** What is there before each run: the old release, installed, and the new one beside it. */
async function prepare(): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const storage = folderStorage(folder)
  for (const { releaseId } of [OLD, NEW]) for (const path of ['index.html', 'a/b/c']) await storage.write(releaseId, path, Buffer.from(releaseId), 0)
  await storage.install(OLD)
}

interface Outcome {
  readonly stopped: boolean
  readonly error?: unknown
  readonly done: readonly string[]
}

async function runTo(how: CrashPlan['how'], at: number, work: () => Promise<unknown>): Promise<Outcome> {
  const done: string[] = []
  let error: unknown
  const stopped = await new Promise<boolean>((resolve) => {
    world.plan = { at, how, done, stopped: () => resolve(true) }
    work().then(
      () => resolve(false),
      (reason: unknown) => {
        error = reason
        resolve(false)
      },
    )
  })
  world.plan = undefined
  return { stopped, error, done }
}

const leftovers = (): readonly string[] => readdirSync(folder).filter((name) => !['current.json', 'releases', NAME].includes(name))

it.each(['stops', 'fails'] as const)('install that %s at any operation leaves the old release installed, or the new one', async (how) => {
  const seen: unknown[] = []
  for (let at = 0; ; at++) {
    await prepare()
    const { stopped, error, done } = await runTo(how, at, async () => folderStorage(folder).install(NEW))
    if (done.length <= at) break
    const label = `${how} at operation ${at} of ${done.join(' ')}`
    const installed = await folderStorage(folder).installed()
    expect([OLD, NEW], label).toContainEqual(installed)
    // Of what comes after the renaming only the folder that is not down on the disk is told.
    if (how === 'fails') expect(installed, label).toEqual(error === undefined || done.slice(0, at).includes('rename') ? NEW : OLD)
    if (how === 'stops') expect(stopped, label).toBe(true)
    for (const { releaseId } of [OLD, NEW]) {
      for (const path of ['index.html', 'a/b/c']) expect(readFileSync(join(folder, 'releases', releaseId, path), 'utf8'), label).toBe(releaseId)
    }
    for (const name of leftovers()) expect(name, label).toMatch(/^\.otaseal-[0-9a-f]{24}\.tmp$/)
    await folderStorage(folder).install(NEW)
    expect(await folderStorage(folder).installed()).toEqual(NEW)
    seen.push(installed?.version)
  }
  expect(seen.length).toBeGreaterThan(25)
  expect(new Set(seen)).toEqual(new Set(['1', '2']))
}, 20_000)

it('install fails where the disk can not keep a folder, unless the file system never does', async () => {
  for (const [code, isTold] of [['EIO', true], ['ENOSPC', true], ['EINVAL', false], ['ENOTSUP', false], ['EISDIR', false]] as const) {
    await prepare()
    world.folders = code
    const installing = folderStorage(folder).install(NEW).finally(() => (world.folders = undefined))
    await (isTold ? expect(installing, code).rejects.toMatchObject({ code, path: expect.stringContaining(folder) as string }) : installing)
    expect(await folderStorage(folder).installed()).toEqual(isTold ? OLD : NEW)
  }
})

it('all files of a release, and its folders, are down on the disk before the record is renamed', async () => {
  await prepare()
  const { done, error } = await runTo('fails', Infinity, async () => folderStorage(folder).install(NEW))
  expect(error).toBeUndefined()
  // Two files; the release, its two folders, that of all releases, and the one above; the record itself.
  expect(done.slice(0, done.indexOf('rename')).filter((name) => name === 'sync')).toHaveLength(2 + 5 + 1)
  expect(done.slice(done.indexOf('rename'))).toEqual(expect.arrayContaining(['rename', 'open', 'sync']))
})

it.each(['stops', 'fails'] as const)('an object that %s at any operation is whole under its name, or not there', async (how) => {
  const seen: boolean[] = []
  for (let at = 0; ; at++) {
    rmSync(folder, { recursive: true, force: true })
    const work = async (): Promise<void> => {
      const store = folderObjects(folder)
      const writer = await store.create(10)
      try {
        await writer.write(Buffer.from('56789'), 5)
        await writer.write(Buffer.from('01234'), 0)
        await writer.finish(NAME)
      } catch (error) {
        await writer.discard()
        throw error
      }
      await store.flush()
    }
    const { done } = await runTo(how, at, work)
    if (done.length <= at) break
    const label = `${how} at operation ${at} of ${done.join(' ')}`
    mkdirSync(folder, { recursive: true })
    const isThere = readdirSync(folder).includes(NAME)
    if (isThere) expect(readFileSync(join(folder, NAME), 'utf8'), label).toBe('0123456789')
    for (const name of leftovers()) expect(name, label).toMatch(/^\.otaseal-[0-9a-f]{24}\.tmp$/)
    if (how === 'fails') expect(leftovers(), label).toEqual([])
    await work()
    seen.push(isThere)
  }
  expect(seen.length).toBeGreaterThan(10)
  expect(new Set(seen)).toEqual(new Set([true, false]))
}, 20_000)
