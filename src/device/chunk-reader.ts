import { EnvelopeError } from '../errors.js'
import { sealedRange } from '../format/geometry.js'
import { TAG_SIZE } from '../format/limits.js'
import type { Bytes } from '../bytes.js'
import type { ChunkSpan, Geometry } from '../format/geometry.js'
import type { ByteSource } from '../stream/source.js'

/** An encrypted chunk, in memory that is used again for the chunk that comes `lanes` later. */
export interface SealedChunk {
  readonly i: number
  readonly ciphertext: Bytes
  readonly tag: Bytes
}

/**
 * Reads the first bytes of a payload, as many as the signed size demands.
 *
 * @throws EnvelopeError `truncated`
 */
export async function readIndexBlock(source: ByteSource, { indexRange }: Geometry): Promise<Bytes> {
  return takeExactly(source, indexRange.end, 'the start of the payload')
}

/**
 * Reads the encrypted chunks of a span one after the other, and then demands the end of the source. `memory` may be that of a
 * reader that has ended.
 *
 * @throws EnvelopeError `truncated`, `trailing-data`
 */
export function chunkReader(
  source: ByteSource,
  geometry: Geometry,
  span: ChunkSpan,
  lanes: number,
  memory: Map<number, Bytes> = new Map<number, Bytes>(),
): (k: number) => Promise<SealedChunk | undefined> {
  return async (k) => {
    if (k === span.count) return expectEnd(source)
    const i = span.first + k
    const { start, end } = sealedRange(geometry, i)
    const kept = memory.get(k % lanes)
    const into = kept !== undefined && kept.length >= end - start ? kept : new Uint8Array(end - start)
    memory.set(k % lanes, into)
    const sealed = await takeExactly(source, end - start, `chunk ${i}`, into)
    return { i, ciphertext: sealed.subarray(0, -TAG_SIZE), tag: sealed.subarray(-TAG_SIZE) }
  }
}

/** @throws EnvelopeError `truncated` */
export async function takeExactly(source: ByteSource, length: number, what: string, into?: Bytes): Promise<Bytes> {
  const bytes = await source.take(length, into)
  if (bytes.length === length) return bytes
  throw new EnvelopeError('truncated', `${what} has ${bytes.length} of ${length} bytes: download the rest`)
}

async function expectEnd(source: ByteSource): Promise<undefined> {
  const { length } = await source.take(1)
  if (length > 0) throw new EnvelopeError('trailing-data', 'there are bytes after the last chunk: download it again')
  return undefined
}
