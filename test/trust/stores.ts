import * as fc from 'fast-check'
import { base64url } from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'
import { keys, modelKey, often, storeOfScene } from './model.js'
import { signed } from './signed.js'
import type { TrustStore } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'
import type { ModelSignature, ModelStore } from './model.js'

/** A trust store with its number. */
export interface Numbered extends ModelStore {
  readonly epoch: number
}

const thief = freshEd25519()

/** Any trust store in which some key is active. */
export const keyStore: fc.Arbitrary<ModelStore> = fc
  .record({
    store: fc.tuple(modelKey, modelKey, fc.option(modelKey, { nil: undefined }), fc.option(modelKey, { nil: undefined })),
    threshold: often(1, 2),
    minSequence: often(0, 9, 10),
  })
  .map(({ store: [first, ...rest], ...more }): ModelStore => {
    const store = [rest.some((key) => key?.status === 'active') ? first : { ...first, status: 'active' as const }, ...rest]
    return { ...more, store, threshold: Math.min(more.threshold, store.filter((key) => key?.status === 'active').length) }
  })

export const jsonOf = (it: Numbered): TrustStore => ({ ...storeOfScene(it), epoch: it.epoch })

/** A trust update with these signatures, whatever they are worth. */
export function updateText(store: Numbered, signatures: readonly ModelSignature[]): string {
  const value = jsonOf(store)
  const all = signatures.map(({ key, kind }) => {
    const signer = keys[key] as TestSigner
    const claims = kind === 'stale' ? { ...value, epoch: value.epoch + 1 } : value
    const [head, , signature] = signed('otaseal-trust-v2', claims, signer, {
      ...(kind === 'forged' && { by: thief }),
      ...(kind === 'algorithm' && { protected: { alg: 'PS256', kid: signer.kid, typ: 'otaseal-trust-v2' } }),
    })
    return { protected: head, signature: kind === 'broken' ? base64url(Buffer.alloc(64, 7)) : signature }
  })
  return JSON.stringify({ payload: base64url(JSON.stringify(value)), signatures: all })
}
