import { afterEach, describe, expect, test, vi } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { webDeviceBackend } from '../../src/crypto/web.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, expectAccepted, expectRefused, pattern } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { expectFailed, sealStream } from './encrypt.js'
import { collect, freshLog, streamOf } from './streams.js'
import type { Backend, ByteStreamLike } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(3 * CHUNK + 500)

afterEach(() => void vi.unstubAllGlobals())

describeEachBackend('a private key that is none', (backend) => {
  const bad = signer.privateKey.replace('M', '*')

  test.each([
    ['damaged', bad], ['public', signer.publicKey], ['one of two', [signer.privateKey, bad]],
  ])('(%s) rejects the call before anything is read, and cancels the source with the same error', async (_, key) => {
    const log = freshLog()
    const stream = streamOf(bundle, 1000, { log })
    const error = await sealStream(signer, stream, { backend, signer: key }).catch((thrown: unknown) => thrown)
    await expectFailed(error, 'bad-key')
    expect(log.pulls).toBe(0)
    expect(log.cancelled).toHaveLength(1)
    expect(log.cancelled[0]).toBe(error)
  })
})

describe('a mistake in the options', () => {
  const hashless: object = { ...nodeBackend, hasher: undefined }
  const mistakes: readonly (readonly [string, Record<string, unknown>, typeof TypeError | typeof RangeError])[] = [
    ['no signer', { signer: undefined }, TypeError],
    ['nine signers', { signer: Array.from({ length: 9 }, () => signer.privateKey) }, RangeError],
    ['an app with a space', { app: 'a b' }, RangeError],
    ['no version', { version: undefined }, TypeError],
    ['a chunk size of its own', { chunkSize: 65_536 }, RangeError],
    ['a sequence in milliseconds', { sequence: Date.now() }, RangeError],
    ['no readers', { readers: [] }, RangeError],
    ['a short secret', { readers: [pattern(31)] }, RangeError],
    ['onProgress that is no function', { onProgress: 1 }, TypeError],
    ['a controller in place of its signal', { signal: new AbortController() }, TypeError],
    ['a backend without a running hash', { backend: hashless }, TypeError],
    ['a backend that only decrypts', { backend: webDeviceBackend }, TypeError],
    ['a backend with no lane', { backend: { ...nodeBackend, lanes: 0 } }, TypeError],
  ]

  test.each(mistakes)('(%s) leaves the stream to its owner', async (_, more, kind) => {
    const log = freshLog()
    const stream = streamOf(bundle, 1000, { log })
    await expect(sealStream(signer, stream, more)).rejects.toThrow(kind)
    expect([stream.locked, log.pulls, log.cancelled]).toEqual([false, 0, []])
    const { body, envelope } = await sealStream(signer, stream)
    const { bytes } = await collect(body)
    const { head, index } = await envelope
    await expectAccepted({ head, payload: Buffer.concat([index, bytes]) }, accepting(signer), bundle)
  })

  test('names the method that a backend of the caller lacks', async () => {
    await expect(sealStream(signer, streamOf(bundle), { backend: hashless as Backend })).rejects.toThrow(/method hasher/)
  })

  test.each([
    ['bytes', bundle], ['nothing', undefined], ['null', null], ['text', 'text'], ['an iterable', [bundle]], ['a Response', new Response('x')],
  ])('(%s in place of a stream) is a TypeError that says what a Node stream has to become', async (_, input) => {
    await expect(sealStream(signer, input as unknown as ByteStreamLike)).rejects.toThrow(TypeError)
    await expect(sealStream(signer, input as unknown as ByteStreamLike)).rejects.toThrow(/Readable\.toWeb/)
  })

  test('an engine without streams is told so, and the stream is left alone', async () => {
    const log = freshLog()
    const stream = streamOf(bundle, 1000, { log })
    vi.stubGlobal('ReadableStream', undefined)
    await expectRefused(() => sealStream(signer, stream), 'backend-unavailable')
    expect([stream.locked, log.pulls, log.cancelled]).toEqual([false, 0, []])
  })
})
