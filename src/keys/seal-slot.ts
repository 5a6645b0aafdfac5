import { GCM_NONCE } from '../crypto/shape.js'
import { ascii, base64urlEncode } from '../text.js'
import { KEY_SIZE, SLOT_HEADER } from './slots.js'
import type { Bytes } from '../bytes.js'
import type { Backend } from '../crypto/backend.js'
import type { Reader } from './slots.js'

/** A slot that lets `reader` open `sessionKey` (32 bytes): JWE compact, A256KW and A256GCM. */
export async function sealSlot(sessionKey: Bytes, reader: Reader, backend: Backend): Promise<string> {
  const header = base64urlEncode(ascii(JSON.stringify({ ...SLOT_HEADER, kid: reader.kid })))
  const contentKey = backend.randomBytes(KEY_SIZE)
  const iv = backend.randomBytes(GCM_NONCE)
  const sealer = await backend.gcmSealer(contentKey)
  const sealed = await sealer.seal(iv, sessionKey, ascii(header))
  const parts = [
    await backend.wrapKey(reader.wrappingKey, contentKey),
    iv,
    sealed.subarray(0, KEY_SIZE),
    sealed.subarray(KEY_SIZE),
  ]
  return [header, ...parts.map(base64urlEncode)].join('.')
}
