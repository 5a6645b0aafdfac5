/** Stops, and failures, at each single file operation: what random kills may miss. */
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { calls, makeFullPlace } from './calls.js'
import type { FileCall, Place } from './calls.js'
import type { CrashPlan, WatchedWorld } from './watched-files.js'

const world = vi.hoisted((): WatchedWorld => ({ handles: [] }))

vi.mock('node:fs/promises', async (original) => (await import('./watched-files.js')).watchedFiles(await original(), world))

let place: Place

beforeEach(() => {
  place = makeFullPlace()
})

afterEach(async () => {
  world.plan = undefined
  for (const handle of world.handles.splice(0)) await handle.close().catch(() => undefined)
})

const OLD = 'the release before'

interface Case {
  readonly call: FileCall
  readonly title: string
  readonly force: boolean
  readonly hasLinks: boolean
}

const cases: readonly Case[] = calls.flatMap((call) => [
  { call, title: `${call.name} to a new file`, force: false, hasLinks: true },
  { call, title: `${call.name} over an old file`, force: true, hasLinks: true },
  { call, title: `${call.name} on a file system without hard links`, force: false, hasLinks: false },
])

interface Result {
  readonly stopped: boolean
  readonly error?: unknown
  readonly done: readonly string[]
  /** What is under the target's name. */
  readonly target: 'nothing' | 'an empty file' | 'the old file' | 'the result'
  readonly temporaries: readonly string[]
}

/** Runs a call whose operation `at` stops or fails, in a folder of its own, and looks at what is there then. */
async function runTo({ call, force, hasLinks }: Case, how: CrashPlan['how'], at: number): Promise<Result> {
  rmSync(place.path('sub'), { recursive: true, force: true })
  mkdirSync(place.path('sub'))
  if (force) place.put('sub/target', OLD)
  const before = place.read(call.source)
  const done: string[] = []
  let error: unknown
  const stopped = await new Promise<boolean>((resolve) => {
    world.plan = { at, how, done, hasLinks, stopped: () => resolve(true) }
    call.run(place.path(call.source), place.path('sub/target'), { overwrite: force }).then(
      () => resolve(false),
      (reason: unknown) => {
        error = reason
        resolve(false)
      },
    )
  })
  world.plan = undefined
  expect(place.read(call.source).equals(before)).toBe(true)
  expect(readdirSync(place.path('tmp'))).toEqual([])
  const names = readdirSync(place.path('sub'))
  const temporaries = names.filter((name) => /^\.otaseal-[0-9a-f]{24}\.tmp$/.test(name))
  expect(names.filter((name) => !temporaries.includes(name) && name !== 'target')).toEqual([])
  return { stopped, error, done, temporaries, target: names.includes('target') ? await targetOf(call) : 'nothing' }
}

async function targetOf(call: FileCall): Promise<Result['target']> {
  const bytes = readFileSync(place.path('sub/target'))
  if (bytes.length === 0) return 'an empty file'
  if (bytes.equals(Buffer.from(OLD))) return 'the old file'
  await call.check(place, 'sub/target')
  return 'the result'
}

describe.each(cases)('$title', (of) => {
  const { force, hasLinks } = of
  const before = force ? 'the old file' : 'nothing'

  it('stopped dead at any operation leaves the target as it was, or complete', async () => {
    const seen: string[] = []
    for (let at = 0; ; at++) {
      const { stopped, target, temporaries, done } = await runTo(of, 'stops', at)
      const label = `stopped at operation ${at}, ${done.at(-1) ?? ''}`
      if (!stopped) break
      seen.push(target)
      if (target !== before && target !== 'the result') {
        // Without hard links a name can be taken only by an empty file; the next operation replaces it.
        expect([hasLinks, target, done.slice(-3).join(' ')], label).toEqual([false, 'an empty file', expect.stringMatching(/open close( rename)?$/)])
      }
      expect(temporaries.length, label).toBeLessThanOrEqual(2)
    }
    expect(seen.length).toBeGreaterThan(20)
    expect(seen).toContain(before)
    expect(seen).toContain('the result')
  })

  it('of which any operation fails tells so and leaves nothing, or is complete', async () => {
    let failures = 0
    for (let at = 0; ; at++) {
      const { error, target, temporaries, done } = await runTo(of, 'fails', at)
      if (done.length <= at) break
      const operation = done[at] ?? ''
      const label = `operation ${at}, ${operation}, fails, of ${done.join(' ')}`
      if (error === undefined) expect(target, label).toBe('the result')
      else {
        failures++
        expect(error, label).toMatchObject({ code: 'EIO' })
        // The old file is gone once it was replaced: then only the folder is not down on the disk.
        const isReplaced = force && done.slice(0, at).includes('rename')
        expect(target, label).toBe(isReplaced ? 'the result' : before)
      }
      // What can't be removed stays.
      if (operation !== 'rm') expect(temporaries, label).toEqual([])
    }
    expect(failures).toBeGreaterThan(15)
  })
})

it.each(cases)('$title: the file is down on the disk before it has its name, and its folder then', async (of) => {
  const { error, target, done } = await runTo(of, 'fails', Infinity)
  expect([error, target]).toEqual([undefined, 'the result'])
  const naming = of.force || !of.hasLinks ? 'rename' : 'link'
  const named = done.indexOf(naming)
  expect(done.slice(0, named).filter((name) => ['write', 'chmod', 'sync'].includes(name)).slice(-3)).toEqual(['write', 'chmod', 'sync'])
  expect(done.slice(named)).toEqual(expect.arrayContaining([naming, 'open', 'sync', 'close']))
})
