import { chmodSync, lstatSync, mkdirSync, statSync, symlinkSync, utimesSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshLog, streamOf } from '../stream/streams.js'
import { calls, makeFullPlace } from './calls.js'
import { expectFailure, failureIn } from './helpers.js'
import type { Options, Place } from './calls.js'

const isPosix = process.platform !== 'win32'
let place: Place

beforeEach(() => {
  place = makeFullPlace()
})

describe.each(calls)('$name: an existing target', (call) => {
  const run = async (target: string, options?: Options): Promise<unknown> => call.run(place.path(call.source), target, options)
  const check = async (name: string): Promise<void> => call.check(place, name)

  it('is refused before the work begins, and untouched', async () => {
    const target = place.put('target', 'precious', 0o640)
    utimesSync(target, 1000, 1000)
    let steps = 0
    await expectFailure(place, async () => run(target, { onProgress: () => steps++ }), 'EEXIST')
    await expectFailure(place, async () => run(target, { overwrite: false }), 'EEXIST')
    expect(steps).toBe(0)
  })

  it('is refused where it is a folder, a link, or a link to nothing', async () => {
    mkdirSync(place.path('sub'))
    symlinkSync(place.path('bundle'), place.path('link'))
    symlinkSync(place.path('nothing'), place.path('dangling'))
    for (const name of ['sub', 'link', 'dangling', '.']) await expectFailure(place, async () => run(place.path(name)), 'EEXIST')
    await expectFailure(place, async () => run(''), 'EEXIST')
  })

  it('is replaced with `overwrite`, and so is none', async () => {
    const target = place.put('target', 'old')
    await run(target, { overwrite: true })
    await check('target')
    await run(place.path('new'), { overwrite: true })
    await check('new')
    expect(place.temporaries()).toEqual([])
  })

  it.runIf(isPosix).each([0o600, 0o640, 0o644, 0o664, 0o755])('keeps its mode %i with `overwrite`', async (mode) => {
    chmodSync(place.put('target', 'old'), mode)
    await run(place.path('target'), { overwrite: true })
    expect(place.mode('target')).toBe(mode)
    await check('target')
  })

  it('is a new file with `overwrite`: who has the old one open, or by another name, keeps its content', async () => {
    const target = place.put('target', 'old')
    const { ino } = statSync(target)
    await run(target, { overwrite: true })
    expect(statSync(target).ino).not.toBe(ino)
  })

  it('stays where the work fails, also with `overwrite`', async () => {
    const target = place.put('target', 'old', 0o600)
    const onProgress = (): void => {
      throw new RangeError('enough')
    }
    const error = await failureIn(place, async () => run(target, { overwrite: true, onProgress }))
    expect(error.message).toBe('enough')
  })

  it.runIf(isPosix)('that is a link is itself replaced with `overwrite`, by a file of ordinary mode', async () => {
    place.put('elsewhere', 'precious')
    symlinkSync(place.path('elsewhere'), place.path('link'))
    const { elsewhere } = place.state()
    const mask = process.umask(0o027)
    await run(place.path('link'), { overwrite: true }).finally(() => process.umask(mask))
    expect(place.state()['elsewhere']).toBe(elsewhere)
    expect(lstatSync(place.path('link')).isFile()).toBe(true)
    expect(place.mode('link')).toBe(0o640)
    await check('link')
  })

  it('that is a folder is not replaced with `overwrite`', async () => {
    mkdirSync(place.path('sub'))
    await failureIn(place, async () => run(place.path('sub'), { overwrite: true }))
  })

  it('that is the source is refused, and with `overwrite` becomes the result', async () => {
    const path = place.path(call.source)
    await expectFailure(place, async () => run(path), 'EEXIST')
    await run(path, { overwrite: true })
    await check(call.source)
  })

  it('cancels a stream that was to be read', async () => {
    const log = freshLog()
    const stream = streamOf(place.read(call.source), 1000, { log })
    const target = place.put('target', 'precious')
    await expectFailure(place, async () => call.run(stream, target), 'EEXIST')
    await expect.poll(() => log.cancelled).toEqual([expect.objectContaining({ code: 'EEXIST' })])
  })
})

it('a target that is no path, file: URL or function is the mistake of the program', async () => {
  for (const { run, source } of calls) {
    for (const target of [undefined, null, 7, {}, new URL('https://example.com/x'), 'nul\0byte'] as unknown as string[]) {
      expect(await failureIn(place, async () => run(place.path(source), target))).toBeInstanceOf(TypeError)
    }
    for (const overwrite of [1, 'yes', null] as unknown as boolean[]) {
      expect(await failureIn(place, async () => run(place.path(source), place.path('x'), { overwrite }))).toBeInstanceOf(TypeError)
    }
  }
})
