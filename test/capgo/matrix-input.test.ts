import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { encryptForCapgo, verifyAndDecryptCapgo, verifyAndDecryptCapgoStream } from '../../src/capgo.js'
import { collect, streamOfPieces } from '../stream/streams.js'
import { cliKeyPair, cliRelease, describeEachCapgoBackend } from './helpers.js'
import type { CapgoDecryptOptions, CapgoEncryptOptions } from '../../src/capgo.js'

/* What callers bring: bytes in any memory, options that they change afterwards, and mistakes. */

const { publicKey, privateKey } = cliKeyPair()
const other = cliKeyPair()
const sizes = [1, 16, 1000, 2 ** 19 + 100]

/** The same bytes, as a view in the middle of other ones. */
function offset(bytes: Uint8Array): Uint8Array {
  const memory = new Uint8Array(randomBytes(bytes.length + 30))
  memory.set(bytes, 13)
  return memory.subarray(13, 13 + bytes.length)
}

const views: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
  ['a Uint8Array', (bytes) => new Uint8Array(bytes)],
  ['a view with an offset', offset],
  ['a Buffer', (bytes) => Buffer.from(bytes)],
  ['a Buffer with an offset', (bytes) => Buffer.from(offset(bytes).buffer, 13, bytes.length)],
  ['a Uint8Array of another realm', (bytes) => {
    const foreign = runInNewContext(`new Uint8Array(${bytes.length})`) as Uint8Array
    foreign.set(bytes)
    return foreign
  }],
]

const wrong: readonly (readonly [string, unknown])[] = [
  ['shared memory', new Uint8Array(new SharedArrayBuffer(16))], ['an ArrayBuffer', new ArrayBuffer(16)], ['a DataView', new DataView(new ArrayBuffer(16))],
  ['a Uint16Array', new Uint16Array(8)], ['text', 'text'], ['a list', [1, 2, 3]], ['undefined', undefined], ['null', null],
]

describeEachCapgoBackend('bytes', (backend) => {
  describe.each(views)('as %s', (_, view) => {
    test.each(sizes)('%i of them are encrypted and decrypted, and changed by neither', async (size) => {
      const bundle = randomBytes(size)
      const given = view(bundle)
      const release = await encryptForCapgo(given, { privateKey, checksumForm: 'V3', backend })
      expect(bundle.equals(given)).toBe(true)
      const payload = view(release.payload)
      const opened = await verifyAndDecryptCapgo(payload, { ...release, publicKey, backend })
      expect(bundle.equals(opened.bundle)).toBe(true)
      expect(Buffer.from(payload).equals(release.payload)).toBe(true)
      const { unverified } = await verifyAndDecryptCapgoStream(streamOfPieces([payload]), { ...release, publicKey, backend })
      expect(bundle.equals((await collect(unverified as ReadableStream<Uint8Array>)).bytes)).toBe(true)
    })
  })

  test.each(sizes)('%i of them may be overwritten right after the call', async (size) => {
    const bundle = randomBytes(size)
    const given = Buffer.from(bundle)
    const encrypting = encryptForCapgo(given, { privateKey, checksumForm: 'V3', backend })
    given.fill(0)
    const { payload, ...fields } = await encrypting
    const decrypting = verifyAndDecryptCapgo(payload, { ...fields, publicKey, backend })
    payload.fill(0)
    expect(bundle.equals((await decrypting).bundle)).toBe(true)
  })

  test('results are no Buffer, and lie at the start of memory that nothing but their padding shares', async () => {
    const release = await encryptForCapgo(randomBytes(100), { privateKey, checksumForm: 'V3', backend })
    const { bundle } = await verifyAndDecryptCapgo(release.payload, { ...release, publicKey, backend })
    expect([release.payload.length, release.payload.buffer.byteLength]).toEqual([112, 112])
    expect([bundle.length, bundle.byteOffset]).toEqual([100, 0])
    expect(bundle.buffer.byteLength).toBeLessThanOrEqual(112)
    expect([release.payload.constructor, bundle.constructor]).toEqual([Uint8Array, Uint8Array])
  })

  test.each(wrong)('that are %s are a mistake of the program', async (_, value) => {
    const release = cliRelease(randomBytes(5), privateKey, 'V3')
    await expect(encryptForCapgo(value as Uint8Array, { privateKey, checksumForm: 'V3', backend })).rejects.toThrow(/^bundle must/)
    await expect(verifyAndDecryptCapgo(value as Uint8Array, { ...release, publicKey, backend })).rejects.toThrow(/^payload must/)
    await expect(encryptForCapgo(value as Uint8Array, { privateKey, checksumForm: 'V3', backend })).rejects.toBeInstanceOf(TypeError)
    await expect(verifyAndDecryptCapgo(value as Uint8Array, { ...release, publicKey, backend })).rejects.toBeInstanceOf(TypeError)
  })
})

type Changed<T> = { -readonly [Name in keyof T]: T[Name] }

describeEachCapgoBackend('options', (backend) => {
  const bundle = randomBytes(60)
  const made = cliRelease(bundle, privateKey, 'V3')

  test('of publishers may change right after the call', async () => {
    const jwk = { ...createPrivateKey(privateKey).export({ format: 'jwk' }) }
    const options: Changed<CapgoEncryptOptions> = { privateKey: jwk as unknown as CapgoEncryptOptions['privateKey'], pluginVersion: '8.0.0', publicKey, backend }
    const call = encryptForCapgo(bundle, options)
    Object.assign(jwk, { n: 'AAAA', d: 'AAAA', p: 'AAAA' })
    Object.assign(options, { privateKey: other.privateKey, pluginVersion: '7.29.0', publicKey: other.publicKey, backend: null, signal: AbortSignal.abort() })
    const release = await call
    expect(release.checksumForm).toBe('V3')
    expect(bundle.equals((await verifyAndDecryptCapgo(release.payload, { ...release, publicKey, backend })).bundle)).toBe(true)
  })

  test('of readers may change right after the call', async () => {
    const jwk = { ...createPublicKey(publicKey).export({ format: 'jwk' }) }
    const options: Changed<CapgoDecryptOptions> = {
      publicKey: jwk as unknown as CapgoDecryptOptions['publicKey'], sessionKey: made.sessionKey, checksum: made.checksum, pluginVersion: '8.0.0', maxSize: 60, backend,
    }
    const calls = [verifyAndDecryptCapgo(made.payload, options), verifyAndDecryptCapgoStream(streamOfPieces([made.payload]), options)] as const
    Object.assign(jwk, { n: 'AAAA', e: 'AAAA' })
    Object.assign(options, { publicKey: other.publicKey, sessionKey: '', checksum: '', pluginVersion: '7.29.0', maxSize: 1, backend: null, signal: AbortSignal.abort() })
    expect(bundle.equals((await calls[0]).bundle)).toBe(true)
    expect(bundle.equals((await collect((await calls[1]).unverified as ReadableStream<Uint8Array>)).bytes)).toBe(true)
  })

  test('are read once each', async () => {
    const reads = new Map<string, number>()
    const counting = <T extends object>(values: T): T =>
      new Proxy(values, {
        get: (target, name) => {
          reads.set(String(name), (reads.get(String(name)) ?? 0) + 1)
          return target[name as keyof T]
        },
      })
    await encryptForCapgo(bundle, counting({ privateKey, publicKey, pluginVersion: '8.0.0', backend }))
    expect([...reads].filter(([, count]) => count > 1)).toEqual([])
    reads.clear()
    await verifyAndDecryptCapgo(made.payload, counting({ ...made, publicKey, pluginVersion: '8.0.0', maxSize: 60, backend }))
    expect([...reads].filter(([, count]) => count > 1)).toEqual([])
  })

  const reading: CapgoDecryptOptions = { ...made, publicKey, backend }
  test.each([
    ['no object', null], ['text', 'options'], ['a list', []], ['nothing', undefined],
    ['without publicKey', { ...reading, publicKey: undefined }], ['with publicKey of a number', { ...reading, publicKey: 7 }],
    ['with maxSize of text', { ...reading, maxSize: '60' }], ['with maxSize of null', { ...reading, maxSize: null }],
    ['with a signal that is none', { ...reading, signal: new AbortController() }], ['with onProgress of text', { ...reading, onProgress: 'log' }],
  ])('of readers: %s, is a TypeError', async (_, options) => {
    await expect(verifyAndDecryptCapgo(made.payload, options as unknown as CapgoDecryptOptions)).rejects.toBeInstanceOf(TypeError)
    await expect(verifyAndDecryptCapgoStream(streamOfPieces([]), options as unknown as CapgoDecryptOptions)).rejects.toBeInstanceOf(TypeError)
  })

  test('that are required are named where they are missing', async () => {
    await expect(verifyAndDecryptCapgo(made.payload, { ...reading, publicKey: undefined as never })).rejects.toThrow(/^publicKey is missing$/)
    await expect(encryptForCapgo(bundle, { privateKey: undefined as never, checksumForm: 'V3', backend })).rejects.toThrow(/^privateKey is missing$/)
  })

  test.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])('of readers: %d for maxSize is a RangeError', async (maxSize) => {
    await expect(verifyAndDecryptCapgo(made.payload, { ...reading, maxSize })).rejects.toBeInstanceOf(RangeError)
  })

  const writing: CapgoEncryptOptions = { privateKey, checksumForm: 'V3', backend }
  test.each([
    ['no object', null], ['nothing', undefined], ['without privateKey', { ...writing, privateKey: undefined }],
    ['with both pluginVersion and checksumForm', { ...writing, pluginVersion: '8.0.0' }],
    ['with the form that nobody writes', { ...writing, checksumForm: 'V3-base64' }], ['with a form of another case', { ...writing, checksumForm: 'v3' }],
    ['with a version of a number', { privateKey, pluginVersion: 7, backend }], ['with a form of null', { ...writing, checksumForm: null }], ['with a form that every object has', { ...writing, checksumForm: 'constructor' }],
  ])('of publishers: %s, is a TypeError', async (_, options) => {
    await expect(encryptForCapgo(bundle, options as unknown as CapgoEncryptOptions)).rejects.toBeInstanceOf(TypeError)
  })

  test.each([['no version and no form', undefined], ['null', null]])('of publishers: %s is a question, not a guess', async (_, pluginVersion) => {
    const call = encryptForCapgo(bundle, { privateKey, pluginVersion: pluginVersion as unknown as string, backend })
    await expect(call).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('which version of @capgo/capacitor-updater') as string })
  })
})
