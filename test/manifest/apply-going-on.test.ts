/** A run that was stopped at any point is gone on with by the next. */
import { describe, expect, test } from 'vitest'
import { memoryStorage } from '../../src/manifest.js'
import { CHUNK, expectRefused, pattern } from '../envelope/helpers.js'
import { apply, codeOf, cut, expectInstalled, recorder, serverOf, streamOf, whole } from './applying.js'
import { opened, release } from './helpers.js'
import { device, next, old, one, opensTo, two } from './pair.js'
import type { Manifest } from '../../src/build.js'
import type { MemoryStorage, ReleaseStorage } from '../../src/manifest.js'
import type { Files } from './helpers.js'

/** The storage, whose `n`-th call fails; what `torn` says is written of a write that does. */
function failing(storage: MemoryStorage, n: number, torn = 0): { readonly storage: ReleaseStorage; readonly calls: () => number } {
  let calls = 0
  const step = async (): Promise<boolean> => ++calls === n
  const fail = (): never => {
    throw Object.assign(new Error('the disk is broken'), { code: 'EIO' })
  }
  return {
    calls: () => calls,
    storage: {
      installed: async () => ((await step()) ? fail() : storage.installed()),
      install: async (it) => ((await step()) ? fail() : storage.install(it)),
      releases: async () => ((await step()) ? fail() : storage.releases()),
      files: async (id) => ((await step()) ? fail() : storage.files(id)),
      read: async function* (id, path) {
        if (await step()) fail()
        yield* storage.read(id, path)
      },
      write: async (id, path, bytes, position) => {
        const isFailing = await step()
        await storage.write(id, path, isFailing ? bytes.subarray(0, torn) : bytes, position)
        if (isFailing) fail()
      },
      remove: async (id, path) => ((await step()) ? fail() : storage.remove(id, path)),
    },
  }
}

function causes(error: unknown): readonly string[] {
  return error instanceof Error ? [error.message, ...causes(error.cause)] : []
}

test.each([0, 7])('stopped by its storage at every call in turn: the old release stays whole, and the next run ends with the new one (%i bytes of a failed write are there)', async (torn) => {
  const manifest = await opensTo(two)
  let failures = 0
  for (let n = 1; ; n++) {
    const storage = await device()
    const spoilt = failing(storage, n, torn)
    const server = serverOf([one, two])
    const run = await apply(manifest, spoilt.storage, server, { parallel: 1 }).then(() => undefined, (error: unknown) => error)
    if (run !== undefined) {
      failures++
      expect(causes(run)).toContain('the disk is broken')
      expectInstalled(storage, old)
      await apply(manifest, storage, serverOf([one, two]))
    }
    expectInstalled(storage, next)
    if (spoilt.calls() < n) break
  }
  expect(failures).toBeGreaterThan(15)
})

test('stopped by its signal at every request, and at every step of its progress, it goes on', async () => {
  for (let n = 0; n < 8; n++) {
    const storage = await device()
    const controller = new AbortController()
    const server = serverOf([one, two], async (bytes, request, number) => {
      if (number === n) controller.abort()
      return whole(bytes, request, number)
    })
    let steps = 0
    const onProgress = (): void => {
      if (++steps === n + 1) controller.abort()
    }
    const manifest = await opensTo(two)
    const stopped = await apply(manifest, storage, server, { signal: controller.signal, onProgress, parallel: 2 }).then(() => 'done', codeOf)
    expect(stopped === 'aborted' || n > 4, `at ${n}: ${stopped}`).toBe(true)
    if (stopped === 'aborted') expectInstalled(storage, old)
    await apply(manifest, storage, serverOf([one, two]))
    expectInstalled(storage, next)
  }
})

test('the next run fetches only what is missing', async () => {
  const files: Files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`f${i}`, pattern(400, i)]))
  const manifest = await release(files)
  const storage = memoryStorage()
  const server = serverOf([manifest], (bytes, request, number) => {
    if (number >= 7) throw new Error('cut')
    return whole(bytes, request, number)
  })
  await expectRefused(async () => apply(await opened(manifest), storage, server, { parallel: 1, attempts: 1 }), 'fetch-failed')
  const rest = serverOf([manifest])
  expect(await apply(await opened(manifest), storage, rest)).toMatchObject({ fetchedObjects: 5 })
  expect(rest.requests).toHaveLength(5)
  expectInstalled(storage, files)
})

describe('a large file', () => {
  const size = 9 * CHUNK + 77
  const files: Files = { large: pattern(size) }

  /** A release of one large file, of which the first run got `plain` bytes, and perhaps more that is torn. */
  async function partly(chunks: number, more = 0): Promise<{ readonly manifest: Manifest; readonly storage: MemoryStorage; readonly id: string }> {
    const manifest = await release(files)
    const storage = memoryStorage()
    const { releaseId: id } = await opened(manifest)
    await storage.write(id, 'large', pattern(size).subarray(0, chunks * CHUNK + more), 0)
    return { manifest, storage, id }
  }

  test.each([[1, 0], [4, 0], [4, 1], [4, CHUNK - 1], [9, 0], [9, 76]])('goes on from %i whole chunks, and %i bytes besides: the index is fetched, then the rest', async (chunks, more) => {
    const { manifest, storage } = await partly(chunks, more)
    const server = serverOf([manifest])
    const { steps, onProgress } = recorder()
    expect(await apply(await opened(manifest), storage, server, { onProgress })).toMatchObject({ fetchedObjects: 1 })
    expectInstalled(storage, files)
    const index = 10 * 32 + 56
    expect(server.requests.map(({ range }) => range)).toEqual([
      { start: 0, end: index },
      { start: index + chunks * (CHUNK + 16), end: index + size + 10 * 16 },
    ])
    expect(steps.at(-1)).toEqual({ done: size, total: size })
  })

  test.each([0, 100, CHUNK - 1])('of which less than a chunk is there, %i bytes, is fetched from its start', async (more) => {
    const { manifest, storage } = await partly(0, more)
    const server = serverOf([manifest])
    await apply(await opened(manifest), storage, server)
    expectInstalled(storage, files)
    expect(server.requests.map(({ range }) => range.start)).toEqual([0])
  })

  // R81
  test('whose part is spoilt is noticed at its end, and fetched once more from its start', async () => {
    const { manifest, storage, id } = await partly(5)
    await storage.write(id, 'large', new Uint8Array([1, 2, 3]), CHUNK + 5)
    const server = serverOf([manifest])
    const { events, onEvent } = recorder()
    await apply(await opened(manifest, { onEvent }), storage, server)
    expectInstalled(storage, files)
    expect(server.requests.map(({ range }) => range.start)).toEqual([0, 10 * 32 + 56 + 5 * (CHUNK + 16), 0])
    expect(events.filter(({ event }) => event === 'object-refused')).toMatchObject([{ code: 'bad-checksum', object: server.requests[0]?.name }])
  })

  test('that a run got in several cuts goes on each time from its last whole chunk', async () => {
    const manifest = await release(files)
    const storage = memoryStorage()
    const starts: number[] = []
    for (let run = 0; run < 5; run++) {
      const server = serverOf([manifest], (bytes, { range }) => {
        if (range.end !== 376) starts.push(range.start)
        return streamOf(cut(bytes.subarray(0, 2.5 * CHUNK + 400)), () => {
          if (bytes.length > 3 * CHUNK) throw new Error('cut')
        })
      })
      const failed = await apply(await opened(manifest), storage, server, { attempts: 1 }).then(() => undefined, codeOf)
      expect(failed).toBe(run < 4 ? 'fetch-failed' : undefined)
    }
    expect(starts).toEqual([0, 2, 4, 6, 8].map((chunks) => (chunks === 0 ? 0 : 376 + chunks * (CHUNK + 16))))
    expectInstalled(storage, files)
  })
})

test('a file that was begun, and that the installed release has spoilt: it is fetched from its start', async () => {
  const content = pattern(3 * CHUNK + 7)
  const before = await release({ a: content })
  const manifest = await release({ a: content, b: pattern(1) }, { sequence: 1001 })
  const storage = memoryStorage()
  await apply(await opened(before), storage, serverOf([before]))
  await storage.write((await opened(before)).releaseId, 'a', pattern(1, 9), 2 * CHUNK)
  await storage.write((await opened(manifest)).releaseId, 'a', content.subarray(0, 2 * CHUNK), 0)
  await apply(await opened(manifest), storage, serverOf([before, manifest]))
  expectInstalled(storage, { a: content, b: pattern(1) })
})
