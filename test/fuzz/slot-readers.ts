import { readerOption } from '../../src/device/readers.js'
import { readPublicKey } from '../../src/keys/public.js'
import { signerReader } from '../../src/keys/slots.js'
import type { DeviceBackend } from '../../src/crypto/backend.js'
import type { SlotReader } from '../../src/keys/slots.js'

/** All who can open some slot. */
export async function slotReaders(of: { readonly trusted: string; readonly secret: Uint8Array; readonly keys: readonly string[] }, backend: DeviceBackend): Promise<readonly SlotReader[]> {
  const pending = readerOption([new Uint8Array(of.secret), ...of.keys])
  const readers = await Promise.all(pending.map(async (read) => read({ backend, signal: undefined })))
  return [await signerReader(await readPublicKey(of.trusted, backend), backend), ...readers]
}
