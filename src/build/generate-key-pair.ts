import { buildBackend } from '#build-backend'
import { agreementKid } from '../keys/agreement.js'
import { agreementPrivatePem, agreementPublicPem } from '../keys/agreement-pem.js'
import { checkedPrivate, readAgreementPrivate } from '../keys/agreement-private.js'
import { privateKeyPem, readPrivateKey } from '../keys/private.js'
import { publicKeyPem } from '../keys/public.js'
import { newAgreementKey } from '../keys/seal-slot.js'
import { ascii } from '../text.js'
import { backendOption } from '../options.js'
import { METHODS } from './options.js'
import { sign } from './sign.js'
import type { AgreementCurve, Backend, PrivateJwk } from '../crypto/backend.js'

/** A new key pair as text, to be kept in files or secret stores. */
export interface KeyPair {
  /** For the app, or of a reader's key for the publisher: SPKI in PEM. */
  readonly publicKey: string
  /** For the publisher alone, or of a reader's key for the reader alone: PKCS#8 in PEM, not encrypted. */
  readonly privateKey: string
  /** SHA-256 JWK thumbprint (RFC 7638) of the public key: base64url, 43 characters. */
  readonly kid: string
}

/** The kinds of key pair that can be made. */
export type KeyPairType = 'RSA-4096' | 'Ed25519' | AgreementCurve

type Make = (backend: Backend) => Promise<KeyPair>

const kinds: ReadonlyMap<KeyPairType, Make> = new Map<KeyPairType, Make>([
  ['RSA-4096', async (backend) => signingPair(await backend.generateKey({ algorithm: 'PS256', bits: 4096 }), backend)],
  ['Ed25519', async (backend) => signingPair(await backend.generateKey({ algorithm: 'Ed25519' }), backend)],
  ['X25519', async (backend) => readerPair('X25519', backend)],
  ['P-256', async (backend) => readerPair('P-256', backend)],
])

/**
 * A new key pair from the platform's cryptographic generator, after it was tried: for one app to sign with (RSA-4096, Ed25519), or
 * for a reader (X25519, P-256).
 *
 * @throws EnvelopeError `backend-unavailable`
 * @throws TypeError for another `type`
 */
export async function generateKeyPair(
  type: KeyPairType = 'RSA-4096',
  options: { readonly backend?: Backend | undefined } = {},
): Promise<KeyPair> {
  const make = kinds.get(type)
  if (make === undefined) throw new TypeError(`the type of a key pair must be ${[...kinds.keys()].join(' or ')}`)
  const { backend } = backendOption(options.backend ?? buildBackend, [...METHODS, 'generateKey'])
  return make(backend)
}

async function signingPair(jwk: PrivateJwk, backend: Backend): Promise<KeyPair> {
  const key = await readPrivateKey(jwk, backend)
  await sign(key, ascii('otaseal v2 new key probe'), backend)
  return { publicKey: publicKeyPem(key.publicKey), privateKey: privateKeyPem(key), kid: key.publicKey.kid }
}

async function readerPair(curve: AgreementCurve, backend: Backend): Promise<KeyPair> {
  const jwk = await newAgreementKey(curve, backend)
  const key = await checkedPrivate(await readAgreementPrivate(jwk), backend)
  return { publicKey: agreementPublicPem(key), privateKey: agreementPrivatePem(key), kid: await agreementKid(key, backend) }
}
