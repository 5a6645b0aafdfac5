import { asBytes, copyBytes, equalBytes } from '../bytes.js'
import { signatureLength } from '../crypto/signature-shape.js'
import { EnvelopeError } from '../errors.js'
import { checkAborted } from '../options.js'
import { waitAtMost } from './wait-at-most.js'
import type { Bytes } from '../bytes.js'
import type { Backend } from '../crypto/backend.js'
import type { PublicKey } from '../keys/types.js'
import type { AbortSignalLike } from '../options.js'
import type { Signer } from './signer.js'

/** A signer whose members have been checked. */
export interface CheckedSigner {
  /** The caller's own object, whose method is called. */
  readonly signer: Signer
  readonly key: PublicKey
  /** What messages call it. */
  readonly label: string
  /** Seconds. */
  readonly timeout: number
}

/** What a signature takes besides the signer. */
interface Means {
  readonly backend: Backend
  readonly signal: AbortSignalLike | undefined
}

/** What a signature must be, as the message says it that refuses one. */
const FORMS = {
  PS256: 'RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a random salt of 32 bytes, over all bytes that it was given (where it takes a digest: their SHA-256)',
  Ed25519: 'Ed25519 (not Ed25519ph) over all bytes that it was given, and not over a digest of them',
} as const

/** Those that have shown that their salt is random, with the kid of the key that they had then. */
const proven = new WeakMap<Signer, string>()

/**
 * A signature by a key that lies elsewhere, after it was verified. An RSA signer is asked for its first one twice: signatures
 * with a salt that is not random give the public key away, which is the reader key of the default mode.
 *
 * @throws EnvelopeError `signer-failed`, `aborted`
 */
export async function signExternally(from: CheckedSigner, message: Bytes, means: Means): Promise<Bytes> {
  const signature = await ask(from, message, means)
  const { signer, key } = from
  // R69
  if (key.algorithm === 'PS256' && proven.get(signer) !== key.kid) {
    if (equalBytes(signature, await ask(from, message, means))) {
      throw failed(from, 'gives the same signature twice, so its salt is not random and its public key could be computed: set a random salt of 32 bytes')
    }
    proven.set(signer, key.kid)
  }
  return signature
}

async function ask(from: CheckedSigner, message: Bytes, { backend, signal }: Means): Promise<Bytes> {
  const { key } = from
  const signature = signatureOf(from, await answerOf(from, message, signal))
  checkAborted(signal)
  const length = signatureLength(key)
  if (signature.length !== length) throw failed(from, `gave ${signature.length} bytes, and a signature by its key has ${length}`)
  const verdict: unknown = await backend.verify(key, signature, message)
  if (verdict === true) return signature
  throw failed(from, `gave a signature that its public key does not verify: it must be by this key, and ${FORMS[key.algorithm]}`)
}

/** Whatever the signer gives. What it throws is kept as the cause alone: nobody knows what its message holds. */
async function answerOf(from: CheckedSigner, message: Bytes, signal: AbortSignalLike | undefined): Promise<unknown> {
  const { signer, timeout } = from
  const late = (): EnvelopeError =>
    failed(from, `gave no signature within ${timeout} seconds: find out why it hangs, or raise its time limit (timeout, --sign-timeout)`)
  return waitAtMost({ seconds: timeout, late, signal }, async (wait) => {
    try {
      return await signer.sign(copyBytes(message), { signal: wait })
    } catch (error) {
      if (error instanceof EnvelopeError && error.code === 'signer-failed') throw error
      throw failed(from, 'failed: its own error is the cause of this one', error)
    }
  })
}

/** A copy, which the signer can no longer change. */
function signatureOf(from: CheckedSigner, answer: unknown): Bytes {
  try {
    return copyBytes(asBytes(answer, 'a signature'))
  } catch (error) {
    throw failed(from, 'gave no signature: it must be a Uint8Array, and where it comes as text, decoded', error)
  }
}

function failed({ label }: CheckedSigner, what: string, ...cause: readonly unknown[]): EnvelopeError {
  return new EnvelopeError('signer-failed', `the signer ${label} ${what}`, cause.length === 0 ? undefined : { cause: cause[0] })
}
