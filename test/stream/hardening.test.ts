import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { encryptBundleStream, openEnvelope, verifyAndDecrypt, verifyAndDecryptStream, verifyEnvelope } from '../../src/index.js'
import { nodeBackend } from '../../src/node.js'
import { CHUNK, accepting, expectRefused, pattern, sameAs, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { freshLog, streamOf } from './streams.js'
import type { Backend, EncryptOptions, OpenedEnvelope } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(6 * CHUNK + 100)
const sealed = await seal(signer, bundle)
const options: EncryptOptions = { signer: signer.privateKey, app: 'com.example.app', version: '1', sequence: 1000, channel: 'production', chunkSize: CHUNK }

async function encrypted(backend: Backend, more: Partial<EncryptOptions> = {}): Promise<{ head: string; payload: Uint8Array }> {
  const stream = await encryptBundleStream(streamOf(bundle, 1000), { ...options, ...more, backend })
  return finished(stream)
}

async function finished({ body, envelope }: Awaited<ReturnType<typeof encryptBundleStream>>): Promise<{ head: string; payload: Uint8Array }> {
  const bytes = new Uint8Array(await new Response(body).arrayBuffer())
  const { head, index } = await envelope
  return { head, payload: Buffer.concat([index, bytes]) }
}

/** Seals late, and reads the plaintext only then. */
function lateBackend(lanes: number): Backend {
  const later = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return {
    ...nodeBackend,
    lanes,
    gcmSealer: async (key) => {
      const sealer = await nodeBackend.gcmSealer(key)
      return {
        seal: async (nonce, plaintext, additionalData) => {
          await later()
          await later()
          return sealer.seal(nonce, plaintext, additionalData)
        },
      }
    },
  }
}

describe('a backend whose lanes change', () => {
  test('after the call encrypts as many at once as it said, each from memory of its own', async () => {
    const backend = { ...lateBackend(4) }
    const envelope = await encrypted(backend, { onProgress: () => Object.assign(backend, { lanes: 1 }) })
    expect((await verifyAndDecrypt(envelope, accepting(signer))).bundle).toSatisfy(sameAs(bundle))
  })

  test('to none right after the call encrypts all the same', async () => {
    const backend = { ...nodeBackend }
    const pending = encryptBundleStream(streamOf(bundle, 1000), { ...options, backend })
    Object.assign(backend, { lanes: 0 })
    const envelope = await finished(await pending)
    expect((await verifyAndDecrypt(envelope, accepting(signer))).bundle).toSatisfy(sameAs(bundle))
  })

  test('with each look at them is looked at once', async () => {
    const get = vi.fn(() => (get.mock.calls.length > 1 ? Number.NaN : 1))
    const backend = Object.defineProperty({ ...nodeBackend }, 'lanes', { get })
    const stream = await verifyAndDecryptStream(streamOf(sealed.toBytes()), accepting(signer, { backend }))
    expect(new Uint8Array(await new Response(stream.bundle).arrayBuffer())).toSatisfy(sameAs(bundle))
    expect(get).toHaveBeenCalledTimes(1)
  })
})

test('R54: verifyEnvelope holds to inherited options as a device does', async () => {
  const defaults = { channel: null, lastSequence: 1, runtime: 'android' }
  const policy = Object.assign(Object.create(defaults) as typeof defaults, { trust: signer.publicKey, app: 'com.example.app' })
  await expectRefused(() => verifyAndDecrypt(sealed, policy), 'wrong-runtime')
  await expectRefused(() => verifyEnvelope(sealed, policy), 'wrong-runtime')
})

test('encryptBundleStream that is aborted while it makes ready rejects; a tick later its body fails', async () => {
  const outcomes = { call: 0, body: 0 }
  for (let ticks = 0; ticks < 60; ticks++) {
    const stop = new AbortController()
    const pending = encryptBundleStream(streamOf(bundle), { ...options, signal: stop.signal }).then(
      async ({ body }) => ['body', await body.getReader().read().catch((error: unknown) => error)] as const,
      (error: unknown) => ['call', error] as const,
    )
    for (let i = 0; i < ticks; i++) await Promise.resolve()
    stop.abort()
    const [where, error] = await pending
    outcomes[where]++
    if (ticks === 0) expect(where).toBe('call')
    expect(where === 'body' && !(error instanceof Error) ? 'was read before' : error, `${ticks} ticks`).toSatisfy(
      (value) => value === 'was read before' || (value as { code?: unknown }).code === 'aborted',
    )
  }
  expect(outcomes.call).toBeGreaterThan(0)
})

describe('a source of another maker', () => {
  test('whose cancel throws does no harm: the stream fails with the reason', async () => {
    const stop = new AbortController()
    const payload = {
      getReader: () => ({
        read: async () => new Promise<never>(() => undefined),
        cancel: () => {
          throw new Error('closed already')
        },
      }),
    }
    const stream = await verifyAndDecryptStream({ head: sealed.head, payload }, accepting(signer, { signal: stop.signal }))
    const read = stream.bundle.getReader().read()
    stop.abort()
    await expect(read).rejects.toMatchObject({ code: 'aborted' })
  })

  test('is not touched where the engine has no streams to give', async () => {
    const stop = new AbortController()
    const log = freshLog()
    const source = streamOf(sealed.toBytes(), 1000, { log })
    vi.stubGlobal('ReadableStream', undefined)
    try {
      await expectRefused(() => verifyAndDecryptStream(source, accepting(signer, { signal: stop.signal })), 'backend-unavailable')
      await expectRefused(() => encryptBundleStream(source, { ...options, signal: stop.signal }), 'backend-unavailable')
    } finally {
      vi.unstubAllGlobals()
    }
    expect([source.locked, log.pulls, getEventListeners(stop.signal, 'abort').length]).toEqual([false, 0, 0])
  })
})

describe('decryptChunks', () => {
  const open = async (): Promise<OpenedEnvelope> => {
    const opened = await openEnvelope(sealed.head, accepting(signer))
    await opened.setIndex(sealed.payload.slice(0, opened.indexRange.end))
    return opened
  }

  test.each([0, -1, 1.5, 8, Number.NaN, '2', undefined])('of %s chunks is a RangeError, and the source is not touched', async (count) => {
    const opened = await open()
    const source = streamOf(sealed.payload)
    expect(() => opened.decryptChunks({ first: 0, count: count as number }, source)).toThrow(RangeError)
    expect(source.locked).toBe(false)
  })

  test('that nobody loops over, or that is left before its start, has not touched its source', async () => {
    const opened = await open()
    const source = streamOf(sealed.payload)
    const loop = opened.decryptChunks({ first: 0, count: 1 }, source)
    await loop[Symbol.asyncIterator]().return?.()
    expect(source.locked).toBe(false)
  })
})
