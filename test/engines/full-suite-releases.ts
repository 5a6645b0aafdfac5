import { createManifest } from '../../src/index.js'
import { encryptForCapgo, encryptForCapgoStream, generateCapgoKeyPair, verifyAndDecryptCapgo, verifyAndDecryptCapgoStream } from '../../src/capgo.js'
import { openEnvelope } from '../../src/device.js'
import { applyManifest, memoryStorage, openManifest, verifyManifestSet } from '../../src/manifest.js'
import { nobleBackend, nobleCapgoBackend } from '../../src/noble.js'
import { checkChunks, planRanges } from '../../src/resume.js'
import { check, hex, refused, same } from './assert.js'
import { CHUNK, flipped, joined, pattern } from './data.js'
import { accepting, backends, claims, keys, once, seal } from './fixtures.js'
import { collect, streamOf } from './streams.js'
import type { ReadObject } from '../../src/manifest.js'
import type { Encoding, Manifest, PreviousManifest } from '../../src/index.js'
import type { Backend } from '../../src/build.js'
import type { EngineTest } from './contract.js'

/** Compresses well. */
const TEXT = new TextEncoder().encode('<p>the same words again and again</p>\n'.repeat(2000))

const first = { 'index.html': TEXT, 'app/main.js': pattern(2 * CHUNK + 5), 'app/copy.js': pattern(2 * CHUNK + 5), 'empty.txt': new Uint8Array(0), 'ünï/✓.txt': pattern(40, 3) }
const second = { ...first, 'app/main.js': pattern(2 * CHUNK + 6, 2) }

type Files = Readonly<Record<string, Uint8Array>>

async function release(files: Files, sequence: number, more: { compress?: Encoding; previous?: PreviousManifest; backend?: Backend | undefined } = {}): Promise<Manifest> {
  const list = Object.entries(files).map(([path, bytes]) => ({ path, bytes }))
  return createManifest(list, { signer: (await keys.ed25519()).privateKey, ...claims, sequence, ...more })
}

/** Installs a release in a storage from its objects, and gives what was fetched. */
async function install(manifest: Manifest, objects: ReadonlyMap<string, Uint8Array>, storage: ReturnType<typeof memoryStorage>, backend?: Backend): Promise<number> {
  const opened = await openManifest(manifest, await accepting({ backend }))
  const applied = await applyManifest(opened, {
    storage,
    fetchObject: async ({ name, range }) => streamOf((objects.get(name) ?? new Uint8Array(0)).subarray(range.start, range.end), [1000]),
    retryDelay: 0.01,
  })
  return applied.fetchedObjects
}

const objectsOf = (...manifests: readonly Manifest[]): Map<string, Uint8Array> =>
  new Map(manifests.flatMap(({ objects }) => objects.map(({ name, bytes }) => [name, bytes as Uint8Array] as const)))

function sameFiles(storage: ReturnType<typeof memoryStorage>, files: Files): void {
  const contents = storage.contents()
  same([...contents.keys()].sort(), Object.keys(files).sort(), 'the paths')
  for (const [path, bytes] of Object.entries(files)) same(contents.get(path), bytes, path)
}

/** Whether the engine itself can do what `encoding` takes, asked past the package. */
function hasCompression(format: string): boolean {
  try {
    new CompressionStream(format as CompressionFormat)
    return true
  } catch {
    return false
  }
}

const compressed = (['gzip', 'br'] as const).map((compress): EngineTest => ({
  name: `a release compressed with ${compress} comes back, or the engine lacks it and the call says so`,
  run: async () => {
    const trial = await release(first, 1000, { compress }).then((manifest) => ({ manifest }), (error: unknown) => ({ error }))
    if ('error' in trial) {
      check(!hasCompression(compress === 'br' ? 'brotli' : compress), `the engine has it, and the call failed: ${String(trial.error)}`)
      await refused(() => release(first, 1000, { compress }), 'backend-unavailable', /publish with another encoding/)
      return
    }
    const { manifest } = trial
    const [found] = manifest.files.filter(({ path }) => path === 'index.html')
    check(found?.object.encoding === compress && found.object.size < found.size / 10, 'the text was not compressed')
    const storage = memoryStorage()
    await install(manifest, objectsOf(manifest), storage)
    sameFiles(storage, first)
  },
}))

const manifests = backends.map(({ title, backend }): EngineTest => ({
  name: `two releases of many files are installed, the second from what the first has left, on ${title}`,
  run: async () => {
    const one = await release(first, 1000, { backend })
    const trust = (await keys.ed25519()).publicKey
    const two = await release(second, 1001, { backend, previous: { manifest: one.toBytes(), trust } })
    const storage = memoryStorage()
    same(await install(one, objectsOf(one), storage, backend), 4, 'objects fetched first')
    sameFiles(storage, first)
    same(await install(two, objectsOf(one, two), storage, backend), 1, 'objects fetched then')
    sameFiles(storage, second)
    await refused(() => install(one, objectsOf(one), storage, backend), 'rollback')
    const { damaged, objects } = await verifyManifestSet(two, two.objectList, objectReader(objectsOf(one, two)), { trust, backend })
    same([damaged.length, objects], [0, 5], 'what a server finds')
  },
}))

function objectReader(objects: ReadonlyMap<string, Uint8Array>): ReadObject {
  return (name) => {
    const bytes = objects.get(name)
    return bytes && { size: bytes.length, stream: streamOf(bytes, [1000]) }
  }
}

const refusedObjects: EngineTest = {
  name: 'an object that is not what was signed is never installed',
  run: async () => {
    const manifest = await release(first, 1000)
    const storage = memoryStorage()
    const damaged = new Map([...objectsOf(manifest)].map(([name, bytes]) => [name, flipped(bytes, bytes.length - 1)]))
    const opened = await openManifest(manifest, await accepting())
    const fetchObject = async ({ name, range }: { readonly name: string; readonly range: { readonly start: number; readonly end: number } }): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> =>
      streamOf((damaged.get(name) as Uint8Array).subarray(range.start, range.end))
    await refused(() => applyManifest(opened, { storage, fetchObject, attempts: 2, retryDelay: 0.01 }), 'bad-chunk')
    same([...storage.contents().keys()], [], 'what is installed')
  },
}

const capgoKeys = once(async () => generateCapgoKeyPair())

const capgo = [undefined, nobleCapgoBackend].flatMap((backend): EngineTest[] => [
  {
    name: `a release for deployed Capgo plugins comes back, on ${backend === undefined ? 'the default backend' : 'noble'}`,
    run: async () => {
      const { publicKey, privateKey } = await capgoKeys()
      for (const size of [1, 15, 16, 17, 70_000]) {
        const { payload, sessionKey, checksum } = await encryptForCapgo(pattern(size), { privateKey, pluginVersion: '7.30.1', backend })
        const { bundle } = await verifyAndDecryptCapgo(payload, { publicKey, sessionKey, checksum, backend })
        same(bundle, pattern(size), `${size} bytes`)
        const damaged = flipped(payload, payload.length - 1)
        await refused(() => verifyAndDecryptCapgo(damaged, { publicKey, sessionKey, checksum, backend }), 'bad-checksum')
      }
    },
  },
  {
    name: `the same as streams, on ${backend === undefined ? 'the default backend' : 'noble'}`,
    run: async () => {
      const { publicKey, privateKey } = await capgoKeys()
      const made = await encryptForCapgoStream(streamOf(TEXT, [1000]), { privateKey, pluginVersion: '7.30.1', backend })
      const { bytes: payload } = await collect(made.payload)
      const release = { publicKey, sessionKey: made.sessionKey, checksum: await made.checksum, backend }
      const { unverified, sha256 } = await verifyAndDecryptCapgoStream(streamOf(payload, [999]), release)
      same((await collect(unverified)).bytes, TEXT, 'the bundle')
      same(await sha256, hex(new Uint8Array(await crypto.subtle.digest('SHA-256', TEXT))), 'its digest')
    },
  },
])

const resume = [undefined, nobleBackend].map((backend): EngineTest => ({
  name: `a download goes on where it broke off, checked by ${backend === undefined ? 'the default backend' : 'noble'}`,
  run: async () => {
    const bundle = pattern(6 * CHUNK + 5)
    const { head, payload } = await seal(bundle)
    const opened = await openEnvelope(head, await accepting())
    await opened.setIndex(payload.subarray(opened.indexRange.start, opened.indexRange.end))
    const disk = joined(bundle.subarray(0, CHUNK), flipped(bundle.subarray(CHUNK, 2 * CHUNK), 7), bundle.subarray(2 * CHUNK, 4 * CHUNK + 9))
    const have = await checkChunks(opened, ({ start, end }) => disk.subarray(start, end), { backend })
    same([...have], [0, 2, 3], 'the chunks that are right')
    const spans = planRanges(opened, have)
    same(spans.map(({ first, count }) => [first, count]), [[1, 1], [4, 3]], 'what is to be fetched')
    const out = joined(disk, new Uint8Array(bundle.length - disk.length))
    for (const span of spans) {
      for await (const { i, plaintext } of opened.decryptChunks(span, streamOf(payload.subarray(span.start, span.end)))) out.set(plaintext, i * CHUNK)
    }
    same(out, bundle, 'the bundle')
  },
}))

export const releaseTests: readonly EngineTest[] = [...compressed, ...manifests, refusedObjects, ...capgo, ...resume]
