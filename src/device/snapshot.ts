import { lengthError, plainRange, sealedRange } from '../format/geometry.js'
import { TAG_SIZE } from '../format/limits.js'
import type { Bytes } from '../bytes.js'
import type { EnvelopeError } from '../errors.js'
import type { Geometry } from '../format/geometry.js'

/**
 * A payload of the right length, copied at once so that its owner may re-use the memory. The ciphertexts lie
 * where their plaintexts will: a call needs the memory of its output, and of the index, but not of a second copy.
 */
export interface Snapshot {
  readonly indexBlock: Bytes
  /** The ciphertexts without their tags; each chunk is to be overwritten with its plaintext. */
  readonly output: Bytes
  /** Copies encrypted chunk `i`, ciphertext and tag, to the start of `scratch` and returns that part. */
  readonly sealedChunk: (i: number, scratch: Bytes) => Bytes
}

/**
 * Copies a payload; one of a wrong length is not copied but gives the error that is to be thrown once the head
 * is verified. `geometry` is still unverified here, and bounded by the bytes that are at hand.
 */
export function takeSnapshot(payload: Bytes, geometry: Geometry): Snapshot | EnvelopeError {
  const refused = lengthError(geometry, payload.length)
  if (refused !== undefined) return refused
  const output = new Uint8Array(geometry.size)
  const tags = new Uint8Array(geometry.chunks * TAG_SIZE)
  for (let i = 0; i < geometry.chunks; i++) {
    const { start, end } = sealedRange(geometry, i)
    output.set(payload.subarray(start, end - TAG_SIZE), plainRange(geometry, i).start)
    tags.set(payload.subarray(end - TAG_SIZE, end), i * TAG_SIZE)
  }
  return {
    indexBlock: payload.slice(0, geometry.indexRange.end),
    output,
    sealedChunk: (i, scratch) => {
      const { start, end } = plainRange(geometry, i)
      scratch.set(output.subarray(start, end))
      scratch.set(tags.subarray(i * TAG_SIZE, (i + 1) * TAG_SIZE), end - start)
      return scratch.subarray(0, end - start + TAG_SIZE)
    },
  }
}
