import { describe, expect, it } from 'vitest'
import { httpFetcher } from '../../src/manifest.js'
import { expectRefused, sameAs } from '../envelope/helpers.js'
import { OBJECT, SIZE, asking, failure, readAll, serving } from './http-fetcher-server.js'
import type { RequestListener } from 'node:http'

describe('answers that are no use', () => {
  const range = (value: string, more: Record<string, string> = {}): RequestListener =>
    (_, response) => void response.writeHead(206, { 'Content-Range': value, ...more }).end(OBJECT.subarray(9, 99))

  it.each([
    ['another start', range(`bytes 8-98/${SIZE}`), /another range/],
    ['another unit', range(`items 9-98/${SIZE}`), /another range/],
    ['no range', range(`bytes */${SIZE}`), /another range/],
    ['an object of another size', range('bytes 9-98/1000'), /1000 bytes of an object of 300000/],
    ['a part of what was compressed', range(`bytes 9-98/${SIZE}`, { 'Content-Encoding': 'gzip' }), /encoding gzip/],
    ['nothing', (_, response) => void response.writeHead(204).end(), /204/],
    ['a choice', (_, response) => void response.writeHead(300).end(), /300/],
    ['a redirect to itself', (_, response) => void response.writeHead(302, { Location: '/again' }).end(), /could not be reached/],
    ['no HTTP', (request) => void request.socket.end('hello'), /could not be reached/],
    ['a closed connection', (request) => void request.socket.destroy(), /could not be reached/],
    ['a timeout', (_, response) => void response.writeHead(408).end(), /408/],
    ['too early', (_, response) => void response.writeHead(425).end(), /425/],
    ['an error of its own', (_, response) => void response.writeHead(500).end(), /500/],
  ] satisfies [string, RequestListener, RegExp][])('%s is tried again', async (_, listener, message) => {
    const { url } = await serving(listener)
    const error = await failure(httpFetcher(url)(asking(9, 99)))
    expect(error.name).toBe('Error')
    expect(error.message).toMatch(message)
    expect(error).not.toHaveProperty('retryAfter')
  })

  it.each([
    [401, /credentials/], [403, /expired/], [404, /not there: upload the objects before the manifest/], [410, /gone/],
    [416, /shorter/], [400, /will not give/], [451, /will not give/],
  ])('%d is final', async (status, hint) => {
    const { url } = await serving((_, response) => void response.writeHead(status).end('<h1>no</h1>'))
    await expectRefused(async () => httpFetcher(url)(asking()), 'fetch-failed', new RegExp(`${status}.*${hint.source}`))
  })

  it.each([
    ['for 120 seconds', () => '120', 120], ['for 0 seconds', () => '0', 0],
    ['until a minute from now', () => new Date(Date.now() + 60_000).toUTCString(), 59], ['until 1970', () => new Date(0).toUTCString(), 0],
  ])('a server that asks to wait %s is quoted', async (_, valueOf, seconds) => {
    for (const status of [429, 503]) {
      const value = valueOf()
      const { url } = await serving((_, response) => void response.writeHead(status, { 'Retry-After': value }).end())
      const { retryAfter } = (await failure(httpFetcher(url)(asking()))) as Error & { readonly retryAfter: number }
      expect(retryAfter).toBeGreaterThanOrEqual(seconds - 1)
      expect(retryAfter).toBeLessThanOrEqual(seconds + 1)
    }
  })

  it.each(['soon', '', '-5', '1e9', '99999999999'])('a wish to wait until "%s" is none', async (value) => {
    const { url } = await serving((_, response) => void response.writeHead(503, { 'Retry-After': value }).end())
    const { retryAfter = 0 } = (await failure(httpFetcher(url)(asking()))) as Error & { readonly retryAfter?: number }
    expect(retryAfter).toBe(0)
  })

  it.each([
    ['an answer that ends early', (response) => response.end(OBJECT.subarray(0, 1000)), /ended 299000 bytes too early/],
    ['an empty answer', (response) => response.end(), /ended 300000 bytes too early/],
    ['a connection that breaks', (response) => response.writeHead(200, { 'Content-Length': SIZE }).write(OBJECT.subarray(0, 1000), () => response.destroy()), /broke off/],
    ['a broken encoding', (response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(OBJECT), /broke off/],
  ] satisfies [string, (response: Parameters<RequestListener>[1]) => unknown, RegExp][])('%s: what came is given, then it fails', async (_, answer, message) => {
    const { url } = await serving((_request, response) => void answer(response))
    const { bytes, error } = await readAll(await httpFetcher(url)(asking()))
    expect(bytes).toSatisfy(sameAs(OBJECT.subarray(0, bytes.length)))
    expect(error).toMatchObject({ name: 'Error', message: expect.stringMatching(message) as string })
  })
})

describe('secrets in URLs stay out of errors', () => {
  const shown = (error: unknown): string => {
    const { message, stack, cause } = error as Error
    return `${message} ${stack ?? ''} ${JSON.stringify(error)}${cause === undefined ? '' : shown(cause)}`
  }

  it.each([
    ['a refusal', (url: string) => `${url}/x?signature=s3cret`],
    ['a wrong port', () => 'http://127.0.0.1:1/x?signature=s3cret'],
    ['a closed port', () => 'http://127.0.0.1:9/x?signature=s3cret'],
    ['no URL', () => 'x?signature=s3cret'],
    ['another protocol', () => 'ftp://127.0.0.1/?signature=s3cret'],
    ['credentials', () => 'http://user:s3cret@127.0.0.1/x'],
  ])('%s', async (_, base) => {
    const { url } = await serving((_request, response) => void response.writeHead(403).end())
    const error = await failure(httpFetcher(() => base(url))(asking()))
    expect(shown(error)).not.toContain('s3cret')
  })

  it('an answer that breaks off, and one that is late', async () => {
    const { url } = await serving((_, response) => void response.writeHead(200, { 'Content-Length': SIZE }).write('x', () => response.destroy()))
    const { error } = await readAll(await httpFetcher(() => `${url}/x?signature=s3cret`)(asking()))
    expect(shown(error)).not.toContain('s3cret')
  })
})
