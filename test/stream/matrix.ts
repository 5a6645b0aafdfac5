import { createHash } from 'node:crypto'
import { EnvelopeError, joinEnvelope, openEnvelope, splitEnvelope, verifyAndDecrypt, verifyAndDecryptStream } from '../../src/index.js'
import { collect, collectPieces, streamOf } from './streams.js'
import type { ByteStreamLike, DeviceOptions, EnvelopeParts, ErrorCode, OpenedEnvelope } from '../../src/index.js'

/** What a device may be given: a file, or head and payload that travelled apart. Every mode takes both. */
export type Received = EnvelopeParts | Uint8Array

/** Bytes that came out before a refusal, and where they stand in the bundle. */
export interface Released {
  readonly at: number
  readonly bytes: Uint8Array
}

/** What became of an envelope; an error that is no refusal is thrown instead. */
export type Outcome =
  | { readonly bundle: Uint8Array; readonly code?: undefined }
  | { readonly code: ErrorCode; readonly released: readonly Released[]; readonly bundle?: undefined }

/** A way to decrypt. */
export interface Mode {
  readonly name: string
  /** Modes of one kind give the same code for the same envelope. */
  readonly kind: 'whole' | 'stream' | 'random'
  /** Gives the bundle, or fails; what it releases before that, it logs. */
  readonly decrypt: (envelope: Received, options: DeviceOptions, released: Released[]) => Promise<Uint8Array>
}

const isParts = (envelope: Received): envelope is EnvelopeParts => 'head' in envelope
export const partsOf = (envelope: Received): EnvelopeParts => (isParts(envelope) ? envelope : splitEnvelope(envelope))
export const fileOf = (envelope: Received): Uint8Array => (isParts(envelope) ? joinEnvelope(envelope.head, envelope.payload) : envelope)

/** One byte at a time, from no platform's stream, whose machinery would take most of the time. */
export function byteByByte(bytes: Uint8Array): ByteStreamLike {
  let at = 0
  return {
    getReader: () => ({
      read: async () => (at < bytes.length ? { done: false, value: bytes.subarray(at, ++at) } : { done: true }),
      cancel: async () => undefined,
    }),
  }
}

async function fromStream(
  envelope: Parameters<typeof verifyAndDecryptStream>[0],
  options: DeviceOptions,
  released: Released[],
): Promise<Uint8Array> {
  const checksum = options.backend?.hasher !== undefined
  const { bundle } = await verifyAndDecryptStream(envelope, { ...options, checksum })
  const { pieces, bytes, failed, error } = await collect(bundle)
  let at = 0
  for (const piece of pieces) {
    released.push({ at, bytes: piece })
    at += piece.length
  }
  if (failed) throw error
  return bytes
}

/** 0 to `count - 1`, in an order that the seed decides. */
export function shuffled(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i)
  const random = randomNumbers(seed)
  for (let i = count - 1; i > 0; i--) {
    const j = random(i + 1)
    ;[order[i], order[j]] = [order[j] as number, order[i] as number]
  }
  return order
}

/** Numbers below `most`, always the same for a seed. */
function randomNumbers(seed: number): (most: number) => number {
  let state = seed
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * most)
  }
}

/** What a caller of random access does: all lengths first, then the index, the chunks, and the checksum of the whole. */
async function fromOpened(
  envelope: Received,
  options: DeviceOptions,
  released: Released[],
  chunksOf: (opened: OpenedEnvelope, payload: Uint8Array) => AsyncIterable<Released>,
): Promise<Uint8Array> {
  const { head, payload } = partsOf(envelope)
  const opened = await openEnvelope(head, options)
  if (payload.length < opened.payloadLength) throw new EnvelopeError('truncated', 'the download is too short')
  if (payload.length > opened.payloadLength) throw new EnvelopeError('trailing-data', 'the download is too long')
  await opened.setIndex(payload.subarray(opened.indexRange.start, opened.indexRange.end))
  for await (const chunk of chunksOf(opened, payload)) released.push(chunk)
  const bundle = new Uint8Array(opened.header.bundle.size)
  for (const { at, bytes } of released) bundle.set(bytes, at)
  const checksum = createHash('sha256').update(bundle).digest('hex')
  if (checksum !== opened.header.bundle.checksum) throw new EnvelopeError('bad-checksum', 'the bundle is another')
  return bundle
}

/** Each chunk by itself; one that is refused does not keep the others from being tried. */
function chunksInOrder(seed: number) {
  return async function* (opened: OpenedEnvelope, payload: Uint8Array): AsyncGenerator<Released> {
    const refusals: unknown[] = []
    for (const i of shuffled(opened.chunks, seed)) {
      const { start, end } = opened.chunkRange(i)
      try {
        yield { at: i * opened.header.body.chunk, bytes: await opened.decryptChunk(i, payload.subarray(start, end)) }
      } catch (error) {
        refusals.push(error)
      }
    }
    if (refusals.length > 0) throw refusals[0]
  }
}

/** Spans of chunks, as after a download that was broken off. */
function spansInOrder(seed: number) {
  return async function* (opened: OpenedEnvelope, payload: Uint8Array): AsyncGenerator<Released> {
    const random = randomNumbers(seed)
    const spans: { first: number; count: number }[] = []
    for (let first = 0; first < opened.chunks; ) {
      const count = 1 + random(Math.min(3, opened.chunks - first))
      spans.push({ first, count })
      first += count
    }
    const refusals: unknown[] = []
    for (const span of shuffled(spans.length, seed).map((i) => spans[i] as (typeof spans)[0])) {
      const { start } = opened.chunkRange(span.first)
      const { end } = opened.chunkRange(span.first + span.count - 1)
      const stream = streamOf(payload.subarray(start, end), [4093, 1])
      const { pieces, failed, error } = await collectPieces(opened.decryptChunks(span, stream))
      for (const { i, plaintext } of pieces) yield { at: i * opened.header.body.chunk, bytes: plaintext }
      if (failed) refusals.push(error)
    }
    if (refusals.length > 0) throw refusals[0]
  }
}

const SEED = 447

/** Every way that there is; what one accepts or refuses, all do. */
export const modes: readonly Mode[] = [
  {
    name: 'whole file',
    kind: 'whole',
    decrypt: async (envelope, options) => (await verifyAndDecrypt(fileOf(envelope), options)).bundle,
  },
  {
    name: 'head and whole payload',
    kind: 'whole',
    decrypt: async (envelope, options) => (await verifyAndDecrypt(partsOf(envelope), options)).bundle,
  },
  {
    name: 'streamed in pieces of 64 KiB',
    kind: 'stream',
    decrypt: async (envelope, options, released) => fromStream(streamOf(fileOf(envelope), 65_536), options, released),
  },
  {
    name: 'streamed in odd pieces',
    kind: 'stream',
    decrypt: async (envelope, options, released) => fromStream(streamOf(fileOf(envelope), [997, 0, 16_411, 3]), options, released),
  },
  {
    name: 'byte by byte',
    kind: 'stream',
    decrypt: async (envelope, options, released) => fromStream(byteByByte(fileOf(envelope)), options, released),
  },
  {
    name: 'head and streamed payload',
    kind: 'stream',
    decrypt: async (envelope, options, released) => {
      const { head, payload } = partsOf(envelope)
      return fromStream({ head, payload: streamOf(payload, [16_400, 5000]) }, options, released)
    },
  },
  {
    name: `chunks in random order (seed ${SEED})`,
    kind: 'random',
    decrypt: async (envelope, options, released) => fromOpened(envelope, options, released, chunksInOrder(SEED)),
  },
  {
    name: `spans in random order (seed ${SEED})`,
    kind: 'random',
    decrypt: async (envelope, options, released) => fromOpened(envelope, options, released, spansInOrder(SEED)),
  },
]

/** What a mode makes of an envelope. */
export async function outcomeOf(mode: Mode, envelope: Received, options: DeviceOptions): Promise<Outcome> {
  const released: Released[] = []
  try {
    return { bundle: await mode.decrypt(envelope, options, released) }
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    return { code: error.code, released }
  }
}
