/** An installed release whose files somebody has removed or cut, as systems do that clean up, is put right by applying it again. */
import { expect, test } from 'vitest'
import { memoryStorage } from '../../src/manifest.js'
import { pattern } from '../envelope/helpers.js'
import { apply, expectInstalled, serverOf } from './applying.js'
import { opened, release } from './helpers.js'

const files = { a: pattern(3000, 1), 'b/c': pattern(50_000, 2), d: pattern(700, 3) }

test.each([
  ['a file is missing', 1, async (storage: ReturnType<typeof memoryStorage>, id: string) => storage.remove(id, 'a')],
  ['all files are missing', 3, async (storage: ReturnType<typeof memoryStorage>, id: string) => storage.remove(id)],
  ['a file is cut', 1, async (storage: ReturnType<typeof memoryStorage>, id: string) => {
    await storage.remove(id, 'b/c')
    await storage.write(id, 'b/c', pattern(50_000, 2).subarray(0, 20_000), 0)
  }],
  ['one file is missing and another is spoilt', 2, async (storage: ReturnType<typeof memoryStorage>, id: string) => {
    await storage.remove(id, 'a')
    await storage.write(id, 'd', pattern(700, 9), 0)
  }],
])('%s', async (_, fetchedObjects, harm) => {
  const manifest = await release(files)
  const server = serverOf([manifest])
  const storage = memoryStorage()
  await apply(await opened(manifest), storage, server)
  const { releaseId } = await opened(manifest)
  await harm(storage, releaseId)
  expect(await apply(await opened(manifest), storage, server)).toMatchObject({ wasInstalled: false, fetchedObjects })
  expectInstalled(storage, files)
  expect(await apply(await opened(manifest), storage, server)).toMatchObject({ wasInstalled: true, fetchedBytes: 0 })
})

test('files that the app has put beside them are no reason to do anything', async () => {
  const manifest = await release(files)
  const server = serverOf([manifest])
  const storage = memoryStorage()
  await apply(await opened(manifest), storage, server)
  const { releaseId } = await opened(manifest)
  await storage.write(releaseId, 'cache/own', pattern(10), 0)
  expect(await apply(await opened(manifest), storage, server)).toMatchObject({ wasInstalled: true, fetchedBytes: 0 })
  expect(storage.contents().has('cache/own')).toBe(true)
})
