import { EnvelopeError } from '../errors.js'
import { readPrivateKey } from '../keys/private.js'
import { readPublicKey } from '../keys/public.js'
import { objectOption } from '../options.js'
import { signExternally } from './external-signer.js'
import { sign } from './sign.js'
import type { Bytes } from '../bytes.js'
import type { Awaitable, Backend, SignatureAlgorithm } from '../crypto/backend.js'
import type { KeyInput, PublicKey } from '../keys/types.js'
import type { AbortSignalLike } from '../options.js'

/**
 * A private key that lies elsewhere: in a KMS, an HSM, an agent. What it gives is verified before it is used, and an RSA signer
 * is asked for its first signature twice, which must differ: a salt that is not random would give the public key away.
 */
export interface Signer {
  readonly algorithm: SignatureAlgorithm
  /** PEM, JWK or `CryptoKey`. */
  readonly publicKey: KeyInput
  /** What messages call it. Left out: the kid of its key. */
  readonly name?: string | undefined
  /** Seconds that one signature may take. Left out: 120. */
  readonly timeout?: number | undefined
  /**
   * RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a random salt of 32 bytes, as long as the modulus; or Ed25519, 64 bytes.
   * `signal` is aborted when the signature is no longer waited for.
   */
  sign(message: Uint8Array<ArrayBuffer>, options: { readonly signal: AbortSignalLike }): Awaitable<Uint8Array>
}

/** What signs: a private key, or where one lies. */
export type SignerInput = KeyInput | Signer

/** A key that signs, wherever it lies. */
export interface KeySigner {
  readonly publicKey: PublicKey
  /** A signature that has been verified. */
  readonly sign: (message: Bytes) => Promise<Bytes>
}

/**
 * Makes ready to sign with a key.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError where it is neither a key nor a {@link Signer}
 */
export async function readSigner(input: SignerInput, backend: Backend, signal?: AbortSignalLike): Promise<KeySigner> {
  if (isSigner(input)) return externalSigner(input, backend, signal)
  const key = await readPrivateKey(input, backend)
  return { publicKey: key.publicKey, sign: async (message) => sign(key, message, backend) }
}

function isSigner(input: SignerInput): input is Signer {
  return typeof input === 'object' && (input as unknown) !== null && 'sign' in input && typeof input.sign === 'function'
}

async function externalSigner(signer: Signer, backend: Backend, signal: AbortSignalLike | undefined): Promise<KeySigner> {
  const publicKey = await readPublicKey(objectOption('signer', signer).publicKey, backend)
  if (publicKey.algorithm !== signer.algorithm) {
    throw new EnvelopeError('bad-key', `the public key of the signer is for ${publicKey.algorithm}, not for the algorithm that it names`)
  }
  return { publicKey, sign: async (message) => signExternally(signer, publicKey, message, { backend, signal }) }
}
