import { buildBackend } from '#build-backend'
import { privateKeyPem, readPrivateKey } from '../keys/private.js'
import { publicKeyPem } from '../keys/public.js'
import { ascii } from '../text.js'
import { backendOption } from '../options.js'
import { METHODS } from './options.js'
import { sign } from './sign.js'
import type { Backend } from '../crypto/backend.js'

/** A new key pair as text, to be kept in files or secret stores. */
export interface KeyPair {
  /** For the app: SPKI in PEM. */
  readonly publicKey: string
  /** For the publisher alone: PKCS#8 in PEM, not encrypted. */
  readonly privateKey: string
  /** SHA-256 JWK thumbprint (RFC 7638) of the public key: base64url, 43 characters. */
  readonly kid: string
}

/** The kinds of key pair that can be made. */
export type KeyPairType = 'RSA-4096' | 'Ed25519'

const kinds: ReadonlyMap<KeyPairType, Parameters<Backend['generateKey']>[0]> = new Map([
  ['RSA-4096', { algorithm: 'PS256', bits: 4096 }],
  ['Ed25519', { algorithm: 'Ed25519' }],
] as const)

/**
 * A new key pair for one app, from the platform's cryptographic generator, after a signature with it was verified.
 *
 * @throws TypeError for another `type`
 */
export async function generateKeyPair(
  type: KeyPairType = 'RSA-4096',
  options: { readonly backend?: Backend | undefined } = {},
): Promise<KeyPair> {
  const kind = kinds.get(type)
  if (kind === undefined) throw new TypeError(`the type of a key pair must be ${[...kinds.keys()].join(' or ')}`)
  const { backend } = backendOption(options.backend ?? buildBackend, [...METHODS, 'generateKey'])
  const key = await readPrivateKey(await backend.generateKey(kind), backend)
  await sign(key, ascii('otaseal v2 new key probe'), backend)
  return { publicKey: publicKeyPem(key.publicKey), privateKey: privateKeyPem(key), kid: key.publicKey.kid }
}
