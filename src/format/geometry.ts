import { EnvelopeError } from '../errors.js'
import { CHUNKS_MAX, COMMITMENT_SIZE, DIGEST_SIZE, SALT_SIZE, TAG_SIZE } from './limits.js'

/** The two chunk sizes, in bytes of plaintext. */
export type ChunkSize = 16_384 | 262_144

export const chunkSizes: readonly ChunkSize[] = [16_384, 262_144]
export const DEFAULT_CHUNK_SIZE: ChunkSize = 262_144

/** Bytes from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Neighbouring chunks, and where they lie in the payload. */
export interface ChunkSpan extends ByteRange {
  /** Number of the first chunk. */
  readonly first: number
  /** How many chunks. */
  readonly count: number
}

/** Every length of a payload, in bytes; all of it follows from the bundle's size and the chunk size. */
export interface Geometry {
  /** Plaintext bytes. */
  readonly size: number
  readonly chunkSize: ChunkSize
  readonly chunks: number
  /** The index, the salt and the commitment: what the signed index digest covers. */
  readonly indexRange: ByteRange
  readonly payloadLength: number
}

/**
 * The geometry of a bundle of `size` bytes. The last chunk is always shorter than the others and may be
 * empty. No bit operations: sizes go beyond 2^31.
 *
 * @throws EnvelopeError `limit-exceeded` above 1,048,576 chunks
 */
export function geometryOf(size: number, chunkSize: ChunkSize): Geometry {
  const chunks = Math.floor(size / chunkSize) + 1 // R4
  // R5
  if (chunks > CHUNKS_MAX) {
    throw new EnvelopeError('limit-exceeded', `a bundle of ${size} bytes takes more than ${CHUNKS_MAX} chunks of ${chunkSize} bytes`)
  }
  const indexBlock = chunks * DIGEST_SIZE + SALT_SIZE + COMMITMENT_SIZE
  return {
    size,
    chunkSize,
    chunks,
    indexRange: { start: 0, end: indexBlock },
    payloadLength: indexBlock + size + chunks * TAG_SIZE,
  }
}

/** Where chunk `i` lies in the plaintext. */
export function plainRange(geometry: Geometry, i: number): ByteRange {
  const start = i * geometry.chunkSize
  return { start, end: Math.min(start + geometry.chunkSize, geometry.size) }
}

/** Where encrypted chunk `i`, ciphertext and tag, lies in the payload. */
export function sealedRange(geometry: Geometry, i: number): ByteRange {
  const { start, end } = plainRange(geometry, i)
  const before = geometry.indexRange.end + i * TAG_SIZE
  return { start: before + start, end: before + end + TAG_SIZE }
}

/** Chunks `first` to `first + count - 1`; `count` is at least 1. */
export function spanOf(geometry: Geometry, first: number, count: number): ChunkSpan {
  return { first, count, start: sealedRange(geometry, first).start, end: sealedRange(geometry, first + count - 1).end }
}

/** Where the digest of encrypted chunk `i` lies in the payload. */
export function digestRange(i: number): ByteRange {
  return { start: i * DIGEST_SIZE, end: (i + 1) * DIGEST_SIZE }
}

/** The plaintext size of a body (salt, commitment and chunks) of `length` bytes; `undefined` for impossible lengths. */
export function sizeOfBody(length: number, chunkSize: ChunkSize): number | undefined {
  const sealed = length - SALT_SIZE - COMMITMENT_SIZE
  const full = Math.floor(sealed / (chunkSize + TAG_SIZE))
  const last = sealed - full * (chunkSize + TAG_SIZE) - TAG_SIZE
  return sealed < TAG_SIZE || last < 0 ? undefined : full * chunkSize + last
}

/** What is wrong with a payload of `length` bytes: `truncated`, `trailing-data` or nothing. */ // R6
export function lengthError(geometry: Geometry, length: number): EnvelopeError | undefined {
  const excess = length - geometry.payloadLength
  if (excess < 0) {
    return new EnvelopeError('truncated', `the payload has ${length} of ${geometry.payloadLength} bytes: download the rest`)
  }
  if (excess > 0) return new EnvelopeError('trailing-data', `the payload has ${excess} bytes too many: download it again`)
  return undefined
}

/**
 * The geometries that a payload of `length` bytes can have whose size and chunk size are not known; at most one for each
 * chunk size.
 */
export function geometriesOfPayload(length: number): readonly Geometry[] {
  return chunkSizes.flatMap((chunkSize) => {
    const chunks = Math.floor((length - SALT_SIZE - COMMITMENT_SIZE) / (chunkSize + DIGEST_SIZE + TAG_SIZE)) + 1
    const size = length - SALT_SIZE - COMMITMENT_SIZE - chunks * (DIGEST_SIZE + TAG_SIZE)
    if (size < 0 || chunks > CHUNKS_MAX) return []
    const geometry = geometryOf(size, chunkSize)
    return geometry.payloadLength === length ? [geometry] : []
  })
}
