/** A signal ends the call whatever it waits for. */
import { describe, expect, test } from 'vitest'
import { memoryStorage } from '../../src/manifest.js'
import { CHUNK, expectRefused, pattern, refusal } from '../envelope/helpers.js'
import { apply, codeOf, expectInstalled, serverOf, streamOf, whole } from './applying.js'
import { opened, release } from './helpers.js'
import type { Answer } from './applying.js'

const manifest = await release({ large: pattern(3 * CHUNK + 99), small: 'small' })

const broken = (): never => {
  throw new Error('connection reset')
}

describe('the signal ends the call', () => {
  const stops: readonly (readonly [string, (stop: () => void) => Answer])[] = [
    ['while a request waits for its answer', (stop) => async () => (stop(), new Promise(() => undefined))],
    ['while a stream waits', (stop) => (bytes) => streamOf([bytes.subarray(0, 60)], async () => (stop(), new Promise(() => undefined)))],
    ['while chunks of a stream come', (stop) => (bytes) => streamOf([bytes.subarray(0, 184 + CHUNK + 30)], async () => (stop(), new Promise(() => undefined)))],
    ['while empty pieces come without end', (stop) => () => (setTimeout(stop, 20), streamOf({ *[Symbol.iterator]() { for (;;) yield new Uint8Array(0) } }))],
  ]
  test.each(stops)('%s', { timeout: 5000 }, async (_, answer) => {
    const controller = new AbortController()
    const reason = new Error('the user left')
    const server = serverOf([manifest], answer(() => controller.abort(reason)))
    const error = await refusal(async () => apply(await opened(manifest), memoryStorage(), server, { signal: controller.signal, parallel: 1 }))
    expect([error.code, error.cause]).toEqual(['aborted', reason])
  })

  test('during a pause', { timeout: 5000 }, async () => {
    const controller = new AbortController()
    const onEvent = (): void => void setTimeout(() => controller.abort(), 5)
    const call = apply(await opened(manifest, { onEvent }), memoryStorage(), serverOf([manifest], broken), { signal: controller.signal, retryDelay: 3600 })
    await expectRefused(async () => call, 'aborted')
  })

  test('during a write: it is waited for, then nothing more is written', async () => {
    const controller = new AbortController()
    const storage = memoryStorage()
    let ended = 0
    let begun = 0
    const slow = {
      ...storage,
      write: async (...call: Parameters<typeof storage.write>) => {
        begun++
        controller.abort()
        await new Promise((resolve) => setTimeout(resolve, 10))
        await storage.write(...call)
        ended++
      },
    }
    await expectRefused(async () => apply(await opened(manifest), slow, serverOf([manifest]), { signal: controller.signal, parallel: 1 }), 'aborted')
    expect([begun, ended]).toEqual([1, 1])
  })

  test('also where it has no events, at its next look', async () => {
    const signal = { aborted: false, reason: 'why' }
    const server = serverOf([manifest], (bytes, request, number) => {
      signal.aborted = true
      return whole(bytes, request, number)
    })
    const error = await refusal(async () => apply(await opened(manifest), memoryStorage(), server, { signal, parallel: 1 }))
    expect([codeOf(error), error.cause, server.requests.length]).toEqual(['aborted', 'why', 1])
  })
})

test('while it waits for its turn, an abort ends a call at once, and it does nothing when its turn comes', async () => {
  const manifest = await release({ a: 'x' })
  const server = serverOf([manifest])
  const storage = memoryStorage()
  let leave: () => void = () => undefined
  const other = storage.exclusive?.(async () => new Promise<void>((resolve) => (leave = resolve)))
  const controller = new AbortController()
  const call = apply(await opened(manifest), storage, server, { signal: controller.signal })
  const outcome = call.then(() => 'done', codeOf)
  controller.abort()
  expect(await outcome).toBe('aborted')
  leave()
  await other
  await storage.exclusive?.(async () => undefined)
  expect(server.requests).toEqual([])
  expect(await storage.installed()).toBeUndefined()
})

test('a storage may be an object of a class', async () => {
  const manifest = await release({ a: 'x' })
  const memory = memoryStorage()
  class Storage {
    readonly inner = memory
    installed = async () => this.inner.installed()
    async exclusive<T>(work: () => Promise<T>): Promise<T> {
      return this.inner.exclusive === undefined ? work() : this.inner.exclusive(work)
    }
  }
  const storage = Object.assign(new Storage(), { install: memory.install, releases: memory.releases, files: memory.files, read: memory.read, write: memory.write, remove: memory.remove })
  await apply(await opened(manifest), storage, serverOf([manifest]))
  expectInstalled(memory, { a: 'x' })
})
