import { EnvelopeError } from '../errors.js'
import type { Bytes } from '../bytes.js'
import type { SignatureAlgorithm } from './backend.js'

/** Length of an AES-256-GCM nonce in bytes. */
export const GCM_NONCE = 12

/** Length of an AES-256-GCM tag in bytes; shorter tags are easier to forge and never taken. */
export const GCM_TAG = 16

/** Length of an RSA-PSS salt in bytes, as PS256 fixes it (RFC 7518 section 3.5). */
export const PSS_SALT = 32 // R22

/** Whether nonce and tag have the lengths that they have in every AES-256-GCM message of the envelope. */
export function isPossibleGcm(nonce: Bytes, tag: Bytes): boolean {
  return nonce.length === GCM_NONCE && tag.length === GCM_TAG
}

/** Refuses a nonce of another length than 12 bytes, for which GCM would derive its counter in another way. */
export function checkNonce(nonce: Bytes): void {
  if (nonce.length !== GCM_NONCE) throw new RangeError(`an AES-GCM nonce takes ${GCM_NONCE} bytes, not ${nonce.length}`)
}

/** Refuses any AES key that isn't of 32 bytes: platforms would take 16 bytes as AES-128. */
export function checkAesKey(key: Bytes): void {
  if (key.length !== 32) throw new RangeError(`an AES-256 key takes 32 bytes, not ${key.length}`)
}

/** Refuses an empty HMAC key, which WebCrypto can't import. */
export function checkHmacKey(key: Bytes): void {
  if (key.length === 0) throw new RangeError('an HMAC key takes at least 1 byte')
}

/** Whether RFC 3394 section 2.2.2 can unwrap this: the check value and at least two blocks of 8 bytes. */
export function isPossibleWrap(wrapped: Bytes): boolean {
  return wrapped.length >= 24 && wrapped.length % 8 === 0
}

/** An algorithm's row in a backend's table. */
export function rowOf<Row>(table: ReadonlyMap<SignatureAlgorithm, Row>, algorithm: SignatureAlgorithm): Row {
  const row = table.get(algorithm)
  if (row === undefined) throw new EnvelopeError('unsupported', `There is no signature algorithm ${algorithm} here`)
  return row
}
