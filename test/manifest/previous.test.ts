import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createManifest } from '../../src/build.js'
import { expectRefused, pattern } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { freshReader } from '../readers/readers.js'
import { entry, storeOf } from '../trust/signed.js'
import { filesIn, watchedStream } from './creating.js'
import { entriesIn, inputs, objectsOf, opening, publisher, publishing, release, signedManifest } from './helpers.js'
import type { CreateManifestOptions, ErrorCode, Manifest, PreviousManifest, TrustStore } from '../../src/build.js'
import type { Files } from './helpers.js'

const files: Files = { 'index.html': '<p>', 'a.js': pattern(20_000), 'b.js': 'let b', 'empty.css': '' }

function previousOf(manifest: PreviousManifest['manifest'], more: Partial<PreviousManifest> = {}): PreviousManifest {
  return { manifest, trust: opening().trust, ...more }
}

/** The release after {@link Manifest}. */
async function next(previous: Manifest, content: Files, more: Partial<CreateManifestOptions> = {}): Promise<Manifest> {
  return release(content, { previous: previousOf(previous), sequence: 1001, ...more })
}

describe('a release after another', () => {
  it('keeps object, key and digests of what is unchanged, also under another path, and makes the others anew', async () => {
    const first = await release(files)
    const second = await next(first, { 'index.html': '<b>', 'lib/a.js': pattern(20_000), 'copy/a.js': pattern(20_000), 'b.js': 'let b', 'empty.css': '' })
    const [old, now] = [await entriesIn(first), await entriesIn(second)]
    const found = (path: string): unknown => now.find((entry) => entry.path === path)
    const known = (path: string): object => old.find((entry) => entry.path === path) ?? {}
    expect(found('lib/a.js')).toEqual({ ...known('a.js'), path: 'lib/a.js' })
    expect(found('copy/a.js')).toEqual({ ...known('a.js'), path: 'copy/a.js' })
    expect(found('b.js')).toEqual(known('b.js'))
    expect(found('empty.css')).toEqual(known('empty.css'))
    expect(second.objects).toHaveLength(1)
    expect(second.objects[0]?.name).toBe(second.files[0]?.object.name)
    expect(new Set([...old, ...now].map(({ object }) => object.key)).size).toBe(5)
    expect([...(await filesIn(second, new Map([...objectsOf(first), ...objectsOf(second)]))).keys()]).toEqual(now.map(({ path }) => path))
  })

  it('without any change has no new objects, and one that is empty has none at all', async () => {
    const first = await release(files)
    expect((await next(first, files)).objects).toEqual([])
    expect((await next(first, {})).objectList).toBe('{"objects":[]}')
  })

  it('keeps the chunk size of what it takes over', async () => {
    const second = await next(await release({ a: pattern(99) }), { a: pattern(99), b: pattern(98) }, { chunkSize: 262_144 })
    expect((await entriesIn(second)).map(({ object }) => object.chunk)).toEqual([16_384, 262_144])
  })

  it('takes over only what devices can decode by what is said of compression today', async () => {
    const text = { a: 'x'.repeat(9999), b: 'y' }
    const zipped = await release(text, { compress: ['br', 'gzip'] })
    const objects = async (compress: CreateManifestOptions['compress']): Promise<number> => (await next(zipped, text, { compress })).objects.length
    expect(zipped.files.map(({ object }) => object.encoding)).toEqual(['br', undefined])
    expect(await objects('br')).toBe(0)
    expect(await objects(['gzip', 'br'])).toBe(0)
    expect(await objects('gzip')).toBe(1)
    expect(await objects(undefined)).toBe(1)
    expect((await next(await release(text), text, { compress: 'br' })).objects).toEqual([])
  })

  it('R80, R83: of any three, takes over what was there, never has one key for two contents, and can be read whole', async () => {
    const content = fc.constantFrom('', 'a', 'b', 'c', 'd'.repeat(16_384), 'e'.repeat(40_000))
    const list = fc.dictionary(fc.constantFrom('p', 'q', 'r', 'f/s', 'f/t', 'u'), content, { noNullPrototype: true })
    await fc.assert(
      fc.asyncProperty(fc.tuple(list, list, list), async (versions) => {
        const store = new Map<string, Uint8Array>()
        const contentOfKey = new Map<string, string>()
        const contentOfObject = new Map<string, string>()
        let before: { readonly manifest: Manifest; readonly contents: ReadonlySet<string> } | undefined
        for (const [i, version] of versions.entries()) {
          const more = before === undefined ? {} : { previous: previousOf(before.manifest, { trust: publisher.publicKey }) }
          const manifest = await release(version, { ...more, sequence: 1000 + i })
          const contents = new Set(Object.values(version))
          const fresh = [...contents].filter((text) => before?.contents.has(text) !== true)
          expect(manifest.objects).toHaveLength(fresh.length)
          for (const [name, bytes] of objectsOf(manifest)) {
            expect(store.has(name)).toBe(false)
            store.set(name, bytes)
          }
          for (const { path, object } of await entriesIn(manifest)) {
            const text = version[path] as string
            expect(contentOfKey.get(object.key) ?? text).toBe(text)
            expect(contentOfObject.get(object.index) ?? text).toBe(text)
            contentOfKey.set(object.key, text)
            contentOfObject.set(object.index, text)
          }
          const got = await filesIn(manifest, store)
          expect(Object.fromEntries([...got].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]))).toEqual(version)
          before = { manifest, contents }
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('R80: a previous manifest', () => {
  const other = freshEd25519()
  const reader = freshReader('X25519')

  async function expectVerdict(code: ErrorCode | 'taken over', first: Manifest | Awaited<ReturnType<typeof signedManifest>>, more: Partial<PreviousManifest> = {}, options: Partial<CreateManifestOptions> = {}): Promise<void> {
    let read = 0
    const stream = (): ReadableStream<Uint8Array> => {
      read++
      return watchedStream(Buffer.from('x')).stream
    }
    const create = async (): Promise<Manifest> => createManifest([{ path: 'a', stream }], publishing({ previous: previousOf(first, more), sequence: 1001, ...options }))
    if (code !== 'taken over') await expectRefused(create, code)
    else expect((await create()).objects).toEqual([])
    expect(read).toBe(code === 'taken over' ? 1 : 0)
  }

  it.each<[string, ErrorCode | 'taken over', TrustStore]>([
    ['by a key that is active', 'taken over', storeOf([publisher])],
    ['by a key that is unknown', 'untrusted-key', storeOf([other])],
    ['by a key that is revoked', 'revoked-key', storeOf([entry(publisher, { status: 'revoked' }), other])],
    ['by a key that was retired after it', 'taken over', storeOf([entry(publisher, { status: 'retired', lastSequence: 1000 }), other])],
    ['by a key that was retired before it', 'out-of-scope', storeOf([entry(publisher, { status: 'retired', lastSequence: 999 }), other])],
    ['by fewer keys than there must be', 'threshold-not-met', storeOf([publisher, other], { threshold: 2 })],
    ['by a key for another channel', 'out-of-scope', storeOf([entry(publisher, { channels: ['beta'] })])],
    ['by a key for another app', 'out-of-scope', storeOf([entry(publisher, { apps: ['com.example.other'] })])],
    ['by a key for its channel', 'taken over', storeOf([entry(publisher, { channels: ['production'], apps: ['com.example.app'] })])],
    ['below what is built in', 'taken over', storeOf([publisher], { minSequence: 5000 })],
  ])('signed %s: %s', async (_, code, trust) => {
    const first = await release({ a: 'x' })
    await expectVerdict(code, first, { trust })
    await expectVerdict(code, first, { trust: JSON.stringify(trust) as never })
  })

  it('of another app is refused', async () => {
    await expectVerdict('wrong-app', await release({ a: 'x' }, { app: 'com.example.other' }))
  })

  it('that has expired is taken over', async () => {
    await expectVerdict('taken over', await release({ a: 'x' }, { expires: 1 }))
  })

  it('for named readers is opened by one of them, and by no other', async () => {
    const first = await release({ a: 'x' }, { readers: [reader.publicKey] })
    await expectVerdict('taken over', first, { reader: reader.privateKey })
    await expectVerdict('no-reader-key', first)
    await expectVerdict('no-reader-key', first, { reader: freshReader('X25519').privateKey })
  })

  it('that is no manifest is refused', async () => {
    await expectVerdict('wrong-type', await signedManifest('{}', { type: 'application/zip' }))
    await expectVerdict('bad-manifest', await signedManifest('{}'))
  })

  it('that was changed is refused, wherever', async () => {
    const first = await release({ a: 'x' })
    const changed = (at: number): Manifest => ({ ...first, payload: first.payload.map((byte, i) => (i === at ? byte ^ 1 : byte)) })
    await expectVerdict('bad-index', changed(0))
    await expectVerdict('bad-index', changed(80))
    await expectVerdict('bad-chunk', changed(first.payload.length - 1))
    const head = JSON.parse(first.head) as { payload: string }
    await expectVerdict('bad-signature', { ...first, head: JSON.stringify({ ...head, payload: (JSON.parse((await release({ a: 'y' })).head) as { payload: string }).payload }) })
    await expectVerdict('truncated', { ...first, payload: first.payload.subarray(1) })
  })

  it('whose sequence is not below the new one is refused, since no device would install that one', async () => {
    const first = await release({ a: 'x' })
    await expectVerdict('rollback', first, {}, { sequence: 1000 })
    await expectVerdict('rollback', first, {}, { sequence: 999 })
    await expectVerdict('taken over', first, {}, { sequence: 999, channel: 'beta' })
    await expectVerdict('taken over', first, {}, { sequence: 999, channel: undefined })
    await expectVerdict('taken over', first, {}, { sequence: 999, runtime: 'ios-7' })
  })

  it('is read at the call, as it is then', async () => {
    const first = await release({ a: 'x' }, { channel: 'beta' })
    const bytes = first.toBytes()
    const previous = { ...previousOf(bytes) }
    const creating = createManifest(inputs({ a: 'x' }), publishing({ previous, sequence: 1001 }))
    bytes.fill(0)
    Object.assign(previous, { trust: other.publicKey, manifest: undefined })
    expect((await creating).objects).toEqual([])
  })

  it('is opened and the new one signed under the eyes of the listener', async () => {
    const events: string[] = []
    const first = await release({ a: 'x' })
    await next(first, { a: 'x' }, { onEvent: ({ event, ...record }) => events.push(`${event} ${'sequence' in record ? record.sequence : ''}`) })
    expect(events).toEqual(['signature-counted 1000', 'head-verified 1000', 'reader-used 1000', 'bundle-accepted 1000', 'head-signed 1001'])
    events.length = 0
    await expectRefused(async () => next(first, {}, { previous: previousOf(first, { trust: other.publicKey }), onEvent: ({ event }) => events.push(event) }), 'untrusted-key')
    expect(events).toEqual(['signature-refused', 'head-refused'])
  })
})
