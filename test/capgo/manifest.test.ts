import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encryptForCapgo, encryptManifestForCapgo, verifyAndDecryptCapgo, verifyAndDecryptCapgoManifest } from '../../src/capgo.js'
import { nodeCapgoBackend } from '../../src/node.js'
import { cliKeyPair, describeEachCapgoBackend } from './helpers.js'
import { all, cliManifest, hold, loadedByDevice, text, watched } from './manifest-helpers.js'
import type { CapgoFile, Progress } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()
const V3 = { privateKey, checksumForm: 'V3' } as const

const app: readonly CapgoFile[] = [
  { path: 'index.html', bytes: Buffer.from('<h1>app</h1>') },
  { path: 'assets/main.js', bytes: text(100_000) },
  { path: 'assets/noise.bin', bytes: randomBytes(20_000) },
  { path: 'assets/logo@2x.png', bytes: randomBytes(16) },
  { path: 'assets/deep/ünï+#1%.txt', bytes: text(8192) },
  { path: 'small.txt', bytes: text(8191) },
  { path: 'one', bytes: Buffer.of(7) },
]

describe('the delta form', () => {
  test.each(['V2', 'V3'] as const)('is read by devices, file for file, in the checksum form %s', async (checksumForm) => {
    const { sessionKey, files, ...names } = await encryptManifestForCapgo(app, { privateKey, checksumForm })
    const entries = await all(files)
    const device = loadedByDevice(entries, { sessionKey, publicKey, form: checksumForm })
    expect(hold([...device].map(([path, bytes]) => ({ path, bytes })), app)).toBe(true)
    expect(names.checksumForm).toBe(checksumForm)
    expect(names.keyId).toBe(publicKey.replaceAll(/-----.*-----|\n/g, '').slice(0, 20))
  })

  test('compresses files of 8192 bytes and more where that saves something, and no others', async () => {
    const { files } = await encryptManifestForCapgo(app, V3)
    const names = (await all(files)).map(({ file_name }) => file_name)
    expect(names).toEqual([
      'index.html', 'assets/main.js.br', 'assets/noise.bin', 'assets/logo@2x.png', 'assets/deep/ünï+#1%.txt.br', 'small.txt', 'one',
    ])
  })

  test('compresses nothing where that is asked for', async () => {
    const { files } = await encryptManifestForCapgo(app, { ...V3, compress: false })
    const entries = await all(files)
    expect(entries.map(({ file_name }) => file_name)).toEqual(app.map(({ path }) => path))
    expect(entries.map(({ payload }) => payload.length)).toEqual(app.map(({ bytes }) => bytes.length + 16 - (bytes.length % 16)))
  })

  test.each(['V2', 'V3'] as const)('is read as the Capgo CLI makes it, in the checksum form %s, under the names that it gives', async (form) => {
    const { sessionKey, entries } = cliManifest(app, privateKey, form)
    const files = await all(verifyAndDecryptCapgoManifest(entries, { sessionKey, publicKey }))
    expect(hold(files, app.map(({ path, bytes }) => ({ path: path.split('/').map(encodeURIComponent).join('/'), bytes })))).toBe(true)
    expect(files[3]?.path).toBe('assets/logo%402x.png')
  })

  test('has the session of the ZIP where its session key is passed', async () => {
    const zip = await encryptForCapgo(randomBytes(1000), V3)
    const { sessionKey, files } = await encryptManifestForCapgo(app, { ...V3, sessionKey: zip.sessionKey })
    expect(sessionKey).toBe(zip.sessionKey)
    expect(loadedByDevice(await all(files), { sessionKey, publicKey, form: 'V3' }).size).toBe(app.length)
    await verifyAndDecryptCapgo(zip.payload, { ...zip, publicKey, sessionKey })
  })

  test('has another session for each release, and in one the same for all files', async () => {
    const twice = [0, 1].map((i) => ({ path: `${i}`, bytes: text(64) }))
    const [first, second] = [await encryptManifestForCapgo(twice, V3), await encryptManifestForCapgo(twice, V3)]
    const [[a, b], [c]] = [await all(first.files), await all(second.files)]
    expect(first.sessionKey).not.toBe(second.sessionKey)
    expect(a?.payload).toEqual(b?.payload)
    expect(a?.payload).not.toEqual(c?.payload)
    expect(a?.file_hash).toBe(c?.file_hash)
  })

  test('of no files is empty', async () => {
    const { sessionKey, files } = await encryptManifestForCapgo([], V3)
    expect(await all(files)).toEqual([])
    expect(await all(verifyAndDecryptCapgoManifest([], { sessionKey, publicKey }))).toEqual([])
  })
})

describe('the files of a caller', () => {
  test('are taken one at a time, and only when they are asked for', async () => {
    const source = watched(app)
    const { sessionKey, files } = await encryptManifestForCapgo(source, V3)
    expect(source.taken).toBe(0)
    const plain = verifyAndDecryptCapgoManifest(files, { sessionKey, publicKey })[Symbol.asyncIterator]()
    await plain.next()
    expect(source.taken).toBe(1)
    await plain.next()
    expect(source.taken).toBe(2)
    expect(source.returned).toBe(0)
    await plain.return?.()
    expect([source.taken, source.returned]).toEqual([2, 1])
    expect((await plain.next()).done).toBe(true)
    expect(source.taken).toBe(2)
  })

  test('are ended by leaving the loop early, and not when they have ended themselves', async () => {
    const left = watched(app)
    const { files } = await encryptManifestForCapgo(left, V3)
    for await (const file of files) if (file.file_name.startsWith('assets')) break
    expect([left.taken, left.returned]).toEqual([2, 1])
    const read = watched(app)
    await all((await encryptManifestForCapgo(read, V3)).files)
    expect([read.taken, read.returned]).toEqual([app.length + 1, 0])
  })

  test('are copied when they are taken, also where they are views', async () => {
    const memory = randomBytes(40_000)
    const file = { path: 'a', bytes: Buffer.from(memory.subarray(100, 30_100)) }
    const overwrite = { ...nodeCapgoBackend, sha256: (bytes: Uint8Array<ArrayBuffer>) => (memory.fill(0), nodeCapgoBackend.sha256(bytes)) }
    const views = [{ path: 'a', bytes: memory.subarray(100, 30_100) }]
    const { sessionKey, files } = await encryptManifestForCapgo(views, { ...V3, backend: overwrite })
    const [entry] = await all(files)
    expect(memory.every((byte) => byte === 0)).toBe(true)
    if (entry === undefined) throw new Error('no file came')
    expect(loadedByDevice([entry], { sessionKey, publicKey, form: 'V3' }).get('a')?.equals(file.bytes)).toBe(true)

    const around = Buffer.concat([randomBytes(48), entry.payload])
    const overwritten = { ...nodeCapgoBackend, cbc: (key: Uint8Array<ArrayBuffer>) => (around.fill(0), nodeCapgoBackend.cbc(key)) }
    const entries = [{ ...entry, payload: around.subarray(48) }]
    expect(hold(await all(verifyAndDecryptCapgoManifest(entries, { sessionKey, publicKey, backend: overwritten })), [file])).toBe(true)
    expect(around.every((byte) => byte === 0)).toBe(true)
  })

  test('are counted in bytes as they were', async () => {
    const [written, read]: Progress[][] = [[], []]
    const { sessionKey, files } = await encryptManifestForCapgo(app, { ...V3, onProgress: (progress) => written?.push(progress) })
    const options = { sessionKey, publicKey, onProgress: (progress: Progress) => read?.push(progress) }
    await all(verifyAndDecryptCapgoManifest(files, options))
    let done = 0
    const expected = app.map(({ bytes }) => ({ done: (done += bytes.length), total: Infinity }))
    expect(written).toEqual(expected)
    expect(read).toEqual(expected)
  })
})

describe('what compression gives', () => {
  const backendWith = (compressed: Uint8Array): typeof nodeCapgoBackend => ({
    ...nodeCapgoBackend,
    brotli: { compress: () => new Uint8Array(compressed), decompress: () => undefined },
  })
  const nameWith = async (compressed: Uint8Array): Promise<string | undefined> => {
    const bytes = text(9000)
    const { sessionKey, files } = await encryptManifestForCapgo([{ path: 'a', bytes }], { ...V3, backend: backendWith(compressed) })
    const entries = await all(files)
    if (entries[0]?.file_name === 'a') expect(loadedByDevice(entries, { sessionKey, publicKey, form: 'V3' }).get('a')?.equals(bytes)).toBe(true)
    return entries[0]?.file_name
  }

  test.each([
    ['1b0006', '03'],
    ['0b0280', '03'],
    ['1b0006', ''],
  ])('is left out where devices would take it for a wrapper: %s...%s', async (head, tail) => {
    const middle = tail === '' ? '' : 'aabbcc'
    expect(await nameWith(Buffer.from(head + middle + tail, 'hex'))).toBe('a')
  })

  test.each(['1b0006aa04', '0b0281aa03', '0b0280', '1b000703', '1b00'])('is kept where they would not: %s', async (hex) => {
    expect(await nameWith(Buffer.from(hex, 'hex'))).toBe('a.br')
  })

  test('is left out where it saves ten bytes or fewer', async () => {
    expect(await nameWith(new Uint8Array(9000 - 10))).toBe('a')
    expect(await nameWith(new Uint8Array(9000 - 11))).toBe('a.br')
  })

  test('is taken out of a wrapper as devices do it', async () => {
    const bytes = text(300)
    for (const head of ['1b0006', '0b0280']) {
      const wrapped = { bytes: Buffer.concat([Buffer.from(head, 'hex'), bytes, Buffer.of(3)]), isBrotli: true }
      const { sessionKey, entries } = cliManifest([{ path: 'a', bytes }], privateKey, 'V3', () => wrapped)
      expect(hold(await all(verifyAndDecryptCapgoManifest(entries, { sessionKey, publicKey })), [{ path: 'a', bytes }])).toBe(true)
      expect(loadedByDevice(entries, { sessionKey, publicKey, form: 'V3' }).get('a')?.equals(bytes)).toBe(true)
    }
  })
})

/** Folders and files never share a name; no `%` has two hex digits behind it. */
const part = fc.string({ unit: fc.constantFrom('%-', '@', '+', '#', '?', 'ü', '日', 'x', 'Y', '7', '~', "'", '(', '&', '=', '😀', '.', '-:'), minLength: 1, maxLength: 8 })
const path = fc.tuple(fc.array(part.map((name) => `${name}d`), { maxLength: 4 }), part).map(([folders, name]) => [...folders, `${name}.f`].join('/').replace(/^~/, '-'))
const content = fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.boolean(), fc.integer()).map(([size, isText, seed]) => (isText ? text(size) : noise(size, seed)))
const files = fc.uniqueArray(fc.record({ path, bytes: content }), { selector: (file) => file.path.toUpperCase().toLowerCase(), maxLength: 5 })

function noise(size: number, seed: number): Buffer {
  return createHash('shake128', { outputLength: size }).update(`${seed}`).digest()
}

describeEachCapgoBackend('any files with valid paths', (backend) => {
  const isNode = backend.name === 'node'

  test('come back as they were, and devices have them', async () => {
    const form = fc.constantFrom('V2' as const, 'V3' as const)
    await fc.assert(
      fc.asyncProperty(files, form, async (some, checksumForm) => {
        const { sessionKey, files: made } = await encryptManifestForCapgo(some, { privateKey, checksumForm, backend })
        const entries = await all(made)
        const device = loadedByDevice(entries, { sessionKey, publicKey, form: checksumForm })
        expect(hold([...device].map(([path, bytes]) => ({ path, bytes })), some)).toBe(true)
        const reader = entries.some(({ file_name }) => file_name.endsWith('.br')) ? nodeCapgoBackend : backend
        expect(hold(await all(verifyAndDecryptCapgoManifest(entries, { sessionKey, publicKey, backend: reader })), some)).toBe(true)
      }),
      { numRuns: isNode ? 40 : 6 },
    )
  })

  test('are compressed where the platform has Brotli, and never else', async () => {
    const { sessionKey, files: made } = await encryptManifestForCapgo(app, { ...V3, backend })
    const entries = await all(made)
    expect(entries.some(({ file_name }) => file_name.endsWith('.br'))).toBe(isNode)
    expect(hold(await all(verifyAndDecryptCapgoManifest(entries, { sessionKey, publicKey, backend })), app)).toBe(true)
  })
})
