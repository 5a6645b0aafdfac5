import { constants, createCipheriv, publicDecrypt, randomBytes } from 'node:crypto'
import { brotliCompressSync, constants as zlib } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { encryptManifestForCapgo, verifyAndDecryptCapgoManifest } from '../../src/capgo.js'
import { nobleCapgoBackend } from '../../src/noble.js'
import { cliKeyPair, describeEachCapgoBackend } from './helpers.js'
import { all, cliManifest, hold, text, untilFailure, watched } from './manifest-helpers.js'
import type { CapgoFile, CapgoManifestDecryptOptions, CapgoManifestFile } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()
const other = cliKeyPair()
const V3 = { privateKey, checksumForm: 'V3' } as const
const app: readonly CapgoFile[] = [
  { path: 'index.html', bytes: Buffer.from('<h1>app</h1>') },
  { path: 'main.js', bytes: text(10_000) },
  { path: 'style.css', bytes: randomBytes(300) },
]
const release = cliManifest(app, privateKey, 'V3')

type Entries = readonly CapgoManifestFile[]
type Given = Entries | AsyncIterable<CapgoManifestFile>

/** The entries of the release, one of which is changed. */
function changed(index: number, change: Partial<Record<keyof CapgoManifestFile, unknown>>, entries: Entries = release.entries): CapgoManifestFile[] {
  return entries.map((entry, i) => (i === index ? ({ ...entry, ...change } as CapgoManifestFile) : entry))
}

async function refusal(entries: Given, options: Partial<CapgoManifestDecryptOptions> = {}): ReturnType<typeof untilFailure<CapgoFile>> {
  return untilFailure(verifyAndDecryptCapgoManifest(entries, { sessionKey: release.sessionKey, publicKey, ...options }))
}

/** Content in the session of the release, with a padding of one's own. */
function inSession(content: Uint8Array, sessionKey: string = release.sessionKey): Buffer {
  const [iv = '', key = ''] = sessionKey.split(':')
  const aesKey = publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(key, 'base64'))
  const cipher = createCipheriv('aes-128-cbc', aesKey, Buffer.from(iv, 'base64')).setAutoPadding(false)
  return Buffer.concat([cipher.update(content), cipher.final()])
}

describeEachCapgoBackend('a file of a manifest', (backend) => {
  const plain = cliManifest(app, privateKey, 'V3', (bytes) => ({ bytes, isBrotli: false }))
  const refused = async (entries: Given, options: Partial<CapgoManifestDecryptOptions> = {}): ReturnType<typeof refusal> =>
    refusal(entries, { sessionKey: plain.sessionKey, backend, ...options })
  const [first, second] = plain.entries as [CapgoManifestFile, CapgoManifestFile]

  test('that was changed in any byte is refused, after the files before it, and nothing more is taken', async () => {
    for (const at of [0, 16, second.payload.length - 17, second.payload.length - 1]) {
      const payload = Buffer.from(second.payload)
      payload[at] = (payload[at] as number) ^ 1
      const entries = watched(changed(1, { payload }, plain.entries))
      const { before, error } = await refused(entries)
      expect(hold(before, app.slice(0, 1))).toBe(true)
      expect(error).toMatchObject({ code: 'bad-checksum', message: expect.stringMatching(/^"main\.js": /) as string })
      expect([entries.taken, entries.returned]).toEqual([2, 1])
    }
  })

  test('that has the checksum of another is refused', async () => {
    const swapped = [{ ...first, file_hash: second.file_hash }, { ...second, file_hash: first.file_hash }]
    expect(await refused(swapped)).toMatchObject({ before: [], error: { code: 'bad-checksum' } })
  })

  test('of another release is refused: whole, its payload alone, its checksum alone', async () => {
    const [stranger] = cliManifest([{ path: 'main.js', bytes: text(9999) }], privateKey, 'V3', (bytes) => ({ bytes, isBrotli: false })).entries
    if (stranger === undefined) throw new Error('no entry')
    for (const change of [stranger, { payload: stranger.payload }, { file_hash: stranger.file_hash }]) {
      expect((await refused(changed(1, change, plain.entries))).error.code).toBe('bad-checksum')
    }
  })

  test('whose checksum another key signed is refused', async () => {
    const [stranger] = cliManifest(app.slice(0, 1), other.privateKey, 'V3').entries
    const message = expect.stringMatching(/^"index\.html": /) as string
    const refusing = await refused(changed(0, { file_hash: stranger?.file_hash }, plain.entries))
    expect(refusing).toMatchObject({ before: [], error: { code: 'bad-signature', message } })
  })

  test('that was cut, or is empty, is refused', async () => {
    const codeAt = async (size: number): Promise<unknown> => (await refused(changed(1, { payload: second.payload.subarray(0, size) }, plain.entries))).error.code
    for (const size of [0, 1, 15, second.payload.length - 1]) expect(await codeAt(size)).toBe('truncated')
    for (const size of [16, second.payload.length - 16]) expect(await codeAt(size)).toBe('bad-checksum')
  })

  test('gives the same message for wrong padding and wrong content', async () => {
    const bytes = app[0]?.bytes as Buffer
    const paddings = ['03040404', '00000004', '00000000', '11111111', 'ffffffff'].map((hex) => Buffer.concat([bytes, Buffer.from(hex, 'hex')]))
    const content = Buffer.concat([randomBytes(12), Buffer.from('04040404', 'hex')])
    const messages = new Set<string>()
    for (const padded of [...paddings, content]) {
      const { error } = await refused(changed(0, { payload: inSession(padded, plain.sessionKey) }, plain.entries))
      expect(error.code).toBe('bad-checksum')
      messages.add(error.message)
    }
    expect(messages.size).toBe(1)
  })

  test('that is empty is refused, though it is signed', async () => {
    const empty = cliManifest([{ path: 'a', bytes: Buffer.alloc(0) }], privateKey, 'V3')
    const { error } = await refused(empty.entries, { sessionKey: empty.sessionKey })
    expect(error).toMatchObject({ code: 'malformed-release', message: expect.stringContaining('is empty') as string })
  })

  test('of more bytes than maxSize is refused, and one of as many is read', async () => {
    for (const size of [16, 31, 32, 33, 2 ** 19, 2 ** 19 + 1]) {
      const bytes = randomBytes(size)
      const { sessionKey, entries } = cliManifest([{ path: 'a', bytes }], privateKey, 'V3', (same) => ({ bytes: same, isBrotli: false }))
      for (const maxSize of [size, size + 1]) {
        expect(hold(await all(verifyAndDecryptCapgoManifest(entries, { sessionKey, publicKey, maxSize, backend })), [{ path: 'a', bytes }])).toBe(true)
      }
      for (const maxSize of [0, size - 1]) {
        expect((await refused(entries, { sessionKey, maxSize })).error).toMatchObject({ code: 'too-large', message: expect.stringContaining('"a"') as string })
      }
      const payload = inSession(Buffer.alloc(size + 16 - (size % 16), 1), sessionKey)
      expect((await refused(changed(0, { payload }, entries), { sessionKey, maxSize: payload.length - 16 })).error.code).toBe('bad-checksum')
    }
  })
})

describe('a compressed file', () => {
  const compressed = (content: Uint8Array, bytes: Uint8Array): ReturnType<typeof cliManifest> =>
    cliManifest([{ path: 'a', bytes }], privateKey, 'V3', () => ({ bytes: content, isBrotli: true }))

  test('that decompresses to more than maxSize is refused without being decompressed further', async () => {
    const bytes = Buffer.alloc(2 ** 28 + 1)
    const bomb = brotliCompressSync(bytes, { params: { [zlib.BROTLI_PARAM_QUALITY]: 1 } })
    expect(bomb.length).toBeLessThan(2 ** 20)
    const { entries, sessionKey } = compressed(bomb, bytes)
    for (const maxSize of [undefined, 2 ** 20]) {
      const before = process.memoryUsage().rss
      const { error } = await refusal(entries, { sessionKey, maxSize })
      expect(error).toMatchObject({ code: 'bad-checksum', message: expect.stringContaining('maxSize') as string })
      if (maxSize !== undefined) expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20)
    }
    expect((await refusal(entries, { sessionKey, maxSize: 1 })).error.code).toBe('too-large')
  })

  test('is read with any maxSize that holds it', async () => {
    const bytes = text(50_000)
    const { entries, sessionKey } = compressed(brotliCompressSync(bytes), bytes)
    for (const maxSize of [50_000, Number.MAX_SAFE_INTEGER]) {
      expect(hold(await all(verifyAndDecryptCapgoManifest(entries, { sessionKey, publicKey, maxSize })), [{ path: 'a', bytes }])).toBe(true)
    }
    expect((await refusal(entries, { sessionKey, maxSize: 49_999 })).error.code).toBe('bad-checksum')
  })

  test('gives one message for wrong Brotli, wrong padding and wrong content', async () => {
    const bytes = text(9000)
    const brotli = brotliCompressSync(bytes)
    const { entries, sessionKey } = compressed(brotli, bytes)
    const messages = new Set<string>()
    const pad = (content: Uint8Array): Buffer => Buffer.concat([content, Buffer.alloc(16 - (content.length % 16), 16 - (content.length % 16))])
    for (const content of [pad(brotli.subarray(0, -5)), pad(bytes), pad(brotliCompressSync(text(8999))), Buffer.alloc(32), pad(Buffer.alloc(0))]) {
      const { error } = await refusal(changed(0, { payload: inSession(content, sessionKey) }, entries), { sessionKey })
      expect(error.code).toBe('bad-checksum')
      messages.add(error.message)
    }
    expect(messages.size).toBe(1)
  })

  test('is not read under a name without .br, nor another one under a name with it', async () => {
    for (const [index, file_name] of [[1, 'main.js'], [2, 'style.css.br']] as const) {
      const { error } = await refusal(changed(index, { file_name }))
      expect(error).toMatchObject({ code: 'bad-checksum', message: expect.stringContaining(JSON.stringify(file_name)) as string })
    }
  })

  test('that is empty is refused, though it is signed', async () => {
    for (const content of [brotliCompressSync(Buffer.alloc(0)), Buffer.from('1b0006', 'hex'), Buffer.from('1b000603', 'hex')]) {
      const { entries, sessionKey } = compressed(content, Buffer.alloc(0))
      expect((await refusal(entries, { sessionKey })).error.code).toBe('malformed-release')
    }
  })

  test('is unsupported where the platform has no Brotli, and those before it are read', async () => {
    const { before, error } = await refusal(release.entries, { backend: nobleCapgoBackend })
    expect(before.length).toBe(1)
    expect(error).toMatchObject({ code: 'unsupported', message: expect.stringContaining('compress: false') as string })
  })

  test('can\'t be asked for where the platform has no Brotli', async () => {
    const asked = encryptManifestForCapgo(app, { ...V3, compress: true, backend: nobleCapgoBackend })
    await expect(asked).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('leave compress out') as string })
  })
})

describe('entries of a server', () => {
  test.each([
    ['without a name', { file_name: undefined }],
    ['with a name that is no text', { file_name: ['a'] }],
    ['without a checksum', { file_hash: undefined }],
    ['with a checksum that is no text', { file_hash: {} }],
    ['with a CRC32', { file_hash: 'deadbeef' }],
    ['with a bare SHA-256', { file_hash: 'ab'.repeat(32) }],
    ['with a checksum of a megabyte', { file_hash: 'a'.repeat(2 ** 20) }],
  ])('%s are refused', async (_what, change) => {
    const { before, error } = await refusal(changed(1, change))
    expect(before.length).toBe(1)
    expect(error).toMatchObject({ code: 'malformed-release' })
  })

  test('with a payload that is no bytes, or that are none, are a mistake of the program', async () => {
    const wrong = [changed(0, { payload: 'text' }), changed(0, { payload: undefined }), [null as unknown as CapgoManifestFile]]
    for (const entries of wrong) expect((await refusal(entries)).error).toBeInstanceOf(TypeError)
  })

  test('in the form V2 are refused for a plugin that reads V3, and the reverse', async () => {
    const old = cliManifest(app, privateKey, 'V2')
    expect((await refusal(old.entries, { sessionKey: old.sessionKey, pluginVersion: '8.51.0' })).error.code).toBe('unsupported')
    const message = expect.stringMatching(/^"index\.html": /) as string
    expect((await refusal(release.entries, { pluginVersion: '7.29.0' })).error).toMatchObject({ code: 'unsupported', message })
    expect((await all(verifyAndDecryptCapgoManifest(old.entries, { sessionKey: old.sessionKey, publicKey, pluginVersion: '7.29.0' }))).length).toBe(3)
    expect((await all(verifyAndDecryptCapgoManifest(release.entries, { sessionKey: release.sessionKey, publicKey, pluginVersion: '8.51.0' }))).length).toBe(3)
  })

  test('are read in the third form that some plugins read', async () => {
    const entries = release.entries.map((entry) => ({ ...entry, file_hash: Buffer.from(entry.file_hash, 'hex').toString('base64') }))
    expect(hold(await all(verifyAndDecryptCapgoManifest(entries, { sessionKey: release.sessionKey, publicKey })), app)).toBe(true)
  })
})
