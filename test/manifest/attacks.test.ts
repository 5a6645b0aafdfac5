/** What somebody tries who distributes releases without being their publisher. */
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { memoryStorage } from '../../src/manifest.js'
import { CHUNK, expectRefused, pattern, refusal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { apply, expectInstalled, recorder, serverOf, whole } from './applying.js'
import { storeOf, entry as trusted } from '../trust/signed.js'
import { entriesIn, entry, inputs, objectsOf, opened, publisher, publishing, release, signedManifest } from './helpers.js'
import { createManifest } from '../../src/build.js'
import type { Manifest } from '../../src/build.js'
import type { TrustStore } from '../../src/index.js'
import type { Answer } from './applying.js'
import type { Files } from './helpers.js'

const old: Files = { 'index.html': 'the old page', 'app.js': pattern(CHUNK + 40, 1), 'same.css': 'the same' }
const next: Files = { 'index.html': 'the new page', 'app.js': pattern(CHUNK + 40, 2), 'same.css': 'the same' }
const one = await release(old)
const two = await release(next, { sequence: 1001, version: '1.5.0', previous: { manifest: one, trust: publisher.publicKey } })

/** The name of the object that a release has for a path. */
function nameOf({ files }: Manifest, path: string): string {
  return files.find((file) => file.path === path)?.object.name ?? ''
}

/** A server of both releases that sends, for an object of one path, that of another path or release. */
function swapping(from: readonly [Manifest, string], to: readonly [Manifest, string]): { readonly answer: Answer } {
  const other = new Map([...objectsOf(one), ...objectsOf(two)]).get(nameOf(...from)) as Uint8Array
  return { answer: (bytes, request, number) => whole(request.name === nameOf(...to) ? other.subarray(request.range.start, request.range.end) : bytes, request, number) }
}

async function withOld(): Promise<ReturnType<typeof memoryStorage>> {
  const storage = memoryStorage()
  await apply(await opened(one), storage, serverOf([one]))
  return storage
}

test('Files of two releases cannot be mixed: an object of the old release in the place of one of the new is refused', async () => {
  for (const path of ['index.html', 'app.js']) {
    const storage = await withOld()
    const { answer } = swapping([one, path], [two, path])
    const { events, onEvent } = recorder()
    await expectRefused(async () => apply(await opened(two, { onEvent }), storage, serverOf([one, two], answer)), 'bad-index')
    expectInstalled(storage, old)
    expect(events.filter(({ event }) => event === 'object-refused')).toMatchObject(Array(5).fill({ code: 'bad-index', object: nameOf(two, path) }))
  }
  const storage = await withOld()
  await apply(await opened(two), storage, serverOf([one, two]))
  expectInstalled(storage, next)
})

test('Nor the other way round: an object of a new release in the place of one of the old is refused', async () => {
  const storage = memoryStorage()
  const { answer } = swapping([two, 'app.js'], [one, 'app.js'])
  await expectRefused(async () => apply(await opened(one), storage, serverOf([one, two], answer)), 'bad-index')
  expect(await storage.installed()).toBeUndefined()
  await apply(await opened(one), storage, serverOf([one, two]))
  expectInstalled(storage, old)
})

// R77
test('Objects of one release cannot be swapped', async () => {
  const files: Files = { 'a.js': pattern(300, 1), 'b.js': pattern(300, 2) }
  const manifest = await release(files)
  const [a, b] = ['a.js', 'b.js'].map((path) => nameOf(manifest, path)) as [string, string]
  const server = serverOf([manifest])
  const { objects } = server
  const [first, second] = [objects.get(a), objects.get(b)] as [Uint8Array, Uint8Array]
  objects.set(a, second).set(b, first)
  const storage = memoryStorage()
  await expectRefused(async () => apply(await opened(manifest), storage, server), 'bad-index')
  expect(await storage.installed()).toBeUndefined()
  objects.set(a, first).set(b, second)
  await apply(await opened(manifest), storage, server)
  expectInstalled(storage, files)
})

// R82
test('A release is never applied in part: where one object is withheld, nothing changes', async () => {
  for (const path of ['index.html', 'app.js']) {
    const storage = await withOld()
    const server = serverOf([one, two])
    const object = server.objects.get(nameOf(two, path)) as Uint8Array
    server.objects.delete(nameOf(two, path))
    await expectRefused(async () => apply(await opened(two), storage, server), 'fetch-failed')
    expectInstalled(storage, old)
    expect(await storage.installed()).toMatchObject({ sequence: 1000 })
    server.objects.set(nameOf(two, path), object)
    await apply(await opened(two), storage, server)
    expectInstalled(storage, next)
  }
})

test('Another content of the same size is refused, chunk by chunk', async () => {
  const other = await release({ 'app.js': pattern(CHUNK + 40, 3) })
  const forged = [...objectsOf(other).values()][0] as Uint8Array
  const index = 2 * 32 + 56
  // The signed index, and chunks of another object behind it.
  const answer: Answer = (bytes, request, number) => {
    if (request.name !== nameOf(two, 'app.js')) return whole(bytes, request, number)
    const mixed = Buffer.concat([(objectsOf(two).get(request.name) as Uint8Array).subarray(0, index), forged.subarray(index)])
    return whole(mixed.subarray(request.range.start, request.range.end), request, number)
  }
  const storage = await withOld()
  await expectRefused(async () => apply(await opened(two), storage, serverOf([one, two], answer)), 'bad-chunk')
  expectInstalled(storage, old)
  await apply(await opened(two), storage, serverOf([one, two]))
  expectInstalled(storage, next)
})

test('An old manifest that is served again is refused as a rollback', async () => {
  const storage = await withOld()
  await apply(await opened(two), storage, serverOf([one, two]))
  const lastSequence = (await storage.installed())?.sequence ?? null
  await expectRefused(async () => opened(one, { lastSequence }), 'rollback')
  await expectRefused(async () => apply(await opened(one), storage, serverOf([one, two])), 'rollback')
  expectInstalled(storage, next)
  const three = await release(old, { sequence: 1002 })
  await apply(await opened(three, { lastSequence }), storage, serverOf([three]))
  expectInstalled(storage, old)
})

test('A manifest whose key was revoked is refused, for devices and as a previous release', async () => {
  const other = freshEd25519()
  const trust = (status: 'active' | 'revoked'): TrustStore => storeOf([other, trusted(publisher, { status })])
  await opened(one, { trust: trust('active') })
  await expectRefused(async () => opened(one, { trust: trust('revoked') }), 'revoked-key')
  const publish = async (store: TrustStore): Promise<Manifest> =>
    createManifest(inputs(next), publishing({ sequence: 1001, signer: other.privateKey, previous: { manifest: one, trust: store } }))
  expect((await publish(trust('active'))).objects).toHaveLength(2)
  await expectRefused(async () => publish(trust('revoked')), 'revoked-key')
})

// R80
test('Entries cannot be copied from the manifest of another app', async () => {
  const previous = { manifest: one, trust: publisher.publicKey }
  await expectRefused(async () => release(next, { sequence: 1001, app: 'com.example.other', previous }), 'wrong-app')
  expect((await release(next, { sequence: 1001, previous })).objects).toHaveLength(2)
})

test('Entries of a manifest that are signed anew by a stranger count for nothing', async () => {
  const stranger = freshEd25519()
  const copied = { files: await entriesIn(one) }
  await expectRefused(async () => opened(await signedManifest(copied, { signer: stranger.privateKey })), 'untrusted-key')
  expect((await opened(await signedManifest(copied))).files).toHaveLength(3)
})

test('A manifest that was cut short, at any byte, is refused', async () => {
  const bytes = one.toBytes()
  for (let length = 0; length < bytes.length; length += 37) await refusal(async () => opened(bytes.subarray(0, length) as never))
  await refusal(async () => opened(bytes.subarray(0, -1) as never))
  expect((await opened(bytes as never)).files).toHaveLength(3)
})

// R78
test('A file that would decompress to more than its signed size is given up before', async () => {
  const bomb = gzipSync(new Uint8Array(200 * 2 ** 20))
  const carrier = await release({ bomb })
  const [carried] = await entriesIn(carrier)
  const size = bomb.length + 1
  const digest = createHash('sha256').update('any').digest('base64url')
  const signed = await signedManifest({ files: [{ path: 'bomb', size, sha256: digest, object: { ...carried?.object, encoding: 'gzip', size: bomb.length } }] })
  const written: number[] = []
  const storage = memoryStorage()
  const counting = { ...storage, write: async (...call: Parameters<typeof storage.write>) => (written.push(call[2].length), storage.write(...call)) }
  await expectRefused(async () => apply(await opened(signed), counting, serverOf([carrier])), 'bad-checksum')
  expect(written.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(size)
  expect(await storage.installed()).toBeUndefined()
  const text = 'small '.repeat(50)
  const small = gzipSync(text)
  const good = await release({ small })
  const [there] = await entriesIn(good)
  const sha256 = createHash('sha256').update(text).digest('base64url')
  const control = await signedManifest({ files: [{ path: 'small', size: text.length, sha256, object: { ...there?.object, encoding: 'gzip', size: small.length } }] })
  await apply(await opened(control), storage, serverOf([good]))
  expectInstalled(storage, { small: text })
})

// R76
test('Two contents cannot share the name of one object', async () => {
  const [first] = (await entriesIn(one)) as [ReturnType<typeof entry>]
  const twin = { ...first, path: 'twin' }
  await expectRefused(async () => opened(await signedManifest({ files: [first, { ...twin, sha256: entry('x').sha256 }] })), 'bad-manifest')
  await expectRefused(async () => opened(await signedManifest({ files: [first, { ...twin, object: { ...first.object, key: entry('x').object.key } }] })), 'bad-manifest')
  expect((await opened(await signedManifest({ files: [first, twin] }))).files).toHaveLength(2)
})

describe('Who distributes releases without keys', () => {
  test('Reads no path in a manifest', () => {
    const text = Buffer.from(one.toBytes()).toString('latin1')
    for (const path of Object.keys(old)) expect(text).not.toContain(path)
    expect(JSON.stringify(one.objectList)).not.toContain('app.js')
  })

  test('Cannot tell by names of objects that two releases, or two apps, have a file in common', async () => {
    const same: Files = { 'same.js': pattern(500) }
    const releases = [await release(same), await release(same), await release(same, { app: 'com.example.other' })]
    expect(new Set(releases.flatMap((manifest) => [...objectsOf(manifest).keys()])).size).toBe(3)
    const kept = await release(same, { sequence: 1001, previous: { manifest: releases[0] as Manifest, trust: publisher.publicKey } })
    expect(kept.objects).toEqual([])
  })
})
