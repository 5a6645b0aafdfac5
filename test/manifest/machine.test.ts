/** Whatever happens, in whatever order: what is installed is one release, whole, and a run in which nothing happens ends with the newest. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStorage } from '../../src/manifest.js'
import { commandsOf, settings, tally, timeout } from '../machine.js'
import { finish, steps } from './machine.js'
import { begin } from './machine-model.js'

test('R47, R81, R82: releases in memory, through servers that lie and programs that die', { timeout }, async () => {
  const { seen, count } = tally()
  await fc.assert(fc.asyncProperty(commandsOf(steps, 20), async (commands) => {
    const storage = memoryStorage()
    const world = await begin(count, () => storage)
    await fc.asyncModelRun(() => world, commands)
    await finish(world.model, world.real)
  }), settings(150))
  const wanted = ['installed', 'nothing to do', 'repaired', 'rollback', 'wrong-app', 'fetch-failed', 'bad-index', 'bad-chunk', 'killed at a death', 'failed at a death', 'done at a death']
  expect(wanted.filter((what) => !seen.has(what)), JSON.stringify([...seen])).toEqual([])
})
