import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createManifest } from '../../src/build.js'
import { verifyManifestSet } from '../../src/manifest.js'
import { describeEachBackend } from '../backends.js'
import { expectRefused, pattern } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { pullCounting, settled, streamOf } from '../stream/streams.js'
import { withoutReaderKeys } from '../stream/verify-envelope.js'
import { inputs, objectsOf, publisher, publishing, release, signedManifest } from './helpers.js'
import { CHUNK, check, edgeFiles, from, server, small, streaming } from './stored-set.js'
import type { ReadObject, StoredObject } from '../../src/manifest.js'

const large = await createManifest(inputs({ ...edgeFiles, large: pattern(262_144 + 5) }), publishing({ chunkSize: 262_144 }))

/** The defect of the one object of a release whose file is `content`, where `give` is stored in its place. */
async function defectOf(content: Uint8Array, give: (object: Uint8Array<ArrayBuffer>) => StoredObject): Promise<string> {
  const manifest = await release({ content })
  const [object] = objectsOf(manifest).values()
  const { damaged } = await check(manifest, () => give(object as Uint8Array<ArrayBuffer>))
  return damaged.map(({ code }) => code).join()
}

const edited = (object: Uint8Array<ArrayBuffer>, at: number): Uint8Array<ArrayBuffer> => object.map((byte, i) => (i === at ? byte ^ 1 : byte))

describeEachBackend('R54, R75: verifyManifestSet', (backend) => {
  const options = { backend: withoutReaderKeys(backend) }

  test('accepts whole releases of both chunk sizes, and uses no reader key', async () => {
    for (const manifest of [small, large]) {
      for (const read of [from, streaming]) {
        const { header, ...rest } = await check(manifest, read(objectsOf(manifest)), options)
        expect(rest).toEqual({ signers: [publisher.kid], objects: manifest.objects.length, missing: [], damaged: [] })
        expect(header).toMatchObject({ app: 'com.example.app', version: '1.4.0', bundle: { type: 'application/vnd.otaseal.manifest+json' } })
      }
    }
  })

  test('names each object that is missing or damaged, and checks all others', async () => {
    const objects = objectsOf(small)
    const names = [...objects.keys()].sort()
    const [gone, swapped, flipped, cut, fine] = names as [string, string, string, string, string]
    objects.delete(gone)
    objects.set(swapped, objects.get(fine) as Uint8Array<ArrayBuffer>)
    for (const [name, edit] of [[flipped, (bytes: Uint8Array<ArrayBuffer>) => edited(bytes, bytes.length - 1)], [cut, (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, -1)]] as const) {
      objects.set(name, edit(objects.get(name) as Uint8Array<ArrayBuffer>))
    }
    for (const read of [from, streaming]) {
      const found = await check(small, read(objects), options)
      expect(found.missing).toEqual([gone])
      expect(found.damaged.map(({ name }) => name)).toEqual([swapped, flipped, cut])
      expect(found.damaged.slice(0, 2)).toEqual([{ name: swapped, code: 'bad-index' }, { name: flipped, code: 'bad-chunk' }])
      expect(found.objects).toBe(names.length)
    }
  })
})

describe('R75: an object', () => {
  test('is named by the SHA-256 of its index, salt and commitment, in lower-case hex', () => {
    for (const [manifest, chunk] of [[small, CHUNK], [large, 262_144]] as const) {
      for (const { object, size } of manifest.files) {
        const index = 32 * (Math.floor(size / chunk) + 1) + 56
        const bytes = objectsOf(manifest).get(object.name) as Uint8Array
        expect(object.name).toBe(createHash('sha256').update(bytes.subarray(0, index)).digest('hex'))
        expect(bytes.length).toBe(object.size)
      }
    }
  })

  test('with any byte changed is damaged', async () => {
    const manifest = await release({ a: pattern(40) })
    const [object] = objectsOf(manifest).values() as Iterable<Uint8Array<ArrayBuffer>>
    for (let at = 0; at < (object as Uint8Array).length; at++) {
      const { damaged } = await check(manifest, () => edited(object as Uint8Array<ArrayBuffer>, at))
      expect(damaged.map(({ code }) => code), `byte ${at}`).toEqual([at < 32 + 56 ? 'bad-index' : 'bad-chunk'])
    }
  })

  test('of any other length is damaged', async () => {
    const object = pattern(3 * 32 + 56 + 2 * CHUNK + 500 + 3 * 16, 9)
    const manifest = await release({ a: pattern(2 * CHUNK + 500) })
    const [genuine] = objectsOf(manifest).values() as Iterable<Uint8Array<ArrayBuffer>>
    object.set(genuine as Uint8Array)
    for (let length = 0; length <= object.length + 200; length += length < 400 || length > object.length - 100 ? 1 : 997) {
      const bytes = new Uint8Array(length)
      bytes.set(object.subarray(0, length))
      const { damaged } = await check(manifest, () => bytes)
      expect(damaged, `length ${length}`).toHaveLength(length === object.length ? 0 : 1)
    }
  })

  test('with any edits is never taken for whole', async () => {
    const objects = [...objectsOf(small), ...objectsOf(large)]
    const byName = new Map(objects)
    await fc.assert(
      fc.asyncProperty(fc.nat(objects.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (which, at, difference, isStream) => {
        const [name, object] = objects[which] as (typeof objects)[number]
        const changed = object.map((byte, i) => (i === at % object.length ? byte ^ difference : byte))
        const stored = new Map([...byName, [name, changed]])
        const manifest = which < objectsOf(small).size ? small : large
        const { damaged, missing } = await check(manifest, isStream ? streaming(stored) : from(stored))
        expect(damaged.map((one) => one.name)).toEqual([name])
        expect(missing).toEqual([])
      }),
      { numRuns: 40 },
    )
  })

  test('of a size that is not its stream\'s is damaged', async () => {
    const content = pattern(CHUNK + 5)
    expect(await defectOf(content, (object) => ({ size: object.length, stream: streamOf(object.subarray(0, -1)) }))).toBe('truncated')
    expect(await defectOf(content, (object) => ({ size: object.length, stream: streamOf(Buffer.concat([object, Buffer.of(0)])) }))).toBe('trailing-data')
    for (const size of [0, 103, 1e9, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      expect(await defectOf(content, (object) => ({ size, stream: streamOf(object) })), `size ${size}`).toMatch(/^(bad-index|truncated)$/)
    }
  })

  test('is read no further than it can be believed, and its stream then cancelled', async () => {
    const manifest = await release({ a: pattern(40 * CHUNK) })
    const [object] = objectsOf(manifest).values() as Iterable<Uint8Array<ArrayBuffer>>
    const bytes = object as Uint8Array<ArrayBuffer>
    for (const [at, most, code] of [[0, 41 * 32 + 56, 'bad-index'], [41 * 32 + 56, 6 * CHUNK, 'bad-chunk']] as const) {
      const { stream, log } = pullCounting(edited(bytes, at), 1000)
      const { damaged } = await check(manifest, () => ({ size: bytes.length, stream }))
      expect(damaged.map((one) => one.code)).toEqual([code])
      await settled()
      expect(log.bytes).toBeLessThan(most + 1000)
      expect(log.cancelled).toHaveLength(1)
    }
  })
})

describe('R79: the object list', () => {
  const unread: ReadObject = () => {
    throw new Error('an object was read')
  }

  test('of another release, or with another name in it, is refused before any object is read', async () => {
    const { objects } = JSON.parse(small.objectList) as { objects: string[] }
    const lists = [
      large.objectList,
      JSON.stringify({ objects: objects.slice(1) }),
      JSON.stringify({ objects: [...objects, 'f'.repeat(64)] }),
      JSON.stringify({ objects: [] }),
    ]
    for (const list of lists) await expectRefused(() => verifyManifestSet(small, list, unread, server()), 'bad-manifest', /object list/)
    expect(await verifyManifestSet(small, Buffer.from(small.objectList), from(objectsOf(small)), server())).toMatchObject({ missing: [], damaged: [] })
  })

  test('must have its digest in meta', async () => {
    const list = '{"objects":[]}'
    const digest = createHash('sha256').update(list).digest()
    const metas = [undefined, {}, { 'otaseal-objects': '' }, { 'otaseal-objects': digest.toString('hex') }, { 'otaseal-objects': `${digest.toString('base64url')}=` }]
    for (const meta of metas) {
      const manifest = await signedManifest({ files: [] }, meta && { meta })
      await expectRefused(() => verifyManifestSet(manifest, list, unread, server()), 'bad-manifest')
    }
    const manifest = await signedManifest({ files: [] }, { meta: { 'otaseal-objects': digest.toString('base64url') } })
    expect(await verifyManifestSet(manifest, list, unread, server())).toMatchObject({ objects: 0, missing: [], damaged: [] })
  })
})

describe('the manifest', () => {
  const read = from(objectsOf(small))

  test('must be one, and its publisher\'s', async () => {
    const plain = await signedManifest('{}', { type: 'application/json' })
    await expectRefused(() => verifyManifestSet(plain, small.objectList, read, server()), 'wrong-type')
    await expectRefused(() => verifyManifestSet(small, small.objectList, read, server({ trust: freshEd25519().publicKey })), 'untrusted-key')
    const payload = edited(small.payload, small.payload.length - 1)
    await expectRefused(() => verifyManifestSet({ head: small.head, payload }, small.objectList, read, server()), 'bad-chunk')
  })

  test('is held against the claims that are asked for, and against no others', async () => {
    await expectRefused(() => check(small, read, { app: 'com.example.other' }), 'wrong-app')
    await expectRefused(() => check(small, read, { lastSequence: 1000 }), 'rollback')
    await expect(verifyManifestSet(small.toBytes(), small.objectList, read, { trust: publisher.publicKey })).resolves.toMatchObject({ missing: [] })
  })

  test('may be for readers among whom the server is not', async () => {
    const manifest = await release({ a: 'x' }, { readers: [pattern(32, 5)] })
    expect(await check(manifest, from(objectsOf(manifest)))).toMatchObject({ objects: 1, missing: [], damaged: [] })
  })
})
