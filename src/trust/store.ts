import { EnvelopeError } from '../errors.js'
import { jsonText } from '../format/jws.js'
import { SIGNATURES_MAX, TRUST_KEYS_MAX, TRUST_SIZE_MAX } from '../format/limits.js'
import { checkPeriod, keyMember, scopeMembers, sequenceMember } from '../format/scope.js'
import { anyString, asObject, integerUpTo, listOf, malformed, parseLaidOutJson, readObject } from '../json.js'
import type { KeyMember, Scope } from '../format/scope.js'
import type { Check } from '../json.js'

/** What a key may sign: all that its scope allows; the same up to `lastSequence`; nothing. */
export type KeyStatus = 'active' | 'retired' | 'revoked'

/** A key of a trust store. */
export interface TrustStoreKey extends Scope {
  /** Public JWK, of exactly the members that its thumbprint is made of. */
  readonly key: KeyMember
  readonly status: KeyStatus
  /** Of a retired key, and of no other: the highest sequence that it may have signed. */
  readonly lastSequence?: number
}

/** Whom a device trusts, as JSON that an app embeds. Times are whole seconds since 1970. */
export interface TrustStore {
  /** From 1. A trust update must have a higher one. */
  readonly epoch: number
  /** How many different keys of the store must have signed. */
  readonly threshold: number
  /** The sequence of the bundle that the app was built with; an update must be above it. */
  readonly minSequence: number
  readonly keys: readonly TrustStoreKey[]
}

const positive: Check<number> = (value, where) => {
  if (value === 0) throw malformed(where, 'must be at least 1')
  return integerUpTo(Number.MAX_SAFE_INTEGER)(value, where)
}

const status: Check<KeyStatus> = (value, where) => {
  const text = anyString(value, where)
  if (text !== 'active' && text !== 'retired' && text !== 'revoked') throw malformed(where, 'is not active, retired or revoked')
  return text
}

// R61
const storeKey: Check<TrustStoreKey> = (value, where) => {
  if (Object.hasOwn(asObject(value, where), 'kty')) {
    throw new EnvelopeError('bad-trust-store', `${where} is a bare key, as in a JWK set: in a trust store each entry has "key" and "status"`)
  }
  const read: TrustStoreKey = readObject(value, where, { key: keyMember, status }, { ...scopeMembers, lastSequence: sequenceMember })
  if ((read.status === 'retired') !== (read.lastSequence !== undefined)) {
    throw malformed(where, 'must have a lastSequence where the key is retired, and only there')
  }
  checkPeriod(read, where)
  return read
}

/**
 * The members of a trust store; its keys are still to be checked.
 *
 * @throws EnvelopeError `malformed-head`, `unsupported`, `limit-exceeded`, `bad-key`
 */ // R60
const trustStore: Check<TrustStore> = (value, where) => {
  const store = readObject(
    value,
    where,
    { epoch: positive, threshold: positive, minSequence: sequenceMember, keys: listOf(storeKey, 1, TRUST_KEYS_MAX) },
    {},
  )
  const active = store.keys.filter((entry) => entry.status === 'active').length
  if (store.threshold > Math.min(active, SIGNATURES_MAX)) {
    const most = `${active} are active, and ${SIGNATURES_MAX} at most can sign`
    throw malformed(where, `demands ${store.threshold} keys, so that no release could be accepted: ${most}`)
  }
  return store
}

/**
 * Reads a trust store as an app embeds it: white space and the order of members are free.
 *
 * @throws EnvelopeError `bad-trust-store`, `unsupported`, `bad-key`
 */
export function parseTrustStore(text: string): TrustStore {
  return asTrustStore(() => trustStore(parseLaidOutJson(text, STORE), STORE))
}

/** Reads the value of a trust store that a trust update holds. */
export function readTrustStore(value: unknown): TrustStore {
  return asTrustStore(() => trustStore(value, STORE))
}

/** The text of a trust store, of which a caller may keep and change the object. */
export function trustStoreText(input: unknown): string {
  return asTrustStore(() => jsonText(input, TRUST_SIZE_MAX, STORE))
}

const STORE = 'trust store'

/** A trust store as it is signed and kept: its members in one order, and nothing else. */
export function canonicalStore({ epoch, threshold, minSequence, keys }: TrustStore): TrustStore {
  return { epoch, threshold, minSequence, keys: keys.map(canonicalKey) }
}

function canonicalKey({ key, status, lastSequence, notBefore, notAfter, apps, channels }: TrustStoreKey): TrustStoreKey {
  const { kty, crv, n, x, e } = key as Readonly<Record<string, string>>
  return { key: present({ kty, crv, n, x, e }) as unknown as KeyMember, status, ...present({ lastSequence, notBefore, notAfter, apps, channels }) }
}

function present(members: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** Gives malformed JSON the code of what it is. */
export function asTrustStore<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof EnvelopeError) || !RECODED.has(error.code)) throw error
    throw new EnvelopeError('bad-trust-store', error.message)
  }
}

const RECODED: ReadonlySet<string> = new Set(['malformed-head', 'limit-exceeded'])
