import { describe, expect, test } from 'vitest'
import { promptly, watchedSignal } from '../stream/signals.js'
import { collect, freshLog, pullCounting, settled, streamOf, streamOfPieces } from '../stream/streams.js'
import { describeEachCapgoBackend } from './helpers.js'
import { aborted, directions, P, reason } from './streams-directions.js'
import type { Bytes } from '../../src/bytes.js'
import type { Awaitable } from '../../src/crypto/backend.js'
import type { CapgoBackend } from '../../src/capgo.js'

describeEachCapgoBackend('a stream that is stopped', (backend) => {
  describe.each(directions)('while $name:', ({ input, start, inOneCall }) => {
    test('cancelling it cancels the source with the same reason, and nothing more comes', async () => {
      const { stream, log } = pullCounting(input)
      const started = await start(stream, backend)
      const reader = started.stream.getReader()
      await reader.read()
      const { pulls } = log
      await reader.cancel(reason)
      await settled()
      expect(log.cancelled).toEqual([reason])
      expect(log.pulls).toBe(pulls)
      expect(await reader.read()).toEqual({ done: true, value: undefined })
      expect(await promptly(started.promise)).toEqual({ status: 'rejected', reason })
    })

    test('the promise beside it says that all went well only once the stream was read to its end', async () => {
      const { stream, promise } = await start(streamOf(input), backend)
      const reader = stream.getReader()
      let told = false
      void promise.then(() => (told = true))
      for (let size = 0, most = input.length - 16; size < most; ) size += (await reader.read()).value?.length ?? 0
      await settled()
      expect(told).toBe(false)
      expect((await reader.read()).done).toBe(true)
      expect(await promptly(promise)).toMatchObject({ status: 'fulfilled' })
    })

    test('cancelling it without a reason, before anything was read, is told as an abort', async () => {
      const { stream, log } = pullCounting(input)
      const started = await start(stream, backend)
      await started.stream.cancel()
      await settled()
      expect(log).toMatchObject({ pulls: 0, cancelled: [undefined] })
      expect(await promptly(started.promise)).toMatchObject({ status: 'rejected', reason: { name: 'EnvelopeError', code: 'aborted' } })
    })

    test('a signal that was aborted before stops the call, cancels the source and reads nothing', async () => {
      const { signal, abort, listeners } = watchedSignal()
      abort(reason)
      const { stream, log } = pullCounting(input)
      expect(await promptly(start(stream, backend, { signal }))).toMatchObject(aborted)
      await settled()
      expect(log).toMatchObject({ pulls: 0, cancelled: [{ code: 'aborted', cause: reason }] })
      expect(listeners()).toBe(0)
    })

    test('a signal that is aborted at any turn of the call stops it, or the stream that it gives', async () => {
      for (let turn = 0; turn < 12; turn++) {
        const { signal, abort, listeners } = watchedSignal()
        const { stream, log } = pullCounting(input)
        const started = start(stream, backend, { signal })
        void started.catch(() => undefined)
        for (let i = 0; i < turn; i++) await Promise.resolve()
        abort(reason)
        const outcome = await promptly(started)
        if (outcome.status === 'fulfilled') expect(await promptly(outcome.value.stream.getReader().read())).toMatchObject(aborted)
        else expect(outcome).toMatchObject(aborted)
        await settled()
        expect([turn, log.pulls, log.cancelled.length, listeners()]).toEqual([turn, 0, 1, 0])
      }
    })

    test('a signal that is aborted while the backend works cancels the source, and does not wait for the backend', async () => {
      const { signal, abort } = watchedSignal()
      const { stream, log } = pullCounting(input)
      let answer: (() => void) | undefined
      const waits = new Promise<void>((resolve) => (answer = resolve))
      const slow = async (operation: (block: Bytes) => Awaitable<Bytes | undefined>, block: Bytes): Promise<Bytes | undefined> => waits.then(async () => operation(block))
      const rsaPublic: CapgoBackend['rsaPublic'] = async (key) => {
        const operation = await backend.rsaPublic(key)
        return async (block) => slow(operation, block)
      }
      const rsaPrivate: CapgoBackend['rsaPrivate'] = async (key) => {
        const operation = await backend.rsaPrivate(key)
        return async (block) => slow(operation, block) as Promise<Bytes>
      }
      const started = start(stream, { ...backend, rsaPublic, rsaPrivate }, { signal })
      await settled()
      abort(reason)
      await settled()
      expect(log).toMatchObject({ pulls: 0, cancelled: [{ code: 'aborted', cause: reason }] })
      answer?.()
      const outcome = await promptly(started)
      if (outcome.status === 'fulfilled') expect(await promptly(outcome.value.stream.getReader().read())).toMatchObject(aborted)
      else expect(outcome).toMatchObject(aborted)
    })

    test('a signal that is aborted between two reads ends it at once', async () => {
      const { signal, abort, listeners } = watchedSignal()
      const { stream, log } = pullCounting(input)
      const started = await start(stream, backend, { signal })
      const reader = started.stream.getReader()
      await reader.read()
      abort(reason)
      expect(await promptly(reader.closed)).toMatchObject(aborted)
      expect(await promptly(reader.read())).toMatchObject(aborted)
      expect(await promptly(started.promise)).toMatchObject(aborted)
      expect(log.cancelled).toMatchObject([{ code: 'aborted' }])
      expect(listeners()).toBe(0)
    })

    test('a signal that is aborted while the source has nothing ends the wait', async () => {
      const { signal, abort } = watchedSignal()
      const log = freshLog()
      const started = await start(streamOfPieces([input.subarray(0, P + 5)], { log, then: 'stall' }), backend, { signal })
      const reader = started.stream.getReader()
      const reading = reader.read().then(async (first) => (first.done ? first : reader.read()))
      await settled()
      abort(reason)
      expect(await promptly(reading)).toMatchObject(aborted)
      expect(await promptly(started.promise)).toMatchObject(aborted)
      expect(log.cancelled).toMatchObject([{ code: 'aborted' }])
    })

    test('a signal that is aborted after the end changes nothing', async () => {
      const { signal, abort, listeners } = watchedSignal()
      const started = await start(streamOf(input), backend, { signal })
      expect((await collect(started.stream)).failed).toBe(false)
      expect(listeners()).toBe(0)
      abort(reason)
      expect(await promptly(started.promise)).toMatchObject({ status: 'fulfilled' })
    })

    test('a signal without events is looked at before each piece', async () => {
      const signal = { aborted: false, reason }
      const { stream, log } = pullCounting(input)
      const started = await start(stream, backend, { signal })
      const reader = started.stream.getReader()
      await reader.read()
      const { pulls } = log
      signal.aborted = true
      expect(await promptly(reader.read())).toMatchObject(aborted)
      expect(log.pulls).toBe(pulls)
      expect(await promptly(started.promise)).toMatchObject(aborted)
      expect(log.cancelled).toMatchObject([{ code: 'aborted' }])
    })

    test('a call of all at once is stopped by a signal before it and during it', async () => {
      const before = watchedSignal()
      before.abort(reason)
      expect(await promptly(inOneCall(backend, { signal: before.signal }))).toMatchObject(aborted)
      const during = watchedSignal()
      let calls = 0
      const onProgress = (): void => {
        if (++calls === 2) during.abort(reason)
      }
      expect(await promptly(inOneCall(backend, { signal: during.signal, onProgress }))).toMatchObject(aborted)
      expect([calls, before.listeners(), during.listeners()]).toEqual([2, 0, 0])
    })

    test('a signal that is aborted as the last piece is told leaves no promise that says it went well', async () => {
      const { signal, abort } = watchedSignal()
      const seen: number[] = []
      const onProgress = ({ done }: { done: number }): void => {
        seen.push(done)
        if (done === input.length) abort(reason)
      }
      const started = await start(streamOf(input), backend, { signal, onProgress })
      const { failed, bytes } = await collect(started.stream)
      expect([failed, seen.at(-1)]).toEqual([true, input.length])
      expect(bytes.length).toBe(4 * P)
      expect(await promptly(started.promise)).toMatchObject(aborted)
      expect(await promptly(inOneCall(backend, { signal, onProgress }))).toMatchObject(aborted)
    })

    test('what onProgress throws ends it, unchanged, also at the last piece', async () => {
      for (const at of [P, input.length]) {
        const onProgress = ({ done }: { done: number }): void => {
          if (done === at) throw reason
        }
        const { stream, log } = pullCounting(input)
        const started = await start(stream, backend, { onProgress })
        const { error, bytes } = await collect(started.stream)
        expect(error).toBe(reason)
        expect(bytes.length).toBe(at === P ? 0 : 4 * P)
        expect(await promptly(started.promise)).toEqual({ status: 'rejected', reason })
        expect(log.ended || log.cancelled[0] === reason).toBe(true)
        expect(await promptly(inOneCall(backend, { onProgress }))).toEqual({ status: 'rejected', reason })
      }
    })
  })
})
