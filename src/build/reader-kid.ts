import { buildBackend } from '#build-backend'
import { readRecipient, recipientOption } from '../keys/recipients.js'
import { backendOption } from '../options.js'
import type { DeviceBackend } from '../crypto/backend.js'
import type { ReaderInput } from '../keys/recipients.js'

/**
 * The kid that slots for a reader carry, as `decodeHead` shows it: base64url, 43 characters. Of an X25519 or P-256 public key it is
 * the SHA-256 JWK thumbprint (RFC 7638).
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError, RangeError for what is neither a secret of 32 bytes nor such a key
 */
export async function readerKid(
  reader: ReaderInput,
  options: { readonly backend?: DeviceBackend | undefined } = {},
): Promise<string> {
  const option = recipientOption('reader', reader)
  const { backend } = backendOption<DeviceBackend>(options.backend ?? buildBackend, ['sha256'])
  return (await readRecipient(option, backend)).kid
}
