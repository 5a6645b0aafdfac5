import { describe, expect, it } from 'vitest'
import { createManifest } from '../../src/build.js'
import { backends } from '../backends.js'
import { expectRefused, pattern } from '../envelope/helpers.js'
import { filesIn, leaving, watchedStore, watchedStream } from './creating.js'
import { inputs, publishing } from './helpers.js'
import type { ManifestInput } from '../../src/build.js'

const never = async (): Promise<never> => new Promise<never>(() => undefined)

/** A store that fails with what a full disk says, at a call. */
function failingStore(at: string, failure: Error): ReturnType<typeof watchedStore> {
  return watchedStore((call) => {
    if (call === at) throw failure
  })
}

describe('a store that fails', () => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  const sizes = [['a small file', 100], ['a large file', 2_000_000]] as const

  it.each(backends.flatMap((backend) => ['create', 'write', 'finish', 'flush'].flatMap((at) => sizes.map(([what, size]) => [at, what, backend.name, backend, size] as const))))(
    'at %s, with %s on the %s backend, ends the call with its own error, and keeps nothing unfinished',
    async (at, _, __, backend, size) => {
      const store = failingStore(at, full)
      let left = 0
      const opened: ReturnType<typeof watchedStream>[] = []
      const file = (path: string): ManifestInput => ({ path, stream: () => opened[opened.push(watchedStream(pattern(size, opened.length))) - 1]?.stream as ReadableStream<Uint8Array> })
      const files = leaving(['a', 'b', 'c', 'd', 'e', 'f'].map(file), () => left++)
      await expect(createManifest(files, publishing({ store, backend }))).rejects.toBe(full)
      expect(left).toBe(1)
      const finished = at === 'flush' ? 6 : 0
      expect(store.objects.size).toBe(finished)
      const counts = ['create', 'discard'].map((name) => store.calls.filter((call) => call === name).length)
      expect(counts).toEqual([finished || 1, at === 'write' || at === 'finish' ? 1 : 0])
    },
  )

  it('and can’t discard ends the call with the first error', async () => {
    const store = watchedStore((call) => {
      if (call === 'write') throw full
      if (call === 'discard') throw new Error('nor this')
    })
    await expect(createManifest(inputs({ a: 'x' }), publishing({ store }))).rejects.toBe(full)
  })
})

describe('a file that fails', () => {
  const failure = new Error('the disk is gone')

  it.each(backends)('in its stream ends the call with its own error ($name)', async (backend) => {
    const store = watchedStore()
    let left = false
    const broken = watchedStream(pattern(600_000), { end: (controller) => controller.error(failure) })
    const files: ManifestInput[] = [{ path: 'a', bytes: pattern(4) }, { path: 'b', stream: broken.stream }, { path: 'c', bytes: pattern(5) }]
    await expect(createManifest(leaving(files, () => (left = true)), publishing({ backend, store }))).rejects.toBe(failure)
    expect(left).toBe(true)
    expect(store.calls.filter((call) => call === 'create')).toHaveLength(store.objects.size)
  })

  it('when it is opened ends the call with its own error', async () => {
    await expect(createManifest([{ path: 'a', stream: () => { throw failure } }], publishing())).rejects.toBe(failure)
    await expect(createManifest([{ path: 'a', stream: async () => Promise.reject(failure) }], publishing())).rejects.toBe(failure)
  })

  it('because it gives no bytes is cancelled', async () => {
    let cancelled = 0
    const stream = new ReadableStream({ pull: (controller) => controller.enqueue('text'), cancel: () => { cancelled++ } }, { highWaterMark: 0 })
    await expect(createManifest([{ path: 'a', stream: stream as ReadableStream<Uint8Array> }], publishing())).rejects.toThrow(TypeError)
    expect(cancelled).toBe(1)
  })

  it('in the list itself ends the call with its own error', async () => {
    const files = async function* (): AsyncGenerator<ManifestInput, void, undefined> {
      yield* inputs({ a: 'x' })
      throw failure
    }
    await expect(createManifest(files(), publishing())).rejects.toBe(failure)
  })

  it('at its place in the list ends the loop, whose own failure is of no interest', async () => {
    let left = false
    const files = function* (): Generator<ManifestInput, void, undefined> {
      try {
        yield* inputs({ a: 'x', 'b/': 'y', c: 'z' })
      } finally {
        left = true
         
        throw new Error('too late')
      }
    }
    await expectRefused(async () => createManifest(files(), publishing()), 'bad-path', /the path "b\/" has an empty part.*: rename/)
    expect(left).toBe(true)
  })

  it('because of onProgress ends the loop', async () => {
    let left = false
    const onProgress = (): never => {
      throw failure
    }
    await expect(createManifest(leaving(inputs({ a: 'x', b: 'y' }), () => (left = true)), publishing({ onProgress }))).rejects.toBe(failure)
    expect(left).toBe(true)
  })
})

describe('an abort', () => {
  const aborted = async (call: Promise<unknown>): Promise<void> => expectRefused(async () => call, 'aborted', /stopped by its AbortSignal/)

  it('before the call reads nothing', async () => {
    let read = false
    await aborted(createManifest([{ path: 'a', stream: () => { read = true; return watchedStream(pattern(1)).stream } }], publishing({ signal: AbortSignal.abort() })))
    expect(read).toBe(false)
  })

  it('while a stream stands still cancels it, and leaves the loop', async () => {
    const controller = new AbortController()
    let left = false
    const still = watchedStream(pattern(20_000), { end: async () => { controller.abort(); await never() } })
    await aborted(createManifest(leaving([{ path: 'a', stream: still.stream }], () => (left = true)), publishing({ signal: controller.signal })))
    expect(still.cancelled()).toMatchObject({ code: 'aborted' })
    expect(left).toBe(true)
  })

  it('while a stream is opened cancels it when it comes', async () => {
    const controller = new AbortController()
    let come: (stream: ReadableStream<Uint8Array>) => void = () => undefined
    let wasCancelled: () => void = () => undefined
    const cancelled = new Promise<void>((resolve) => (wasCancelled = resolve))
    const stream = async (): Promise<ReadableStream<Uint8Array>> => {
      controller.abort()
      return new Promise((resolve) => (come = resolve))
    }
    await aborted(createManifest([{ path: 'a', stream }], publishing({ signal: controller.signal })))
    come(new ReadableStream<Uint8Array>({ cancel: () => wasCancelled() }))
    await cancelled
  })

  it('while the list stands still ends the call', async () => {
    const controller = new AbortController()
    const files = async function* (): AsyncGenerator<ManifestInput, void, undefined> {
      yield* inputs({ a: 'x' })
      controller.abort()
      await never()
    }
    await aborted(createManifest(files(), publishing({ signal: controller.signal })))
  })

  it.each(backends)('at any call of the store, or at the end of any file, ends the call and leaves nothing unfinished ($name)', async (backend) => {
    const files = { a: pattern(100), b: pattern(1_200_000, 2), c: pattern(50_000, 3), d: pattern(3, 4) }
    const count = async (at: number): Promise<number> => {
      const controller = new AbortController()
      let calls = 0
      const step = (): void => {
        if (++calls === at) controller.abort()
      }
      const store = watchedStore(step)
      const creating = createManifest(inputs(files).values(), publishing({ store, backend, chunkSize: 262_144, signal: controller.signal, onProgress: step }))
      if (at === 0) expect((await filesIn(await creating, store.objects)).size).toBe(4)
      else await aborted(creating)
      const unfinished = store.calls.filter((call) => call === 'create').length - store.objects.size
      expect(store.calls.filter((call) => call === 'discard')).toHaveLength(unfinished)
      return calls
    }
    const calls = await count(0)
    expect(calls).toBeGreaterThan(20)
    for (let at = 1; at <= calls; at++) await count(at)
  })

  it('by a signal without events is heard before the next file', async () => {
    const signal = { aborted: false }
    await aborted(createManifest(inputs({ a: 'x', b: 'y' }), publishing({ signal, onProgress: () => (signal.aborted = true) })))
  })

  it('by its very end is too late', async () => {
    const controller = new AbortController()
    await createManifest(inputs({ a: 'x' }), publishing({ signal: controller.signal, onEvent: () => controller.abort() }))
  })
})
