/** What lies where a release is put together, or is copied from, is used where it is right, and in nobody's way where it isn't. */
import { describe, expect, test, vi } from 'vitest'
import { memoryStorage } from '../../src/manifest.js'
import { CHUNK, expectRefused, pattern } from '../envelope/helpers.js'
import { apply, expectInstalled, serverOf, whole } from './applying.js'
import { opened, release } from './helpers.js'
import { device, next, one, opensTo, two } from './pair.js'
import type { MemoryStorage, ReleaseStorage } from '../../src/manifest.js'
import type { Files } from './helpers.js'

describe('what lies in the place of a release', () => {
  const files: Files = { a: pattern(3000, 1), 'b/c': pattern(3000, 2) }

  // R81
  test.each([
    ['spoilt, of the right length', pattern(3000, 9)],
    ['longer', pattern(3001, 1)],
    ['much longer', pattern(90_000, 1)],
    ['shorter', pattern(2999, 1)],
    ['empty', new Uint8Array(0)],
    ['another file of the release', pattern(3000, 2)],
  ])('a file that is %s is fetched', async (_, content) => {
    const manifest = await release(files)
    const storage = memoryStorage()
    const { releaseId } = await opened(manifest)
    await storage.write(releaseId, 'a', content, 0)
    await storage.write(releaseId, 'b/c', pattern(3000, 2), 0)
    const server = serverOf([manifest])
    expect(await apply(await opened(manifest), storage, server)).toMatchObject({ fetchedObjects: 1 })
    expectInstalled(storage, files)
  })

  test('a file that can not be read just now ends the call, and stays for the next one', async () => {
    const manifest = await release(files)
    const storage = memoryStorage()
    const { releaseId } = await opened(manifest)
    await storage.write(releaseId, 'a', pattern(3000, 1), 0)
    const { read } = storage
    const unreadable: ReleaseStorage = {
      ...storage,
      read: async function* (id, path) {
        yield* read(id, path)
        throw new Error('EIO')
      },
    }
    const server = serverOf([manifest])
    await expect(apply(await opened(manifest), unreadable, server)).rejects.toThrow('EIO')
    expect(await apply(await opened(manifest), storage, server)).toMatchObject({ fetchedObjects: 1 })
    expectInstalled(storage, files)
  })

  test('files that are in no release, and other releases, are removed', async () => {
    const manifest = await release(files)
    const storage = memoryStorage()
    const { releaseId } = await opened(manifest)
    const other = 'ab'.repeat(32)
    await storage.write(other, 'a', pattern(3000, 1), 0)
    await storage.write(releaseId, 'planted.html', pattern(10), 0)
    await storage.write(releaseId, 'b', pattern(10), 0)
    await apply(await opened(manifest), storage, serverOf([manifest]))
    expectInstalled(storage, files)
    expect(await storage.releases()).toEqual([releaseId])
  })

  test('what is no file is removed', async () => {
    const manifest = await release(files)
    const storage = memoryStorage()
    const { releaseId } = await opened(manifest)
    const { files: list, remove } = storage
    let links = ['a', 'link']
    const linked: ReleaseStorage = {
      ...storage,
      files: async (id) => [...(await list(id)), ...links.map((path) => ({ path, size: -1 }))],
      remove: async (id, path) => {
        links = links.filter((link) => link !== path)
        return remove(id, path)
      },
    }
    await apply(await opened(manifest), linked, serverOf([manifest]))
    expect([links, (await storage.installed())?.releaseId]).toEqual([[], releaseId])
  })

  // R82
  test.each([
    ['appears', async (storage: MemoryStorage, id: string) => storage.write(id, 'planted', pattern(5), 0)],
    ['vanishes', async (storage: MemoryStorage, id: string) => storage.remove(id, 'a')],
    ['grows', async (storage: MemoryStorage, id: string) => storage.write(id, 'a', pattern(5), 3000)],
  ])('a file that %s while it works is noticed, and nothing is installed', async (_, change) => {
    const manifest = await release(files)
    const storage = memoryStorage()
    const { releaseId } = await opened(manifest)
    const server = serverOf([manifest], async (bytes, request, number) => {
      if (number === 1) await change(storage, releaseId)
      return whole(bytes, request, number)
    })
    const install = vi.spyOn(storage, 'install')
    await expectRefused(async () => apply(await opened(manifest), storage, server, { parallel: 1 }), 'input-changed')
    expect(install).not.toHaveBeenCalled()
    await apply(await opened(manifest), storage, serverOf([manifest]))
    expectInstalled(storage, files)
  })

  test('a file that is changed while it is copied to its other paths is noticed', async () => {
    const twice: Files = { a: pattern(3000, 1), b: pattern(3000, 1) }
    const manifest = await release(twice)
    const storage = memoryStorage()
    const { releaseId } = await opened(manifest)
    const { write } = storage
    const changing: ReleaseStorage = { ...storage, write: async (id, path, bytes, position) => write(id, path, path === 'a' ? pattern(bytes.length, 9) : bytes, position) }
    await expectRefused(async () => apply(await opened(manifest), changing, serverOf([manifest])), 'input-changed')
    expect(await storage.installed()).toBeUndefined()
    expect((await storage.files(releaseId)).map(({ path }) => path)).not.toContain('b')
  })
})

test('where there is no room beside a release that was given up, that one is removed, and the release put together after all', async () => {
  const given = await release({ a: pattern(3000, 5), b: pattern(3000, 6) }, { sequence: 1001 })
  const wanted = await release({ a: pattern(3000, 7), c: pattern(3000, 6) }, { sequence: 1002 })
  const storage = memoryStorage()
  const room = async (): Promise<number> => {
    const lists = await Promise.all((await storage.releases()).map(async (id) => storage.files(id)))
    return 7000 - lists.flat().reduce((sum, { size }) => sum + size, 0)
  }
  const small: ReleaseStorage = {
    ...storage,
    write: async (id, path, bytes, position) => {
      if ((await room()) < bytes.length) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      await storage.write(id, path, bytes, position)
    },
  }
  const failing = { ...small, install: async () => Promise.reject(new Error('the power went')) }
  await expect(apply(await opened(given), failing, serverOf([given]))).rejects.toThrow('the power went')
  await apply(await opened(wanted), small, serverOf([wanted]))
  expectInstalled(storage, { a: pattern(3000, 7), c: pattern(3000, 6) })
})

describe('an installed release that is spoilt', () => {
  test('is not copied from: what is spoilt is fetched', async () => {
    const storage = await device()
    const installed = await storage.installed()
    await storage.write(installed?.releaseId ?? '', 'kept', new Uint8Array([7]), 500)
    const server = serverOf([one, two])
    const names = (await opensTo(two)).files.filter(({ path }) => path === 'kept').map(({ object }) => object.name)
    await apply(await opensTo(two), storage, server)
    expectInstalled(storage, next)
    expect(server.requests.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
  })

  const moved: Files = { moved: pattern(CHUNK + 9, 1), other: 'other' }

  /** Whether it is looked at by its path alone, or by its content first: then there is a second look, at which it is copied. */
  test.each([
    ['by its path', next, two, 1],
    ['by its content', moved, undefined, 1],
    ['by its content', moved, undefined, 2],
  ])('is not copied from where it is found %s and can not be read', async (_, files, published, reading) => {
    const storage = await device()
    const manifest = published ?? (await release(files, { sequence: 1001 }))
    const { readings, storage: unreadable } = await watching(storage, reading, () => {
      throw new Error('EIO')
    })
    await apply(await opensTo(manifest), unreadable, serverOf([one, manifest]))
    expectInstalled(storage, files)
    expect(readings()).toBeGreaterThanOrEqual(reading)
  })

  test('is not copied from where a file is swapped between two looks at it', async () => {
    const storage = await device()
    const { readings, storage: swapping } = await watching(storage, 2, () => pattern(CHUNK + 9, 66))
    const manifest = await release(moved, { sequence: 1001 })
    await apply(await opensTo(manifest), swapping, serverOf([manifest]))
    expect(readings()).toBe(2)
    expectInstalled(storage, moved)
  })
})

/** A storage of which the n-th reading of the installed file `kept`, and each one after it, gives something else. */
async function watching(storage: MemoryStorage, n: number, other: () => Uint8Array): Promise<{ readonly storage: ReleaseStorage; readonly readings: () => number }> {
  const installed = (await storage.installed())?.releaseId
  let readings = 0
  const read: ReleaseStorage['read'] = async function* (id, path) {
    if (id === installed && path === 'kept' && ++readings >= n) yield other()
    else yield* storage.read(id, path)
  }
  return { storage: { ...storage, read }, readings: () => readings }
}
