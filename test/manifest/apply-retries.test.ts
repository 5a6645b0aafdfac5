/** What is tried again, how often, and what a failed request comes to. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { EnvelopeError, memoryStorage } from '../../src/manifest.js'
import { CHUNK, expectRefused, pattern, refusal } from '../envelope/helpers.js'
import { apply, cut, expectInstalled, recorder, serverOf, streamOf, whole } from './applying.js'
import { objectsOf, opened, release } from './helpers.js'
import type { Answer } from './applying.js'
import type { Files } from './helpers.js'

const size = 3 * CHUNK + 99
const files: Files = { large: pattern(size), small: 'small' }
const manifest = await release(files)
const large = [...objectsOf(manifest).values()].find(({ length }) => length > size) as Uint8Array
const isLarge = (request: { readonly size: number }): boolean => request.size === large.length

const unhandled: unknown[] = []
const note = (reason: unknown): void => void unhandled.push(reason)
beforeEach(() => void process.on('unhandledRejection', note))
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 5))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

const broken = (): never => {
  throw new Error('connection reset')
}

/** Ways to spoil an answer at a byte. */
const ways: readonly (readonly [string, (bytes: Uint8Array, at: number) => ReadableStream<Uint8Array>])[] = [
  ['breaks off', (bytes, at) => streamOf(cut(bytes.subarray(0, at)), broken)],
  ['ends', (bytes, at) => streamOf(cut(bytes.subarray(0, at)))],
  ['is spoilt', (bytes, at) => streamOf(cut(flipped(bytes, Math.min(at, bytes.length - 1))))],
  ['breaks off, with empty pieces in it,', (bytes, at) => streamOf(cut(bytes.subarray(0, at), 3000).flatMap((piece) => [new Uint8Array(0), piece]), broken)],
]

const places = [0, 1, 31, 183, 184, 185, 184 + CHUNK, 184 + CHUNK + 16, 184 + CHUNK + 17, 184 + 3 * (CHUNK + 16), large.length - 1]

test.each(ways)('an answer that %s at any byte is gone on from its last whole chunk', async (name, spoil) => {
  for (const at of places) {
    const storage = memoryStorage()
    const { events, onEvent } = recorder()
    const server = serverOf([manifest], (bytes, request, number) => (number === 0 && isLarge(request) ? spoil(bytes, at) : whole(bytes, request, number)))
    await apply(await opened(manifest, { onEvent }), storage, server, { parallel: 1 })
    expectInstalled(storage, files)
    const asked = server.requests.filter(isLarge)
    expect(asked, `at ${at}`).toHaveLength(2)
    const chunks = Math.max(0, Math.floor((at - 184) / (CHUNK + 16)))
    expect(asked[1]?.range.start, `at ${at}`).toBe(at >= 184 ? 184 + chunks * (CHUNK + 16) : 0)
    const kinds = events.flatMap((event) => (event.event === 'object-refused' ? [event.code] : event.event === 'fetch-interrupted' ? [event.event] : []))
    expect(kinds, `at ${at}`).toEqual([name === 'is spoilt' ? (at < 184 ? 'bad-index' : 'bad-chunk') : 'fetch-interrupted'])
  }
})

test('what comes after the last byte is nobody’s concern, also where it never ends; the stream is cancelled', async () => {
  for (const more of [new Uint8Array(1), new Uint8Array(100_000)]) {
    const cancelled: unknown[] = []
    const endless = function* (bytes: Uint8Array): Generator<Uint8Array> {
      yield bytes
      for (;;) yield more
    }
    const storage = memoryStorage()
    const server = serverOf([manifest], (bytes) => streamOf(endless(bytes), undefined, () => void cancelled.push(1)))
    await apply(await opened(manifest), storage, server)
    expectInstalled(storage, files)
    await vi.waitFor(() => expect(cancelled).toHaveLength(2))
  }
})

describe('what never gets better', () => {
  const never: readonly (readonly [string, string, Answer, RegExp])[] = [
    ['a bad chunk', 'bad-chunk', (bytes) => streamOf([flipped(bytes, bytes.length - 1)]), /not the signed one/],
    ['a bad index', 'bad-index', (bytes) => streamOf([flipped(bytes, 0)]), /not the signed one/],
    ['an empty answer', 'fetch-failed', () => streamOf([]), /could not be fetched/],
    ['a stream that breaks off', 'fetch-failed', () => streamOf([], broken), /could not be fetched/],
    ['a function that throws', 'fetch-failed', broken, /could not be fetched/],
  ]
  test.each(never)('%s ends the call with %s, after so many attempts', async (_, code, answer, said) => {
    for (const attempts of [1, 2, 5]) {
      const { events, onEvent } = recorder()
      const server = serverOf([manifest], answer)
      const storage = memoryStorage()
      const error = await refusal(async () => apply(await opened(manifest, { onEvent }), storage, server, { attempts, parallel: 1 }))
      expect([error.code, server.requests.length]).toEqual([code, attempts])
      expect(error.message).toMatch(said)
      expect(events.filter(({ event }) => event === 'object-refused' || event === 'fetch-interrupted')).toHaveLength(attempts)
      expect(await storage.installed()).toBeUndefined()
    }
  })

  test('names the reason', async () => {
    const reason = new Error('connection reset')
    const thrown = await refusal(async () => apply(await opened(manifest), memoryStorage(), { fetchObject: async () => Promise.reject(reason) }, { attempts: 2 }))
    expect([thrown.code, thrown.cause]).toEqual(['fetch-failed', reason])
    const early = await refusal(async () => apply(await opened(manifest), memoryStorage(), serverOf([manifest], () => streamOf([])), { attempts: 2 }))
    expect(early.cause).toMatchObject({ code: 'truncated' })
  })
})

test('attempts count failures without progress only', async () => {
  const server = serverOf([manifest], (bytes, request) => {
    const one = request.range.start === 0 ? 184 + CHUNK + 16 : CHUNK + 16
    return bytes.length > one ? streamOf([bytes.subarray(0, one)], broken) : streamOf([bytes])
  })
  const storage = memoryStorage()
  await apply(await opened(manifest), storage, server, { attempts: 2 })
  expectInstalled(storage, files)
  expect(server.requests.filter(isLarge)).toHaveLength(4)
})

test.each(['fetch-failed', 'aborted', 'truncated', 'bad-chunk', 'too-large'] as const)('an EnvelopeError %s from the fetcher is final, from its call and from its stream', async (code) => {
  const final = new EnvelopeError(code, 'what the caller says of it')
  const fail = (): never => {
    throw final
  }
  for (const answer of [fail, () => streamOf([], fail), (bytes: Uint8Array) => streamOf([bytes.subarray(0, 60)], fail)]) {
    const server = serverOf([manifest], answer)
    expect(await refusal(async () => apply(await opened(manifest), memoryStorage(), server, { parallel: 1 }))).toBe(final)
    expect(server.requests).toHaveLength(1)
  }
})

test('what is no stream, or no bytes, is the program’s mistake', async () => {
  const wrong = [undefined, 'text', new Uint8Array(3), streamOf(['text' as unknown as Uint8Array])]
  for (const answer of wrong) {
    const fetchObject = vi.fn(async () => answer as ReadableStream<Uint8Array>)
    await expect(apply(await opened(manifest), memoryStorage(), { fetchObject }, { parallel: 1 })).rejects.toThrow(TypeError)
    expect(fetchObject).toHaveBeenCalledTimes(1)
  }
})

describe('after a failure', () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, pattern(2 * CHUNK + i, i)]))

  test('nothing is written, and no object asked for; streams under way are cancelled', async () => {
    const it = await release(many)
    const storage = memoryStorage()
    let writes = 0
    let cancelled = 0
    const counting = { ...storage, write: async (...call: Parameters<typeof storage.write>) => (writes++, storage.write(...call)) }
    const slow = function* (bytes: Uint8Array): Generator<Uint8Array> {
      for (const piece of cut(bytes.subarray(0, 1.5 * CHUNK), 500)) yield piece
    }
    const server = serverOf([it], (bytes, _, number) =>
      number === 5
        ? streamOf([], () => {
            throw new EnvelopeError('fetch-failed', 'it is not there')
          })
        : streamOf(slow(bytes), async () => new Promise(() => undefined), () => void (cancelled += 1)),
    )
    await expectRefused(async () => apply(await opened(it), counting, server), 'fetch-failed', /not there/)
    const [written, asked] = [writes, server.requests.length]
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect([writes, server.requests.length, asked]).toEqual([written, asked, 6])
    expect(cancelled).toBe(5)
  })

  test('a stream that comes late is cancelled', async () => {
    const cancelled = vi.fn<() => void>()
    let give: (() => void) | undefined
    const controller = new AbortController()
    const fetchObject = async (): Promise<ReadableStream<Uint8Array>> => {
      controller.abort()
      return new Promise((resolve) => (give = () => resolve(streamOf([large], undefined, cancelled))))
    }
    await expectRefused(async () => apply(await opened(manifest), memoryStorage(), { fetchObject }, { signal: controller.signal, parallel: 1 }), 'aborted')
    give?.()
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledTimes(1))
  })
})
