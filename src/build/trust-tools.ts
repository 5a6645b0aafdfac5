import { buildBackend } from '#build-backend'
import { readPublicKey } from '../keys/public.js'
import { backendOption } from '../options.js'
import { canonicalStore, parseTrustStore, trustStoreText } from '../trust/store.js'
import { checkTrustStore as check } from '../trust/trust.js'
import type { DeviceBackend } from '../crypto/backend.js'
import type { JsonInput } from '../format/jws.js'
import type { KeyMember } from '../format/scope.js'
import type { KeyInput } from '../keys/types.js'
import type { TrustStore } from '../trust/store.js'

/** @inline */
interface BackendOption {
  /** The cryptography; left out: node:crypto on Node, WebCrypto elsewhere. */
  readonly backend?: DeviceBackend | undefined
}

/** A trust store that every device of this version takes. */
export interface CheckedTrustStore {
  /** Its members in one order. */
  readonly store: TrustStore
  /** The SHA-256 JWK thumbprint (RFC 7638) of each of its keys, in their order. */
  readonly kids: readonly string[]
}

/**
 * Checks a trust store as a device does: its form, each of its keys, and that none of them is there twice.
 *
 * @throws EnvelopeError `bad-trust-store`, `unsupported`, `bad-key`
 */
export async function checkTrustStore(store: TrustStore | JsonInput, options: BackendOption = {}): Promise<CheckedTrustStore> {
  const checked = canonicalStore(parseTrustStore(trustStoreText(store)))
  const { backend } = backendOption(options.backend ?? buildBackend, ['sha256'])
  const { keys } = await check(checked, backend)
  return { store: checked, kids: [...keys.keys()] }
}

/**
 * A public key as a trust store has it, and its kid.
 *
 * @throws EnvelopeError `bad-key`
 */
export async function publicJwk(key: KeyInput, options: BackendOption = {}): Promise<{ readonly jwk: KeyMember; readonly kid: string }> {
  const { backend } = backendOption(options.backend ?? buildBackend, ['sha256'])
  const { jwk, kid } = await readPublicKey(key, backend)
  return { jwk, kid }
}
