import { acceptedVectors } from './envelope-accepted.js'
import { lengthVectors, placeVectors, startVectors } from './envelope-edges.js'
import { payloadVectors, slotVectors } from './envelope-payload.js'
import { claimVectors, formVectors, keyVectors, signatureVectors } from './envelope-refused.js'
import type { Vector, VectorFile } from '../vector.js'

const about = [
  'Whole envelopes, and what a device must make of each. README.md beside this file says what each member means.',
  'A stream meets bad-checksum only where it is asked to look at the checksum of the whole.',
]

const parts = [
  acceptedVectors, formVectors, signatureVectors, claimVectors, keyVectors, slotVectors, payloadVectors, startVectors, lengthVectors, placeVectors,
]

export async function makeFamily(): Promise<VectorFile> {
  const vectors: Vector[] = []
  for (const part of parts) vectors.push(...(await part()))
  return { about, vectors }
}
