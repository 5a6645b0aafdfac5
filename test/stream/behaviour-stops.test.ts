import { describe, expect, test } from 'vitest'
import { verifyAndDecryptStream } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, pattern, sameAs, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { fileForm, forms, partsForm } from './readings.js'
import { promptly, watchedSignal } from './signals.js'
import { collect, freshLog, settled } from './streams.js'
import type { EnvelopeParts } from '../../src/index.js'

const SEALED = CHUNK + 16
const BODY = 13 * 32 + 56
const signer = freshEd25519()
const bundle = pattern(12 * CHUNK + 500)
const sealed = await seal(signer, bundle)
const reason = new Error('the user left')

/** The envelope as far as it came before the network stalled: in the middle of chunk 2. */
const stalled: EnvelopeParts = { head: sealed.head, payload: sealed.payload.subarray(0, BODY + 2 * SEALED + 100) }
const aborted = { status: 'rejected', reason: { name: 'EnvelopeError', code: 'aborted', cause: reason } }

describeEachBackend('cancelling the bundle', (backend) => {
  const device = accepting(signer, { backend })

  describe.each(forms)('of %s', (_, form) => {
    test('before its first read cancels the source with the reason, and nothing of the payload was read', async () => {
      const log = freshLog()
      const { input, before } = form(sealed, 100, { log })
      const { bundle: stream } = await verifyAndDecryptStream(input, device)
      expect(await promptly(stream.cancel(reason))).toMatchObject({ status: 'fulfilled' })
      expect(log.cancelled).toEqual([reason])
      expect(log.bytes).toBeLessThan(before + 100)
      await expect(stream.getReader().read()).resolves.toEqual({ done: true, value: undefined })
    })

    test('in the middle cancels the source with the reason, which is not read any more', async () => {
      const log = freshLog()
      const reader = (await verifyAndDecryptStream(form(sealed, 1000, { log }).input, device)).bundle.getReader()
      for (const i of [0, 1, 2]) expect((await reader.read()).value).toSatisfy(sameAs(bundle.subarray(i * CHUNK, (i + 1) * CHUNK)))
      expect(await promptly(reader.cancel(reason))).toMatchObject({ status: 'fulfilled' })
      const { bytes } = log
      expect(await reader.read()).toEqual({ done: true, value: undefined })
      await settled()
      expect(log).toMatchObject({ bytes, cancelled: [reason] })
      expect(bytes).toBeLessThan(sealed.payload.length)
    })

    test('while a read waits for a stalled source ends that read and cancels the source', async () => {
      const log = freshLog()
      const reader = (await verifyAndDecryptStream(form(stalled, 1000, { log, then: 'stall' }).input, device)).bundle.getReader()
      for (let i = 0; i < 2; i++) await reader.read()
      const pending = reader.read()
      await settled()
      expect(await promptly(reader.cancel(reason))).toMatchObject({ status: 'fulfilled' })
      expect(await promptly(pending)).toEqual({ status: 'fulfilled', value: { done: true, value: undefined } })
      expect(log.cancelled).toEqual([reason])
    })

    test('after its end changes nothing', async () => {
      const log = freshLog()
      const reader = (await verifyAndDecryptStream(form(sealed, 1e5, { log }).input, device)).bundle.getReader()
      while (!(await reader.read()).done);
      await reader.cancel(reason)
      expect(log.cancelled).toEqual([])
    })
  })

  test('takes the listener off the signal', async () => {
    const { signal, listeners } = watchedSignal()
    const { bundle: stream } = await verifyAndDecryptStream(fileForm(sealed).input, { ...device, signal })
    expect(listeners(), 'the control').toBe(1)
    await stream.cancel()
    expect(listeners()).toBe(0)
  })
})

describeEachBackend('an AbortSignal', (backend) => {
  const device = accepting(signer, { backend })

  describe.each(forms)('over %s', (_, form) => {
    test('aborted before the call stops it before anything is read, and cancels the source', async () => {
      const log = freshLog()
      const watched = watchedSignal()
      watched.abort(reason)
      const call = verifyAndDecryptStream(form(sealed, 100, { log }).input, { ...device, signal: watched.signal })
      const outcome = await promptly(call)
      expect(outcome).toMatchObject(aborted)
      expect([log.pulls, log.cancelled]).toEqual([0, [(outcome as PromiseRejectedResult).reason]])
      expect(watched.listeners()).toBe(0)
    })

    test('between two reads errors the stream at once and cancels the source', async () => {
      const log = freshLog()
      const watched = watchedSignal()
      const { input } = form(sealed, 1000, { log })
      const reader = (await verifyAndDecryptStream(input, { ...device, signal: watched.signal })).bundle.getReader()
      await reader.read()
      await settled()
      const { pulls } = log
      watched.abort(reason)
      expect(await promptly(reader.closed)).toMatchObject(aborted)
      expect(log.cancelled).toMatchObject([{ code: 'aborted', cause: reason }])
      expect(await promptly(reader.read())).toMatchObject(aborted)
      await settled()
      expect([log.pulls, log.cancelled.length, watched.listeners()]).toEqual([pulls, 1, 0])
    })

    test('while a read waits for a stalled source ends that read and cancels the source', async () => {
      const log = freshLog()
      const watched = watchedSignal()
      const { input } = form(stalled, 1000, { log, then: 'stall' })
      const reader = (await verifyAndDecryptStream(input, { ...device, signal: watched.signal })).bundle.getReader()
      for (let i = 0; i < 2; i++) await reader.read()
      const pending = reader.read()
      await settled()
      watched.abort(reason)
      expect(await promptly(pending)).toMatchObject(aborted)
      expect(await promptly(reader.read())).toMatchObject(aborted)
      expect(log.cancelled).toMatchObject([{ code: 'aborted', cause: reason }])
      expect(watched.listeners()).toBe(0)
    })

    test('that nobody aborts has no listener left after the end, nor after a failure', async () => {
      for (const envelope of [sealed, stalled]) {
        const watched = watchedSignal()
        const { bundle: stream } = await verifyAndDecryptStream(form(envelope).input, { ...device, signal: watched.signal })
        expect(watched.listeners()).toBe(1)
        expect((await collect(stream)).failed).toBe(envelope === stalled)
        expect(watched.listeners()).toBe(0)
        watched.abort(reason)
      }
    })

    test('without events is looked at between two chunks', async () => {
      const log = freshLog()
      const signal = { aborted: false, reason }
      const reader = (await verifyAndDecryptStream(form(sealed, 1000, { log }).input, { ...device, signal })).bundle.getReader()
      await reader.read()
      signal.aborted = true
      expect(await promptly(reader.read())).toMatchObject(aborted)
      expect(log.cancelled).toMatchObject([{ code: 'aborted' }])
    })
  })

  test('while the head is awaited from a stalled source rejects the call and cancels the source', async () => {
    for (const length of [0, 5, 12, 400]) {
      const log = freshLog()
      const watched = watchedSignal()
      let pulls = 0
      const { input } = fileForm(sealed, 1, { log, before: async () => (pulls++ < length ? undefined : new Promise(() => undefined)) })
      const call = verifyAndDecryptStream(input, { ...device, signal: watched.signal })
      await settled()
      expect([log.bytes, watched.listeners()]).toEqual([length, 1])
      watched.abort(reason)
      expect(await promptly(call)).toMatchObject(aborted)
      expect(log.cancelled).toMatchObject([{ code: 'aborted', cause: reason }])
      expect(watched.listeners()).toBe(0)
    }
  })

  test('while the signatures are verified rejects the call', async () => {
    const log = freshLog()
    const watched = watchedSignal()
    const aborting = {
      ...backend,
      verify: async (...args: Parameters<typeof backend.verify>): Promise<boolean> => {
        watched.abort(reason)
        return backend.verify(...args)
      },
    }
    const { input } = partsForm(sealed, 1000, { log })
    const call = verifyAndDecryptStream(input, { ...device, backend: aborting, signal: watched.signal })
    expect(await promptly(call)).toMatchObject(aborted)
    expect([log.pulls, log.cancelled.length, watched.listeners()]).toEqual([0, 1, 0])
  })

  test('that aborts at any turn of the work while a head comes in says aborted, and nothing else', async () => {
    for (let turn = 0; turn < 30; turn++) {
      const controller = new AbortController()
      const later = (turns: number): void => (turns === 0 ? controller.abort(reason) : queueMicrotask(() => later(turns - 1)))
      const { input } = fileForm(sealed, 4, { before: (i) => (i === 1 ? later(turn) : undefined) })
      expect(await promptly(verifyAndDecryptStream(input, { ...device, signal: controller.signal })), `turn ${turn}`).toMatchObject(aborted)
    }
  })

  test('that aborts in onProgress ends the stream before that chunk is given', async () => {
    const controller = new AbortController()
    let calls = 0
    const onProgress = (): void => {
      if (++calls === 2) controller.abort(reason)
    }
    const { bundle: stream } = await verifyAndDecryptStream(partsForm(sealed).input, { ...device, signal: controller.signal, onProgress })
    const { bytes, error } = await collect(stream)
    expect(error).toMatchObject({ code: 'aborted', cause: reason })
    expect(bytes).toSatisfy(sameAs(bundle.subarray(0, CHUNK)))
    await settled()
    expect(calls).toBe(2)
  })
})
