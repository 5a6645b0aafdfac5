import { constants, createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { keepSecret } from './secrets.js'
import type { KeyObject } from 'node:crypto'

/** A publisher's key pair, made and used by node:crypto so that it is independent of what it tests. */
export interface TestSigner {
  readonly alg: 'PS256' | 'Ed25519'
  readonly kid: string
  readonly privateKey: string
  readonly publicKey: string
  readonly keyObject: KeyObject
}

export function freshEd25519(): TestSigner {
  return signerOf('Ed25519', generateKeyPairSync('ed25519').privateKey)
}

export function freshRsa(bits = 4096): TestSigner {
  return signerOf('PS256', generateKeyPairSync('rsa', { modulusLength: bits, publicExponent: 65537 }).privateKey)
}

/** A key pair that is there already. */
export function signerOf(alg: 'PS256' | 'Ed25519', keyObject: KeyObject): TestSigner {
  const publicObject = createPublicKey(keyObject)
  const { crv, e, kty, n, x } = publicObject.export({ format: 'jwk' })
  const thumbprintInput = JSON.stringify(alg === 'PS256' ? { e, kty, n } : { crv, kty, x })
  const privateKey = keyObject.export({ format: 'pem', type: 'pkcs8' }).toString()
  keepSecret('private key', privateKey.split('\n').slice(1, 3))
  keepSecret('private number', [keyObject.export({ format: 'jwk' }).d as string])
  return {
    alg,
    kid: createHash('sha256').update(thumbprintInput).digest('base64url'),
    privateKey,
    publicKey: publicObject.export({ format: 'pem', type: 'spki' }).toString(),
    keyObject,
  }
}

/** A signature by node:crypto; `saltLength` only matters for RSA. */
export function nodeSign({ alg, keyObject }: TestSigner, message: Uint8Array, saltLength = 32): Uint8Array {
  if (alg === 'Ed25519') return sign(null, message, keyObject)
  return sign('sha256', message, { key: keyObject, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
}
