import { expect, it } from 'vitest'
import { applyManifest, httpFetcher, memoryStorage } from '../../src/manifest.js'
import { expectRefused, pattern } from '../envelope/helpers.js'
import { giveRange, serving } from './http-fetcher-server.js'
import { objectsOf, opened, release } from './helpers.js'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

const files = { 'index.html': '<p>hello</p>', 'a/large.js': pattern(400_000), 'a/other.js': pattern(90_000, 5), 'empty.txt': '' }

/** A release, and a server of its objects to which each `fault` happens once to each of them; a fault that is not given serves. */
async function published(faults: readonly ((request: IncomingMessage, response: ServerResponse, object: Uint8Array) => void)[]) {
  const manifest = await release(files)
  const objects = objectsOf(manifest)
  const seen = new Map<string, number>()
  const listener: RequestListener = (request, response) => {
    const name = (request.url ?? '').slice(1)
    const times = seen.get(name) ?? 0
    seen.set(name, times + 1)
    const object = objects.get(name)
    if (object === undefined) response.writeHead(404).end()
    else (faults[times] ?? giveRange)(request, response, object)
  }
  const { url, requests } = await serving(listener)
  return { manifest: await opened(manifest), objects, url, requests }
}

it('a release comes over HTTP, whatever servers do', async () => {
  const { manifest, url, requests } = await published([
    (_, response) => void response.writeHead(503, { 'Retry-After': '0' }).end(),
    (request) => void request.socket.destroy(),
    (_, response) => void response.writeHead(206, { 'Content-Range': 'bytes 1-2/3' }).end('ab'),
    () => undefined,
    (_, response, object) => void response.writeHead(200, { 'Content-Length': object.length }).write(object.subarray(0, object.length * 0.7), () => response.destroy()),
    (_, response, object) => void response.end(object),
  ])
  const storage = memoryStorage()
  const { fetchedObjects } = await applyManifest(manifest, { storage, fetchObject: httpFetcher(url, { stallTimeout: 0.3 }), attempts: 10, retryDelay: 0 })
  expect(fetchedObjects).toBe(4)
  expect(requests.length).toBeGreaterThanOrEqual(4 * 6)
  expect(await storage.installed()).toMatchObject({ releaseId: manifest.releaseId })
})

it('after a cut only what is missing is asked for', async () => {
  const { manifest, url, requests, objects } = await published([
    (_, response, object) => void response.writeHead(200, { 'Content-Length': object.length }).write(object.subarray(0, object.length * 0.7), () => response.destroy()),
  ])
  await applyManifest(manifest, { storage: memoryStorage(), fetchObject: httpFetcher(url), retryDelay: 0 })
  const name = manifest.files.find(({ path }) => path === 'a/large.js')?.object.name ?? ''
  const ranges = requests.filter((request) => request.url === `/${name}`).map(({ headers }) => headers.range)
  const [, start] = /^bytes=(\d+)-/.exec(ranges[1] ?? '') ?? []
  expect(ranges).toHaveLength(2)
  expect(ranges[0]).toBeUndefined()
  expect(Number(start)).toBeGreaterThan((objects.get(name)?.length ?? 0) * 0.6)
})

it('an object that is missing ends the call at once, and says so', async () => {
  const { manifest, url, objects, requests } = await published([])
  for (const name of objects.keys()) objects.delete(name)
  const storage = memoryStorage()
  await expectRefused(async () => applyManifest(manifest, { storage, fetchObject: httpFetcher(url), parallel: 1 }), 'fetch-failed', /404.*upload the objects before the manifest/)
  expect(requests).toHaveLength(1)
  expect(await storage.installed()).toBeUndefined()
})
