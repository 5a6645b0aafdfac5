import { describe, expect, test } from 'vitest'
import { encryptBundle, verifyAndDecrypt } from '../../src/index.js'
import { openManifest } from '../../src/manifest.js'
import { expectRefused } from '../envelope/helpers.js'
import { entry, MANIFEST_TYPE, opened, opening, publishing, release, signedManifest } from './helpers.js'
import type { ErrorCode, EnvelopeEvent } from '../../src/index.js'
import type { Entry } from './helpers.js'

async function expectList(json: unknown, code: ErrorCode, message?: RegExp): Promise<void> {
  const manifest = await signedManifest(json)
  await expectRefused(() => opened(manifest), code, message)
}

/** A list of one good entry as JSON text, to be spoilt. */
const good = JSON.stringify({ files: [entry('a')] })

/** An entry, or its object, with anything in it. */
type Loose = Partial<Record<'path' | 'size' | 'sha256' | 'object' | 'index' | 'key' | 'chunk' | 'encoding' | 'mode' | 'salt', unknown>>

/** A list of one entry that `change` has spoilt. */
function spoilt(change: (file: Loose, object: Loose) => void): unknown {
  const file: Loose = entry('a')
  change(file, file.object as Loose)
  return { files: [file] }
}

describe('R71: a manifest', () => {
  test('is an envelope of its own type', async () => {
    for (const type of ['application/zip', 'application/json', `${MANIFEST_TYPE}2`, 'application/vnd.otaseal.manifest']) {
      const other = await signedManifest(good, { type })
      await expectRefused(() => opened(other), 'wrong-type')
    }
    expect((await opened(await signedManifest(good))).header.bundle.type).toBe(MANIFEST_TYPE)
  })

  test('is of that type whatever a caller asks for', async () => {
    const zip = await encryptBundle(Buffer.from(good), { ...publishing(), type: 'application/zip' })
    await expectRefused(() => openManifest(zip, { ...opening(), ...{ type: 'application/zip' } }), 'wrong-type')
  })

  test('is no bundle of another type, and opens as a bundle to its list where no type is asked for', async () => {
    const manifest = await signedManifest(good)
    await expectRefused(() => verifyAndDecrypt(manifest, { ...opening(), type: 'application/zip' }), 'wrong-type')
    const { bundle } = await verifyAndDecrypt(manifest, opening())
    expect(Buffer.from(bundle).toString()).toBe(good)
  })

  test.each([
    ['nothing', ''],
    ['white space before it', ` ${good}`],
    ['a line end behind it', `${good}\n`],
    ['a BOM', `\ufeff${good}`],
    ['white space in it', good.replace(':', ': ')],
    ['two texts', good + good],
    ['a duplicate member', good.replace('"size":5', '"size":4,"size":5')],
    ['a duplicate list', good.replace('{"files":', '{"files":[],"files":')],
    ['a duplicate member of the object', good.replace('"chunk":16384', '"chunk":262144,"chunk":16384')],
    ['a number with a fraction', good.replace('"size":5', '"size":5.0')],
    ['a number with an exponent', good.replace('"size":5', '"size":5e0')],
    ['minus zero', good.replace('"size":5', '"size":-0')],
    ['a number with more digits than a number has', good.replace('"size":5', '"size":5.00000000000000001')],
    ['an escape where none is needed', good.replace('"a"', '"\\u0061"')],
    ['a comment', `${good}//`],
    ['a cut', good.slice(0, -1)],
  ])('is exact JSON, without %s', async (_what, text) => expectList(text, 'bad-manifest', /JSON/))

  test('has no deep nesting: where there is stack enough to read it, it is no object', async () => {
    await expectList('['.repeat(200_000) + ']'.repeat(200_000), 'bad-manifest', /JSON|is not an object/)
  })

  test('is UTF-8', async () => {
    await expectList(Buffer.concat([Buffer.from(good.slice(0, 19)), Uint8Array.of(0xff), Buffer.from(good.slice(19))]), 'bad-manifest', /UTF-8/)
    await expectList(Buffer.from(good, 'utf16le'), 'bad-manifest')
  })

  test.each([
    ['null', null], ['a number', 7], ['text', '"a"'], ['a list', []], ['an empty object', {}], ['no list', { files: null }], ['an object of files', { files: {} }], ['a file that is null', { files: [null] }],
    ['a file that is text', { files: ['a'] }], ['a file that is a list', { files: [[]] }],
  ])('is an object with a list of files, not %s', async (_what, json) => expectList(json, 'bad-manifest'))

  test('has nothing besides its list', async () => {
    await expectList({ files: [], more: 1 }, 'unsupported')
    await expectList('{"files":[],"__proto__":1}', 'unsupported')
    await expectList('{"__proto__":{"files":[]}}', 'unsupported')
    await expectList({ files: [], constructor: 1 }, 'unsupported')
  })

  test('may be empty', async () => {
    const { files, size, plan } = await opened(await signedManifest({ files: [] }))
    expect([files, size, plan([]).fetch]).toEqual([[], 0, []])
  })

  test('has at most 100,000 files', async () => {
    await expectList(`{"files":[${Array.from({ length: 100_001 }, () => '0').join()}]}`, 'bad-manifest', /more than 100000/)
  })

  test('that is refused is told to who listens, and no secret of it', async () => {
    const events: EnvelopeEvent[] = []
    const manifest = await signedManifest({ files: [entry('a'), entry('a')] })
    await expectRefused(() => opened(manifest, { onEvent: (event) => events.push(event) }), 'bad-manifest')
    expect(events.at(-1)).toMatchObject({ event: 'bundle-refused', code: 'bad-manifest', app: 'com.example.app', sequence: 1000 })
    expect(JSON.stringify(events)).not.toContain(entry('a').object.key)
  })
})

const text32 = entry('other').sha256
/** Not base64url of 32 bytes in the one writing that there is. */
const notDigests: readonly unknown[] = [undefined, null, 7, '', [], {}, text32.slice(1), `${text32}A`, `${text32}=`, text32.replace(/.$/, 'B'), `+${text32.slice(1)}`, text32.slice(0, 42), Buffer.from(text32, 'base64url').toString('hex')]
const notSizes: readonly unknown[] = [undefined, null, '5', -1, 0.5, 2 ** 53, 1e300, [], true]

/** A list of one file of `size` bytes, of which there are `encodedSize` once it is compressed. */
const encoded = (size: number, encodedSize: number): unknown =>
  spoilt((file, object) => Object.assign(file, { size, object: { ...object, encoding: 'gzip', size: encodedSize } }))

describe('R72: an entry', () => {
  const notTexts: readonly unknown[] = [undefined, null, 7, ['a'], {}]
  const members: readonly (readonly [name: string, wrong: readonly unknown[], set: (value: unknown) => unknown])[] = [
    ['path', notTexts, (value) => spoilt((file) => (file.path = value))],
    ['size', notSizes, (value) => spoilt((file) => (file.size = value))],
    ['sha256', notDigests, (value) => spoilt((file) => (file.sha256 = value))],
    ['object', [undefined, null, 7, 'a', [], {}], (value) => spoilt((file) => (file.object = value))],
    ['index', notDigests, (value) => spoilt((_, object) => (object.index = value))],
    ['key', notDigests, (value) => spoilt((_, object) => (object.key = value))],
    ['chunk', [undefined], (value) => spoilt((_, object) => (object.chunk = value))],
    ['encoding', [null, 7, ['gzip']], (value) => spoilt((_, object) => Object.assign(object, { encoding: value, size: 3 }))],
    ['size of the object', [...notSizes], (value) => spoilt((_, object) => Object.assign(object, { encoding: 'gzip', size: value }))],
  ]

  test.each(members)('has %s in its one form', async (_name, wrong, set) => {
    for (const value of wrong) await expectList(set(value), 'bad-manifest')
  })

  test('has no member that nobody knows', async () => {
    await expectList(spoilt((file) => (file.mode = 0o755)), 'unsupported')
    await expectList(spoilt((_, object) => (object.salt = 'a')), 'unsupported')
    await expectList(good.replace('"path"', '"__proto__":{},"path"'), 'unsupported')
    await expectList(good.replace('"index"', '"toString":1,"index"'), 'unsupported')
  })

  test('names an encoding and a chunk size that this version knows', async () => {
    for (const encoding of ['', 'GZIP', 'zstd', 'deflate', 'identity', 'constructor']) {
      await expectList(spoilt((_, object) => Object.assign(object, { encoding, size: 3 })), 'unsupported')
    }
    for (const chunk of [0, 1, 16_383, 65_536, 262_145, '16384', null]) await expectList(spoilt((_, object) => (object.chunk = chunk)), 'unsupported')
  })

  test('has the size of an encoded file with its encoding, and only then', async () => {
    await expectList(spoilt((_, object) => (object.encoding = 'br')), 'bad-manifest', /together/)
    await expectList(spoilt((_, object) => (object.size = 5)), 'bad-manifest', /together/)
    const { files } = await opened(await signedManifest(spoilt((_, object) => Object.assign(object, { encoding: 'br', size: 3 }))))
    expect(files[0]?.object).toMatchObject({ encoding: 'br', size: 32 + 56 + 3 + 16 })
  })

  test('has no object of more chunks than there may be', async () => {
    const most = 2 ** 20 * 16_384 - 1
    expect((await opened(await signedManifest(spoilt((file) => (file.size = most))))).size).toBe(most)
    await expectList(spoilt((file) => (file.size = most + 1)), 'bad-manifest', /chunks/)
    await expectList(encoded(most + 2, most + 1), 'bad-manifest', /chunks/)
  })

  test('has an object that is smaller than its file where that is compressed, so that what a device takes bounds what it fetches', async () => {
    for (const [size, encodedSize] of [[5, 5], [5, 6], [5, 2 ** 34 - 1], [0, 0], [0, 1]] as const) {
      await expectList(encoded(size, encodedSize), 'bad-manifest', /smaller/)
    }
    expect((await opened(await signedManifest(encoded(5, 4)))).files[0]?.object).toMatchObject({ encoding: 'gzip' })
  })

  test('adds no more bytes to the others than a number can count, and no more than a device takes', async () => {
    const packed = (path: string, size: number): Entry => ({ ...entry(path, { size }), object: { ...entry(path).object, encoding: 'gzip', size: 9 } })
    const files = [packed('a', Number.MAX_SAFE_INTEGER), packed('b', 10)]
    await expectList({ files }, 'bad-manifest', /more bytes/)
    await expectList({ files: Array.from({ length: 9 }, (_, i) => packed(String(i), Number.MAX_SAFE_INTEGER)) }, 'bad-manifest', /more bytes/)
    expect((await opened(await signedManifest({ files: files.slice(0, 1) }))).size).toBe(Number.MAX_SAFE_INTEGER)
    const small = await signedManifest({ files: [entry('a'), entry('b')] })
    await expectRefused(() => opened(small, { maxSize: 9 }), 'too-large')
    expect((await opened(small, { maxSize: 10 })).size).toBe(10)
  })
})

describe('R76: entries of one object', () => {
  const first = entry('a')
  const same = { ...first, path: 'b' }

  test('may be of several paths', async () => {
    expect((await opened(await signedManifest({ files: [first, entry('c'), same] }))).files.length).toBe(3)
  })

  test.each([
    ['size', { ...same, size: 6 }],
    ['SHA-256', { ...same, sha256: text32 }],
    ['key', { ...same, object: { ...same.object, key: text32 } }],
    ['chunk size', { ...same, object: { ...same.object, chunk: 262_144 } }],
    ['encoding', { ...same, object: { ...same.object, encoding: 'gzip', size: 4 } }],
  ])('say the same of its %s', async (_what, second) => {
    await expectList({ files: [first, entry('c'), second] }, 'bad-manifest', /different things of one object/)
    await expectList({ files: [second, entry('c'), first] }, 'bad-manifest', /different things of one object/)
  })
})

/** 100,000 files, all with the object of one. */
function largeList(folder: string): string {
  const one = entry('a')
  return JSON.stringify({ files: Array.from({ length: 100_000 }, (_, i) => ({ ...one, path: `${folder}${i % 500}/${folder}-${i}.js` })) })
}

test.each([['ASCII', 'assets'], ['other characters', 'データ']])('100,000 files with paths of %s open in seconds', async (_what, folder) => {
  const manifest = await signedManifest(largeList(folder), { chunkSize: 262_144 })
  const start = process.cpuUsage()
  const { files } = await opened(manifest)
  expect(files.length).toBe(100_000)
  expect(process.cpuUsage(start).user).toBeLessThan(20_000_000)
})

test('a release opens to what was published, also with nothing in it', async () => {
  expect((await opened(await release({}))).files).toEqual([])
  expect((await opened(await release({ a: '', 'b/c': 'x' }))).files.map(({ path, size }) => [path, size])).toEqual([['a', 0], ['b/c', 1]])
})
