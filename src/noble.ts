/**
 * Pure JavaScript: the backend where there is no WebCrypto, and readers where it lacks their curve.
 *
 * @module otaseal/noble
 */
import { nobleAgreementPublic, nobleSharedSecret } from './crypto/noble-agree.js'
import { readAgreementPrivate } from './keys/agreement-private.js'
import { badKey, foreignPublicKey } from './keys/bad-key.js'
import { base64urlDecode } from './text.js'
import type { ReaderKey } from './device/reader-keys.js'
import type { JwkInput } from './keys/types.js'

export { nobleDeviceBackend } from './crypto/noble.js'
export { nobleBackend } from './crypto/noble-build.js'
export { nobleCapgoBackend } from './crypto/noble-capgo.js'
export type { ReaderKey } from './device/reader-keys.js'

/**
 * A reader whose X25519 or P-256 private key (PEM or JWK) is used in pure JavaScript, where WebCrypto lacks the curve; all else stays
 * with the backend.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError where it is no such key
 */
export function nobleReader(privateKey: string | JwkInput): ReaderKey {
  const numbers = readAgreementPrivate(privateKey)
  if (numbers instanceof Promise) throw new TypeError('nobleReader takes a PEM or a JWK: a CryptoKey is a reader by itself')
  const { row, d, claimed } = numbers
  const publicKey = nobleAgreementPublic(row.curve, base64urlDecode(d) ?? new Uint8Array(0))
  if (publicKey === undefined) throw badKey(`the private number of the ${row.curve} key is none: make a new key pair`)
  if (claimed !== undefined && JSON.stringify(claimed) !== JSON.stringify(publicKey)) throw foreignPublicKey()
  return { publicKey, deriveSharedSecret: (ephemeral) => nobleSharedSecret({ ...publicKey, d }, ephemeral) }
}
