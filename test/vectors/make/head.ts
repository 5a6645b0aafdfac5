import { claimEdges, scopeEdges, thresholds } from './head-claims.js'
import { ed25519Signatures, namedKeys, protectedMembers, rsaSignatures } from './head-signatures.js'
import { headBase64, headMembers, headTexts, headerTexts, metaTexts, protectedTexts } from './head-texts.js'
import { headLimits, valueEdges, wrongValues } from './head-values.js'
import type { Vector, VectorFile } from '../vector.js'

const about = ['Heads without a payload, and what a device must make of each. README.md beside this file says what each member means.']

const parts = [
  headTexts, headMembers, headBase64, headerTexts, metaTexts, protectedTexts, valueEdges, wrongValues, headLimits,
  ed25519Signatures, rsaSignatures, protectedMembers, namedKeys, claimEdges, scopeEdges, thresholds,
]

export async function makeFamily(): Promise<VectorFile> {
  const vectors: Vector[] = []
  for (const part of parts) vectors.push(...(await part()))
  return { about, vectors }
}
