import { EnvelopeError } from '../errors.js'
import { badKey } from '../keys/bad-key.js'
import type { Bytes } from '../bytes.js'
import type { Backend } from '../crypto/backend.js'
import type { PrivateKey } from '../keys/types.js'

/**
 * A signature that its own public key verifies; what a damaged key or a faulty machine makes is never let out.
 *
 * @throws EnvelopeError `bad-key`
 */ // R27
export async function sign(key: PrivateKey, message: Bytes, backend: Backend): Promise<Bytes> {
  const signature = await trySign(key, message, backend)
  const verdict: unknown = signature !== undefined && (await backend.verify(key.publicKey, signature, message))
  if (signature !== undefined && verdict === true) return signature
  throw badKey(
    `a signature by ${key.publicKey.kid} does not hold, so the numbers of its private key do not belong together: ` +
      'restore the key from its origin, or make a new key pair',
  )
}

async function trySign(key: PrivateKey, message: Bytes, backend: Backend): Promise<Bytes | undefined> {
  try {
    return await backend.sign(key, message)
  } catch (error) {
    if (error instanceof EnvelopeError) throw error
    // Not as a cause: a platform's message about a key with wrong numbers may quote them.
    return undefined
  }
}
