/** The same as in memory, of releases in a folder, which is opened anew for each call. */
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { folderStorage } from '../../src/node.js'
import { temporaryFolder } from '../cli/cli.js'
import { commandsOf, settings, tally, timeout } from '../machine.js'
import { finish, steps } from '../manifest/machine.js'
import { begin } from '../manifest/machine-model.js'

test('R47, R81, R82: releases in a folder, through servers that lie and programs that die', { timeout }, async () => {
  const { seen, count } = tally()
  const top = temporaryFolder()
  let runs = 0
  await fc.assert(fc.asyncProperty(commandsOf(steps, 15), async (commands) => {
    const folder = join(top, String(runs++))
    const world = await begin(count, () => folderStorage(folder))
    await fc.asyncModelRun(() => world, commands)
    await finish(world.model, world.real)
  }), settings(40))
  const wanted = ['installed', 'nothing to do', 'rollback', 'fetch-failed', 'killed at a death', 'failed at a death', 'done at a death']
  expect(wanted.filter((what) => !seen.has(what)), JSON.stringify([...seen])).toEqual([])
})
