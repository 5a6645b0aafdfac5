import { describe, expect, it } from 'vitest'
import { httpFetcher } from '../../src/manifest.js'
import { expectRefused, refusal, sameAs } from '../envelope/helpers.js'
import { OBJECT, SIZE, asking, event, failure, giveRange, readAll, serving } from './http-fetcher-server.js'
import type { HttpFetch } from '../../src/manifest.js'

const STALL = { stallTimeout: 0.2 }

/** A server that gives the first bytes, and then nothing. */
async function stalling(first: number): Promise<{ readonly url: string; readonly closed: Promise<void>; readonly asked: Promise<void> }> {
  const [closed, asked] = [event(), event()]
  const { url } = await serving((_, response) => {
    response.on('close', closed.tell)
    if (first >= 0) response.writeHead(200, { 'Content-Length': SIZE }).flushHeaders()
    if (first > 0) response.write(OBJECT.subarray(0, first))
    asked.tell()
  })
  return { url, closed: closed.happened, asked: asked.happened }
}

/** A fetch whose answer is, from some byte on, one empty piece after the other, whatever it is told; and how many were read. */
function emptying(first: number): { readonly fetch: HttpFetch; readonly read: () => number } {
  let read = 0
  const next = (): Uint8Array => (read++ === 0 ? OBJECT.subarray(0, first) : new Uint8Array(0))
  const reader = { read: async () => ({ done: false, value: next() }), cancel: async () => undefined }
  return { fetch: async () => ({ status: 200, headers: new Headers(), body: { getReader: () => reader } }), read: () => read }
}

/** Nobody reads on. */
async function expectAtRest(read: () => number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20))
  const before = read()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(read()).toBe(before)
}

describe('a silent server', () => {
  it('that never answers is given up', async () => {
    const { url, closed } = await stalling(-1)
    const error = await failure(httpFetcher(url, STALL)(asking()))
    expect(error).toMatchObject({ name: 'Error', message: 'the server was silent for 0.2 seconds' })
    await closed
  })

  it.each([0, 1000])('that stops after %d bytes is given up, and those were given', async (first) => {
    const { url, closed } = await stalling(first)
    const { bytes, error } = await readAll(await httpFetcher(url, STALL)(asking()))
    expect(bytes).toSatisfy(sameAs(OBJECT.subarray(0, first)))
    expect(error).toMatchObject({ name: 'Error', message: 'the server was silent for 0.2 seconds' })
    await closed
  })

  it('that stops among the bytes before a range is given up', async () => {
    const { url, closed } = await stalling(1000)
    const { bytes, error } = await readAll(await httpFetcher(url, STALL)(asking(5000, 6000)))
    expect(bytes).toHaveLength(0)
    expect(error).toMatchObject({ message: 'the server was silent for 0.2 seconds' })
    await closed
  })

  it.each([0, 1000])('is one that gives only empty pieces after %d bytes: timers have their turn meanwhile', async (first) => {
    const { fetch, read } = emptying(first)
    const { bytes, error } = await readAll(await httpFetcher('https://cdn/x', { ...STALL, fetch })(asking()))
    expect(bytes).toSatisfy(sameAs(OBJECT.subarray(0, first)))
    expect(error).toMatchObject({ message: 'the server was silent for 0.2 seconds' })
    await expectAtRest(read)
  })

  it('is one whose URL never comes, and one whose fetch listens to nobody', async () => {
    const never = new Promise<never>(() => undefined)
    const deaf: HttpFetch = async () => never
    expect((await failure(httpFetcher(async () => never, STALL)(asking()))).message).toMatch(/silent/)
    expect((await failure(httpFetcher('https://cdn/x', { ...STALL, fetch: deaf })(asking()))).message).toMatch(/silent/)
  })

  it('is not one that is slow, nor one whose answer nobody reads for long', async () => {
    const { url } = await serving((_, response) => {
      let sent = 0
      const timer = setInterval(() => {
        response.write(OBJECT.subarray(sent, (sent += 1000)))
        if (sent < 10_000) return
        clearInterval(timer)
        response.end()
      }, 50)
    })
    const stream = await httpFetcher(url, STALL)(asking(0, 10_000, { size: 10_000 }))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await readAll(stream)).toMatchObject({ bytes: { length: 10_000 }, error: undefined })
  })
})

describe('an abort', () => {
  it('before the request: nothing is asked for', async () => {
    const { url, requests } = await serving(giveRange)
    await expectRefused(async () => httpFetcher(url)(asking(0, SIZE, { signal: AbortSignal.abort() })), 'aborted')
    expect(requests).toHaveLength(0)
  })

  it('while the answer is waited for ends the request', async () => {
    const { url, closed, asked } = await stalling(-1)
    const controller = new AbortController()
    const refused = refusal(async () => httpFetcher(url)(asking(0, SIZE, { signal: controller.signal })))
    await asked
    controller.abort(new Error('enough'))
    expect(await refused).toMatchObject({ code: 'aborted', cause: { message: 'enough' } })
    await closed
  })

  it.each([0, 1000])('while bytes are waited for, after %d of them, ends the answer', async (first) => {
    const { url, closed } = await stalling(first)
    const controller = new AbortController()
    const reading = readAll(await httpFetcher(url)(asking(0, SIZE, { signal: controller.signal })))
    setTimeout(() => controller.abort(), 50)
    expect(await reading).toMatchObject({ bytes: { length: first }, error: { code: 'aborted' } })
    await closed
  })

  it('is heard while one empty piece comes after the other', async () => {
    const { fetch, read } = emptying(1000)
    const controller = new AbortController()
    const reading = readAll(await httpFetcher('https://cdn/x', { fetch })(asking(0, SIZE, { signal: controller.signal })))
    setTimeout(() => controller.abort(), 50)
    expect(await reading).toMatchObject({ bytes: { length: 1000 }, error: { code: 'aborted' } })
    await expectAtRest(read)
  })

  it('while nobody reads closes the connection at once', async () => {
    const { url, closed } = await stalling(1000)
    const controller = new AbortController()
    const stream = await httpFetcher(url)(asking(0, SIZE, { signal: controller.signal }))
    controller.abort()
    await closed
    expect(await readAll(stream)).toMatchObject({ error: { code: 'aborted' } })
  })

  it('after the end changes nothing, and nobody listens to the signal any more', async () => {
    const { url } = await serving(giveRange)
    const controller = new AbortController()
    let listeners = 0
    const { signal } = controller
    const watched = {
      aborted: false,
      addEventListener: (type: 'abort', listener: () => void) => {
        listeners++
        signal.addEventListener(type, listener)
      },
      removeEventListener: (type: 'abort', listener: () => void) => {
        listeners--
        signal.removeEventListener(type, listener)
      },
    }
    for (const stallTimeout of [1, 30]) {
      const { error } = await readAll(await httpFetcher(url, { stallTimeout })(asking(0, SIZE, { signal: watched })))
      expect(error).toBeUndefined()
    }
    await failure(httpFetcher('http://127.0.0.1:9')(asking(0, SIZE, { signal: watched })))
    expect(listeners).toBe(0)
    controller.abort()
  })
})

describe('a consumer', () => {
  it('who cancels frees the connection', async () => {
    const { url, closed } = await stalling(1000)
    const reader = (await httpFetcher(url)(asking())).getReader()
    expect((await reader.read()).value).toHaveLength(1000)
    await reader.cancel()
    await closed
  })

  it('who cancels before reading, and while reading, frees the connection', async () => {
    for (const reads of [0, 1]) {
      const { url, closed } = await stalling(0)
      const reader = (await httpFetcher(url)(asking())).getReader()
      const pending = Array.from({ length: reads }, async () => reader.read())
      await reader.cancel()
      await closed
      expect(await Promise.all(pending)).toEqual(pending.map(() => ({ done: true, value: undefined })))
    }
  })

  it('is the only one', async () => {
    const { url } = await serving(giveRange)
    const stream = await httpFetcher(url)(asking())
    stream.getReader()
    expect(() => stream.getReader()).toThrow(TypeError)
  })
})
