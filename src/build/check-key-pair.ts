import { buildBackend } from '#build-backend'
import { badKey } from '../keys/bad-key.js'
import { readPrivateKey } from '../keys/private.js'
import { readPublicKey } from '../keys/public.js'
import { ascii } from '../text.js'
import { backendOption } from '../options.js'
import { METHODS } from './options.js'
import { sign } from './sign.js'
import type { Backend } from '../crypto/backend.js'
import type { KeyInput } from '../keys/types.js'

const PROBE = /* @__PURE__ */ ascii('otaseal v2 key pair probe')

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
  const { backend } = backendOption(options.backend ?? buildBackend, METHODS)
  const signing = await readPrivateKey(privateKey, backend)
  const verifying = await readPublicKey(publicKey, backend)
  if (signing.publicKey.kid !== verifying.kid) {
    throw badKey('the private and the public key do not belong together: pass the two of one pair')
  }
  await sign(signing, PROBE, backend)
  return verifying.kid
}
