import { equalBytes } from '../bytes.js'
import type { PublicJwk } from '../crypto/backend.js'
import { base64urlEncode, hexEncode } from '../text.js'
import { badKey } from './bad-key.js'

const MIN_RSA_BITS = 3072
const MAX_RSA_BITS = 8192
const RSA_EXPONENT = Uint8Array.of(1, 0, 1)
const ED25519_KEY_BYTES = 32

/**
 * The y coordinates (RFC 8032 section 5.1.2, without the sign bit of x) of the eight points of order 1, 2, 4
 * and 8 on edwards25519. Under such a key a signature can be made that holds for almost any message.
 */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

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
 * An RSA public key of 3072 to 8192 bits, a multiple of 8, with e = 65537.
 *
 * @throws EnvelopeError `bad-key`
 */
export function rsaPublicJwk(modulus: Uint8Array, exponent: Uint8Array): PublicJwk {
  const bits = bitLength(modulus)
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS || bits % 8 !== 0) {
    throw badKey(
      `the RSA key has ${bits} bits, and must have ${MIN_RSA_BITS} to ${MAX_RSA_BITS} in a multiple of 8: ` +
        'make a new key pair, with RSA-4096',
    )
  }
  if (((modulus.at(-1) ?? 0) & 1) === 0) throw badKey('the RSA modulus is even, so it is no product of two primes')
  if (!equalBytes(stripZeros(exponent), RSA_EXPONENT)) {
    throw badKey('the RSA key\'s public exponent must be 65537: make a new key pair, with RSA-4096')
  }
  return { kty: 'RSA', n: base64urlEncode(stripZeros(modulus)), e: base64urlEncode(RSA_EXPONENT) }
}

/**
 * An Ed25519 public key of 32 bytes: y below 2^255 - 19, and not of small order.
 *
 * @throws EnvelopeError `bad-key`
 */
export function ed25519PublicJwk(key: Uint8Array): PublicJwk {
  if (key.length !== ED25519_KEY_BYTES) throw badKey('an Ed25519 public key has exactly 32 bytes')
  const y = key.map((byte, i) => (i === ED25519_KEY_BYTES - 1 ? byte & 0x7f : byte))
  if (!isBelowFieldPrime(y)) throw badKey('the Ed25519 public key is not in its canonical encoding (RFC 8032)')
  if (SMALL_ORDER_Y.has(hexEncode(y))) {
    throw badKey('the Ed25519 public key is a point of small order, under which anyone can sign: make a new key pair')
  }
  return { kty: 'OKP', crv: 'Ed25519', x: base64urlEncode(key) }
}

/** Whether 32 little-endian bytes with a clear top bit are below p = 2^255 - 19, that is 0x7fff...ffed. */
function isBelowFieldPrime(y: Uint8Array): boolean {
  const [lowest = 0] = y
  const isRestFull = y.subarray(1, -1).every((byte) => byte === 0xff) && y.at(-1) === 0x7f
  return lowest < 0xed || !isRestFull
}
