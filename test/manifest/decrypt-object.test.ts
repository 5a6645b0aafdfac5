import { inspect } from 'node:util'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { codeOfMany, entriesIn, objectsOf, opened, release, signedManifest } from './helpers.js'
import { describeEachBackend } from '../backends.js'
import { expectRefused, pattern, sameAs } from '../envelope/helpers.js'
import type { Manifest } from '../../src/build.js'
import type { Entry, Files } from './helpers.js'

const text = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.alloc(length, 'some text that compresses, '))
const chunkSizes = [16_384, 262_144] as const

/** The object of a file, by its path. */
function objectAt(manifest: Manifest, path = 'a'): Uint8Array<ArrayBuffer> {
  const name = manifest.files.find((file) => file.path === path)?.object.name
  const object = objectsOf(manifest).get(name ?? '')
  if (object === undefined) throw new Error(`${path} has no new object`)
  return object
}

/** The same release, signed with another list. */
async function withEntry(manifest: Manifest, change: (entry: Entry) => void): Promise<Awaited<ReturnType<typeof opened>>> {
  const files = await entriesIn(manifest)
  for (const file of files) change(file)
  return opened(await signedManifest({ files }))
}

describeEachBackend('R77, R78: decryptObject', (backend) => {
  test.each(chunkSizes)('gives back files of every length around chunks of %i bytes, in every encoding', async (chunkSize) => {
    const sizes = [0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 2 * chunkSize + 500]
    for (const compress of [undefined, 'br', 'gzip'] as const) {
      const contents: Files = Object.fromEntries(sizes.map((size) => [`f${size}`, compress === undefined ? pattern(size) : text(size)]))
      const manifest = await release(contents, { chunkSize, compress })
      const device = await opened(manifest, { backend })
      for (const { path, object } of device.files) {
        const size = (contents[path] as Uint8Array).length
        expect(object.encoding).toBe(size > 99 ? compress : undefined)
        expect(await device.decryptObject(path, objectAt(manifest, path))).toSatisfy(sameAs(contents[path] as Uint8Array))
      }
    }
  })

  test('gives back encoded files of several chunks', async () => {
    const content = Buffer.from(pattern(120_000).map((byte) => 97 + (byte % 16)))
    for (const compress of ['br', 'gzip'] as const) {
      const manifest = await release({ a: content }, { compress })
      expect(manifest.files[0]?.object.size).toBeGreaterThan(2 * 16_384)
      expect(await (await opened(manifest, { backend })).decryptObject('a', objectAt(manifest))).toSatisfy(sameAs(content))
    }
  })

  test('refuses an object with any byte changed, cut off or added', async () => {
    const manifest = await release({ a: pattern(16_384 + 40) })
    const { decryptObject } = await opened(manifest, { backend })
    const object = objectAt(manifest)
    const index = 2 * 32 + 56
    const places = [0, 31, 32, index - 57, index - 56, index - 33, index - 32, index - 1, index, index + 16_383, index + 16_384, index + 16_399, index + 16_400, object.length - 17, object.length - 1]
    const codes = await codeOfMany(places.map((at) => async () => {
      const changed = new Uint8Array(object)
      changed[at] = (object[at] as number) ^ 0x10
      return decryptObject('a', changed)
    }))
    expect(codes).toEqual(places.map((at) => (at < index ? 'bad-index' : 'bad-chunk')))
    expect(await codeOfMany([0, 1, index, object.length - 1].map((end) => async () => decryptObject('a', object.subarray(0, end))))).toEqual(Array(4).fill('truncated'))
    expect(await codeOfMany([1, 16, 99_999].map((more) => async () => decryptObject('a', Buffer.concat([object, new Uint8Array(more)]))))).toEqual(Array(3).fill('trailing-data'))
    expect((await decryptObject('a', object)).length).toBe(16_424)
  })

  test('refuses the object of another file, of another release, and of another app', async () => {
    const content = pattern(700)
    const manifest = await release({ a: content, b: pattern(700, 2) })
    const others = [objectAt(manifest, 'b'), objectAt(await release({ a: content })), objectAt(await release({ a: content }, { app: 'com.example.other' }))]
    const { decryptObject } = await opened(manifest, { backend })
    expect(await codeOfMany(others.map((object) => async () => decryptObject('a', object)))).toEqual(Array(3).fill('bad-index'))
  })

  test('refuses what a signed list says wrongly of an object', async () => {
    const manifest = await release({ a: pattern(700) })
    const object = objectAt(manifest)
    const digest = Buffer.from(pattern(32, 7)).toString('base64url')
    const refused = async (change: (entry: Entry) => void): Promise<readonly string[]> => {
      const { decryptObject } = await withEntry(manifest, change)
      return codeOfMany([async () => decryptObject('a', object)])
    }
    expect(await refused((entry) => (entry.object.key = digest))).toEqual(['bad-index'])
    expect(await refused((entry) => (entry.object.index = digest))).toEqual(['bad-index'])
    expect(await refused((entry) => (entry.object.chunk = 262_144))).toEqual(['bad-index'])
    expect(await refused((entry) => (entry.sha256 = digest))).toEqual(['bad-checksum'])
    expect(await refused((entry) => (entry.size = 699))).toEqual(['trailing-data'])
    expect(await refused((entry) => (entry.size = 701))).toEqual(['truncated'])
    expect(await refused((entry) => Object.assign(entry, { size: 701, object: { ...entry.object, encoding: 'gzip', size: 700 } }))).toEqual(['bad-checksum'])
    expect(await refused((entry) => Object.assign(entry, { size: 701, object: { ...entry.object, encoding: 'br', size: 700 } }))).toEqual(['bad-checksum'])
    expect((await (await withEntry(manifest, () => undefined)).decryptObject('a', object)).length).toBe(700)
  })

  test('copies the object at the call, from wherever it lies in memory', async () => {
    const content = pattern(40_000)
    const manifest = await release({ a: content })
    const { decryptObject } = await opened(manifest, { backend })
    const wide = Buffer.concat([pattern(13), objectAt(manifest), pattern(13)])
    for (const object of [wide.subarray(13, -13), new Uint8Array(wide).subarray(13, -13)]) {
      const pending = decryptObject('a', object)
      object.fill(0)
      expect(await pending).toSatisfy(sameAs(content))
    }
    for (const wrong of [undefined, 'text', [1, 2], new DataView(new ArrayBuffer(9)), new Uint8Array(new SharedArrayBuffer(9))]) {
      await expect(decryptObject('a', wrong as Uint8Array)).rejects.toThrow(TypeError)
    }
  })

  test('knows no other paths than the signed ones', async () => {
    const { decryptObject } = await opened(await release({ a: 'x' }), { backend })
    for (const path of ['b', 'A', './a', '', '__proto__', 'constructor', undefined]) await expect(decryptObject(path as string, new Uint8Array(9))).rejects.toThrow(RangeError)
  })
})

/** A release of one file that a publisher has compressed by itself: `encoded` is what the object holds, `content` what is signed. */
async function encodedRelease(encoding: 'br' | 'gzip', encoded: Uint8Array, content: Uint8Array): Promise<() => Promise<Uint8Array>> {
  const manifest = await release({ a: encoded, b: content })
  const [sealed, plain] = await entriesIn(manifest)
  if (sealed === undefined || plain === undefined) throw new Error('two files')
  const files = [{ ...plain, path: 'a', object: { ...sealed.object, encoding, size: encoded.length } }]
  const { decryptObject } = await opened(await signedManifest({ files }))
  const object = objectAt(manifest, 'a')
  return async () => decryptObject('a', object)
}

const brotli = (bytes: Uint8Array): Buffer => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })

describe.each([['br', brotli], ['gzip', gzipSync]] as const)('R78: what is decompressed, %s,', (encoding, compress) => {
  const content = text(50_000)
  const encoded = compress(content)

  test('is the signed file', async () => {
    expect(await (await encodedRelease(encoding, encoded, content))()).toSatisfy(sameAs(content))
  })

  test.each([
    ['cut', encoded.subarray(0, -1)],
    ['followed by a byte', Buffer.concat([encoded, Uint8Array.of(7)])],
    ['followed by zeros', Buffer.concat([encoded, new Uint8Array(40)])],
    ['followed by much else', Buffer.concat([encoded, pattern(45_000)])],
    ['nothing', new Uint8Array(0)],
    ['not compressed', content.subarray(1)],
    ['noise', pattern(5000)],
    ['another file of the same length', compress(text(50_000).map((byte) => byte ^ 1))],
    ['shorter', compress(content.subarray(1))],
    ['longer', compress(text(50_001))],
  ])('is refused where it is %s', async (_what, bytes) => expectRefused(await encodedRelease(encoding, bytes, content), 'bad-checksum'))

  test('is never more than the signed size, so that memory is bounded', async () => {
    const bomb = compress(new Uint8Array(2 ** 26))
    const open = await encodedRelease(encoding, bomb, new Uint8Array(100_000))
    const before = process.memoryUsage()
    await expectRefused(open, 'bad-checksum')
    const after = process.memoryUsage()
    expect(after.arrayBuffers + after.external - before.arrayBuffers - before.external).toBeLessThan(16 * 2 ** 20)
  })
})

test('no session key can be reached from an opened manifest, nor from what it throws', async () => {
  const manifest = await release({ a: 'one', 'b/c': text(5000) }, { compress: 'gzip' })
  const keys = (await entriesIn(manifest)).map(({ object }) => object.key)
  const device = await opened(manifest)
  const error = await device.decryptObject('a', objectAt(manifest, 'b/c')).catch((reason: unknown) => reason)
  const plan = device.plan([])
  const all = [device, device.files, plan, error].map((value) => [JSON.stringify(value), inspect(value, { depth: Infinity, showHidden: true, getters: true })].join())
  const hex = keys.map((key) => Buffer.from(key, 'base64url').toString('hex'))
  expect(keys.length).toBe(2)
  for (const shown of all) for (const key of [...keys, ...hex]) expect(shown).not.toContain(key)
  expect(Object.keys(device).sort()).toEqual(['decryptObject', 'files', 'header', 'plan', 'releaseId', 'signers', 'size'])
  expect(Object.keys(device.files[1] ?? {}).sort()).toEqual(['object', 'path', 'sha256', 'size'])
  expect(Object.keys(device.files[1]?.object ?? {}).sort()).toEqual(['encoding', 'name', 'size'])
  expect(Object.isFrozen(device.files) && device.files.every((file) => Object.isFrozen(file) && Object.isFrozen(file.object))).toBe(true)
})
