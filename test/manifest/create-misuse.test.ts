import { describe, expect, it } from 'vitest'
import { createManifest } from '../../src/build.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { expectRefused, pattern } from '../envelope/helpers.js'
import { watchedStream } from './creating.js'
import { inputs, opened, opening, publishing, release } from './helpers.js'
import type { CreateManifestOptions, ManifestInput, ManifestInputs } from '../../src/build.js'

type Misuse = readonly [what: string, error: typeof TypeError | typeof RangeError, message: RegExp, value: unknown]

describe('files that are none', () => {
  const create = async (files: unknown): Promise<unknown> => createManifest(files as ManifestInputs, publishing())
  const stream = (): ReadableStream<Uint8Array> => watchedStream(pattern(1)).stream

  it.each([
    ['missing', TypeError, /files must be an array, or anything that can be looped over/, undefined],
    ['null', TypeError, /files must be an array/, null],
    ['a path', TypeError, /files must be an array/, 'dist'],
    ['bytes', TypeError, /files must be an array/, pattern(9)],
    ['an object of paths', TypeError, /files must be an array/, { 'index.html': pattern(1) }],
    ['a Map of paths', TypeError, /each of files must have a path/, new Map([['index.html', pattern(1)]])],
    ['a list of paths', TypeError, /each of files must be \{ path, bytes \} or \{ path, stream \}/, ['index.html']],
    ['a list of nothing', TypeError, /each of files must be/, [null]],
    ['a list with a hole', TypeError, /each of files must be/, Array.from({ length: 1 })],
    ['a stream of bytes', TypeError, /each of files must have a path/, stream()],
    ['without a path', TypeError, /each of files must have a path, a string/, [{ bytes: pattern(1) }]],
    ['with a path that is a URL', TypeError, /must have a path, a string/, [{ path: new URL('file:///a'), bytes: pattern(1) }]],
    ['without content', TypeError, /the file "a" must have either bytes or a stream/, [{ path: 'a' }]],
    ['with twice a content', TypeError, /the file "a" must have either bytes or a stream/, [{ path: 'a', bytes: pattern(1), stream: stream() }]],
    ['with text for bytes', TypeError, /bytes of the file "a" must be a Uint8Array/, [{ path: 'a', bytes: 'text' }]],
    ['with bytes in shared memory', TypeError, /bytes of the file "a" must not lie in shared memory/, [{ path: 'a', bytes: new Uint8Array(new SharedArrayBuffer(9)) }]],
    ['with bytes for a stream', TypeError, /stream of the file "a" must be a ReadableStream/, [{ path: 'a', stream: pattern(1) }]],
    ['with a function that gives bytes', TypeError, /stream of the file "a" must be a ReadableStream/, [{ path: 'a', stream: () => pattern(1) }]],
    ['with a size that is text', TypeError, /size of the file "a" must be a number/, [{ path: 'a', stream: stream(), size: '1' }]],
    ['with a size below 0', RangeError, /size of the file "a" must be a whole number/, [{ path: 'a', stream: stream(), size: -1 }]],
  ] satisfies Misuse[])('%s are a mistake of the program', async (_, error, message, files) => {
    const failure: unknown = await create(files).catch((reason: unknown) => reason)
    expect(failure).toBeInstanceOf(error)
    expect(failure).toHaveProperty('message', expect.stringMatching(message))
  })

  it.each([
    ['has a part that leaves the folder', ['../a'], /the path "\.\.\/a" has a part "\." or "\.\."/],
    ['is there twice', ['a', 'b', 'a'], /the path "a" is there twice/],
    ['differs from another only in its letters', ['a/B', 'a/b'], /the path "a\/b" differs from another path only in upper and lower case \("a\/B"\): rename the file$/],
    ['is the folder of another', ['a/b', 'a'], /the path "a" is a file and a folder at once/],
    ['is not in NFC', ['u\u0308'], /is not in the Unicode form NFC/],
  ])('R73, R74: a path that %s is refused before any file of an array is read', async (_, paths, message) => {
    let read = 0
    const files: ManifestInput[] = paths.map((path) => ({ path, stream: () => { read++; return stream() } }))
    await expectRefused(async () => create(files), 'bad-path', message)
    expect(read).toBe(0)
    await expectRefused(async () => create(files.values()), 'bad-path', message)
  })

  it('more than 100,000 are refused, in an array before any is read', async () => {
    let read = 0
    const file = (i: number): ManifestInput => ({ path: `${i}`, stream: () => { read++; return stream() } })
    await expectRefused(async () => create(Array.from({ length: 100_001 }, (_, i) => file(i))), 'limit-exceeded', /at most 100000 files/)
    expect(read).toBe(0)
  })

  it('are read once, each member of them', async () => {
    const reads: string[] = []
    const file = new Proxy({ path: 'a', bytes: pattern(5) }, {
      get: (target, name) => {
        reads.push(String(name))
        return Reflect.get(target, name) as unknown
      },
    })
    const manifest = await createManifest([file], publishing())
    expect(reads.sort()).toEqual(['bytes', 'path', 'size', 'stream'])
    expect(manifest.files).toHaveLength(1)
  })

  it('may be objects of a class, and bytes part of a larger memory', async () => {
    class File {
      get path(): string { return 'a' }
      get bytes(): Uint8Array { return pattern(100).subarray(40, 60) }
    }
    const manifest = await createManifest([new File()], publishing())
    const device = await opened(manifest)
    expect(Buffer.from(await device.decryptObject('a', manifest.objects[0]?.bytes as Uint8Array)).equals(pattern(100).subarray(40, 60))).toBe(true)
  })
})

describe('options that are none', () => {
  const create = async (options: unknown): Promise<unknown> => createManifest(inputs({ a: 'x' }), options as CreateManifestOptions)
  const hashless = { ...nodeBackend, hasher: undefined }

  it.each([
    ['missing', TypeError, /options must be an object/, undefined],
    ['a list', TypeError, /options must be an object/, []],
    ['without a signer', TypeError, /signer is missing/, { ...publishing(), signer: undefined }],
    ['with a type', TypeError, /a manifest has a type of its own: leave type out/, { ...publishing(), type: 'application/zip' }],
    ['with a store that is a Map', TypeError, /store must have the method create/, publishing({ store: new Map() as never })],
    ['with a store that is a path', TypeError, /store must be an object/, publishing({ store: 'objects' as never })],
    ['with a compression that nobody knows', RangeError, /compress must be one of br, gzip/, publishing({ compress: 'zstd' as never })],
    ['with true for a compression', RangeError, /compress must be one of br, gzip/, publishing({ compress: true as never })],
    ['with no compression in a list', TypeError, /compress is missing/, publishing({ compress: [] })],
    ['with a previous manifest that has no trust', TypeError, /trust is missing/, publishing({ previous: { manifest: pattern(9) } as never })],
    ['with a previous manifest that is bytes alone', TypeError, /trust is missing/, publishing({ previous: pattern(9) as never })],
    ['with a previous manifest that is a path', TypeError, /previous must be an object/, publishing({ previous: 'v1.otaseal' as never })],
    ['with a previous manifest without a manifest', TypeError, /envelope must be/, publishing({ previous: { trust: opening().trust } as never })],
    ['with a backend without a running hash', TypeError, /backend must have the method hasher/, publishing({ backend: hashless as never })],
    ['with meta that is text', TypeError, /meta must be an object/, publishing({ meta: 'abc' as never })],
    ['with meta that is a Map', TypeError, /meta must be an object/, publishing({ meta: new Map() as never })],
    ['with meta of the manifest’s own name', RangeError, /meta must not have otaseal-objects, which is the manifest's own/, publishing({ meta: { 'otaseal-objects': 'x' } })],
  ] satisfies Misuse[])('%s are a mistake of the program', async (_, error, message, options) => {
    const failure: unknown = await create(options).catch((reason: unknown) => reason)
    expect(failure).toBeInstanceOf(error)
    expect(failure).toHaveProperty('message', expect.stringMatching(message))
  })

  it('leave room in meta for the digest of the object list, to the byte', async () => {
    const room = 16_384 - JSON.stringify({ x: '', 'otaseal-objects': '-'.repeat(43) }).length
    const { header } = await opened(await release({ a: 'x' }, { meta: { x: 'y'.repeat(room) } }))
    expect(JSON.stringify(header.meta)).toHaveLength(16_384)
    await expect(release({ a: 'x' }, { meta: { x: 'y'.repeat(room + 1) } })).rejects.toThrow(/^meta takes 1 bytes too many beside otaseal-objects/)
  })

  it('may be inherited, and are read at the call', async () => {
    const options = { ...publishing({ meta: { commit: 'abc' }, compress: 'gzip' }) }
    const creating = createManifest(inputs({ a: 'x'.repeat(999) }), Object.create(options) as CreateManifestOptions)
    Object.assign(options, { app: 'another', compress: undefined, meta: {} })
    const { header, files } = await opened(await creating)
    expect(header).toMatchObject({ app: 'com.example.app', meta: { commit: 'abc' } })
    expect(files[0]?.object.encoding).toBe('gzip')
  })
})
