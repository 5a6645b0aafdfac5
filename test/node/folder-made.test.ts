/** Folders that are made where they are missing. */
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { folderObjects, folderStorage } from '../../src/node.js'
import { temporaryFolder } from '../cli/cli.js'

it.runIf(process.platform === 'linux')('ends where the system lets nobody make a folder', async () => {
  await expect(folderObjects('/proc/x/y').create(1)).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(folderStorage('/proc/x/y').installed()).rejects.toMatchObject({ code: 'ENOENT' })
}, 5000)

it.runIf(process.platform !== 'win32')('makes its folder below a link, also where others make it at the same time', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'real'))
  symlinkSync('real', join(folder, 'link'))
  const writers = await Promise.all([1, 2, 3, 4].map(async () => folderObjects(join(folder, 'link/a/b/c')).create(1)))
  expect(readdirSync(join(folder, 'real/a/b/c'))).toHaveLength(4)
  for (const writer of writers) await writer.discard()
})
