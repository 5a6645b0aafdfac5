import { equalBytes } from '../bytes.js'
import { chunkContext, deriveBodyKeys } from '../crypto/chunked.js'
import { chunkStep } from '../device/open-body.js'
import { badIndex, digestCheck } from '../device/signed-index.js'
import { COMMITMENT_SIZE, SALT_SIZE } from '../format/limits.js'
import { base64urlDecode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { DeviceBackend } from '../crypto/backend.js'
import type { ChunkStep } from '../device/open-body.js'
import type { ObjectEntry } from '../format/manifest.js'

/**
 * Believes the first bytes of an object, which its signed index digest covers, and gives what decrypts its chunks. They are not
 * copied.
 *
 * @throws EnvelopeError `bad-index`
 */
export async function openObject({ index, key, chunk }: ObjectEntry, indexBlock: Bytes, backend: DeviceBackend): Promise<ChunkStep> {
  // R77
  if (!equalBytes(await backend.sha256(indexBlock), decoded(index))) throw badIndex()
  const salt = indexBlock.subarray(-(SALT_SIZE + COMMITMENT_SIZE), -COMMITMENT_SIZE)
  const keys = await deriveBodyKeys(backend, decoded(key), salt, chunkContext(chunk))
  if (!equalBytes(keys.commitment, indexBlock.subarray(-COMMITMENT_SIZE))) throw badIndex()
  return chunkStep(digestCheck(indexBlock, backend), keys, await backend.gcmOpener(keys.key))
}

/** It has passed the manifest's checks. */
function decoded(text: string): Bytes {
  return base64urlDecode(text) as Bytes
}
