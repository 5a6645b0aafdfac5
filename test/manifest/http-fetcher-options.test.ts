import { once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { httpFetcher } from '../../src/manifest.js'
import { expectRefused, sameAs } from '../envelope/helpers.js'
import { NAME, OBJECT, SIZE, asking, giveRange, readAll, serving } from './http-fetcher-server.js'
import type { HttpBase, HttpFetch, HttpFetcherOptions } from '../../src/manifest.js'

describe('arguments', () => {
  const call = (base: unknown, options?: unknown): (() => unknown) => () => httpFetcher(base as HttpBase, options as HttpFetcherOptions)

  it.each([
    ['no base', undefined, TypeError, /base must be a URL/],
    ['a number', 5, TypeError, /base must be a URL/],
    ['nothing', '', RangeError, /base/],
    ['a query', 'https://cdn/x?key=1', RangeError, /pass a function/],
    ['a query of a URL', new URL('https://cdn/x?key=1'), RangeError, /pass a function/],
    ['a fragment', 'https://cdn/x#a', RangeError, /pass a function/],
    ['credentials', 'https://me:secret@cdn/x', RangeError, /headers/],
  ])('%s as base', (_, base, kind, message) => {
    expect(call(base)).toThrow(kind)
    expect(call(base)).toThrow(message)
  })

  it.each([
    ['no object', 5, TypeError], ['fetch', { fetch: 5 }, TypeError], ['headers', { headers: 5 }, TypeError], ['a header', { headers: { a: 5 } }, TypeError],
    ['a range', { headers: { rAnGe: 'bytes=0-1' } }, RangeError], ['a text', { stallTimeout: '5' }, TypeError],
    ...[0, -1, NaN, Infinity, 86_401].map((stallTimeout) => [`${stallTimeout} seconds`, { stallTimeout }, RangeError]),
  ] as [string, unknown, typeof TypeError][])('%s as an option', (_, options, kind) => expect(call('https://cdn/x', options)).toThrow(kind))

  it.each([[5, 5], [6, 5], [-1, 5], [0, SIZE + 1], [0.5, NaN]])('a range from %d to %d', async (start, end) => {
    await expect(httpFetcher('https://cdn/x')(asking(start, end))).rejects.toThrow(RangeError)
  })

  it('a function that gives no URL', async () => {
    const base = (() => undefined) as unknown as HttpBase
    await expect(httpFetcher(base)(asking())).rejects.toThrow(/what base gives must be a URL/)
  })

  it('the platform has a fetch that fits, and another may be passed', async () => {
    const { url } = await serving(giveRange)
    const seen: string[] = []
    const fetchOfCaller: HttpFetch = async (asked, request) => {
      seen.push(asked)
      return fetch(asked, request)
    }
    await readAll(await httpFetcher(url, { fetch: fetchOfCaller })(asking()))
    await readAll(await httpFetcher(url, { fetch })(asking()))
    expect(seen).toEqual([`${url}/${NAME}`])
  })

  it('an engine without fetch, or whose fetch has no streams', async () => {
    const { fetch: own } = globalThis
    Reflect.deleteProperty(globalThis, 'fetch')
    try {
      await expectRefused(async () => httpFetcher('https://cdn/x'), 'backend-unavailable', /pass one as `fetch`/)
    } finally {
      globalThis.fetch = own
    }
    const bodyless: HttpFetch = async () => ({ status: 200, headers: new Headers() })
    await expectRefused(async () => httpFetcher('https://cdn/x', { fetch: bodyless })(asking()), 'backend-unavailable', /no stream/)
  })

  it('a fetch whose body is a Node stream made a ReadableStream, which goes on too long', async () => {
    const body = Readable.from([OBJECT.subarray(0, 100), OBJECT, OBJECT])
    const closed = once(body, 'close')
    const fetchOfCaller: HttpFetch = async () => ({ status: 200, headers: new Headers(), body: Readable.toWeb(body) as ReadableStream<Uint8Array> })
    const { bytes } = await readAll(await httpFetcher('https://cdn/x', { fetch: fetchOfCaller })(asking(0, 100)))
    expect(bytes).toSatisfy(sameAs(OBJECT.subarray(0, 100)))
    await closed
  })
})
