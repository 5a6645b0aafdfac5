/** Streams between a source that is fed by hand and a consumer who reads, waits and gives up, in any order, against a model. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { openEnvelope, verifyAndDecryptStream } from '../../src/index.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { CHUNK, accepting, expectAccepted, pattern, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { commandsOf, settings, tally, timeout } from '../machine.js'
import { sealStream } from './encrypt.js'
import { handFed } from './hand-fed.js'
import { finish, freshModel, stepsOf } from './machine.js'
import { watchedSignal } from './signals.js'
import type { Envelope } from '../../src/index.js'
import type { Part, Subject } from './machine.js'

const SEALED = CHUNK + 16
const signer = freshEd25519()
const bundles = [0, 500, CHUNK, 2 * CHUNK, 5 * CHUNK + 1].map((size) => pattern(size, size + 1))
const envelopes = await Promise.all(bundles.map(async (bundle) => seal(signer, bundle)))
const situation = fc.record({ which: fc.nat(bundles.length - 1), lanes: fc.integer({ min: 1, max: 4 }), isPlatform: fc.boolean() })

type Count = Subject['count']
interface Situation {
  readonly which: number
  readonly lanes: number
  readonly isPlatform: boolean
}

const doors: readonly (readonly [string, (it: Situation, count: Count) => Promise<Subject>, readonly string[]])[] = [
  ['verifyAndDecryptStream', decrypting, ['bad-index', 'bad-chunk', 'truncated', 'trailing-data', 'error', 'type-error', 'aborted', 'cancel', 'whole']],
  ['decryptChunks', chunks, ['bad-chunk', 'truncated', 'trailing-data', 'error', 'type-error', 'aborted', 'cancel', 'whole']],
  ['encryptBundleStream', encrypting, ['error', 'type-error', 'aborted', 'cancel', 'whole']],
]

/** The parts of a bundle in chunks `first` and following, of which each is a read but an empty last one. */
function partsOf(bundle: Uint8Array, before: number, first: number, count: number): Part[] {
  return Array.from({ length: count }, (_, k): Part => {
    const plaintext = bundle.subarray((first + k) * CHUNK, (first + k + 1) * CHUNK)
    return { end: before + k * SEALED + plaintext.length + 16, code: 'bad-chunk', ...(plaintext.length > 0 && { gives: plaintext }) }
  })
}

async function decrypting({ which, lanes, isPlatform }: Situation, count: Count): Promise<Subject> {
  const [bundle, { head, payload }] = [bundles[which] as Uint8Array, envelopes[which] as Envelope]
  const [source, signal] = [handFed(isPlatform), watchedSignal()]
  const { bundle: stream } = await verifyAndDecryptStream(
    { head, payload: source.stream }, accepting(signer, { signal: signal.signal, backend: { ...nodeBackend, lanes } }))
  const reader = stream.getReader()
  const chunksOf = Math.floor(bundle.length / CHUNK) + 1
  const before = 32 * chunksOf + 56
  return {
    source, signal, count, bytes: payload, isSigned: true,
    parts: [{ end: before, code: 'bad-index' }, ...partsOf(bundle, before, 0, chunksOf), { end: payload.length, isEnd: true, gives: null }],
    read: async () => (await reader.read()).value,
    cancel: async (why) => reader.cancel(why),
    second: () => {
      expect(() => stream.getReader()).toThrow(TypeError)
      if (isPlatform) expect(() => source.stream.getReader()).toThrow(TypeError)
    },
    most: (reads) => (reads === 0 ? 0 : before + (reads + lanes) * SEALED),
    whole: async () => undefined,
  }
}

async function chunks({ which, lanes, isPlatform }: Situation, count: Count): Promise<Subject> {
  const [bundle, { head, payload }] = [bundles[which] as Uint8Array, envelopes[which] as Envelope]
  const [source, signal] = [handFed(isPlatform), watchedSignal()]
  const opened = await openEnvelope(head, accepting(signer, { signal: signal.signal, backend: { ...nodeBackend, lanes } }))
  await opened.setIndex(payload.subarray(0, opened.indexRange.end))
  const first = Math.floor(opened.chunks / 2)
  const number = opened.chunks - first
  const bytes = payload.subarray(opened.chunkRange(first).start)
  const iterator = opened.decryptChunks({ first, count: number }, source.stream)[Symbol.asyncIterator]()
  return {
    source, signal, count, bytes, isSigned: true, isLoop: true,
    parts: [...partsOf(bundle, 0, first, number).map((part) => ({ ...part, gives: part.gives ?? new Uint8Array(0) })), { end: bytes.length, isEnd: true, gives: null }],
    read: async () => ((await iterator.next()) as { value?: { plaintext: Uint8Array } }).value?.plaintext,
    cancel: async () => iterator.return?.(),
    second: () => undefined,
    most: (reads) => (reads === 0 ? 0 : (reads + lanes) * SEALED),
    whole: async () => undefined,
  }
}

async function encrypting({ which, lanes, isPlatform }: Situation, count: Count): Promise<Subject> {
  const bundle = bundles[which] as Uint8Array
  const [source, signal] = [handFed(isPlatform), watchedSignal()]
  const { body, envelope } = await sealStream(signer, source.stream, { signal: signal.signal, backend: { ...nodeBackend, lanes } })
  const pieces: Uint8Array[] = []
  const reader = body.getReader()
  const full = Math.floor(bundle.length / CHUNK)
  return {
    source, signal, count, bytes: bundle, isSigned: false,
    // That a chunk is the last shows at the end of the source.
    parts: [{ end: 0, gives: 56 }, ...Array.from({ length: full }, (_, i) => ({ end: (i + 1) * CHUNK, gives: SEALED })), { end: bundle.length, isEnd: true, gives: bundle.length % CHUNK + 16 }, { end: bundle.length, isEnd: true, gives: null }],
    read: async () => {
      const { value } = await reader.read()
      if (value !== undefined) pieces.push(value)
      return value
    },
    cancel: async (why) => reader.cancel(why),
    second: () => {
      expect(() => body.getReader()).toThrow(TypeError)
      if (isPlatform) expect(() => source.stream.getReader()).toThrow(TypeError)
    },
    most: (reads) => (reads <= 1 ? 0 : (reads + lanes) * CHUNK),
    whole: async () => {
      const { head, index } = await envelope
      await expectAccepted({ head, payload: Buffer.concat([index, ...pieces]) }, accepting(signer), bundle)
    },
  }
}

test.each(doors)('R51: %s', { timeout }, async (_, open, wanted) => {
  const { seen, count } = tally()
  await fc.assert(fc.asyncProperty(situation, commandsOf(stepsOf(3 * CHUNK), 25), async (it, steps) => {
    const model = freshModel()
    const real = { subject: await open(it, count), settled: [], reused: undefined }
    await fc.asyncModelRun(() => ({ model, real }), steps)
    await finish(model, real)
  }), settings(300))
  expect(wanted.filter((what) => !seen.has(what)), JSON.stringify([...seen])).toEqual([])
})
