import { aeskw, gcm } from '@noble/ciphers/aes.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { mgf1, PSS } from 'micro-rsa-dsa-dh/rsa.js'
import { concatBytes, copyBytes, equalBytes, joinBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { nobleSharedSecret } from './noble-agree.js'
import { nobleHasher } from './noble-hash.js'
import { checkAesKey, checkHmacKey, isPossibleGcm, isPossibleWrap, PSS_SALT, rowOf } from './shape.js'
import { isPossibleSignature, jwkBytes } from './signature-shape.js'
import type { Bytes } from '../bytes.js'
import type { HashingDeviceBackend, PublicJwk, SignatureAlgorithm } from './backend.js'

const hashes = { 'SHA-256': sha256, 'SHA-512': sha512 } as const

/** RSASSA-PSS as PS256 fixes it; the library's own default is no salt at all. */
export const ps256: ReturnType<typeof PSS> = /* @__PURE__ */ PSS(sha256, /* @__PURE__ */ mgf1(sha256), PSS_SALT)

type Verify = (jwk: PublicJwk, signature: Bytes, message: Bytes) => boolean

const verifiers: ReadonlyMap<SignatureAlgorithm, Verify> = new Map<SignatureAlgorithm, Verify>([
  ['PS256', verifyPs256],
  ['Ed25519', verifyEd25519],
])

/** The unsigned big-endian number in a JWK member (RFC 7518 section 2, Base64urlUInt). */
export function jwkNumber(member: string): bigint {
  return jwkBytes(member).reduce((number, byte) => number * 256n + BigInt(byte), 0n)
}

function verifyPs256(jwk: PublicJwk, signature: Bytes, message: Bytes): boolean {
  if (jwk.kty !== 'RSA') throw wrongKey('PS256')
  const key = { n: jwkNumber(jwk.n), e: jwkNumber(jwk.e) }
  return unlessRefused(() => ps256.verify(key, message, signature)) ?? false
}

/**
 * noble's equation is cofactored, so it also takes a signature with a torsion component, which every other
 * implementation refuses; the second half is the equation that those check (RFC 8032 section 5.1.7, without cofactor).
 */
function verifyEd25519(jwk: PublicJwk, signature: Bytes, message: Bytes): boolean {
  if (jwk.kty !== 'OKP') throw wrongKey('Ed25519')
  const publicKey = jwkBytes(jwk.x)
  // R23
  const holds = ed25519.verify(signature, message, publicKey, { zip215: false })
  return holds && isCofactorless(publicKey, signature, message)
}

function isCofactorless(publicKey: Bytes, signature: Bytes, message: Bytes): boolean {
  const { Point } = ed25519
  const r = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  const k = Point.Fn.create(littleEndian(sha512(concatBytes(r, publicKey, message))))
  const expected = Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(publicKey).multiplyUnsafe(k))
  return equalBytes(expected.toBytes(), r)
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => number * 256n + BigInt(byte), 0n)
}

/** The error for a key whose algorithm and numbers contradict each other, which `keys/` never makes. */
export function wrongKey(algorithm: SignatureAlgorithm): EnvelopeError {
  return new EnvelopeError('bad-key', `A key for ${algorithm} holds the numbers of another algorithm`)
}

/** `undefined` where the library refuses its input; misuse and exhausted memory stay exceptions. */
export function unlessRefused<T>(compute: () => T): T | undefined {
  try {
    return compute()
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error
    return undefined
  }
}

/** The device half in pure JavaScript, for engines without WebCrypto (Hermes, QuickJS, a bare JavaScriptCore). */
export const nobleDeviceBackend: HashingDeviceBackend = {
  name: 'noble',
  lanes: 1,

  sha256(...parts) {
    const hash = sha256.create()
    for (const part of parts) hash.update(part)
    return hash.digest()
  },

  hasher: nobleHasher,

  hmac(hash, key, message) {
    checkHmacKey(key)
    return hmac(hashes[hash], key, message)
  },

  gcmOpener(key) {
    checkAesKey(key)
    const kept = copyBytes(key)
    return {
      open(nonce, ciphertext, tag, additionalData) {
        if (!isPossibleGcm(nonce, tag)) return undefined
        const cipher = gcm(kept, nonce, additionalData)
        return unlessRefused(() => cipher.decrypt(joinBytes(ciphertext, tag)))
      },
    }
  },

  unwrapKey(wrappingKey, wrapped) {
    checkAesKey(wrappingKey)
    if (!isPossibleWrap(wrapped)) return undefined
    const key = unlessRefused(() => aeskw(wrappingKey).decrypt(wrapped))
    return key && copyBytes(key)
  },

  verify(key, signature, message) {
    return isPossibleSignature(key, signature) && rowOf(verifiers, key.algorithm)(key.jwk, signature, message)
  },

  deriveSharedSecret: nobleSharedSecret,
}
