import { EnvelopeError } from '../errors.js'
import { readPublicKey } from '../keys/public.js'
import { listOption } from '../options.js'
import { TRUST_SIZE_MAX } from '../format/limits.js'
import { parseTrustStore, trustStoreText } from './store.js'
import type { DeviceBackend } from '../crypto/backend.js'
import type { Scope } from '../format/scope.js'
import type { KeyInput, PublicKey } from '../keys/types.js'
import type { KeyStatus, TrustStore } from './store.js'

/** Whom to trust: a public key (PEM, JWK, `CryptoKey`), several of which one must have signed, or a trust store (JSON text, or its object). */
export type TrustInput = KeyInput | readonly KeyInput[] | TrustStore

/** The same, read at the call; the keys are still to be checked. */
export type TrustOption = { readonly store: string } | { readonly keys: readonly KeyInput[] }

/** A key that is trusted as far as its status and scope go. */
export interface TrustedKey extends Scope {
  readonly key: PublicKey
  readonly status: KeyStatus
  readonly lastSequence?: number
}

/** Whom a device trusts. */
export interface Trust {
  /** 0 for plain public keys, which every trust store supersedes. */
  readonly epoch: number
  readonly threshold: number
  /** An update must be above it; `null` for plain public keys. */
  readonly minSequence: number | null
  /** By kid. */
  readonly keys: ReadonlyMap<string, TrustedKey>
}

/** @throws TypeError; EnvelopeError `bad-trust-store` */
export function trustOption(trust: TrustInput): TrustOption {
  if (isTrustStore(trust)) return { store: trustStoreText(trust) }
  return { keys: listOption('trust', trust as KeyInput | readonly KeyInput[]).map(copyOfJwk) }
}

/** The head may come long after the call, and a caller may change the object of a JWK meanwhile. */
function copyOfJwk(key: KeyInput): KeyInput {
  return typeof key === 'object' && (key as unknown) !== null && Object.hasOwn(key, 'kty') ? { ...key } : key
}

/** A JSON object with `keys` is a trust store, one with `kty` a key. */
function isTrustStore(trust: TrustInput): boolean {
  // No key is so long: who reads it as a trust store says that it is too large.
  if (typeof trust === 'string' && trust.length > TRUST_SIZE_MAX) return trust.trimStart().startsWith('{')
  const value: unknown = typeof trust === 'string' ? jsonObject(trust) : trust
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, 'keys') && !Object.hasOwn(value, 'kty')
}

/** What a text holds that begins as JSON of an object does; `undefined` where it is none. */
export function jsonObject(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // Who reads it as a key says what is wrong.
    return undefined
  }
}

/**
 * The keys of a trust store after every check, or plain public keys as the smallest trust store: one of them must have signed.
 *
 * @throws EnvelopeError `bad-trust-store`, `unsupported`, `bad-key`
 */
export async function readTrust(option: TrustOption, backend: DeviceBackend): Promise<Trust> {
  if ('store' in option) return checkTrustStore(parseTrustStore(option.store), backend)
  const keys = await Promise.all(option.keys.map((key) => readPublicKey(key, backend)))
  return { epoch: 0, threshold: 1, minSequence: null, keys: new Map(keys.map((key) => [key.kid, trusted({ key, status: 'active' })])) }
}

/** @throws EnvelopeError `bad-trust-store`, `bad-key` */
export async function checkTrustStore({ epoch, threshold, minSequence, keys }: TrustStore, backend: DeviceBackend): Promise<Trust> {
  const entries = await Promise.all(keys.map(async (entry, i) => trusted({ ...entry, key: await memberKey(entry.key, `keys[${i}]`, backend) })))
  const byKid = new Map(entries.map((entry) => [entry.key.kid, entry]))
  // R62
  if (byKid.size < entries.length) {
    throw new EnvelopeError('bad-trust-store', 'the trust store has the same key twice: one key counts once, so leave one of the two out')
  }
  return { epoch, threshold, minSequence, keys: byKid }
}

/** Without a prototype to find a limit on. */ // R8
function trusted(key: TrustedKey): TrustedKey {
  return Object.assign(Object.create(null), key) as TrustedKey
}

async function memberKey(key: KeyInput, where: string, backend: DeviceBackend): Promise<PublicKey> {
  try {
    return await readPublicKey(key, backend)
  } catch (error) {
    if (!(error instanceof EnvelopeError) || error.code !== 'bad-key') throw error
    throw new EnvelopeError('bad-key', `${where} of the trust store: ${error.message}`)
  }
}
