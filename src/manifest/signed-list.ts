import { equalBytes } from '../bytes.js'
import { OBJECTS_META } from '../format/object-list.js'
import { base64urlDecode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { DeviceBackend } from '../crypto/backend.js'
import type { Header } from '../format/header.js'

/** Whether an object list is the one that was signed with a manifest; `undefined` where none was. */ // R79
export async function isSignedList(list: Bytes, { meta }: Header, backend: DeviceBackend): Promise<boolean | undefined> {
  const written = meta?.[OBJECTS_META]
  if (written === undefined) return undefined
  const signed = base64urlDecode(written)
  return signed !== undefined && equalBytes(await backend.sha256(list), signed)
}
