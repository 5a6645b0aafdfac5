import { describe, expect, test } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, expectAccepted, pattern } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { sealStream, withSealer } from './encrypt.js'
import { collect, freshLog, pullCounting, settled, streamOf } from './streams.js'

const signer = freshEd25519()
const CHUNKS = 12
const bundle = pattern((CHUNKS - 1) * CHUNK + 500)

describeEachBackend('backpressure', (backend) => {
  test.each([
    { lanes: 1, piece: 1000 }, { lanes: 1, piece: CHUNK }, { lanes: 4, piece: 1000 }, { lanes: 4, piece: 3 * CHUNK },
  ])('with $lanes chunks in flight and pieces of $piece bytes bounds what is read ahead', async ({ lanes, piece }) => {
    const { stream, log } = pullCounting(bundle, piece)
    const { body } = await sealStream(signer, stream, { backend: { ...backend, lanes } })
    await settled()
    expect(log.pulls, 'read before anybody wants the body').toBe(0)
    const reader = body.getReader()
    expect((await reader.read()).value).toHaveLength(56)
    await settled()
    expect(log.pulls, 'read for salt and commitment').toBe(0)
    for (let given = 1; given <= CHUNKS; given++) {
      await reader.read()
      await settled(4)
      expect(log.bytes).toBeGreaterThanOrEqual(Math.min(given * CHUNK, bundle.length))
      expect(log.bytes, `bytes read for ${given} chunks`).toBeLessThanOrEqual((given - 1 + lanes) * CHUNK + piece)
    }
    expect((await reader.read()).done).toBe(true)
  })
})

describe('chunks in flight', () => {
  test.each([1, 2, 4, 7])('are %i at most, all in use, and come in order although the last ends first', async (lanes) => {
    let [now, most, begun] = [0, 0, 0]
    const slow = withSealer({ ...nodeBackend, lanes }, (seal) => async (nonce, plaintext) => {
      const turns = 3 * (lanes - (begun++ % lanes))
      most = Math.max(most, ++now)
      const sealed = await seal(nonce, plaintext)
      await settled(turns)
      now--
      return sealed
    })
    const { body, envelope } = await sealStream(signer, streamOf(bundle, 1000), { backend: slow })
    const { bytes } = await collect(body)
    const { head, index } = await envelope
    expect(most).toBe(lanes)
    await expectAccepted({ head, payload: Buffer.concat([index, bytes]) }, accepting(signer), bundle)
  })

  test.each([2, 3, 4])('with %i of them, the last of which is slow, do not see that memory of plaintexts is used again', async (lanes) => {
    let begun = 0
    const slow = withSealer({ ...nodeBackend, lanes }, (seal) => async (nonce, plaintext) => {
      await settled(1 + 8 * (begun++ % lanes))
      return seal(nonce, plaintext)
    })
    const { body, envelope } = await sealStream(signer, streamOf(bundle, 777), { backend: slow })
    const { bytes } = await collect(body)
    const { head, index } = await envelope
    await expectAccepted({ head, payload: Buffer.concat([index, bytes]) }, accepting(signer), bundle)
  })
})

describe('the envelope', () => {
  test('is there once the body was read to its end, and not before', async () => {
    const { body, envelope } = await sealStream(signer, streamOf(bundle))
    let there = false
    void envelope.then(() => (there = true))
    const reader = body.getReader()
    for (let i = 0; i < 1 + CHUNKS; i++) {
      expect((await reader.read()).done).toBe(false)
      await settled(2)
      expect(there, `after piece ${i}`).toBe(false)
    }
    expect((await reader.read()).done).toBe(true)
    await settled(2)
    expect(there).toBe(true)
  })
})

describe('a second consumer', () => {
  test('of the bundle or of the body is a TypeError, and the first one is not disturbed', async () => {
    const stream = streamOf(bundle)
    const { body, envelope } = await sealStream(signer, stream)
    expect(stream.locked).toBe(true)
    expect(() => stream.getReader()).toThrow(TypeError)
    await expect(stream.cancel()).rejects.toThrow(TypeError)
    await expect(sealStream(signer, stream)).rejects.toThrow(TypeError)
    const pending = collect(body)
    expect(() => body.getReader()).toThrow(TypeError)
    const { bytes } = await pending
    const { head, index } = await envelope
    await expectAccepted({ head, payload: Buffer.concat([index, bytes]) }, accepting(signer), bundle)
  })

  test('a bundle that somebody else reads is left to them', async () => {
    const log = freshLog()
    const stream = streamOf(bundle, 1000, { log })
    const reader = stream.getReader()
    await expect(sealStream(signer, stream)).rejects.toThrow(TypeError)
    expect((await reader.read()).value).toHaveLength(1000)
    expect(log.cancelled).toEqual([])
  })
})
