import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { CHUNK } from '../envelope/helpers.js'
import { calls, makeFullPlace } from './calls.js'
import { expectFailure } from './helpers.js'
import type { Progress } from '../../src/index.js'
import type { Options, Place } from './calls.js'

let place: Place

beforeEach(() => {
  place = makeFullPlace()
})

describe.each(calls)('$name: a target that appears while it works', (call) => {
  const run = async (target: string, options?: Options): Promise<unknown> => call.run(place.path(call.source), target, options)
  const check = async (name: string): Promise<void> => call.check(place, name)

  it('is not replaced', async () => {
    const target = place.path('target')
    const before = place.state()
    const onProgress = ({ done }: Progress): void => {
      if (done > 3 * CHUNK) place.put('target', 'precious')
    }
    await expect(run(target, { onProgress })).rejects.toMatchObject({ code: 'EEXIST' })
    expect(place.read('target').toString()).toBe('precious')
    rmSync(target)
    expect(place.state()).toEqual(before)
  })

  it.each([
    ['folder', (path: string) => mkdirSync(path)],
    ['link to nothing', (path: string) => symlinkSync('nothing', path)],
  ])('is not replaced where it is a %s', async (_, make) => {
    const onProgress = ({ done, total }: Progress): void => {
      if (done === total) make(place.path('target'))
    }
    await expect(run(place.path('target'), { onProgress })).rejects.toMatchObject({ code: 'EEXIST' })
    expect(place.temporaries()).toEqual([])
    expect(readdirSync(place.folder).sort()).toEqual(['bundle', 'envelope', 'target', 'tmp'])
  })

  it('of calls for one target, one wins and the others say so', async () => {
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(async () => run(place.path('target'))))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'EEXIST' })
    await check('target')
    expect(place.temporaries()).toEqual([])
  })

  it('with `overwrite`, of calls for one target each succeeds, and what is there is whole', async () => {
    await Promise.all([1, 2, 3, 4].map(async () => run(place.path('target'), { overwrite: true })))
    await check('target')
    expect(place.temporaries()).toEqual([])
  })
})

describe.each(calls)('$name: the folder of the target', (call) => {
  const run = async (target: string, options?: Options): Promise<unknown> => call.run(place.path(call.source), target, options)
  const check = async (name: string): Promise<void> => call.check(place, name)

  it('must be there', async () => {
    await expectFailure(place, async () => run(place.path('no/target')), 'ENOENT')
    await expectFailure(place, async () => run(place.path('no/target'), { overwrite: true }), 'ENOENT')
  })

  it('must be a folder', async () => {
    await expectFailure(place, async () => run(place.path('bundle/target')), 'ENOTDIR')
  })

  it('may go away', async () => {
    mkdirSync(place.path('sub'))
    const onProgress = (): void => rmSync(place.path('sub'), { recursive: true, force: true })
    await expect(run(place.path('sub/target'), { onProgress })).rejects.toMatchObject({ code: 'ENOENT' })
    expect(readdirSync(place.folder).sort()).toEqual(['bundle', 'envelope', 'tmp'])
  })

  it('is where the path leads, also through a link and back', async () => {
    mkdirSync(place.path('real/inner'), { recursive: true })
    symlinkSync(place.path('real/inner'), place.path('link'))
    const seen = new Set<string>()
    await run(`${place.folder}/link/../target`, { onProgress: () => place.temporaries().forEach((path) => seen.add(dirname(path))) })
    expect([...seen]).toEqual([place.path('real')])
    expect(readdirSync(place.path('real')).sort()).toEqual(['inner', 'target'])
    renameSync(place.path('real/target'), place.path('target'))
    await check('target')
  })

  it('is that of the moment of the call', async () => {
    const home = process.cwd()
    try {
      process.chdir(place.folder)
      await run('target', { onProgress: () => process.chdir(place.path('tmp')) })
    } finally {
      process.chdir(home)
    }
    await check('target')
    expect(readdirSync(place.path('tmp'))).toEqual([])
  })
})
