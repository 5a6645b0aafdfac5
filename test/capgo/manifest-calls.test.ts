import { privateEncrypt, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encryptForCapgo, encryptManifestForCapgo, verifyAndDecryptCapgoManifest } from '../../src/capgo.js'
import { nodeCapgoBackend } from '../../src/node.js'
import { cliKeyPair } from './helpers.js'
import { all, cliManifest, text, untilFailure, watched } from './manifest-helpers.js'
import type { CapgoFile, CapgoManifestDecryptOptions, CapgoManifestFile, CapgoManifestOptions } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()
const other = cliKeyPair()
const V3 = { privateKey, checksumForm: 'V3' } as const
const app: readonly CapgoFile[] = [
  { path: 'index.html', bytes: Buffer.from('<h1>app</h1>') },
  { path: 'main.js', bytes: text(10_000) },
  { path: 'style.css', bytes: text(300) },
]
const release = cliManifest(app, privateKey, 'V3')

async function refusal(options: Partial<CapgoManifestDecryptOptions>): ReturnType<typeof untilFailure<CapgoFile>> {
  return untilFailure(verifyAndDecryptCapgoManifest(release.entries, { sessionKey: release.sessionKey, publicKey, ...options }))
}

describe('a session key', () => {
  const sessions: readonly (readonly [string, unknown, string])[] = [
    ['that is missing', '', 'malformed-release'],
    ['that is null', null, 'malformed-release'],
    ['that is a number', 5, 'malformed-release'],
    ['in two lines', release.sessionKey.replace(':', ':\n'), 'malformed-release'],
    ['signed by another key', cliManifest([], other.privateKey, 'V3').sessionKey, 'bad-signature'],
    ['of 32 bytes', `${randomBytes(16).toString('base64')}:${privateEncrypt(privateKey, randomBytes(32)).toString('base64')}`, 'bad-signature'],
  ]

  test.each(sessions)('%s is refused by readers before they take a file', async (_what, sessionKey, code) => {
    const entries = watched(release.entries)
    const { error } = await untilFailure(verifyAndDecryptCapgoManifest(entries, { sessionKey: sessionKey as string, publicKey }))
    expect(error).toMatchObject({ code })
    expect([entries.taken, entries.returned]).toEqual([0, 0])
  })

  test.each(sessions)('%s is refused by publishers before they take a file', async (_what, sessionKey, code) => {
    const files = watched(app)
    await expect(encryptManifestForCapgo(files, { ...V3, sessionKey: sessionKey as string })).rejects.toMatchObject({ code })
    expect(files.taken).toBe(0)
  })

  test('of another release gives no file of this one', async () => {
    const { sessionKey } = cliManifest(app, privateKey, 'V3')
    expect(await refusal({ sessionKey })).toMatchObject({ before: [], error: { code: 'bad-checksum' } })
  })
})

describe('plugins', () => {
  const namesFor = async (pluginVersion: string, options: Partial<CapgoManifestOptions> = {}): Promise<string[]> =>
    (await all((await encryptManifestForCapgo(app, { privateKey, pluginVersion, ...options })).files)).map(({ file_name }) => file_name)

  test.each(['5.10.0', '6.25.0', '7.0.38', '7.29.0', '7.34.3', '7.35.0-alpha.0', '8.0.0', '6.27.11'])(
    '%s get files uncompressed, since they lose compressed ones that did not change, or may',
    async (pluginVersion) => {
      expect(await namesFor(pluginVersion)).toEqual(['index.html', 'main.js', 'style.css'])
      expect(await namesFor(pluginVersion, { compress: true })).toEqual(['index.html', 'main.js.br', 'style.css'])
    },
  )

  test.each(['5.50.1', '6.50.1', '7.35.0', '7.35.0+build.1', '7.50.2', '8.1.0', '8.51.14'])('%s get files compressed', async (pluginVersion) => {
    expect(await namesFor(pluginVersion)).toEqual(['index.html', 'main.js.br', 'style.css'])
    expect(await namesFor(pluginVersion, { compress: false })).toEqual(['index.html', 'main.js', 'style.css'])
  })

  test.each(['5.10.0-rc.1', '6.24.9', '7.0.37', '7.0.38-beta', '7.0.2'])('%s get no files one by one', async (pluginVersion) => {
    const refusing = { code: 'unsupported' }
    await expect(encryptManifestForCapgo(app, { privateKey, pluginVersion })).rejects.toMatchObject(refusing)
    expect((await refusal({ pluginVersion })).error).toMatchObject(refusing)
  })
})

describe('publishers', () => {
  test('are told of an empty file', async () => {
    const { files } = await encryptManifestForCapgo([...app, { path: 'empty.txt', bytes: Buffer.alloc(0) }], V3)
    const { before, error } = await untilFailure(files)
    expect(before.length).toBe(3)
    expect(error).toMatchObject({ code: 'malformed-release', message: expect.stringMatching(/"empty\.txt".*leave it out/) as string })
  })

  test.each([undefined, null, 5, 'files', {}, () => 5])('are told that these are no files: %s', async (files) => {
    await expect(encryptManifestForCapgo(files as CapgoFile[], V3)).rejects.toThrow(TypeError)
    expect(() => verifyAndDecryptCapgoManifest(files as CapgoManifestFile[], { sessionKey: '', publicKey })).toThrow(TypeError)
  })

  test.each([[null], [{}], [{ path: 5, bytes: text(1) }], [{ path: 'a' }], [{ path: 'a', bytes: 'text' }], [{ path: 'a', bytes: new ArrayBuffer(2) }]])(
    'are told that this is no file: %s',
    async (file) => {
      const { files } = await encryptManifestForCapgo([file as unknown as CapgoFile], V3)
      expect((await untilFailure(files)).error).toBeInstanceOf(TypeError)
    },
  )

  test('are told of options that are none', async () => {
    const wrong: readonly Partial<Record<keyof CapgoManifestOptions, unknown>>[] = [{ compress: 'yes' }, { privateKey: undefined }, { checksumForm: 'V4' }, { signal: 5 }]
    for (const options of wrong) await expect(encryptManifestForCapgo(app, { ...V3, ...options } as CapgoManifestOptions)).rejects.toThrow(TypeError)
    const pair = encryptManifestForCapgo(app, { ...V3, publicKey: other.publicKey })
    await expect(pair).rejects.toMatchObject({ code: 'bad-key' })
    expect((await refusal({ maxSize: -1 })).error).toBeInstanceOf(RangeError)
    expect((await refusal({ publicKey: 'no key' })).error).toMatchObject({ code: 'bad-key' })
  })

  test('have the failure of their own files passed on, with no end told to what failed', async () => {
    const failing = async function* (): AsyncGenerator<CapgoFile> {
      yield { path: 'a', bytes: text(1) }
      throw new Error('the disk is gone')
    }
    const { before, error } = await untilFailure((await encryptManifestForCapgo(failing(), V3)).files)
    expect([before.length, error.message]).toEqual([1, 'the disk is gone'])
  })
})

describe('an abort', () => {
  /** Files of which the second never comes. */
  function hanging(): { readonly files: AsyncIterable<CapgoFile>; readonly state: { returned: number } } {
    const state = { returned: 0 }
    let taken = 0
    const iterator: AsyncIterator<CapgoFile> = {
      next: async () => (taken++ === 0 ? { done: false, value: { path: 'a', bytes: text(10) } } : new Promise(() => undefined)),
      return: async () => {
        state.returned++
        return new Promise(() => undefined)
      },
    }
    return { state, files: { [Symbol.asyncIterator]: () => iterator } }
  }

  test('ends a loop that waits for the caller\'s next file, and the caller\'s iteration', async () => {
    const controller = new AbortController()
    const { files: source, state } = hanging()
    const { files } = await encryptManifestForCapgo(source, { ...V3, signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 20)
    const { before, error } = await untilFailure(files)
    expect(before.length).toBe(1)
    expect(error).toMatchObject({ code: 'aborted', cause: new Error('enough') })
    expect(state.returned).toBe(1)
  })

  test('ends reading in the same way', async () => {
    const controller = new AbortController()
    const { files: source, state } = hanging()
    const { sessionKey, files } = await encryptManifestForCapgo(source, V3)
    const reading = verifyAndDecryptCapgoManifest(files, { sessionKey, publicKey, signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    expect(await untilFailure(reading)).toMatchObject({ before: [{ path: 'a' }], error: { code: 'aborted' } })
    expect(state.returned).toBe(0)
  })

  test('between two files gives none of the rest', async () => {
    for (const isWriting of [true, false]) {
      const controller = new AbortController()
      const { signal } = controller
      const source = watched<CapgoFile | CapgoManifestFile>(isWriting ? app : release.entries)
      const items: AsyncIterable<unknown> = isWriting
        ? (await encryptManifestForCapgo(source as AsyncIterable<CapgoFile>, { ...V3, signal })).files
        : verifyAndDecryptCapgoManifest(source as AsyncIterable<CapgoManifestFile>, { sessionKey: release.sessionKey, publicKey, signal })
      const iterator = items[Symbol.asyncIterator]()
      await iterator.next()
      controller.abort()
      await expect(iterator.next()).rejects.toMatchObject({ code: 'aborted' })
      expect([source.taken, source.returned]).toEqual([1, 1])
      expect(await iterator.next()).toEqual({ done: true, value: undefined })
    }
  })

  test('while Brotli works is not waited for', async () => {
    const controller = new AbortController()
    const never = { compress: async () => new Promise<never>(() => undefined), decompress: async () => new Promise<never>(() => undefined) }
    const stuck = { ...nodeCapgoBackend, brotli: never }
    const big = [{ path: 'a', bytes: text(9000) }]
    setTimeout(() => controller.abort(), 20)
    const { files } = await encryptManifestForCapgo(big, { ...V3, backend: stuck, signal: controller.signal })
    expect((await untilFailure(files)).error).toMatchObject({ code: 'aborted' })
    const second = new AbortController()
    setTimeout(() => second.abort(), 20)
    expect((await refusal({ backend: stuck, signal: second.signal })).error).toMatchObject({ code: 'aborted' })
  })

  test('before the loop refuses at its first file', async () => {
    const { files } = await encryptManifestForCapgo(app, { ...V3, signal: AbortSignal.abort() })
    expect(await untilFailure(files)).toMatchObject({ before: [], error: { code: 'aborted' } })
  })
})

test('a ZIP and files of one release share the key and the initialisation vector, as the format wants it', async () => {
  const bytes = text(64)
  const zip = await encryptForCapgo(bytes, V3)
  const { files } = await encryptManifestForCapgo([{ path: 'a', bytes }], { ...V3, sessionKey: zip.sessionKey })
  const [entry] = await all(files)
  expect(Buffer.from(entry?.payload ?? []).equals(zip.payload)).toBe(true)
})

test('files whose hashes are of two forms are refused at the second form, since no plugin reads both', async () => {
  const older = cliManifest(app, privateKey, 'V2').entries.map(({ file_hash }) => file_hash)
  const mixed = release.entries.map((entry, i) => (i === 1 ? { ...entry, file_hash: older[1] ?? '' } : entry))
  const { before, error } = await untilFailure(verifyAndDecryptCapgoManifest(mixed, { sessionKey: release.sessionKey, publicKey }))
  expect(before.length).toBe(1)
  expect(error).toMatchObject({ code: 'malformed-release', message: expect.stringContaining('no plugin reads both') as string })
})
