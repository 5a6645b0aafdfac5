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
  /** The ciphertexts without their tags. */
  readonly output: Bytes
  /** Views of the ciphertext of chunk `i`, which its plaintext is to overwrite, and of its tag. */
  readonly chunk: (i: number) => { readonly ciphertext: Bytes; readonly tag: Bytes }
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
    chunk: (i) => {
      const { start, end } = plainRange(geometry, i)
      return { ciphertext: output.subarray(start, end), tag: tags.subarray(i * TAG_SIZE, (i + 1) * TAG_SIZE) }
    },
  }
}
