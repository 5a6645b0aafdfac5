import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encryptBundle, verifyAndDecrypt } from '../../src/index.js'
import { decryptFile, encryptFile, nodeBackend, verifyFile } from '../../src/node.js'
import { CHUNK, accepting, pattern, sameAs, seal } from '../envelope/helpers.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { streamOf } from '../stream/streams.js'
import { makePlace, makeSink, publishing, streamOfFile } from './helpers.js'
import type { FileInput } from '../../src/node.js'
import type { Place } from './helpers.js'

const signer = freshEd25519()
const LARGE = 262_144
let place: Place

beforeEach(() => {
  place = makePlace()
})

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe.each([CHUNK, LARGE] as const)('chunks of %i bytes', (chunkSize) => {
  const sizes = [0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 2 * chunkSize + 500, 5 * 2 ** 20 + 3]

  it.each(sizes)('%i bytes go from file to file and back', async (size) => {
    const bundle = pattern(size)
    const source = place.put('app.zip', bundle)
    const sealed = await encryptFile(source, place.path('app.otaseal'), publishing(signer, { chunkSize }))
    const envelope = place.read('app.otaseal')
    expect(sealed).toMatchObject({ checksum: sha256(bundle), size: envelope.length })
    expect(envelope.subarray(12, 12 + sealed.head.length).toString()).toBe(sealed.head)

    const opened = await decryptFile(place.path('app.otaseal'), place.path('out.zip'), accepting(signer))
    expect(place.read('out.zip')).toSatisfy(sameAs(bundle))
    expect(opened.signers).toEqual([signer.kid])
    expect(opened.header).toMatchObject({ app: 'com.example.app', sequence: 1000, bundle: { size, checksum: sha256(bundle) } })
    expect(await verifyFile(place.path('app.otaseal'), accepting(signer))).toEqual(opened)
    expect(Object.keys(place.state())).toEqual(['app.otaseal', 'app.zip', 'out.zip', 'tmp'])
  })

  it.each(sizes)('%i bytes: what encryptBundle made, decryptFile opens as verifyAndDecrypt does, and the other way', async (size) => {
    const bundle = pattern(size, 7)
    const envelope = (await seal(signer, bundle, { chunkSize })).toBytes()
    const { bundle: expected, ...rest } = await verifyAndDecrypt(envelope, accepting(signer))
    const opened = await decryptFile(place.put('a.otaseal', envelope), place.path('a'), accepting(signer))
    expect(opened).toEqual(rest)
    expect(place.read('a')).toSatisfy(sameAs(expected))

    await encryptFile(place.path('a'), place.path('b.otaseal'), publishing(signer, { chunkSize }))
    const again = await verifyAndDecrypt(place.read('b.otaseal'), accepting(signer))
    expect(again.bundle).toSatisfy(sameAs(bundle))
  })
})

describe('the same envelope, byte for byte,', () => {
  afterEach(() => void vi.useRealTimers())

  it.each([0, CHUNK, 3 * CHUNK + 500])('as encryptBundle makes of %i bytes, where chance is left out', async (size) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_763_700_000_000 })
    const withoutChance = (): typeof nodeBackend => {
      let seed = 1
      return { ...nodeBackend, randomBytes: (length) => pattern(length, seed++) }
    }
    const options = { readers: [pattern(32, 5)], meta: { commit: 'abc' } }
    const bundle = pattern(size)
    const expected = await encryptBundle(bundle, publishing(signer, { ...options, backend: withoutChance() }))
    await encryptFile(place.put('b', bundle), place.path('b.otaseal'), publishing(signer, { ...options, backend: withoutChance() }))
    expect(place.read('b.otaseal')).toSatisfy(sameAs(expected.toBytes()))
  })
})

const bundle = pattern(5 * CHUNK + 77)

/** Every way to name an input of these bytes. */
const inputs: readonly (readonly [string, (bytes: Uint8Array) => FileInput])[] = [
  ['a path', (bytes) => place.put('input', bytes)],
  ['a file: URL', (bytes) => pathToFileURL(place.put('in put%é', bytes))],
  ['a web stream', (bytes) => streamOf(bytes, 4999)],
  ['a web stream of a Node stream', (bytes) => Readable.toWeb(createReadStream(place.put('input', bytes)))],
  ['a web stream of what a Node stream gives', (bytes) => streamOfFile(place.put('input', bytes))],
  ["a blob's stream", (bytes) => new Blob([new Uint8Array(bytes)]).stream()],
]

describe.each(inputs)('%s', (_, input) => {
  it('is encrypted to a file and to a function', async () => {
    const sealed = await encryptFile(input(bundle), place.path('a.otaseal'), publishing(signer))
    const sink = makeSink()
    const passed = await encryptFile(input(bundle), sink.write, publishing(signer))
    expect([sealed.checksum, passed.checksum]).toEqual([sha256(bundle), sha256(bundle)])
    expect([sealed.size, passed.size]).toEqual([place.read('a.otaseal').length, sink.bytes().length])
    for (const envelope of [place.read('a.otaseal'), sink.bytes()]) {
      expect((await verifyAndDecrypt(envelope, accepting(signer))).bundle).toSatisfy(sameAs(bundle))
    }
    expect(place.temporaries()).toEqual([])
  })

  it('is decrypted to a file and to a function, and verified', async () => {
    const envelope = (await seal(signer, bundle)).toBytes()
    const { header, signers } = await verifyAndDecrypt(envelope, accepting(signer))
    const expected = { header, signers }
    const sink = makeSink()
    expect(await decryptFile(input(envelope), place.path('out'), accepting(signer))).toEqual(expected)
    expect(await decryptFile(input(envelope), sink.write, accepting(signer))).toEqual(expected)
    expect(await verifyFile(input(envelope), accepting(signer))).toEqual(expected)
    for (const bytes of [place.read('out'), sink.bytes()]) expect(bytes).toSatisfy(sameAs(bundle))
    expect(place.temporaries()).toEqual([])
  })
})

it('an output is named by a path or a file: URL, also relative to the working directory', async () => {
  const home = process.cwd()
  place.put('in', bundle)
  try {
    process.chdir(place.folder)
    await encryptFile('in', 'plain.otaseal', publishing(signer))
    await encryptFile('in', pathToFileURL(place.path('ur l.otaseal')), publishing(signer))
    await decryptFile('plain.otaseal', './out', accepting(signer))
    await decryptFile('ur l.otaseal', pathToFileURL(place.path('out 2')), accepting(signer))
  } finally {
    process.chdir(home)
  }
  expect(Object.keys(place.state())).toEqual(['in', 'out', 'out 2', 'plain.otaseal', 'tmp', 'ur l.otaseal'])
  for (const name of ['out', 'out 2']) expect(place.read(name)).toSatisfy(sameAs(bundle))
})

it('an empty bundle makes an empty file, and calls no function', async () => {
  await encryptFile(place.put('in', ''), place.path('in.otaseal'), publishing(signer))
  const sink = makeSink()
  await decryptFile(place.path('in.otaseal'), sink.write, accepting(signer))
  await decryptFile(place.path('in.otaseal'), place.path('out'), accepting(signer))
  expect([sink.pieces.length, place.read('out').length]).toEqual([0, 0])
})

it('several keys sign, of both kinds; the trusted ones are named', async () => {
  const other = freshRsa(3072)
  const signers = [signer.privateKey, other.privateKey]
  await encryptFile(place.put('in', bundle), place.path('a'), publishing(signer, { signer: signers }))
  const both = await verifyFile(place.path('a'), { ...accepting(signer), trust: [signer.publicKey, other.publicKey] })
  const one = await verifyFile(place.path('a'), accepting(other))
  expect([[...both.signers].sort(), one.signers]).toEqual([[signer.kid, other.kid].sort(), [other.kid]])
})

it('readers of a shared secret open it, and nobody else', async () => {
  const reader = pattern(32, 3)
  await encryptFile(place.put('in', bundle), place.path('a'), publishing(signer, { readers: [pattern(32, 4), reader] }))
  await decryptFile(place.path('a'), place.path('out'), accepting(signer, { reader }))
  expect(place.read('out')).toSatisfy(sameAs(bundle))
  await expect(verifyFile(place.path('a'), accepting(signer))).rejects.toMatchObject({ code: 'no-reader-key' })
})

describe('progress', () => {
  it('of a file knows its size, and of a stream does not; an envelope tells it by itself', async () => {
    const seen: { readonly done: number; readonly total: number }[][] = []
    const listen = (): { readonly onProgress: (progress: { done: number; total: number }) => void } => {
      const calls: { done: number; total: number }[] = []
      seen.push(calls)
      return { onProgress: (progress) => calls.push({ ...progress }) }
    }
    await encryptFile(place.put('in', bundle), place.path('a'), publishing(signer, listen()))
    await encryptFile(streamOf(bundle), place.path('b'), publishing(signer, listen()))
    await decryptFile(place.path('a'), place.path('c'), accepting(signer, listen()))
    await decryptFile(streamOf(place.read('a')), place.path('d'), accepting(signer, listen()))
    await verifyFile(place.path('a'), accepting(signer, listen()))
    const steps = [...[1, 2, 3, 4, 5].map((i) => i * CHUNK), bundle.length]
    const totals = [bundle.length, Infinity, bundle.length, bundle.length, bundle.length]
    expect(seen).toEqual(totals.map((total) => steps.map((done) => ({ done, total }))))
  })

  it('to a function never goes back, although the envelope is read twice', async () => {
    await encryptFile(place.put('in', bundle), place.path('a'), publishing(signer))
    const done: number[] = []
    const onProgress = (progress: { readonly done: number; readonly total: number }): void => {
      expect(progress.total).toBe(bundle.length)
      done.push(progress.done)
    }
    await decryptFile(place.path('a'), makeSink().write, accepting(signer, { onProgress }))
    expect(done).toEqual([...done].sort((a, b) => a - b))
    expect(done.at(-1)).toBe(bundle.length)
  })
})

it.runIf(process.platform === 'linux')('a file that tells no size is read to its end', async () => {
  await encryptFile('/proc/self/status', place.path('a'), publishing(signer))
  const { header } = await decryptFile(place.path('a'), place.path('out'), accepting(signer))
  expect(header.bundle.size).toBeGreaterThan(100)
  expect(place.read('out').toString()).toMatch(/^Name:/)
})
