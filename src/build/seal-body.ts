import { concatBytes, xorBytes } from '../bytes.js'
import { checksumPad, chunkContext, chunkNonce, deriveBodyKeys } from '../crypto/chunked.js'
import { digestRange, plainRange, sealedRange } from '../format/geometry.js'
import { BODY_ALGORITHM } from '../format/header.js'
import { SALT_SIZE } from '../format/limits.js'
import { KEY_SIZE } from '../keys/slots.js'
import { checkAborted } from '../options.js'
import { makePause } from '../pause.js'
import { base64urlEncode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { BodyKeys } from '../crypto/chunked.js'
import type { Geometry } from '../format/geometry.js'
import type { Header } from '../format/header.js'
import type { Plan } from './options.js'

/** A payload, what the header says of it, and the 32-byte key that opens it. */
export interface SealedBody {
  readonly payload: Bytes
  readonly bundle: Header['bundle']
  readonly body: Header['body']
  readonly sessionKey: Bytes
}

/** Encrypts a bundle under a session key and a salt that are fresh for it. `bundle` must not change meanwhile. */
export async function sealBody(bundle: Bytes, geometry: Geometry, plan: Plan): Promise<SealedBody> {
  const { backend } = plan
  // R28
  const sessionKey = backend.randomBytes(KEY_SIZE)
  const salt = backend.randomBytes(SALT_SIZE)
  const keys = await deriveBodyKeys(backend, sessionKey, salt, chunkContext(geometry.chunkSize))
  const checksum = xorBytes(await backend.sha256(bundle), await checksumPad(backend, sessionKey, salt))
  const payload = await sealChunks(bundle, geometry, { salt, keys }, plan)
  const index = await backend.sha256(payload.subarray(0, geometry.indexRange.end))
  return {
    payload,
    bundle: { size: geometry.size, checksum: base64urlEncode(checksum), type: plan.type },
    body: {
      alg: BODY_ALGORITHM,
      chunk: geometry.chunkSize,
      salt: base64urlEncode(salt),
      commitment: base64urlEncode(keys.commitment),
      index: base64urlEncode(index),
    },
    sessionKey,
  }
}

/** Lays out the payload: index, salt, commitment, encrypted chunks. */
async function sealChunks(
  bundle: Bytes,
  geometry: Geometry,
  { salt, keys }: { readonly salt: Bytes; readonly keys: BodyKeys },
  { backend, onProgress, signal }: Plan,
): Promise<Bytes> {
  const payload = new Uint8Array(geometry.payloadLength)
  const prefix = concatBytes(salt, keys.commitment)
  payload.set(prefix, geometry.indexRange.end - prefix.length)
  const sealer = await backend.gcmSealer(keys.key)
  const pause = makePause()
  for (let i = 0; i < geometry.chunks; i++) {
    checkAborted(signal)
    const { start, end } = plainRange(geometry, i)
    const sealed = await sealer.seal(chunkNonce(keys.baseNonce, i), bundle.subarray(start, end))
    payload.set(sealed, sealedRange(geometry, i).start)
    payload.set(await backend.sha256(sealed), digestRange(i).start)
    onProgress({ done: end, total: geometry.size })
    await pause()
  }
  return payload
}
