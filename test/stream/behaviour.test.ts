import { describe, expect, test } from 'vitest'
import { verifyAndDecryptStream } from '../../src/index.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { nodeDeviceBackend } from '../../src/crypto/node.js'
import { nobleDeviceBackend } from '../../src/crypto/noble.js'
import { webDeviceBackend } from '../../src/crypto/web.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, pattern, sameAs, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { forms, partsForm } from './readings.js'
import { spying } from './spy.js'
import { collect, freshLog, settled } from './streams.js'
import type { Progress } from '../../src/index.js'

const SEALED = CHUNK + 16
const CHUNKS = 100
const BODY = 32 * CHUNKS + 56
const signer = freshEd25519()
const bundle = pattern((CHUNKS - 1) * CHUNK + 500)
const sealed = await seal(signer, bundle)
const plain = (i: number): Uint8Array => bundle.subarray(i * CHUNK, (i + 1) * CHUNK)

describeEachBackend('backpressure', (backend) => {
  const cases = [1, 4, 64].flatMap((lanes) => [1000, CHUNK, 100_000].map((piece) => ({ lanes, piece })))

  test.each(cases)('with $lanes chunks in flight and pieces of $piece bytes bounds what is read ahead', async ({ lanes, piece }) => {
    for (const [, form] of forms) {
      const log = freshLog()
      const { input, before } = form(sealed, piece, { log })
      const device = accepting(signer, { backend: { ...backend, lanes } })
      const reader = (await verifyAndDecryptStream(input, device)).bundle.getReader()
      await settled()
      expect(log.bytes, 'before the first read, nothing but the piece in which the head ends').toBeLessThan(before + piece)
      let read = 0
      for (const chunks of [1, 2, 3, 10]) {
        for (; read < chunks; read++) expect((await reader.read()).value).toSatisfy(sameAs(plain(read)))
        await settled()
        const needed = before + BODY + chunks * SEALED
        expect(log.bytes, `${chunks} chunks read`).toBeGreaterThanOrEqual(needed)
        expect(log.bytes, `${chunks} chunks read`).toBeLessThan(needed + (lanes - 1) * SEALED + piece)
      }
      await reader.cancel()
      const { bytes } = log
      await settled()
      expect(log.bytes, 'after the cancellation').toBe(bytes)
    }
  })

  test('a slow consumer gets everything, and the source is never far ahead', async () => {
    const log = freshLog()
    const { input } = partsForm(sealed, 5000, { log })
    const { bundle: stream } = await verifyAndDecryptStream(input, accepting(signer, { backend }))
    let done = 0
    let chunks = 0
    for await (const piece of stream as unknown as AsyncIterable<Uint8Array>) {
      await settled(2)
      expect(piece).toSatisfy(sameAs(bundle.subarray(done, done + piece.length)))
      done += piece.length
      chunks += 1
      expect(log.bytes).toBeLessThan(BODY + (chunks + backend.lanes - 1) * SEALED + 5000)
    }
    expect([done, chunks]).toEqual([bundle.length, CHUNKS])
  })
})

describe('chunks in flight', () => {
  test.each([
    [webDeviceBackend, 4], [nodeDeviceBackend, 1], [nobleDeviceBackend, 1],
  ])('are as many as the backend gains from', (backend, lanes) => {
    expect(backend.lanes).toBe(lanes)
  })

  test.each([1, 2, 3, 4, 5, 64])('are %i at most, all in use, and come in order although the last ends first', async (lanes) => {
    const waiting: (() => void)[] = []
    const { backend, mostAtOnce, opened } = spying({ ...nodeBackend, lanes }, async () => {
      await new Promise<void>((resolve) => waiting.unshift(resolve))
    })
    const { bundle: stream } = await verifyAndDecryptStream(partsForm(sealed).input, accepting(signer, { backend }))
    const collecting = collect(stream)
    let released = 0
    while (released < CHUNKS) {
      await settled(3)
      // The youngest first.
      const ready = waiting.splice(0)
      released += ready.length
      for (const release of ready) {
        release()
        await settled(1)
      }
    }
    const { bytes, failed } = await collecting
    expect(failed).toBe(false)
    expect(bytes).toSatisfy(sameAs(bundle))
    expect([mostAtOnce(), opened.length]).toEqual([lanes, CHUNKS])
  })
})

describeEachBackend('progress of a stream', (backend) => {
  test.each([0, 1, CHUNK, 3 * CHUNK + 500])('of %i bytes is told once for each chunk, when it is given', async (size) => {
    const records: Progress[] = []
    const envelope = await seal(signer, pattern(size), { backend })
    const device = accepting(signer, { backend, onProgress: (record) => records.push(record) })
    const reader = (await verifyAndDecryptStream(partsForm(envelope).input, device)).bundle.getReader()
    const expected: Progress[] = []
    for (let done = 0; ; ) {
      expect(records).toEqual(expected)
      const { value } = await reader.read()
      if (value === undefined) break
      done += value.length
      expected.push({ done, total: size })
    }
    if (size % CHUNK === 0) expected.push({ done: size, total: size })
    expect(records).toEqual(expected)
  })
})

describeEachBackend('a plaintext that was given', (backend) => {
  test('lies in memory of its own: what happens to it changes nothing that comes later', async () => {
    const { input } = partsForm(sealed, 50_000)
    const device = accepting(signer, { backend, checksum: true })
    const reader = (await verifyAndDecryptStream(input, device)).bundle.getReader()
    for (let i = 0; i < CHUNKS; i++) {
      const { value } = (await reader.read()) as { value: Uint8Array<ArrayBuffer> }
      expect(value).toSatisfy(sameAs(plain(i)))
      expect([value.constructor, value.byteOffset, value.buffer.byteLength]).toEqual([Uint8Array, 0, plain(i).length])
      if (i % 2 === 0) value.fill(0xaa)
      else structuredClone(value, { transfer: [value.buffer] })
    }
    expect(await reader.read()).toEqual({ done: true, value: undefined })
  })
})
