import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { openEnvelope, verifyAndDecryptStream } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { accepting, pattern, seal } from '../envelope/helpers.js'
import { withPayload } from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'
import { settled, streamOfPieces } from './streams.js'
import type { Backend } from '../../src/crypto/backend.js'

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

const CHUNK = 262_144
const signer = freshEd25519()
const sealed = await seal(signer, pattern(16 * CHUNK), { chunkSize: CHUNK })
const BODY = 17 * 32 + 56
const bad = withPayload(sealed, (payload) => (payload[BODY + 5 * (CHUNK + 16)] = (payload[BODY + 5 * (CHUNK + 16)] as number) ^ 1))

/** How many of them are still held by somebody, after patient collecting. */
async function held(...lists: readonly (readonly WeakRef<object>[])[]): Promise<number> {
  let left = Infinity
  for (let round = 0; round < 20 && left > 0; round++) {
    await settled()
    collectGarbage()
    left = lists.flat().filter((reference) => reference.deref() !== undefined).length
  }
  return left
}

/** One giant piece, which only its reader holds. */
function givingAway(payload: Uint8Array, references: WeakRef<object>[]): ReadableStream<Uint8Array> {
  const made = (): Uint8Array => {
    const piece = payload.slice()
    references.push(new WeakRef(piece.buffer))
    return piece
  }
  return streamOfPieces(once(made))
}

function* once<T>(make: () => T): Generator<T> {
  yield make()
}

/** The backend, with references to all plaintexts and to what they were made from. */
function remembering(backend: Backend, references: WeakRef<object>[]): Backend {
  return {
    ...backend,
    lanes: 4,
    gcmOpener: async (key) => {
      const opener = await backend.gcmOpener(key)
      return {
        open: async (nonce, ciphertext, tag, more) => {
          const plaintext = await opener.open(nonce, ciphertext, tag, more)
          if (plaintext !== undefined && plaintext.length > 32) references.push(new WeakRef(plaintext.buffer), new WeakRef(ciphertext.buffer))
          return plaintext
        },
      }
    },
  }
}

describeEachBackend('R51: a failure frees', (backend) => {
  test('the giant piece that was being read, the chunks in flight and their memory', async () => {
    const pieces: WeakRef<object>[] = []
    const chunks: WeakRef<object>[] = []
    const stream = givingAway(bad.payload, pieces)
    const device = accepting(signer, { backend: remembering(backend, chunks) })
    const { bundle } = await verifyAndDecryptStream({ head: bad.head, payload: stream }, device)
    const reader = bundle.getReader()
    await reader.read()
    expect(pieces).toHaveLength(1)
    expect(await held(pieces), 'while it is being read it is held: the control').toBe(1)
    for (let i = 1; i < 5; i++) await reader.read()
    const [error] = (await Promise.allSettled([reader.read()])) as [PromiseRejectedResult]
    expect(error.reason).toMatchObject({ code: 'bad-chunk' })
    expect(chunks.length).toBeGreaterThanOrEqual(2 * 5)
    expect(await held(pieces, chunks)).toBe(0)
    expect([bundle.locked, stream.locked, device.app], 'both ends are still held here').toEqual([true, true, 'com.example.app'])
  })

  test('so does a cancellation, and an abort between two reads', async () => {
    for (const stop of ['cancel', 'abort']) {
      const pieces: WeakRef<object>[] = []
      const controller = new AbortController()
      const stream = givingAway(sealed.payload, pieces)
      const device = accepting(signer, { backend, signal: controller.signal })
      const { bundle } = await verifyAndDecryptStream({ head: sealed.head, payload: stream }, device)
      const reader = bundle.getReader()
      await reader.read()
      if (stop === 'cancel') await reader.cancel()
      else controller.abort()
      expect(await held(pieces), stop).toBe(0)
      expect([bundle.locked, stream.locked]).toEqual([true, true])
    }
  })
})

describe('R51: decryptChunks', () => {
  test('frees the piece and the chunks after a failure, while the opened envelope goes on', async () => {
    const pieces: WeakRef<object>[] = []
    const opened = await openEnvelope(bad.head, accepting(signer))
    await opened.setIndex(bad.payload.subarray(0, BODY))
    const iterable = opened.decryptChunks({ first: 0, count: 17 }, givingAway(bad.payload.subarray(BODY), pieces))
    const given: number[] = []
    await expect((async () => {
      for await (const { i } of iterable) given.push(i)
    })()).rejects.toMatchObject({ code: 'bad-chunk' })
    expect(given).toEqual([0, 1, 2, 3, 4])
    expect(await held(pieces)).toBe(0)
    expect([Object.keys(iterable), opened.chunks]).toEqual([[], 17])
  })
})
