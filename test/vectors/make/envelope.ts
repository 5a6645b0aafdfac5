import { acceptedVectors } from './envelope-accepted.js'
import { payloadVectors, slotVectors } from './envelope-payload.js'
import { claimVectors, formVectors, keyVectors, signatureVectors } from './envelope-refused.js'
import type { Vector, VectorFile } from '../vector.js'

const about = [
  'Whole envelopes, and what a device must make of each. README.md beside this file says what each member means.',
  'A stream meets bad-checksum only where it is asked to look at the checksum of the whole.',
]

export async function makeFamily(): Promise<VectorFile> {
  const vectors: Vector[] = []
  for (const part of [acceptedVectors, formVectors, signatureVectors, claimVectors, keyVectors, slotVectors, payloadVectors]) vectors.push(...(await part()))
  return { about, vectors }
}
