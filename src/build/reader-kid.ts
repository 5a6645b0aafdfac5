import { buildBackend } from '#build-backend'
import { secretReader } from '../keys/slots.js'
import { backendOption, secretOption } from '../options.js'
import type { DeviceBackend } from '../crypto/backend.js'

/**
 * The kid that slots for a reader secret of 32 bytes carry, as `decodeHead` shows it: base64url, 43 characters.
 *
 * @throws TypeError, RangeError for what is no such secret
 */
export async function readerKid(
  secret: Uint8Array,
  options: { readonly backend?: DeviceBackend | undefined } = {},
): Promise<string> {
  const { backend } = backendOption<DeviceBackend>(options.backend ?? buildBackend, ['sha256'])
  return (await secretReader(secretOption('secret', secret), backend)).kid
}
