import { EnvelopeError } from '../errors.js'
import { readPrivateKey } from '../keys/private.js'
import { readPublicKey } from '../keys/public.js'
import { signExternally } from './external-signer.js'
import { sign } from './sign.js'
import type { Bytes } from '../bytes.js'
import type { Awaitable, Backend, SignatureAlgorithm } from '../crypto/backend.js'
import type { KeyInput, PublicKey } from '../keys/types.js'
import type { AbortSignalLike } from '../options.js'

const TIMEOUT_SECONDS = 120
const TIMEOUT_SECONDS_MAX = 86_400

/** What a message may show of a signer's name, for example the resource name of a KMS key. */
const namePattern = /^[A-Za-z0-9 ._:/@=+-]{1,256}$/

/**
 * A private key that lies elsewhere: in a KMS, an HSM, an agent. What it gives is verified before it is used, and an RSA signer
 * is asked for its first signature twice, which must differ: a salt that is not random would give the public key away.
 */
export interface Signer {
  readonly algorithm: SignatureAlgorithm
  /** PEM, JWK or `CryptoKey`. */
  readonly publicKey: KeyInput
  /** What messages call it: at most 256 of the characters `A-Z a-z 0-9 . _ : / @ = + -` and spaces. Else: the kid of its key. */
  readonly name?: string | undefined
  /** Seconds that one signature may take, at most 86,400. Left out: 120. */
  readonly timeout?: number | undefined
  /**
   * RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a random salt of 32 bytes, as long as the modulus; or Ed25519, 64 bytes.
   * `message` is a copy. `signal` is aborted when the signature is no longer waited for; it is an `AbortSignal` where the
   * engine has them. What it throws becomes the `cause` of a `signer-failed`; an `EnvelopeError` with this code comes out as it is.
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

/** What messages call a signer. */
export function signerLabel(name: string | undefined, { kid }: PublicKey): string {
  return name !== undefined && namePattern.test(name) ? name : kid
}

/** A JWK may have any members. */
function isSigner(input: SignerInput): input is Signer {
  if (typeof input !== 'object' || (input as unknown) === null || 'kty' in input) return false
  return 'sign' in input || 'publicKey' in input
}

async function externalSigner(signer: Signer, backend: Backend, signal: AbortSignalLike | undefined): Promise<KeySigner> {
  const { algorithm, publicKey, name, timeout } = readMembers(signer)
  const key = await readPublicKey(publicKey, backend)
  if (key.algorithm !== algorithm) {
    throw new EnvelopeError('bad-key', `the public key of the signer is for ${key.algorithm}, not for ${algorithm}, which it names as its algorithm`)
  }
  const checked = { signer, key, label: signerLabel(name, key), timeout }
  return { publicKey: key, sign: async (message) => signExternally(checked, message, { backend, signal }) }
}

/** Its members, each read once; `sign` stays a method of the caller's own object. */
function readMembers(signer: { readonly [K in keyof Signer]: unknown }): Omit<Signer, 'sign' | 'timeout'> & { readonly timeout: number } {
  const { algorithm, publicKey, name, timeout = TIMEOUT_SECONDS } = signer
  if (typeof signer.sign !== 'function') throw new TypeError('signer must have the method sign')
  if (algorithm !== 'PS256' && algorithm !== 'Ed25519') throw new TypeError("signer must have the algorithm 'PS256' or 'Ed25519'")
  if (name !== undefined && typeof name !== 'string') throw new TypeError('name of the signer must be a string')
  if (typeof timeout !== 'number') throw new TypeError('timeout of the signer must be a number')
  if (!(timeout > 0 && timeout <= TIMEOUT_SECONDS_MAX)) {
    throw new RangeError(`timeout of the signer must be above 0 and at most ${TIMEOUT_SECONDS_MAX} seconds`)
  }
  return { algorithm, publicKey: publicKey as KeyInput, name, timeout }
}
