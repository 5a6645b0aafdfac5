import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createManifest, encryptBundle } from '../../src/build.js'
import { verifyAndDecrypt } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { pattern, sameAs } from '../envelope/helpers.js'
import { filesIn, watchedStore, watchedStream } from './creating.js'
import { entriesIn, inputs, objectsOf, opened, opening, publishing, release } from './helpers.js'
import type { ManifestInput } from '../../src/build.js'

const small = { 'index.html': '<p>', 'assets/a.js': 'let a', 'assets/b.js': 'let b' }

async function expectFiles(found: ReadonlyMap<string, Uint8Array>, wanted: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  expect([...found.keys()]).toEqual(Object.keys(wanted))
  for (const [path, content] of Object.entries(wanted)) expect(found.get(path)).toSatisfy(sameAs(Buffer.from(content as Uint8Array)))
}

describeEachBackend('createManifest', (backend) => {
  it.each([16_384, 262_144] as const)('makes objects that a device decrypts, of sizes around the borders of chunks of %i bytes', async (chunkSize) => {
    const sizes = [0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 2 * chunkSize + 500]
    const files = Object.fromEntries(sizes.map((size) => [`f${size}`, pattern(size, size + 3)]))
    const manifest = await release(files, { backend, chunkSize })
    expect(manifest.objects.map(({ size, bytes }) => size - (bytes?.length ?? 0))).toEqual(sizes.map(() => 0))
    await expectFiles(await filesIn(manifest), files)
  })

  it('takes streams, functions that open them, and bytes, in one list', async () => {
    const [a, b, c, d] = [pattern(70_000, 1), pattern(300_000, 2), pattern(9, 3), pattern(262_144, 4)]
    const files: ManifestInput[] = [
      { path: 'a', stream: watchedStream(a).stream },
      { path: 'b', stream: () => watchedStream(b, { piece: 40_000 }).stream, size: b.length },
      { path: 'c', bytes: c },
      { path: 'd', stream: async () => Promise.resolve(watchedStream(d, { piece: 262_144 }).stream) },
      { path: 'e', stream: watchedStream(new Uint8Array(0)).stream },
    ]
    const manifest = await createManifest(files, publishing({ backend }))
    await expectFiles(await filesIn(manifest), { a, b, c, d, e: new Uint8Array(0) })
  })

  it('gives to a store what it else returns: one object after the other, flushed before the manifest is signed', async () => {
    const files = { a: pattern(1), b: pattern(40_000, 2), large: pattern(1_500_000, 3), same: pattern(40_000, 2), c: pattern(7, 5) }
    const order: string[] = []
    const store = watchedStore((call) => order.push(call))
    const manifest = await createManifest(inputs(files), publishing({ backend, store, onEvent: ({ event }) => order.push(event) }))
    expect(manifest.objects.map((object) => Object.keys(object))).toEqual(Array.from({ length: 4 }, () => ['name', 'size']))
    expect(manifest.objects.map(({ name }) => name)).toEqual([...store.objects.keys()])
    expect(manifest.objects.map(({ size }) => size)).toEqual([...store.objects.values()].map(({ length }) => length))
    const calls = order.join(' ').replace(/( write)+/g, ' write')
    expect(calls).toBe(`${'create write finish '.repeat(4)}flush head-signed`)
    await expectFiles(await filesIn(manifest, store.objects), files)
  })

  it('makes one object of files that are the same, also where they come one behind the other', async () => {
    const manifest = await release({ a: 'x', b: 'x', c: 'y', d: 'x', e: '', f: '' }, { backend })
    expect(manifest.objects).toHaveLength(3)
    expect(new Set(manifest.files.map(({ object }) => object.name)).size).toBe(3)
    await expectFiles(await filesIn(manifest), { a: 'x', b: 'x', c: 'y', d: 'x', e: '', f: '' })
  })

  it('keeps the order of very many files that are worked on at once', async () => {
    const files = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, pattern((i * 977) % 20_000, i)]))
    const manifest = await release(files, { backend })
    expect(manifest.files.map(({ path }) => path)).toEqual(Object.keys(files))
    await expectFiles(await filesIn(manifest), files)
  })
})

describe('files of createManifest', () => {
  const list = inputs(small)

  it.each([
    ['an array', () => list],
    ['a Set', () => new Set(list)],
    ['the values of a Map', () => new Map(list.entries()).values()],
    ['a generator', function* () { yield* list }],
    ['an asynchronous generator', async function* () { yield* list }],
    ['an asynchronous iterable that is none of these', () => ({ [Symbol.asyncIterator]: () => ({ next: later(list) }) })],
    ['a stream of files', () => streamOf(list)],
  ] as const)('may be %s', async (_, make) => {
    await expectFiles(await filesIn(await createManifest(make(), publishing())), small)
  })

  function streamOf(files: readonly ManifestInput[]): ReadableStream<ManifestInput> {
    return new ReadableStream({
      start: (controller) => {
        for (const file of files) controller.enqueue(file)
        controller.close()
      },
    })
  }

  function later(files: readonly ManifestInput[]): () => Promise<IteratorResult<ManifestInput>> {
    let i = 0
    return async () => {
      const value = files[i++]
      return value === undefined ? { done: true, value: undefined } : { done: false, value }
    }
  }

  it.each([
    ['an array', () => []],
    ['an asynchronous generator', async function* () { /* of nothing */ }],
  ] as const)('may be none, in %s', async (_, make) => {
    const manifest = await createManifest(make(), publishing())
    expect(manifest).toMatchObject({ files: [], objects: [], objectList: '{"objects":[]}' })
    expect((await opened(manifest)).files).toEqual([])
  })

  it('of an array are those of the call, whatever is done to it later', async () => {
    const files = inputs(small)
    const creating = createManifest(files, publishing())
    files.length = 1
    expect((await creating).files).toHaveLength(3)
  })

  it('tell how far the call has come, in bytes', async () => {
    const done: string[] = []
    const onProgress = (progress: { readonly done: number; readonly total: number }): void => void done.push(`${progress.done}/${progress.total}`)
    await release(small, { onProgress })
    await createManifest([{ path: 'a', bytes: pattern(3) }, { path: 'b', stream: () => watchedStream(pattern(4)).stream, size: 4 }], publishing({ onProgress }))
    await createManifest(inputs(small).values(), publishing({ onProgress }))
    expect(done).toEqual(['3/13', '8/13', '13/13', '3/7', '7/7', '3/Infinity', '8/Infinity', '13/Infinity'])
  })
})

describe('what createManifest gives', () => {
  it('shows the files, and names them in the object list whatever their order', async () => {
    const manifest = await release(small)
    expect(manifest.files).toEqual((await opened(manifest)).files)
    expect(manifest.files.map(({ sha256 }) => sha256)).toEqual(Object.values(small).map((text) => createHash('sha256').update(text).digest('hex')))
    const names = manifest.objects.map(({ name }) => name).sort()
    expect(manifest.objectList).toBe(JSON.stringify({ objects: names }))
    const turned = Object.fromEntries(Object.entries(small).reverse())
    const previous = { manifest, trust: opening().trust }
    const again = await release(turned, { previous, sequence: 1001 })
    expect(again.objectList).toBe(manifest.objectList)
  })

  it('R79: has the digest of the object list in meta, beside what the publisher put there', async () => {
    const manifest = await release(small, { meta: { commit: 'abc' } })
    const { header } = await opened(manifest)
    expect(header.meta).toEqual({ commit: 'abc', 'otaseal-objects': createHash('sha256').update(manifest.objectList).digest('base64url') })
    expect(header.bundle.type).toBe('application/vnd.otaseal.manifest+json')
  })

  it('R71: is an envelope like any other, whose bundle is the list', async () => {
    const manifest = await release(small)
    const { bundle } = await verifyAndDecrypt(manifest.toBytes(), opening())
    expect(JSON.parse(Buffer.from(bundle).toString())).toEqual({ files: await entriesIn(manifest) })
  })

  it('adds nothing to the heads of other envelopes', async () => {
    const { head } = await encryptBundle(pattern(9), publishing())
    const { payload } = JSON.parse(head) as { payload: string }
    expect(Object.keys(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object)).toEqual(['app', 'version', 'sequence', 'channel', 'created', 'bundle', 'body'])
  })

  it('R83: has a key of its own for each object, none of which is that of the manifest, and says nothing of it outside', async () => {
    const manifest = await release(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, `${i}`])))
    const entries = await entriesIn(manifest)
    expect(new Set(entries.map(({ object }) => object.key)).size).toBe(50)
    const salts = [...objectsOf(manifest).values()].map((object) => Buffer.from(object.subarray(32, 56)).toString('hex'))
    expect(new Set(salts).size).toBe(50)
    const shown = JSON.stringify([manifest.files, manifest.objectList, manifest.head, manifest.objects])
    for (const { object } of entries) expect(shown).not.toContain(object.key)
  })
})
