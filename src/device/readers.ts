import { secretReader, signerReader } from '../keys/slots.js'
import { secretOption } from '../options.js'
import type { Bytes } from '../bytes.js'
import type { DeviceBackend } from '../crypto/backend.js'
import type { Reader } from '../keys/slots.js'
import type { PublicKey } from '../keys/types.js'

/** What opens an envelope: a 32-byte secret shared with the publisher. */
export type DeviceReader = Uint8Array

/** The same, copied at the call. */
export type DeviceReaderOption = Bytes

/**
 * A reader as a caller gives it.
 *
 * @throws TypeError, RangeError
 */
export function readerOption(reader: DeviceReader): DeviceReaderOption {
  return secretOption('reader', reader)
}

/** The readers whose slots are tried: the caller's own, else that of each trust-store key that counts. */
export async function slotReaders(
  reader: DeviceReaderOption | undefined,
  signers: readonly PublicKey[],
  backend: DeviceBackend,
): Promise<readonly Reader[]> {
  return Promise.all(reader === undefined ? signers.map((key) => signerReader(key, backend)) : [secretReader(reader, backend)])
}
