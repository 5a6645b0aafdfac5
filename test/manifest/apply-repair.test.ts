/** An installed release whose files somebody has removed or cut, as systems do that clean up, is put right by applying it again. */
import { expect, test } from 'vitest'
import { memoryStorage } from '../../src/manifest.js'
import { pattern } from '../envelope/helpers.js'
import { apply, expectInstalled, serverOf } from './applying.js'
import { opened, release } from './helpers.js'

const files = { a: pattern(3000, 1), 'b/c': pattern(50_000, 2), d: pattern(700, 3), e: pattern(700, 3) }

test.each([
  ['a file is missing', 1, async (storage: ReturnType<typeof memoryStorage>, id: string) => storage.remove(id, 'a')],
  ['all files are missing', 3, async (storage: ReturnType<typeof memoryStorage>, id: string) => storage.remove(id)],
  ['a file is cut', 1, async (storage: ReturnType<typeof memoryStorage>, id: string) => {
    await storage.remove(id, 'b/c')
    await storage.write(id, 'b/c', pattern(50_000, 2).subarray(0, 20_000), 0)
  }],
  ['a file is longer, whose content is there as another file', 0, async (storage: ReturnType<typeof memoryStorage>, id: string) => storage.write(id, 'd', pattern(10), 700)],
  ['two files are gone, of which one content is there as another file', 1, async (storage: ReturnType<typeof memoryStorage>, id: string) => {
    await storage.remove(id, 'a')
    await storage.remove(id, 'e')
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

test('what is not missing is not touched, also where nothing can be fetched', async () => {
  const manifest = await release(files)
  const storage = memoryStorage()
  await apply(await opened(manifest), storage, serverOf([manifest]))
  const { releaseId } = await opened(manifest)
  await storage.write(releaseId, 'data/user.sqlite', pattern(10), 0)
  await storage.write(releaseId, 'd', pattern(700, 9), 0)
  await storage.remove(releaseId, 'a')
  const failing = { ...storage, read: () => { throw new Error('EMFILE') } }
  await expect(apply(await opened(manifest), failing, serverOf([]), { attempts: 1 })).rejects.toThrow('could not be fetched')
  expect([...storage.contents()].map(([path, { length }]) => [path, length]).sort()).toEqual([['b/c', 50_000], ['d', 700], ['data/user.sqlite', 10], ['e', 700]])
})

test('what is spoilt elsewhere never gets into the installed release, also where it can not be removed again', async () => {
  const before = await release({ a: files.a })
  const manifest = await release(files, { sequence: 1001 })
  const storage = memoryStorage()
  await apply(await opened(before), storage, serverOf([before]))
  await apply(await opened(manifest), storage, serverOf([before, manifest]))
  const [{ releaseId: old }, { releaseId }] = [await opened(before), await opened(manifest)]
  expect(await storage.releases()).toContain(old)
  await storage.write(old, 'a', pattern(1), 2000)
  await storage.remove(releaseId, 'a')
  const failing = {
    ...storage,
    remove: async (id: string, path?: string) => (storage.contents().has('a') ? Promise.reject(new Error('EIO')) : storage.remove(id, path)),
  }
  await apply(await opened(manifest), failing, serverOf([]), { attempts: 1 }).catch(() => undefined)
  await apply(await opened(manifest), storage, serverOf([manifest]))
  expectInstalled(storage, files)
})
