import { createPublicKey } from 'node:crypto'
import { base64url } from '../envelope/hostile.js'
import { freshEd25519, nodeSign } from '../envelope/signers.js'
import type { KeyMember, TrustStore, TrustStoreKey } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'

/** The moment that the tests of trust take place at. */
export const NOW = 1_800_000_000
export const YEAR = 31_536_000

/** A link's payload as its JSON has it. */
export interface RawLink {
  key: KeyMember
  notBefore: number
  notAfter: number
  apps?: string[]
  channels?: string[]
  maxSequence?: number
}

/** What a signed text claims of itself, and who signs it; by default the honest way. */
export interface SignedForm {
  readonly protected?: object | string
  /** The text of the payload, in place of what is asked for. */
  readonly payload?: string | Uint8Array
  readonly by?: TestSigner
}

const names = new Map<string, string>()

/** A fresh key with a name for tables. */
export function named(name: string, signer: TestSigner = freshEd25519()): TestSigner {
  names.set(signer.kid, name)
  return signer
}

export const nameOf = (kid: string): string => names.get(kid) ?? kid

export function jwkOf({ keyObject }: TestSigner): KeyMember {
  const { crv, e, kty, n, x } = createPublicKey(keyObject).export({ format: 'jwk' })
  return (kty === 'RSA' ? { kty, n, e } : { kty, crv, x }) as KeyMember
}

function asText(value: object | string): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** `protected`, payload and signature of a JWS, made by node:crypto. */
export function signed(typ: string, payload: object, root: TestSigner, form: SignedForm = {}): [string, string, string] {
  const header = base64url(asText(form.protected ?? { alg: root.alg, kid: root.kid, typ }))
  const body = base64url(form.payload ?? JSON.stringify(payload))
  return [header, body, base64url(nodeSign(form.by ?? root, Buffer.from(`${header}.${body}`)))]
}

/** A link by which `root` delegates to `delegate`, valid for a year around {@link NOW}. */
export function link(root: TestSigner, delegate: TestSigner, more: Partial<RawLink> = {}, form: SignedForm = {}): string {
  const claims = { key: jwkOf(delegate), notBefore: NOW - YEAR / 2, notAfter: NOW + YEAR / 2, ...more }
  return signed('otaseal-link-v2', claims, root, form).join('.')
}

/** An entry of a trust store, active unless said otherwise. */
export function entry(signer: TestSigner, more: Partial<TrustStoreKey> = {}): TrustStoreKey {
  return { key: jwkOf(signer), status: 'active', ...more }
}

export function storeOf(keys: readonly (TestSigner | TrustStoreKey)[], more: Partial<TrustStore> = {}): TrustStore {
  return { epoch: 1, threshold: 1, minSequence: 0, keys: keys.map((key) => ('status' in key ? key : entry(key))), ...more }
}

/** A trust update as its JSON has it, to be changed at will. */
export interface RawUpdate {
  payload: string
  signatures: { protected: string; signature: string }[]
}

/** A trust update signed by each of `by`. */
export function updateOf(store: TrustStore, by: readonly TestSigner[], form: SignedForm = {}): RawUpdate {
  const all = by.map((signer) => signed('otaseal-trust-v2', store, signer, form))
  return {
    payload: base64url(form.payload ?? JSON.stringify(store)),
    signatures: all.map(([header, , signature]) => ({ protected: header, signature })),
  }
}
