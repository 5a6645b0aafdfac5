import { expect, test } from 'vitest'
import { EnvelopeError } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, pattern } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { endOf, readSome, sealStream, startSealing } from './encrypt.js'
import { promptly, watchedSignal } from './signals.js'
import { freshLog, settled, streamOf } from './streams.js'
import type { Backend } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(11 * CHUNK + 500)
const reason = new Error('the user left')

const aborted = expect.objectContaining({ name: 'EnvelopeError', code: 'aborted', cause: reason }) as unknown

describeEachBackend('R51: cancelling the body', (backend) => {
  test.each([0, 1, 4])('after %i pieces cancels the source with the reason, which is not read any more', async (pieces) => {
    const { sealing, log } = await startSealing(signer, bundle, { backend })
    const reader = sealing.body.getReader()
    await readSome(reader, pieces)
    await reader.cancel(reason)
    await expect(sealing.envelope).rejects.toBe(reason)
    expect(log.cancelled).toEqual([reason])
    const before = log.pulls
    await settled()
    expect(log.pulls).toBe(before)
  })

  test('while a read waits for a stalled source ends that read and cancels the source', async () => {
    const { sealing, log } = await startSealing(signer, bundle, { backend }, { before: async (i) => i === 40 && new Promise(() => undefined) })
    const reader = sealing.body.getReader()
    const pending = (async () => {
      for (;;) if ((await reader.read()).done) return 'done'
    })()
    await settled()
    await reader.cancel(reason)
    expect(await promptly(pending)).toEqual({ status: 'fulfilled', value: 'done' })
    await expect(sealing.envelope).rejects.toBe(reason)
    expect(log.cancelled).toEqual([reason])
  })

  test('after its end changes nothing', async () => {
    const { sealing, log } = await startSealing(signer, bundle, { backend })
    const reader = sealing.body.getReader()
    await readSome(reader, 13)
    expect((await reader.read()).done).toBe(true)
    await reader.cancel(reason)
    expect((await sealing.envelope).index).toHaveLength(12 * 32)
    expect(log.cancelled).toEqual([])
  })
})

describeEachBackend('R51: an AbortSignal', (backend) => {
  test('aborted before the call rejects it before anything is done, and cancels the source', async () => {
    const log = freshLog()
    let drawn = 0
    const watched: Backend = { ...backend, randomBytes: (length) => (drawn++, backend.randomBytes(length)) }
    const pending = sealStream(signer, streamOf(bundle, 1000, { log }), { backend: watched, signal: AbortSignal.abort(reason) })
    await expect(pending).rejects.toEqual(aborted)
    expect([log.pulls, log.cancelled, drawn]).toEqual([0, [aborted], 0])
  })

  test('aborted at any turn while the keys are read rejects the call', async () => {
    let rejected = 0
    for (let turns = 0; turns < 30; turns++) {
      const controller = new AbortController()
      const log = freshLog()
      const pending = sealStream(signer, streamOf(bundle, 1000, { log }), { backend, signal: controller.signal })
      for (let i = 0; i < turns; i++) await Promise.resolve()
      controller.abort(reason)
      const outcome = await pending.then(
        async (sealing) => (await endOf(sealing)).body.error,
        (error: unknown) => {
          rejected++
          return error
        },
      )
      expect(outcome, `after ${turns} turns`).toEqual(aborted)
      expect([log.pulls, log.cancelled]).toEqual([0, [aborted]])
    }
    expect(rejected).toBeGreaterThan(5)
  })

  test('between two reads errors the body at once, rejects the envelope and cancels the source', async () => {
    const { signal, abort, listeners } = watchedSignal()
    const { sealing, log } = await startSealing(signer, bundle, { backend, signal })
    const reader = sealing.body.getReader()
    await readSome(reader, 3)
    abort(reason)
    await expect(reader.closed).rejects.toEqual(aborted)
    await expect(reader.read()).rejects.toEqual(aborted)
    await expect(sealing.envelope).rejects.toEqual(aborted)
    expect([log.cancelled, listeners()]).toEqual([[aborted], 0])
  })

  test('while a read waits for a stalled source ends that read and cancels the source', async () => {
    const { signal, abort } = watchedSignal()
    const { sealing, log } = await startSealing(signer, bundle, { backend, signal }, { before: async (i) => i === 40 && new Promise(() => undefined) })
    const pending = endOf(sealing)
    await settled()
    abort(reason)
    const outcome = await promptly(pending)
    expect(outcome).toMatchObject({ value: { body: { failed: true, error: aborted }, envelope: { status: 'rejected', reason: aborted } } })
    expect(log.cancelled).toEqual([aborted])
  })

  test('without events is looked at between two chunks', async () => {
    const signal = { aborted: false, reason }
    const { sealing, log } = await startSealing(signer, bundle, { backend, signal })
    const reader = sealing.body.getReader()
    await readSome(reader, 3)
    signal.aborted = true
    await expect(reader.read()).rejects.toEqual(aborted)
    expect(log.cancelled).toEqual([aborted])
  })

  test('while the head is signed errors the body, which had given all of its pieces', async () => {
    const { signal, abort } = watchedSignal()
    const stopping: Backend = {
      ...backend,
      sign: async (key, message) => {
        abort(reason)
        return backend.sign(key, message)
      },
    }
    const { sealing } = await startSealing(signer, bundle, { backend: stopping, signal })
    const { body, envelope } = await endOf(sealing)
    expect([body.pieces.length, body.failed, body.error]).toEqual([13, true, aborted])
    expect(envelope).toEqual({ status: 'rejected', reason: aborted })
  })

  test('that aborts in answer to the envelope comes too late: the body has ended well', async () => {
    const { signal, abort } = watchedSignal()
    const { sealing } = await startSealing(signer, bundle, { backend, signal })
    const answered = sealing.envelope.then(() => abort(reason))
    const { body, envelope } = await endOf(sealing)
    await answered
    expect([body.pieces.length, body.error, envelope.status]).toEqual([13, undefined, 'fulfilled'])
  })

  test('that nobody aborts has no listener left after the end, nor after a failure, nor after a refused key', async () => {
    const ended = watchedSignal()
    await endOf((await startSealing(signer, bundle, { backend, signal: ended.signal })).sealing)
    const failed = watchedSignal()
    await endOf((await startSealing(signer, bundle, { backend, signal: failed.signal }, { then: { error: reason } })).sealing)
    const refused = watchedSignal()
    await expect(startSealing(signer, bundle, { backend, signal: refused.signal, signer: 'no key' })).rejects.toThrow(EnvelopeError)
    expect([ended.listeners(), failed.listeners(), refused.listeners()]).toEqual([0, 0, 0])
    ended.abort(reason)
  })
})
