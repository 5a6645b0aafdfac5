/** What `applyManifest` does where nothing fails. */
import { afterEach, expect, test, vi } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { memoryStorage } from '../../src/manifest.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, expectRefused, pattern } from '../envelope/helpers.js'
import { apply, applying, expectInstalled, recorder, serverOf, streamOf } from './applying.js'
import { objectsOf, opened, publisher, release } from './helpers.js'
import { applyManifest } from '../../src/manifest.js'
import type { Manifest } from '../../src/build.js'
import type { ApplyOptions } from '../../src/manifest.js'
import type { Files } from './helpers.js'

afterEach(() => void vi.restoreAllMocks())

const text = 'a line that is there again and again\n'.repeat(2000)

const first: Files = {
  'index.html': '<p>',
  'assets/kept.bin': pattern(100, 2),
  'assets/changed.bin': pattern(3 * CHUNK + 5, 3),
  'moved.bin': pattern(50, 4),
  'gone.bin': pattern(60, 5),
  'swap-a': 'aaaa',
  'swap-b': 'bbbb',
  empty: '',
  text,
}

const second: Files = {
  'index.html': '<p>',
  'assets/kept.bin': pattern(100, 2),
  'assets/changed.bin': pattern(3 * CHUNK + 5, 33),
  'assets/moved/here.bin': pattern(50, 4),
  'assets/kept-copy.bin': pattern(100, 2),
  'swap-a': 'bbbb',
  'swap-b': 'aaaa',
  empty: '',
  'also-empty': '',
  'exactly-two': pattern(2 * CHUNK, 6),
  'twice-1': pattern(70, 7),
  'twice-2': pattern(70, 7),
  text,
  'more-text': `${text}!`,
}

/** The release after another, which takes its objects. */
async function after(files: Files, previous: Manifest, more: Parameters<typeof release>[1] = {}): Promise<Manifest> {
  return release(files, { sequence: 1001, version: '1.5.0', previous: { manifest: previous, trust: publisher.publicKey }, ...more })
}

describeEachBackend('two releases', (backend) => {
  test('the first is fetched, of the second only what is new, and each is exactly what was published', async () => {
    const one = await release(first, { backend, compress: ['gzip', 'br'] })
    const two = await after(second, one, { backend, compress: ['gzip', 'br'] })
    const storage = memoryStorage()
    const server = serverOf([one, two])

    const firstRun = recorder()
    const done = await apply(await opened(one, { backend, onEvent: firstRun.onEvent }), storage, server, { onProgress: firstRun.onProgress })
    expectInstalled(storage, first)
    const bytes = (manifest: Manifest): number => [...objectsOf(manifest).values()].reduce((sum, { length }) => sum + length, 0)
    expect(done).toEqual({ releaseId: (await opened(one)).releaseId, wasInstalled: false, fetchedObjects: 9, fetchedBytes: bytes(one) })
    expect(firstRun.events.slice(-1)).toMatchObject([{ event: 'release-installed', app: 'com.example.app', version: '1.4.0', sequence: 1000, channel: 'production' }])

    server.requests.length = 0
    const secondRun = recorder()
    const again = await apply(await opened(two, { backend, lastSequence: 1000, onEvent: secondRun.onEvent }), storage, server, { onProgress: secondRun.onProgress })
    expectInstalled(storage, second)
    expect(await storage.installed()).toMatchObject({ version: '1.5.0', sequence: 1001, channel: 'production' })
    expect(again).toMatchObject({ wasInstalled: false, fetchedObjects: 4, fetchedBytes: bytes(two) })
    expect(server.requests.map(({ name }) => name).sort()).toEqual([...objectsOf(two).keys()].sort())

    for (const [{ steps }, files] of [[firstRun, first], [secondRun, second]] as const) {
      const total = Object.values(files).reduce((sum, { length }) => sum + length, 0)
      expect(steps.length).toBeGreaterThan(Object.keys(files).length / 2)
      expect(steps.every((step, i) => step.total === total && step.done > (steps[i - 1]?.done ?? 0)), 'progress grows').toBe(true)
      expect(steps.at(-1)).toEqual({ done: total, total })
    }
  })

  test('one file of any number of chunks, plain and compressed', async () => {
    for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 500]) {
      for (const compress of [undefined, ['gzip'], ['br']] as const) {
        const files = { file: compress === undefined ? pattern(size) : new Uint8Array(size).fill(65) }
        const manifest = await release(files, { backend, ...(compress !== undefined && { compress }) })
        const storage = memoryStorage()
        await apply(await opened(manifest, { backend }), storage, serverOf([manifest]))
        expectInstalled(storage, files)
      }
    }
  })
})

test('a release that is installed is left alone: nothing is asked for, read or written', async () => {
  const manifest = await release(first)
  const storage = memoryStorage()
  const server = serverOf([manifest])
  await apply(await opened(manifest), storage, server)
  server.requests.length = 0
  const install = vi.spyOn(storage, 'install')
  expect(await apply(await opened(manifest), storage, server)).toEqual({
    ...{ releaseId: (await opened(manifest)).releaseId, wasInstalled: true, fetchedObjects: 0, fetchedBytes: 0 },
  })
  expect(server.requests).toEqual([])
  expect(install).not.toHaveBeenCalled()
})

test('a release without files is installed, and removes all', async () => {
  const one = await release(first)
  const none = await release({}, { sequence: 1001 })
  const storage = memoryStorage()
  await apply(await opened(one), storage, serverOf([one]))
  await apply(await opened(none), storage, serverOf([none]))
  expectInstalled(storage, {})
  expect(await storage.installed()).toMatchObject({ sequence: 1001 })
})

test('a file that is there twice is fetched once', async () => {
  const manifest = await release({ a: pattern(5000), 'b/c': pattern(5000), d: pattern(5000, 2) })
  const storage = memoryStorage()
  const server = serverOf([manifest])
  expect(await apply(await opened(manifest), storage, server)).toMatchObject({ fetchedObjects: 2 })
  expect(server.requests).toHaveLength(2)
  expectInstalled(storage, { a: pattern(5000), 'b/c': pattern(5000), d: pattern(5000, 2) })
})

test('each request asks for all of an object, by its name and with its size', async () => {
  const manifest = await release({ a: pattern(40_000) })
  const server = serverOf([manifest])
  await apply(await opened(manifest), memoryStorage(), server)
  const [{ name, size }] = (await opened(manifest)).files.map(({ object }) => object) as [{ name: string; size: number }]
  expect(server.requests).toMatchObject([{ name, size, range: { start: 0, end: size } }])
  expect(server.requests[0]?.signal?.aborted).toBe(false)
})

test.each([1, 2, 5, 6])('never more than %i requests at once, and really so many', async (parallel) => {
  const files = Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`f${i}`, `content ${i}`]))
  const manifest = await release(files)
  const server = serverOf([manifest])
  const storage = memoryStorage()
  await apply(await opened(manifest), storage, server, parallel === 6 ? {} : { parallel })
  expect(server.most()).toBe(parallel)
  expectInstalled(storage, files)
})

test('2,000 files take one check of a signature', { timeout: 20_000 }, async () => {
  const files = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`folder-${i % 20}/file-${i}`, pattern(64, i)]))
  const manifest = await release(files)
  const verify = vi.fn<typeof nodeBackend.verify>((...call) => nodeBackend.verify(...call))
  const storage = memoryStorage()
  const server = serverOf([manifest])
  await apply(await opened(manifest, { backend: { ...nodeBackend, verify } }), storage, server)
  expect(verify).toHaveBeenCalledTimes(1)
  expect(server.requests).toHaveLength(2000)
  expectInstalled(storage, files)
})

test('releases that are neither installed nor to be are removed, the installed one only after the next', async () => {
  const storage = memoryStorage()
  const ids: string[] = []
  for (const [i, name] of ['one', 'two', 'three'].entries()) {
    const manifest = await release({ name }, { sequence: 1000 + i })
    ids.push((await apply(await opened(manifest), storage, serverOf([manifest]))).releaseId)
  }
  expect([...(await storage.releases())].sort()).toEqual(ids.slice(1).sort())
})

test('a file that the installed release has under the path of another is copied, also where all are swapped', async () => {
  const one = await release({ a: 'aaaa', b: 'bbbb', c: 'cccc' })
  const two = await after({ a: 'bbbb', b: 'cccc', c: 'aaaa' }, one)
  const storage = memoryStorage()
  await apply(await opened(one), storage, serverOf([one]))
  expect(await apply(await opened(two), storage, serverOf([]))).toMatchObject({ fetchedObjects: 0, fetchedBytes: 0 })
  expectInstalled(storage, { a: 'bbbb', b: 'cccc', c: 'aaaa' })
})

test('what the manifest is opened with holds for applying it: its signal, unless another is given', async () => {
  const manifest = await release({ a: 'a' })
  const stopped = AbortSignal.abort()
  const server = serverOf([manifest])
  const controller = new AbortController()
  const it = await opened(manifest, { signal: controller.signal })
  controller.abort()
  await expectRefused(async () => apply(it, memoryStorage(), server), 'aborted')
  await expectRefused(async () => apply(await opened(manifest), memoryStorage(), server, { signal: stopped }), 'aborted')
  expect(server.requests).toEqual([])
  const storage = memoryStorage()
  await apply(it, storage, server, { signal: new AbortController().signal })
  expectInstalled(storage, { a: 'a' })
})

test('what a program passes by mistake is named', async () => {
  const manifest = await opened(await release({ a: 'a' }))
  const good = applying(memoryStorage(), { fetchObject: async () => streamOf([]) })
  const wrong: readonly [object, typeof TypeError | typeof RangeError, RegExp][] = [
    [{ storage: undefined }, TypeError, /storage/],
    [{ storage: { ...memoryStorage(), install: undefined } }, TypeError, /install/],
    [{ fetchObject: 'https://example.com' }, TypeError, /fetchObject/],
    [{ parallel: 0 }, RangeError, /parallel/],
    [{ parallel: 65 }, RangeError, /parallel/],
    [{ parallel: '6' }, TypeError, /parallel/],
    [{ attempts: 0 }, RangeError, /attempts/],
    [{ attempts: 1.5 }, RangeError, /attempts/],
    [{ retryDelay: -1 }, RangeError, /retryDelay/],
    [{ retryDelay: Number.NaN }, RangeError, /retryDelay/],
    [{ retryDelay: '1' }, TypeError, /retryDelay/],
    [{ onProgress: 1 }, TypeError, /onProgress/],
    [{ signal: new AbortController() }, TypeError, /signal/],
  ]
  for (const [more, type, said] of wrong) {
    const call = applyManifest(manifest, { ...good, ...more })
    const error: unknown = await call.catch((reason: unknown) => reason)
    expect(error, said.source).toBeInstanceOf(type)
    expect(String(error)).toMatch(said)
  }
  await expect(applyManifest({ ...manifest }, good)).rejects.toThrow(/openManifest/)
  await expect(applyManifest(manifest, undefined as unknown as ApplyOptions)).rejects.toThrow(TypeError)
})
