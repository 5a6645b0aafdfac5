import { buildBackend } from '#build-backend'
import { concatBytes } from '../bytes.js'
import type { Bytes } from '../bytes.js'
import type { Backend } from '../crypto/backend.js'
import { EnvelopeError } from '../errors.js'
import { ascii } from '../text.js'
import { badKey } from './bad-key.js'
import { readPrivateKey } from './private.js'
import { readPublicKey } from './public.js'
import type { KeyInput, PrivateKey } from './types.js'

const PROBE = ascii('otaseal v2 key pair probe')

/**
 * The `kid` of two keys that belong together, which a signature made with one and verified with the other shows.
 *
 * @throws EnvelopeError `bad-key` where they don't, where the private key's own numbers don't, or for either key
 * @throws TypeError where a key is none of {@link KeyInput}
 */
export async function checkKeyPair(
  privateKey: KeyInput,
  publicKey: KeyInput,
  options: { readonly backend?: Backend | undefined } = {},
): Promise<string> {
  const backend = options.backend ?? buildBackend
  const signing = await readPrivateKey(privateKey, backend)
  const verifying = await readPublicKey(publicKey, backend)
  if (signing.publicKey.kid !== verifying.kid) {
    throw badKey('the private and the public key do not belong together: pass the two of one pair')
  }
  await checkSignature(signing, backend)
  return verifying.kid
}

/**
 * Refuses a private key whose signatures its own public key does not verify.
 *
 * @throws EnvelopeError `bad-key`
 */
export async function checkSignature(key: PrivateKey, backend: Backend): Promise<void> {
  const message = concatBytes(PROBE, backend.randomBytes(32))
  const signature = await signProbe(key, message, backend)
  if (signature === undefined || !(await backend.verify(key.publicKey, signature, message))) {
    throw badKey(
      'the numbers of the private key do not belong together, so its signatures do not hold: ' +
        'restore the key from its origin, or make a new key pair',
    )
  }
}

async function signProbe(key: PrivateKey, message: Bytes, backend: Backend): Promise<Bytes | undefined> {
  try {
    return await backend.sign(key, message)
  } catch (error) {
    if (error instanceof EnvelopeError) throw error
    // Not as a cause: a platform's message about a key with wrong numbers may quote them.
    return undefined
  }
}
