import { EnvelopeError } from '../errors.js'
import { base64urlDecode } from '../text.js'
import { isSmallOrder } from './small-order.js'
import type { Bytes } from '../bytes.js'
import type { VerifyingKey } from './backend.js'

/** Length of an Ed25519 signature in bytes: R, then S (RFC 8032 section 5.1.6). */
const ED25519_SIGNATURE = 64

/** Order of the Ed25519 base point, 32 bytes big-endian: 2^252 + 27742317777372353535851937790883648493. */
const ED25519_ORDER: Bytes = Uint8Array.of(
  0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0x14, 0xde, 0xf9, 0xde, 0xa2, 0xf7, 0x9c, 0xd6, 0x58, 0x12, 0x63, 0x1a, 0x5c, 0xf5, 0xd3, 0xed,
)

/** The bytes of a JWK member that `keys/` has found canonical (RFC 7518 section 2, base64url). */
export function jwkBytes(member: string): Bytes {
  const bytes = base64urlDecode(member)
  if (bytes === undefined) throw new EnvelopeError('bad-key', 'A JWK member is not canonical base64url')
  return bytes
}

/** Bytes of a signature by `key`. */
export function signatureLength({ jwk }: VerifyingKey): number {
  return jwk.kty === 'RSA' ? jwkBytes(jwk.n).length : ED25519_SIGNATURE
}

/**
 * Whether `signature` has the one length and the number range that `key` allows: for RSA as long as the
 * modulus and below it (RFC 8017 sections 8.1.2 and 5.2.2), for Ed25519 64 bytes with S below the group
 * order (RFC 8032 section 5.1.7), and neither R nor the key of small order (WebCrypto section 28.4.2, which
 * OpenSSL and RFC 8032 don't ask for). Platforms differ in this, so every backend asks here first.
 */
export function isPossibleSignature({ jwk }: VerifyingKey, signature: Bytes): boolean {
  if (jwk.kty === 'RSA') {
    const modulus = jwkBytes(jwk.n)
    return signature.length === modulus.length && isBelow(signature, modulus)
  }
  // R23
  if (signature.length !== ED25519_SIGNATURE) return false
  const [r, s] = [signature.subarray(0, ED25519_SIGNATURE / 2), signature.slice(ED25519_SIGNATURE / 2).reverse()]
  return isBelow(s, ED25519_ORDER) && !isSmallOrder(r) && !isSmallOrder(jwkBytes(jwk.x))
}

/** Whether one big-endian number is below another of the same length. */
export function isBelow(a: Bytes, b: Bytes): boolean {
  const i = a.findIndex((byte, index) => byte !== b[index])
  return i >= 0 && (a[i] as number) < (b[i] as number)
}
