import { expect, test } from 'vitest'
import { describeEachBackend } from '../backends.js'
import { forgedChunk } from '../envelope/attacker.js'
import { CHUNK, accepting, expectRefused, pattern, sameAs, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { openWithIndex } from './readings.js'
import { promptly, watchedSignal } from './signals.js'
import { spying } from './spy.js'
import { collectPieces, freshLog, pullCounting, settled, streamOf } from './streams.js'
import type { DecryptedChunk, OpenedEnvelope } from '../../src/index.js'

const CHUNKS = 9
const SEALED = CHUNK + 16
const signer = freshEd25519()
const bundle = pattern(8 * CHUNK + 500)
const sealed = await seal(signer, bundle)
const plain = (i: number): Uint8Array => bundle.subarray(i * CHUNK, (i + 1) * CHUNK)

/** The encrypted chunks of a span, as a server sends them for a range. */
function rangeOf(opened: OpenedEnvelope, first: number, count: number): Uint8Array<ArrayBuffer> {
  return sealed.payload.slice(opened.chunkRange(first).start, opened.chunkRange(first + count - 1).end)
}

function expectChunks(pieces: readonly DecryptedChunk[], first: number, count: number): void {
  expect(pieces.map(({ i }) => i)).toEqual(Array.from({ length: count }, (_, k) => first + k))
  for (const { i, plaintext } of pieces) expect(plaintext).toSatisfy(sameAs(plain(i)))
}

describeEachBackend('decryptChunks', (backend) => {
  const device = accepting(signer, { backend })

  test('gives every span of chunks, also all of them at the same time', async () => {
    const opened = await openWithIndex(sealed, device)
    const spans = Array.from({ length: CHUNKS }, (_, first) =>
      Array.from({ length: CHUNKS - first }, (__, k) => ({ first, count: k + 1 }))).flat()
    expect(spans).toHaveLength(45)
    await Promise.all(spans.map(async ({ first, count }) => {
      const { pieces, failed } = await collectPieces(opened.decryptChunks({ first, count }, streamOf(rangeOf(opened, first, count), 30_001)))
      expect(failed).toBe(false)
      expectChunks(pieces, first, count)
    }))
  })

  test('takes a span as the planner of a download names it, with more than first and count', async () => {
    const opened = await openWithIndex(sealed, device)
    const span = { first: 3, count: 2, ...opened.chunkRange(3), end: opened.chunkRange(4).end }
    expectChunks((await collectPieces(opened.decryptChunks(span, streamOf(sealed.payload.slice(span.start, span.end))))).pieces, 3, 2)
  })

  test('gives an empty last chunk as it is', async () => {
    for (const size of [0, 2 * CHUNK]) {
      const envelope = await seal(signer, pattern(size), { backend })
      const opened = await openWithIndex(envelope, device)
      const { pieces } = await collectPieces(
        opened.decryptChunks({ first: 0, count: opened.chunks }, streamOf(envelope.payload.subarray(opened.indexRange.end))),
      )
      expect(pieces.at(-1)).toEqual({ i: size / CHUNK, plaintext: new Uint8Array(0) })
      expect(pieces).toHaveLength(size / CHUNK + 1)
    }
  })

  test('gives plaintexts in memory of their own', async () => {
    const opened = await openWithIndex(sealed, device)
    for await (const { i, plaintext } of opened.decryptChunks({ first: 0, count: CHUNKS }, streamOf(rangeOf(opened, 0, CHUNKS)))) {
      expect(plaintext).toSatisfy(sameAs(plain(i)))
      expect([plaintext.byteOffset, plaintext.buffer.byteLength]).toEqual([0, plain(i).length])
      plaintext.fill(0xaa)
      structuredClone(plaintext, { transfer: [plaintext.buffer] })
    }
  })

  test('R43: after a refusal or a broken connection the rest can be fetched again, by any call', async () => {
    const opened = await openWithIndex(sealed, device)
    const torn = rangeOf(opened, 2, 5)
    torn[3 * SEALED + 100] = (torn[3 * SEALED + 100] as number) ^ 1
    const broken = await collectPieces(opened.decryptChunks({ first: 2, count: 5 }, streamOf(torn)))
    expectChunks(broken.pieces, 2, 3)
    expect(broken.error).toMatchObject({ code: 'bad-chunk', message: expect.stringMatching(/^chunk 5 /) as unknown })
    const cut = await collectPieces(opened.decryptChunks({ first: 5, count: 2 }, streamOf(rangeOf(opened, 5, 2).subarray(0, SEALED + 7))))
    expectChunks(cut.pieces, 5, 1)
    expect(cut.error).toMatchObject({ code: 'truncated' })
    const reset = new Error('the connection was reset')
    const again = opened.decryptChunks({ first: 6, count: 3 }, streamOf(rangeOf(opened, 6, 1), 5000, { then: { error: reset } }))
    const failed = await collectPieces(again)
    expectChunks(failed.pieces, 6, 1)
    expect(failed.error).toBe(reset)
    expectChunks((await collectPieces(opened.decryptChunks({ first: 7, count: 2 }, streamOf(rangeOf(opened, 7, 2))))).pieces, 7, 2)
    expect(await opened.decryptChunk(5, rangeOf(opened, 5, 1))).toSatisfy(sameAs(plain(5)))
  })

  test('R41: refuses the bytes of another range, and chunks forged with a valid tag, before it decrypts them', async () => {
    const { backend: spied, opened: decrypted } = spying(backend)
    const opened = await openWithIndex(sealed, { ...device, backend: spied })
    const forged = await forgedChunk(sealed.head, signer, 4, new Uint8Array(CHUNK).fill(0x41))
    const wrong = [rangeOf(opened, 5, 1), sealed.payload.slice(opened.chunkRange(4).start + 1, opened.chunkRange(4).end + 1), forged]
    for (const bytes of wrong) {
      const { pieces, error } = await collectPieces(opened.decryptChunks({ first: 4, count: 1 }, streamOf(bytes)))
      expect(pieces).toEqual([])
      await expectRefused(() => {
        throw error
      }, 'bad-chunk', /chunk 4 /)
      await expectRefused(async () => opened.decryptChunk(4, bytes), 'bad-chunk', /chunk 4 /)
    }
    expect(decrypted).toEqual([])
  })

  test('R51: ends for good with its first failure', async () => {
    const opened = await openWithIndex(sealed, device)
    const { stream, log } = pullCounting(pattern(CHUNKS * SEALED), 5000)
    const iterator = opened.decryptChunks({ first: 0, count: CHUNKS }, stream)[Symbol.asyncIterator]()
    const [outcome] = (await Promise.allSettled([iterator.next()])) as [PromiseRejectedResult]
    expect(outcome.reason).toMatchObject({ code: 'bad-chunk' })
    expect(log.cancelled).toEqual([outcome.reason])
    const { pulls } = log
    for (let i = 0; i < 3; i++) expect(await iterator.next()).toEqual({ done: true, value: undefined })
    await settled()
    expect(log.pulls).toBe(pulls)
  })

  test('reads nothing before its first step, and no more ahead than the backend has in flight', async () => {
    for (const lanes of [1, 4]) {
      const opened = await openWithIndex(sealed, { ...device, backend: { ...backend, lanes } })
      const { stream, log } = pullCounting(rangeOf(opened, 0, CHUNKS), 1000)
      const iterable = opened.decryptChunks({ first: 0, count: CHUNKS }, stream)
      await settled()
      expect([log.pulls, stream.locked]).toEqual([0, false])
      let given = 0
      for await (const { i } of iterable) {
        expect(i).toBe(given++)
        await settled()
        expect(log.bytes).toBeGreaterThanOrEqual(Math.min(given * SEALED, 8 * SEALED + 516))
        expect(log.bytes).toBeLessThan((given + lanes - 1) * SEALED + 1000)
      }
      expect(given).toBe(CHUNKS)
    }
  })

  test('cancels the stream where the loop is left, by break or by a throw', async () => {
    const watched = watchedSignal()
    const opened = await openWithIndex(sealed, { ...device, signal: watched.signal })
    const thrown = new Error('the disk is full')
    for (const leave of ['break', 'throw']) {
      const { stream, log } = pullCounting(rangeOf(opened, 0, CHUNKS), 1000)
      const loop = async (): Promise<void> => {
        for await (const { i } of opened.decryptChunks({ first: 0, count: CHUNKS }, stream)) {
          expect(watched.listeners(), 'the control').toBe(1)
          if (i < 2) continue
          if (leave === 'throw') throw thrown
          break
        }
      }
      const outcome = await promptly(loop())
      expect(outcome).toEqual(leave === 'throw' ? { status: 'rejected', reason: thrown } : { status: 'fulfilled', value: undefined })
      const { pulls } = log
      await settled()
      expect([log.cancelled.length, log.pulls, watched.listeners()]).toEqual([1, pulls, 0])
    }
  })

  test('is aborted by the signal of the opened envelope: before, between two steps and while it waits', async () => {
    const reason = new Error('the user left')
    for (const moment of ['before', 'between', 'waiting']) {
      const watched = watchedSignal()
      const opened = await openWithIndex(sealed, { ...device, signal: watched.signal })
      const log = freshLog()
      const stream = streamOf(rangeOf(opened, 0, 3).subarray(0, SEALED + 100), 1000, { log, then: 'stall' })
      const iterator = opened.decryptChunks({ first: 0, count: 3 }, stream)[Symbol.asyncIterator]()
      if (moment !== 'before') expectChunks([(await iterator.next()).value as DecryptedChunk], 0, 1)
      const waiting = moment === 'waiting' ? iterator.next() : undefined
      await settled()
      watched.abort(reason)
      expect(await promptly(waiting ?? iterator.next()), moment).toMatchObject({ status: 'rejected', reason: { code: 'aborted', cause: reason } })
      expect(log.cancelled, moment).toMatchObject([{ code: 'aborted' }])
      expect(watched.listeners(), moment).toBe(0)
    }
  })
})
