import { describe, expect, test } from 'vitest'
import { verifyEnvelope } from '../../src/index.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, expectRefused, pattern, seal } from '../envelope/helpers.js'
import { rawHead, withPayload } from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'
import { bytesForms, checking, forms, streamForms } from './verify-envelope.js'
import { promptly, watchedSignal } from './signals.js'
import { freshLog, settled, streamOf, streamOfPieces } from './streams.js'
import type { VerifyOptions } from '../../src/index.js'

const signer = freshEd25519()
const CHUNKS = 12
const sealed = await seal(signer, pattern((CHUNKS - 1) * CHUNK + 500))
const options = checking(signer)
const reason = new Error('the server stops')
const aborted = expect.objectContaining({ name: 'EnvelopeError', code: 'aborted', cause: reason }) as unknown
const streams = streamForms.map((form) => [form.name, form] as const)
const all = forms.map((form) => [form.name, form] as const)

describeEachBackend('verifyEnvelope that is aborted', (backend) => {
  test.each(all)('before the call, over %s, looks at nothing', async (_, { input }) => {
    const log = freshLog()
    let looks = 0
    const look = (): never => {
      looks++
      throw new Error('it is looked at')
    }
    const more = { ...options, backend: { ...backend, verify: look, sha256: look }, signal: AbortSignal.abort(reason), onProgress: look }
    await expect(verifyEnvelope(input(sealed, { log }), more)).rejects.toEqual(aborted)
    expect([log.pulls, looks]).toEqual([0, 0])
  })

  test.each(all)('in between, over %s, goes no further', async (_, { input }) => {
    const { signal, abort, listeners } = watchedSignal()
    let progress = 0
    const onProgress = (): void => {
      if (++progress === 3) abort(reason)
    }
    const log = freshLog()
    await expect(verifyEnvelope(input(sealed, { log }), { ...options, backend, signal, onProgress })).rejects.toEqual(aborted)
    await settled()
    expect([progress, listeners()]).toEqual([3, 0])
    expect(log.cancelled.every((one) => (one as Error).name === 'EnvelopeError')).toBe(true)
  })

  test.each(streams)('while %s stalls ends at once and cancels the stream', async (_, { input }) => {
    for (const stall of [0, 1, 7]) {
      const { signal, abort, listeners } = watchedSignal()
      const log = freshLog()
      const before = async (i: number): Promise<unknown> => (i === stall ? new Promise(() => undefined) : undefined)
      const pending = verifyEnvelope(input(sealed, { log, before }), { ...options, backend, signal })
      void pending.catch(() => undefined)
      await settled()
      abort(reason)
      expect(await promptly(pending), `at piece ${stall}`).toEqual({ status: 'rejected', reason: aborted })
      expect([log.cancelled, listeners()]).toEqual([[aborted], 0])
    }
  })

  test('after its end changes nothing', async () => {
    for (const { input } of forms) {
      const { signal, abort } = watchedSignal()
      const pending = verifyEnvelope(input(sealed), { ...options, backend, signal })
      expect((await pending).signers).toEqual([signer.kid])
      abort(reason)
      expect((await pending).signers).toEqual([signer.kid])
    }
  })
})

describe.each(streams)('verifyEnvelope of %s', (_, { input }) => {
  test.each([0, 3, 20])('that fails at piece %i rejects with its own error', async (at) => {
    const before = (i: number): void => {
      if (i === at) throw reason
    }
    await expect(verifyEnvelope(input(sealed, { before }), options)).rejects.toBe(reason)
    await expect(verifyEnvelope(input(sealed, { then: { error: reason } }), options)).rejects.toBe(reason)
  })

  test('cancels it with the refusal, and reads it no further', async () => {
    const bad = withPayload(sealed, (payload) => {
      payload[CHUNKS * 32 + 56] = (payload[CHUNKS * 32 + 56] as number) ^ 1
    })
    for (const [envelope, more] of [[bad, {}], [sealed, { app: 'other' }]] as const) {
      const log = freshLog()
      const error: unknown = await verifyEnvelope(input(envelope, { log }), { ...options, ...more }).catch((thrown: unknown) => thrown)
      expect(log.cancelled).toHaveLength(1)
      expect(log.cancelled[0]).toBe(error)
      const before = log.pulls
      await settled()
      expect(log.pulls).toBe(before)
      expect(log.bytes).toBeLessThan(3 * CHUNK)
    }
  })

  test('ends with what onProgress throws, which is not called again', async () => {
    let calls = 0
    const onProgress = (): void => {
      calls++
      throw reason
    }
    const log = freshLog()
    await expect(verifyEnvelope(input(sealed, { log }), { ...options, onProgress })).rejects.toBe(reason)
    await settled()
    expect([calls, log.cancelled]).toEqual([1, [reason]])
  })

  test('with a piece that is no bytes is a TypeError', async () => {
    const payload = streamOfPieces([sealed.payload.subarray(0, 2000), 'text'])
    await expect(verifyEnvelope({ head: sealed.head, payload }, options)).rejects.toThrow(TypeError)
  })

  test('that somebody else reads is a TypeError, and is left to them', async () => {
    const log = freshLog()
    const given = input(sealed, { log })
    const stream = ('payload' in given ? given.payload : given) as ReadableStream
    stream.getReader()
    await expect(verifyEnvelope(given, options)).rejects.toThrow(TypeError)
    expect([log.pulls, log.cancelled]).toEqual([0, []])
  })
})

test('chunks in flight are as many as the backend has lanes', async () => {
  for (const lanes of [1, 3]) {
    let [now, most] = [0, 0]
    const backend = {
      ...nodeBackend,
      lanes,
      sha256: async (...parts: readonly Uint8Array<ArrayBuffer>[]) => {
        most = Math.max(most, ++now)
        await settled(2)
        now--
        return nodeBackend.sha256(...parts)
      },
    }
    for (const { input } of forms) await verifyEnvelope(input(sealed), { ...options, backend })
    expect(most).toBe(lanes)
  }
})

describe('a head that comes apart', () => {
  test.each([
    ['text', sealed.head], ['bytes', new Uint8Array(Buffer.from(sealed.head))], ['the parsed object', rawHead(sealed.head)],
  ])('as %s is taken', async (_, head) => {
    const stream = streamOf(sealed.payload)
    expect((await verifyEnvelope({ head, payload: sealed.payload }, options)).signers).toEqual([signer.kid])
    expect((await verifyEnvelope({ head, payload: stream }, options)).signers).toEqual([signer.kid])
  })
})

describe('a mistake', () => {
  const { trust } = options
  const mistakes: readonly (readonly [string, unknown, typeof TypeError | typeof RangeError])[] = [
    ['no options', undefined, TypeError],
    ['options that are no object', 'trust', TypeError],
    ['no trusted key', {}, TypeError],
    ['no trusted keys', { trust: [] }, TypeError],
    ['an app with a space', { trust, app: 'a b' }, RangeError],
    ['a channel that is no text', { trust, channel: 5 }, TypeError],
    ['a sequence that is none', { trust, lastSequence: -1 }, RangeError],
    ['a limit that is none', { trust, maxSize: 0.5 }, RangeError],
    ['a time in milliseconds', { trust, now: Date.now() }, RangeError],
    ['onProgress that is no function', { trust, onProgress: 1 }, TypeError],
    ['a controller in place of its signal', { trust, signal: new AbortController() }, TypeError],
    ['a backend with no lane', { trust, backend: { ...nodeBackend, lanes: 0 } }, TypeError],
    ['a backend without a digest', { trust, backend: { ...nodeBackend, sha256: undefined } }, TypeError],
  ]

  test.each(mistakes)('in the options (%s) leaves a stream to its owner', async (_, wrong, kind) => {
    for (const { input } of bytesForms) await expect(verifyEnvelope(input(sealed), wrong as VerifyOptions)).rejects.toThrow(kind)
    for (const { input } of streamForms) {
      const log = freshLog()
      const given = input(sealed, { log })
      await expect(verifyEnvelope(given, wrong as VerifyOptions)).rejects.toThrow(kind)
      expect([log.pulls, log.cancelled]).toEqual([0, []])
      expect((await verifyEnvelope(given, options)).signers).toEqual([signer.kid])
    }
  })

  const { head, payload } = sealed
  const shared = new Uint8Array(new SharedArrayBuffer(payload.length))
  shared.set(payload)
  test.each([
    ['nothing', undefined], ['null', null], ['text', 'text'], ['a number', 5], ['a list', [sealed]], ['an ArrayBuffer', sealed.toBytes().buffer],
    ['words of 16 bits', new Uint16Array(40)], ['an empty object', {}], ['a head alone', { head }], ['a payload alone', { payload }],
    ['a payload alone as a stream', { payload: streamOf(payload) }], ['a head of null', { head: null, payload }], ['a payload of text', { head, payload: 'text' }],
    ['an ArrayBuffer as payload', { head, payload: payload.buffer }], ['a payload in shared memory', { head, payload: shared }],
  ])('in the envelope (%s) is a TypeError', async (_, envelope) => {
    await expect(verifyEnvelope(envelope as Parameters<typeof verifyEnvelope>[0], options)).rejects.toThrow(TypeError)
  })

  test('is not hidden by an aborted signal', async () => {
    await expect(verifyEnvelope(sealed, { ...options, app: '', signal: AbortSignal.abort() })).rejects.toThrow(RangeError)
    await expectRefused(() => verifyEnvelope(sealed, { ...options, signal: AbortSignal.abort() }), 'aborted')
  })
})
