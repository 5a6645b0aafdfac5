import { asBytes, copyBytes, equalBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import type { Bytes } from '../bytes.js'
import type { Backend } from '../crypto/backend.js'
import type { PublicKey } from '../keys/types.js'
import type { AbortSignalLike } from '../options.js'
import type { Signer } from './signer.js'

/** What a signature takes besides the signer. */
interface Means {
  readonly backend: Backend
  readonly signal: AbortSignalLike | undefined
}

/** Those that have shown that their salt is random. */
const proven = new WeakSet<Signer>()

/**
 * A signature by a key that lies elsewhere, after it was verified.
 *
 * @throws EnvelopeError `signer-failed`, `aborted`
 */
export async function signExternally(signer: Signer, key: PublicKey, message: Bytes, means: Means): Promise<Bytes> {
  const signature = await ask(signer, key, message, means)
  if (key.algorithm === 'PS256' && !proven.has(signer)) {
    const second = await ask(signer, key, message, means)
    if (equalBytes(signature, second)) {
      throw failed(signer, key, 'gives the same signature twice, so its salt is not random: its public key could be computed from it')
    }
    proven.add(signer)
  }
  return signature
}

async function ask(signer: Signer, key: PublicKey, message: Bytes, { backend, signal }: Means): Promise<Bytes> {
  const given = await signer.sign(copyBytes(message), { signal: signal ?? { aborted: false } })
  const signature = copyBytes(asBytes(given, 'a signature'))
  const verdict: unknown = await backend.verify(key, signature, message)
  if (verdict === true) return signature
  throw failed(signer, key, 'gave a signature that its public key does not verify')
}

function failed({ name }: Signer, { kid }: PublicKey, what: string): EnvelopeError {
  return new EnvelopeError('signer-failed', `the signer ${name ?? kid} ${what}`)
}
