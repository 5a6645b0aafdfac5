import { concatBytes, equalBytes } from '../bytes.js'
import { hexEncode } from '../text.js'
import { isBelow, jwkBytes } from './signature-shape.js'
import type { Bytes } from '../bytes.js'
import type { AgreementCurve, AgreementPrivateJwk, AgreementPublicJwk } from './backend.js'

/** Length in bytes of every number of a reader key, and of what two keys have in common. */
export const AGREEMENT_SIZE = 32

/** DER of a PKCS#8 X25519 key up to its 32 bytes (RFC 8410 section 7). */
const X25519_PKCS8_PREFIX: Bytes = Uint8Array.of(
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20,
)

/** The primes of the two fields, and b of P-256: y^2 = x^3 - 3x + b (RFC 7748 section 4.1, SEC 2 section 2.4.2). */
const X25519_PRIME = 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffedn
const P256_PRIME = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
const P256_B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

/** Order of the P-256 base point, 32 bytes big-endian (SEC 2 section 2.4.2). */
const P256_ORDER: Bytes = Uint8Array.of(
  0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
  0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
)

/**
 * Whether two keys are of one curve, and each a possible one. Platforms differ in this, so every backend asks here first.
 */
export function isPossibleAgreement(key: AgreementPrivateJwk, peer: AgreementPublicJwk): boolean {
  return key.crv === peer.crv && isPrivateNumber(key.crv, jwkBytes(key.d)) && isPossiblePoint(peer)
}

/**
 * Whether a public key is a point of P-256 in reduced coordinates (NIST SP 800-56A section 5.6.2.3.4), or a reduced u of X25519.
 * WebKitGTK computes with points off the curve too, which gives private keys away to whoever plants slots; Firefox and others differ
 * about a u that is not reduced, which no honest key is. These numbers are public, so that their time tells nothing.
 */
export function isPossiblePoint(key: AgreementPublicJwk): boolean {
  // R68
  if (key.kty === 'OKP') return numberOf(jwkBytes(key.x).reverse()) < X25519_PRIME
  const [x, y] = [numberOf(jwkBytes(key.x)), numberOf(jwkBytes(key.y))]
  return x < P256_PRIME && y < P256_PRIME && (y * y - x * x * x + 3n * x - P256_B) % P256_PRIME === 0n
}

function numberOf(bigEndian: Bytes): bigint {
  return BigInt(`0x0${hexEncode(bigEndian)}`)
}

/** Whether these bytes are a private number of the curve: on P-256 from 1 to the order (SEC 1 section 3.2.1). */
export function isPrivateNumber(curve: AgreementCurve, d: Bytes): boolean {
  if (d.length !== AGREEMENT_SIZE) return false
  return curve === 'X25519' || (isBelow(d, P256_ORDER) && d.some((byte) => byte !== 0))
}

/**
 * DER PKCS#8 of an X25519 key, which needs no public key: 48 bytes. One of the three lowest bits is set, which every platform
 * ignores (RFC 7748 section 5): WebKitGTK loses a first byte of zero, and with it the key.
 */
export function x25519Der({ d }: AgreementPrivateJwk): Bytes {
  const [first = 0, ...others] = jwkBytes(d)
  return concatBytes(X25519_PKCS8_PREFIX, Uint8Array.of(first | 1, ...others))
}

/** The u coordinate of an X25519 key, or the uncompressed point of a P-256 key (SEC 1 section 2.3.3). */
export function rawPoint(key: AgreementPublicJwk): Bytes {
  return key.kty === 'OKP' ? jwkBytes(key.x) : concatBytes(Uint8Array.of(4), jwkBytes(key.x), jwkBytes(key.y))
}

/**
 * What a platform computed, unless it is no secret: all zeros are what every X25519 key has in common with a point of
 * small order (RFC 7748 section 6.1).
 */
export function secretUnlessZero(curve: AgreementCurve, secret: Bytes): Bytes | undefined {
  return curve === 'X25519' && equalBytes(secret, new Uint8Array(AGREEMENT_SIZE)) ? undefined : secret // R68
}
