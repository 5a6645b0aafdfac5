import { acceptedChains, refusedChains } from './trust-chains.js'
import { formChains } from './trust-chain-form.js'
import { badKeyVectors } from './trust-store-keys.js'
import { acceptedStores, jsonVectors, memberVectors } from './trust-stores.js'
import { formUpdates } from './trust-update-form.js'
import { acceptedUpdates, judgedUpdates } from './trust-updates.js'
import type { Vector, VectorFile } from '../vector.js'

const about = [
  'What says whom a device trusts, and what it must make of each: trust stores, trust updates, and heads whose signatures lean on links.',
  'README.md beside this file says what each member means.',
]

export async function makeFamily(): Promise<VectorFile> {
  const vectors: Vector[] = []
  const parts = [acceptedStores, jsonVectors, memberVectors, badKeyVectors, acceptedUpdates, formUpdates, judgedUpdates, acceptedChains, formChains, refusedChains]
  for (const part of parts) vectors.push(...(await part()))
  return { about, vectors }
}
