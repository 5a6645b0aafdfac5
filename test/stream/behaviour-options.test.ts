import { afterEach, describe, expect, test, vi } from 'vitest'
import { openEnvelope, verifyAndDecryptStream } from '../../src/index.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, expectRefused, pattern, sameAs, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { expectWhole, fileForm, forms, openWithIndex, partsForm } from './readings.js'
import { collect, collectPieces, freshLog, pullCounting, streamOf } from './streams.js'
import type { DeviceOptions } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(3 * CHUNK + 500)
const sealed = await seal(signer, bundle)
const device = accepting(signer)
const BODY = 4 * 32 + 56

afterEach(() => void vi.unstubAllGlobals())

/** Mistakes of the program, which are found before the stream is taken. */
const mistakes: readonly (readonly [string, unknown, typeof TypeError | typeof RangeError])[] = [
  ['no options', undefined, TypeError],
  ['no trusted key', { ...device, trust: undefined }, TypeError],
  ['no app', { ...device, app: undefined }, TypeError],
  ['no channel', { ...device, channel: undefined }, TypeError],
  ['no last sequence', { ...device, lastSequence: undefined }, TypeError],
  ['a sequence that is none', { ...device, lastSequence: -1 }, RangeError],
  ['an app that is no text', { ...device, app: 7 }, TypeError],
  ['an app with a space', { ...device, app: 'a b' }, RangeError],
  ['a limit that is none', { ...device, maxSize: 0.5 }, RangeError],
  ['a time in milliseconds', { ...device, now: Date.now() }, RangeError],
  ['a short secret', { ...device, reader: pattern(31) }, RangeError],
  ['a secret that is text', { ...device, reader: 'secret' }, TypeError],
  ['onProgress that is no function', { ...device, onProgress: {} }, TypeError],
  ['a controller in place of its signal', { ...device, signal: new AbortController() }, TypeError],
  ['checksum that is no boolean', { ...device, checksum: 1 }, TypeError],
  ['a backend without lanes', { ...device, backend: { ...nodeBackend, lanes: undefined } }, TypeError],
  ['a backend with no lane', { ...device, backend: { ...nodeBackend, lanes: 0 } }, TypeError],
  ['a backend with half a lane', { ...device, backend: { ...nodeBackend, lanes: 1.5 } }, TypeError],
  ['a backend with 65 lanes', { ...device, backend: { ...nodeBackend, lanes: 65 } }, TypeError],
  ['a backend without a cipher', { ...device, backend: { ...nodeBackend, gcmOpener: undefined } }, TypeError],
]

describe('a mistake in the options', () => {
  test.each(mistakes)('(%s) leaves the stream to its owner', async (_, options, kind) => {
    for (const [, form] of forms) {
      const log = freshLog()
      const { input, stream } = form(sealed, 1000, { log })
      await expect(verifyAndDecryptStream(input, options as DeviceOptions)).rejects.toThrow(kind)
      expect([stream.locked, log.pulls, log.cancelled]).toEqual([false, 0, []])
      expectWhole(await collect((await verifyAndDecryptStream(input, device)).bundle), bundle)
    }
  })
})

describe('what is no stream', () => {
  const never: readonly (readonly [string, unknown])[] = [
    ['bytes', sealed.toBytes()],
    ['nothing', undefined],
    ['null', null],
    ['text', 'text'],
    ['an iterable', (function* () { yield sealed.toBytes() })()],
    ['a list', [sealed.toBytes()]],
    ['a head without a payload', { head: sealed.head }],
    ['a payload of bytes', sealed],
    ['a payload that is null', { head: sealed.head, payload: null }],
  ]

  test.each(never)('(%s) is a TypeError', async (_, input) => {
    await expect(verifyAndDecryptStream(input as ReadableStream<Uint8Array>, device)).rejects.toThrow(TypeError)
  })

  test('is a TypeError that says what a Node stream has to become', async () => {
    const { Readable } = await import('node:stream')
    for (const input of [Readable.from([]), { head: sealed.head, payload: Readable.from([]) }]) {
      await expect(verifyAndDecryptStream(input as never, device)).rejects.toThrow(/ReadableStream.*Readable\.toWeb/)
    }
  })
})

describe('a second consumer', () => {
  test.each(forms)('of the source of %s is a TypeError, and the first one is not disturbed', async (_, form) => {
    const log = freshLog()
    const { input } = form(sealed, 5000, { log })
    const { bundle: first } = await verifyAndDecryptStream(input, device)
    const { pulls } = log
    await expect(verifyAndDecryptStream(input, device)).rejects.toThrow(TypeError)
    expect([log.pulls, log.cancelled]).toEqual([pulls, []])
    expectWhole(await collect(first), bundle)
    await expect(verifyAndDecryptStream(input, device), 'also after its end').rejects.toThrow(TypeError)
  })

  test('a stream that somebody else reads is left to them', async () => {
    const { stream, log } = pullCounting(sealed.toBytes(), 100)
    const reader = stream.getReader()
    await expect(verifyAndDecryptStream(stream, device)).rejects.toThrow(TypeError)
    expect([log.pulls, log.cancelled]).toEqual([0, []])
    expect((await reader.read()).value).toHaveLength(100)
  })

  test('of the bundle is a TypeError; tee gives both of them all of it', async () => {
    const { bundle: stream } = await verifyAndDecryptStream(fileForm(sealed).input, device)
    const both: readonly ReadableStream<Uint8Array>[] = stream.tee()
    expect(() => stream.getReader()).toThrow(TypeError)
    for (const collected of await Promise.all(both.map(collect))) expectWhole(collected, bundle)
    const { bundle: other } = await verifyAndDecryptStream(fileForm(sealed).input, device)
    other.getReader()
    expect(() => other.getReader()).toThrow(TypeError)
  })
})

describe('an engine without ReadableStream', () => {
  test('is told what needs none, and the stream, whatever it is, is left alone', async () => {
    const { stream, log } = pullCounting(sealed.toBytes(), 100)
    vi.stubGlobal('ReadableStream', undefined)
    await expectRefused(async () => verifyAndDecryptStream(stream, device), 'backend-unavailable', /decryptChunk/)
    expect([stream.locked, log.pulls]).toEqual([false, 0])
  })

  test('decrypts chunk by chunk, also from something that only looks like a stream', async () => {
    vi.stubGlobal('ReadableStream', undefined)
    const opened = await openWithIndex(sealed, device)
    const rest = [sealed.payload.subarray(BODY, BODY + 1000), sealed.payload.subarray(BODY + 1000)]
    const alike = {
      getReader: () => ({
        read: async () => {
          const value = rest.shift()
          return { done: value === undefined, value }
        },
        cancel: async () => undefined,
      }),
    }
    const { pieces, failed } = await collectPieces(opened.decryptChunks({ first: 0, count: 4 }, alike))
    expect(failed).toBe(false)
    expect(Buffer.concat(pieces.map(({ plaintext }) => plaintext))).toSatisfy(sameAs(bundle))
    expect(await opened.decryptChunk(3, sealed.payload.subarray(opened.chunkRange(3).start))).toSatisfy(sameAs(bundle.subarray(3 * CHUNK)))
  })
})

describeEachBackend('bundles whose last chunk is empty', (backend) => {
  test.each([0, CHUNK, 4 * CHUNK])('of %i bytes come out without an empty piece', async (size) => {
    const envelope = await seal(signer, pattern(size), { backend })
    for (const [, form] of forms) {
      const { bundle: stream } = await verifyAndDecryptStream(form(envelope, 1000).input, accepting(signer, { backend }))
      const collected = await collect(stream)
      expectWhole(collected, pattern(size))
      expect(collected.pieces.map(({ length }) => length)).toEqual(Array.from({ length: size / CHUNK }, () => CHUNK))
    }
  })
})

describe('the header', () => {
  test('is the opened one of the one-shot call, before anything of the payload was read', async () => {
    const log = freshLog()
    const { header, signers } = await verifyAndDecryptStream(partsForm(sealed, 100, { log }).input, device)
    const opened = await openEnvelope(sealed.head, device)
    expect([header, signers, log.pulls]).toEqual([opened.header, [signer.kid], 0])
    expect(await verifyAndDecryptStream({ head: JSON.parse(sealed.head) as object, payload: streamOf(sealed.payload) }, device)).toMatchObject({ header })
  })
})
