import { asBytes, concatParts, copyBytes } from '../bytes.js'
import { lengthError, sealedRange } from '../format/geometry.js'
import { TAG_SIZE } from '../format/limits.js'
import { objectGeometry } from '../format/manifest.js'
import { checkAborted } from '../options.js'
import { makePause } from '../pause.js'
import { contentOf } from './content.js'
import { openObject } from './open-object.js'
import type { Bytes } from '../bytes.js'
import type { ChunkStep } from '../device/open-body.js'
import type { Geometry } from '../format/geometry.js'
import type { FileEntry } from '../format/manifest.js'
import type { ManifestPolicy } from './policy.js'

/**
 * The file of an object that is all at hand. It is copied at the call.
 *
 * @throws EnvelopeError `truncated`, `trailing-data`, `bad-index`, `bad-chunk`, `bad-checksum`, `backend-unavailable`, `aborted`
 */
export async function decryptWholeObject(file: FileEntry, object: Uint8Array, policy: ManifestPolicy): Promise<Bytes> {
  const geometry = objectGeometry(file)
  const payload = asBytes(object, 'object')
  const refused = lengthError(geometry, payload.length)
  if (refused !== undefined) throw refused
  const copy = copyBytes(payload)
  checkAborted(policy.signal)
  const step = await openObject(file.object, copy.subarray(0, geometry.indexRange.end), policy.backend)
  const pieces: Bytes[] = []
  for await (const piece of contentOf(file, chunksOf(copy, geometry, step, policy), { hasher: policy.hasher(), size: 0 })) pieces.push(piece)
  return concatParts(pieces)
}

async function* chunksOf(payload: Bytes, geometry: Geometry, step: ChunkStep, { signal }: ManifestPolicy): AsyncGenerator<Bytes, void, undefined> {
  const pause = makePause()
  for (let i = 0; i < geometry.chunks; i++) {
    checkAborted(signal)
    const { start, end } = sealedRange(geometry, i)
    yield await step(i, payload.subarray(start, end - TAG_SIZE), payload.subarray(end - TAG_SIZE, end))
    await pause()
  }
}
