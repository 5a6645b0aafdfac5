import { equalBytes } from '../bytes.js'
import type { PublicJwk, RsaPublicJwk } from '../crypto/backend.js'
import { isSmallOrder } from '../crypto/small-order.js'
import { base64urlEncode } from '../text.js'
import { badKey } from './bad-key.js'

/** How many bits a format allows an RSA modulus, and what to do about another. */
export interface RsaSizes {
  readonly least: number
  readonly most: number
  readonly advice: string
}

// R18
const ENVELOPE_SIZES: RsaSizes = { least: 3072, most: 8192, advice: 'make a new key pair, with RSA-4096' }
const RSA_EXPONENT = Uint8Array.of(1, 0, 1)
const ED25519_KEY_BYTES = 32

/** A big-endian number without leading zero bytes; zero is no bytes. */
export function stripZeros(number: Uint8Array): Uint8Array {
  const first = number.findIndex((byte) => byte !== 0)
  return first < 0 ? number.subarray(number.length) : number.subarray(first)
}

/** The length in bits of a big-endian number. */
export function bitLength(number: Uint8Array): number {
  const [first = 0, ...others] = stripZeros(number)
  return 32 - Math.clz32(first) + 8 * others.length
}

/**
 * An RSA public key with e = 65537, of 3072 to 8192 bits, a multiple of 8, or of the sizes of another format.
 *
 * @throws EnvelopeError `bad-key`
 */
export function rsaPublicJwk(modulus: Uint8Array, exponent: Uint8Array, { least, most, advice }: RsaSizes = ENVELOPE_SIZES): RsaPublicJwk {
  const bits = bitLength(modulus)
  // R18
  if (bits < least || bits > most || bits % 8 !== 0) {
    const wanted = least === most ? `${most}` : `${least} to ${most} in a multiple of 8`
    throw badKey(`the RSA key has ${bits} bits, and must have ${wanted}: ${advice}`)
  }
  if (((modulus[modulus.length - 1] ?? 0) & 1) === 0) throw badKey('the RSA modulus is even, so it is no product of two primes')
  if (!equalBytes(stripZeros(exponent), RSA_EXPONENT)) throw badKey(`the RSA key's public exponent must be 65537: ${advice}`)
  return { kty: 'RSA', n: base64urlEncode(stripZeros(modulus)), e: base64urlEncode(RSA_EXPONENT) }
}

/**
 * An Ed25519 public key of 32 bytes: y below 2^255 - 19, and not of small order.
 *
 * @throws EnvelopeError `bad-key`
 */
export function ed25519PublicJwk(key: Uint8Array): PublicJwk {
  // R19
  if (key.length !== ED25519_KEY_BYTES) throw badKey('an Ed25519 public key has exactly 32 bytes')
  if (!isBelowFieldPrime(key)) throw badKey('the Ed25519 public key is not in its canonical encoding (RFC 8032)')
  if (isSmallOrder(key)) {
    throw badKey('the Ed25519 public key is a point of small order, under which anyone can sign: make a new key pair')
  }
  return { kty: 'OKP', crv: 'Ed25519', x: base64urlEncode(key) }
}

/** Whether y, 32 little-endian bytes whose top bit is the sign of x, is below p = 2^255 - 19, that is 0x7fff...ffed. */
function isBelowFieldPrime(y: Uint8Array): boolean {
  const [lowest = 0] = y
  const isRestFull = y.subarray(1, -1).every((byte) => byte === 0xff) && ((y[y.length - 1] ?? 0) & 0x7f) === 0x7f
  return lowest < 0xed || !isRestFull
}
