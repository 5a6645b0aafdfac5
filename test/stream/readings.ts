import { expect } from 'vitest'
import { joinEnvelope, openEnvelope, verifyAndDecryptStream } from '../../src/index.js'
import { expectRefused, sameAs } from '../envelope/helpers.js'
import { collect, collectPieces, streamOf } from './streams.js'
import type { DeviceOptions, EnvelopeParts, ErrorCode, OpenedEnvelope } from '../../src/index.js'
import type { CollectedBytes, SourceOptions } from './streams.js'

/** Makes the one argument of `verifyAndDecryptStream` from an envelope that is at hand. */
export type Form = (envelope: EnvelopeParts, sizes?: number | readonly number[], source?: SourceOptions) => FormedStream

export interface FormedStream {
  readonly input: Parameters<typeof verifyAndDecryptStream>[0]
  /** The part of `input` that is a stream. */
  readonly stream: ReadableStream<Uint8Array>
  /** Bytes of the stream that come before the payload. */
  readonly before: number
}

export const fileForm: Form = ({ head, payload }, sizes, source) => {
  const file = joinEnvelope(head, payload)
  const stream = streamOf(file, sizes, source)
  return { input: stream, stream, before: file.length - payload.length }
}

export const partsForm: Form = ({ head, payload }, sizes, source) => {
  const stream = streamOf(payload, sizes, source)
  return { input: { head, payload: stream }, stream, before: 0 }
}

/** Both forms that the stream call takes. */
export const forms: readonly (readonly [string, Form])[] = [['a file', fileForm], ['head and payload', partsForm]]

/** Reads a whole envelope in some way; what came out before the end or the failure. */
export type Reading = (
  envelope: EnvelopeParts, options: DeviceOptions, sizes?: number | readonly number[],
) => Promise<CollectedBytes>

/** The failure of a call, as that of a stream which gave nothing. */
async function orFailure(call: () => Promise<CollectedBytes>): Promise<CollectedBytes> {
  return call().catch((error: unknown) => ({ pieces: [], bytes: new Uint8Array(0), failed: true, error }))
}

function streamed(form: Form): Reading {
  return async (envelope, options, sizes) => orFailure(async () => {
    const { bundle } = await verifyAndDecryptStream(form(envelope, sizes).input, options)
    return collect(bundle)
  })
}

/** An opened envelope, with as much of its index as there is. */
export async function openWithIndex({ head, payload }: EnvelopeParts, options: DeviceOptions): Promise<OpenedEnvelope> {
  const opened = await openEnvelope(head, options)
  await opened.setIndex(payload.subarray(0, opened.indexRange.end))
  return opened
}

/** All chunks by one call; `decryptChunks` reads what follows the index. */
const chunks: Reading = async (envelope, options, sizes) => orFailure(async () => {
  const opened = await openWithIndex(envelope, options)
  const body = streamOf(envelope.payload.subarray(opened.indexRange.end), sizes)
  const { pieces, ...end } = await collectPieces(opened.decryptChunks({ first: 0, count: opened.chunks }, body))
  const plaintexts = pieces.map(({ plaintext }) => plaintext)
  return { ...end, pieces: plaintexts, bytes: new Uint8Array(Buffer.concat(plaintexts)) }
})

/** One chunk after the other, each of the bytes that lie in its range; the last takes all that is left. */
const eachChunk: Reading = async (envelope, options) => orFailure(async () => {
  const opened = await openWithIndex(envelope, options)
  async function* plaintexts(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < opened.chunks; i++) {
      const { start, end } = opened.chunkRange(i)
      yield opened.decryptChunk(i, envelope.payload.subarray(start, i === opened.chunks - 1 ? undefined : end))
    }
  }
  const collected = await collectPieces(plaintexts())
  return { ...collected, bytes: new Uint8Array(Buffer.concat(collected.pieces)) }
})

/** Every way in which a payload can be read chunk by chunk: what one refuses, all must refuse. */
export const readings: readonly (readonly [string, Reading])[] = [
  ['a stream of a file', streamed(fileForm)],
  ['a stream of a payload', streamed(partsForm)],
  ['decryptChunks', chunks],
  ['decryptChunk', eachChunk],
]

/** It ended with this error, and had given exactly these bytes before. */
export async function expectReleased({ bytes, failed, error }: CollectedBytes, released: Uint8Array, code: ErrorCode): Promise<void> {
  expect(failed, 'it must fail').toBe(true)
  await expectRefused(() => {
    throw error
  }, code)
  expect(bytes.length, 'bytes released before the failure').toBe(released.length)
  expect(bytes).toSatisfy(sameAs(released))
}

export function expectWhole({ bytes, failed, error }: CollectedBytes, bundle: Uint8Array): void {
  if (failed) throw new Error('it must not fail', { cause: error })
  expect(bytes).toSatisfy(sameAs(bundle))
}
