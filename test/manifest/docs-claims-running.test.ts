import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { afterAll, describe, expect, test } from 'vitest'
import { createManifest } from '../../src/build.js'
import { verifyAndDecrypt } from '../../src/index.js'
import { applyManifest, httpFetcher, memoryStorage, verifyManifestSet } from '../../src/manifest.js'
import { refusal } from '../envelope/helpers.js'
import { entriesIn, inputs, objectsOf, opened, opening, publisher, publishing, release, signedManifest } from './helpers.js'
import type { AddressInfo } from 'node:net'
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import type { Manifest } from '../../src/build.js'
import type { FetchObject } from '../../src/manifest.js'

/* What docs/manifests.md says of how things go on, held against how they do. */

/** Gives objects of a release, and notes their names. */
function fetcherOf(manifest: Manifest, names: string[] = []): FetchObject {
  return async ({ name, range: { start, end } }) => {
    names.push(name)
    return new Blob([objectsOf(manifest).get(name)?.subarray(start, end) as Uint8Array<ArrayBuffer>]).stream()
  }
}

test('that a manifest has expired is judged when it is opened, and not when it is applied', async () => {
  const manifest = await release({ a: 'a' }, { expires: 2 })
  const valid = await opened(manifest, { now: 1 })
  expect((await refusal(async () => opened(manifest))).code).toBe('expired')
  expect(await applyManifest(valid, { storage: memoryStorage(), fetchObject: fetcherOf(manifest) })).toMatchObject({ wasInstalled: false })
})

test('objects are stored and requested in the order of the files', async () => {
  const manifest = await release(Object.fromEntries(['d', 'b', 'e', 'a', 'c'].map((path) => [path, `file ${path}`])))
  const requested: string[] = []
  await applyManifest(await opened(manifest), { storage: memoryStorage(), fetchObject: fetcherOf(manifest, requested), parallel: 1 })
  const order = manifest.files.map(({ object }) => object.name)
  expect(manifest.files.map(({ path }) => path).join('')).toBe('dbeac')
  expect(requested).toEqual(order)
  expect([...objectsOf(manifest).keys()]).toEqual(order)
})

test('without a type a manifest passes as a bundle, and with one it does not', async () => {
  const manifest = await release({ a: 'a' })
  expect((await verifyAndDecrypt(manifest, opening())).header.bundle.type).toBe('application/vnd.otaseal.manifest+json')
  expect((await refusal(async () => verifyAndDecrypt(manifest, { ...opening(), type: 'application/zip' }))).code).toBe('wrong-type')
})

describe('who signed the previous manifest', () => {
  /** A manifest that names an object of the content `held` for a file of the content `told`, which is as long. */
  async function forged(told: string, held: string): Promise<{ readonly manifest: Manifest; readonly objects: Manifest }> {
    const objects = await release({ a: held })
    const [file] = await entriesIn(objects)
    const files = [{ ...file, sha256: createHash('sha256').update(told).digest('base64url') }]
    const envelope = await signedManifest({ files }, { meta: { 'otaseal-objects': createHash('sha256').update(objects.objectList).digest('base64url') } })
    return { manifest: { ...objects, ...envelope, toBytes: () => envelope.toBytes() }, objects }
  }

  test('can confirm a guess of a content, by the object list of a release that comes after', async () => {
    for (const [guess, isRight] of [['0001', false], ['0000', true]] as const) {
      const { manifest, objects } = await forged(guess, 'mine')
      const next = await release({ secret: '0000' }, { sequence: 1001, previous: { manifest, trust: publisher.publicKey } })
      expect(next.objectList === objects.objectList).toBe(isRight)
    }
  })

  test('can name an object that holds something else: a device refuses it, and a server sees nothing wrong', async () => {
    const { manifest, objects } = await forged('0000', 'mine')
    const next = await createManifest(inputs({ secret: '0000' }), publishing({ sequence: 1001, previous: { manifest, trust: publisher.publicKey } }))
    const found = await verifyManifestSet(next, next.objectList, (name) => objectsOf(objects).get(name), { trust: publisher.publicKey, app: 'com.example.app' })
    expect(found).toMatchObject({ missing: [], damaged: [] })
    const storage = memoryStorage()
    const apply = async (): Promise<unknown> => applyManifest(await opened(next), { storage, fetchObject: fetcherOf(objects), attempts: 1, retryDelay: 0 })
    expect((await refusal(apply)).code).toBe('bad-checksum')
    expect(await storage.installed()).toBeUndefined()
  })
})

describe('redirects to another host', () => {
  const closers: (() => void)[] = []
  afterAll(() => closers.forEach((close) => close()))

  async function listen(listener: RequestListener): Promise<string> {
    const server = createServer(listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test('carry all headers but Authorization, unless they are not followed', async () => {
    const got: IncomingHttpHeaders[] = []
    const other = await listen(({ headers }, response) => {
      got.push(headers)
      response.end('12345')
    })
    const base = await listen(({ url }, response) => void response.writeHead(302, { location: `${other}${url ?? ''}` }).end())
    const headers = { authorization: 'Bearer secret', 'x-key': 'secret' }
    const request = { name: 'a'.repeat(64), size: 5, range: { start: 0, end: 5 } }
    const stream = await httpFetcher(base, { headers })(request)
    expect(await new Response(stream as ReadableStream<Uint8Array>).text()).toBe('12345')
    expect(got[0]).toMatchObject({ 'x-key': 'secret' })
    expect(got[0]?.authorization).toBeUndefined()
    const strict = httpFetcher(base, { headers, fetch: async (url, init) => fetch(url, { ...init, redirect: 'error' }) })
    await expect(strict(request)).rejects.toThrow('could not be reached')
    expect(got).toHaveLength(1)
  })
})
