import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { JsonWebKey, KeyObject } from 'node:crypto'
import { asBytes, copyBytes } from '../../src/bytes.js'
import { fromHex } from '../wycheproof.js'
import type { Bytes } from '../../src/bytes.js'
import type { PrivateJwk, PublicJwk, SigningKey, VerifyingKey } from '../../src/crypto/backend.js'

/** A key pair in every form that tests need; `keyObject` is node:crypto's, the oracle's own. */
export interface TestKey {
  readonly signing: SigningKey
  readonly verifying: VerifyingKey
  readonly keyObject: KeyObject
}

/** A key pair from its private numbers, encoded by node:crypto. */
export function testKey(jwk: PrivateJwk): TestKey {
  const keyObject = createPrivateKey({ key: { ...jwk } as JsonWebKey, format: 'jwk' })
  const publicKey = createPublicKey(keyObject)
  const algorithm = jwk.kty === 'RSA' ? 'PS256' : 'Ed25519'
  return {
    signing: { algorithm, jwk, pkcs8: der(keyObject.export({ format: 'der', type: 'pkcs8' })) },
    verifying: { algorithm, jwk: publicNumbers(jwk), spki: der(publicKey.export({ format: 'der', type: 'spki' })) },
    keyObject,
  }
}

/** A fresh RSA key pair by node:crypto, e = 65537. */
export function freshRsa(bits = 3072): TestKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits, publicExponent: 65537 })
  return testKey(privateKey.export({ format: 'jwk' }) as unknown as PrivateJwk)
}

/** A fresh Ed25519 key pair by node:crypto. */
export function freshEd25519(): TestKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  return testKey(privateKey.export({ format: 'jwk' }) as unknown as PrivateJwk)
}

/** An Ed25519 public key from its 32 bytes, which need not be any that an honest owner would have. */
export function ed25519Verifying(x: Uint8Array): VerifyingKey {
  const spki = Uint8Array.of(...fromHex('302a300506032b6570032100'), ...x)
  return { algorithm: 'Ed25519', jwk: { kty: 'OKP', crv: 'Ed25519', x: base64url(x) }, spki }
}

/** An RSA public key from the SPKI that a vector file gives. */
export function rsaVerifying(spki: Bytes): VerifyingKey {
  const { n, e } = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ format: 'jwk' })
  return { algorithm: 'PS256', jwk: { kty: 'RSA', n: n as string, e: e as string }, spki }
}

/** The same bytes seven bytes into a larger array full of other bytes. */
export function offsetView(bytes: Uint8Array): Bytes {
  const around = new Uint8Array(bytes.length + 20).fill(0xee)
  around.set(bytes, 7)
  return around.subarray(7, 7 + bytes.length)
}

/** A copy with one bit flipped. */
export function flipBit(bytes: Uint8Array, bit: number): Bytes {
  const copy = copyBytes(bytes)
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7))
  return copy
}

function publicNumbers(jwk: PrivateJwk): PublicJwk {
  return jwk.kty === 'RSA' ? { kty: 'RSA', n: jwk.n, e: jwk.e } : { kty: 'OKP', crv: 'Ed25519', x: jwk.x }
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

function der(buffer: Buffer): Bytes {
  return copyBytes(asBytes(buffer, 'DER'))
}
