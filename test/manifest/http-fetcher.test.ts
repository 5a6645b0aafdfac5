import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { httpFetcher } from '../../src/manifest.js'
import { sameAs } from '../envelope/helpers.js'
import { NAME, OBJECT, SIZE, asking, event, giveRange, readAll, serving } from './http-fetcher-server.js'
import type { RequestListener } from 'node:http'

describe('what is asked for', () => {
  it.each(['', '/'])('an object below a base that ends in "%s"', async (end) => {
    const { url, requests } = await serving(giveRange)
    const { bytes, error } = await readAll(await httpFetcher(`${url}/objects${end}`)(asking()))
    expect(error).toBeUndefined()
    expect(bytes).toSatisfy(sameAs(OBJECT))
    expect(requests.map((request) => request.url)).toEqual([`/objects/${NAME}`])
  })

  it.each([
    ['a URL', (url: string) => new URL(`${url}/x`)],
    ['a function that gives text', (url: string) => (name: string) => `${url}/x/${name}`],
    ['a function that promises a URL', (url: string) => async (name: string) => new URL(`${url}/x/${name}`)],
  ])('an object whose place is said by %s', async (_, base) => {
    const { url, requests } = await serving(giveRange)
    expect((await readAll(await httpFetcher(base(url))(asking()))).bytes).toSatisfy(sameAs(OBJECT))
    expect(requests[0]?.url).toBe(`/x/${NAME}`)
  })

  it('all of an object is asked for without Range, a part of it by Range', async () => {
    const { url, requests } = await serving(giveRange)
    const fetchObject = httpFetcher(url, { headers: { 'X-Token': 'abc' } })
    for (const [start, end] of [[0, SIZE], [0, 100], [7, SIZE], [70_000, 70_001]] as const) {
      expect((await readAll(await fetchObject(asking(start, end)))).bytes).toSatisfy(sameAs(OBJECT.subarray(start, end)))
    }
    expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=0-99', 'bytes=7-299999', 'bytes=70000-70000'])
    expect(requests.map(({ headers }) => headers['x-token'])).toEqual(Array(4).fill('abc'))
  })

  const isOther = 'Bun' in globalThis || 'Deno' in globalThis
  it.skipIf(isOther)('nothing comes from a cache, and no range compressed (not in Bun and Deno, whose fetch has no cache and sends other headers)', async () => {
    const { url, requests } = await serving(giveRange)
    await readAll(await httpFetcher(url)(asking()))
    await readAll(await httpFetcher(url)(asking(0, 100)))
    expect(requests.map(({ headers }) => headers['cache-control'])).toEqual(['no-cache', 'no-cache'])
    // What is compressed on its way has no ranges that anybody could use.
    expect(requests[1]?.headers['accept-encoding']).toBe('identity')
  })

  it('one connection serves requests that come one after the other, also where a server sends its end late', async () => {
    const { url, sockets } = await serving((_, response) => {
      response.write(OBJECT)
      setImmediate(() => response.end())
    })
    const fetchObject = httpFetcher(url)
    for (let i = 0; i < 5; i++) {
      const reader = (await fetchObject(asking())).getReader()
      for (let left = SIZE; left > 0; ) left -= (await reader.read()).value?.length ?? 0
      await reader.cancel()
      // The end of the answer comes after that.
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    expect(sockets).toHaveLength(1)
  })

  it('requests at once do not disturb one another', async () => {
    const { url } = await serving(giveRange)
    const fetchObject = httpFetcher(url)
    const ranges = Array.from({ length: 20 }, (_, i) => [i * 1000, SIZE - i] as const)
    const all = await Promise.all(ranges.map(async ([start, end]) => readAll(await fetchObject(asking(start, end)))))
    for (const [i, { bytes }] of all.entries()) expect(bytes).toSatisfy(sameAs(OBJECT.subarray(...(ranges[i] as [number, number]))))
  })
})

describe('answers of servers that do it in their own way', () => {
  const whole: RequestListener = (_, response) => void response.end(OBJECT)

  it('all of the object where a part was asked for: the part is cut out', async () => {
    const { url } = await serving(whole)
    for (const [start, end] of [[0, 1], [1, SIZE], [100_000, 250_000], [SIZE - 1, SIZE]] as const) {
      expect((await readAll(await httpFetcher(url)(asking(start, end)))).bytes).toSatisfy(sameAs(OBJECT.subarray(start, end)))
    }
  })

  it.each(['whole', 'range'])('more than was asked for, endlessly (%s): exactly that is given, and the server is stopped', async (kind) => {
    const stopped = event()
    const { url } = await serving((_, response) => {
      response.on('close', stopped.tell)
      if (kind === 'range') response.writeHead(206, { 'Content-Range': `bytes 5-${SIZE - 1}/${SIZE}` })
      response.write(kind === 'range' ? OBJECT.subarray(5) : OBJECT)
      const goOn = (): void => {
        if (response.write(OBJECT)) setImmediate(goOn)
        else response.once('drain', goOn)
      }
      goOn()
    })
    const { bytes, error } = await readAll(await httpFetcher(url)(asking(5, SIZE)))
    expect(error).toBeUndefined()
    expect(bytes).toSatisfy(sameAs(OBJECT.subarray(5)))
    await stopped.happened
  })

  it('the wanted bytes, and then no end: nobody waits for it, and the connection is closed', async () => {
    const stopped = event()
    const { url } = await serving((_, response) => {
      response.on('close', stopped.tell)
      response.write(OBJECT)
    })
    expect((await readAll(await httpFetcher(url)(asking()))).bytes).toSatisfy(sameAs(OBJECT))
    await stopped.happened
  })

  it('one byte at a time', async () => {
    const { url } = await serving((_, response) => {
      let i = 0
      const next = (): void => {
        if (i === 500) response.end()
        else response.write(OBJECT.subarray(i, ++i), () => setImmediate(next))
      }
      next()
    })
    const { bytes } = await readAll(await httpFetcher(url)(asking(0, 500, { size: 500 })))
    expect(bytes).toSatisfy(sameAs(OBJECT.subarray(0, 500)))
  })

  it('compressed on its way: what was compressed is given', async () => {
    const zeros = new Uint8Array(SIZE)
    const { url } = await serving((_, response) => void response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(zeros)))
    expect((await readAll(await httpFetcher(url)(asking()))).bytes).toSatisfy(sameAs(zeros))
    expect((await readAll(await httpFetcher(url)(asking(100, 200)))).bytes).toHaveLength(100)
  })

  it('redirects, also to another server, with the range', async () => {
    const target = await serving(giveRange)
    const { url } = await serving((_, response) => void response.writeHead(302, { Location: `${target.url}/there` }).end())
    const { bytes } = await readAll(await httpFetcher(url)(asking(9, 99)))
    expect(bytes).toSatisfy(sameAs(OBJECT.subarray(9, 99)))
    expect(target.requests[0]?.headers.range).toBe('bytes=9-98')
  })

  it('a range whose place is hidden, as of another origin', async () => {
    const { url } = await serving((_, response) => void response.writeHead(206).end(OBJECT.subarray(9, 99)))
    expect((await readAll(await httpFetcher(url)(asking(9, 99)))).bytes).toSatisfy(sameAs(OBJECT.subarray(9, 99)))
  })
})
