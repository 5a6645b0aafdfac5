import { bodySealer } from '../build/seal-body.js'
import { digestRange, geometryOf, plainRange, sealedRange } from '../format/geometry.js'
import { objectName } from '../format/manifest.js'
import { checkAborted } from '../options.js'
import { makePause } from '../pause.js'
import { inOrder } from '../stream/in-order.js'
import { base64urlEncode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { Plan } from '../build/options.js'
import type { SealedChunk } from '../build/seal-body.js'
import type { ObjectEntry } from '../format/manifest.js'
import type { Geometry } from '../format/geometry.js'
import type { ByteSource } from '../stream/source.js'
import type { ObjectStore, ObjectWriter } from './object-store.js'

/** What was made of a source. */
export interface SealedObject {
  readonly object: ObjectEntry
  /** Bytes of the object. */
  readonly size: number
}

/**
 * Encrypts `size` bytes of a source, and no more are read, to an object under a session key and salt of its own.
 *
 * @throws EnvelopeError `limit-exceeded`, `aborted`; and what the source and the store throw
 */
export async function sealObject(
  source: ByteSource, size: number, onPlaintext: (bytes: Bytes) => void, store: ObjectStore, plan: Plan,
): Promise<SealedObject> {
  const geometry = geometryOf(size, plan.chunkSize)
  const writer = await store.create(geometry.payloadLength)
  try {
    const object = await sealTo(writer, source, geometry, onPlaintext, plan)
    await writer.finish(objectName(object))
    return { object, size: geometry.payloadLength }
  } catch (error) {
    await writer.discard()
    await source.close(error)
    throw error
  }
}

async function sealTo(writer: ObjectWriter, source: ByteSource, geometry: Geometry, onPlaintext: (bytes: Bytes) => void, plan: Plan): Promise<ObjectEntry> {
  const { backend, lanes, chunkSize, signal } = plan
  const sealer = await bodySealer(plan)
  const indexBlock = new Uint8Array(geometry.indexRange.end)
  indexBlock.set(sealer.prefix, indexBlock.length - sealer.prefix.length)
  const read = async (i: number): Promise<Bytes | undefined> => {
    if (i === geometry.chunks) return undefined
    checkAborted(signal)
    const { start, end } = plainRange(geometry, i)
    const plaintext = await source.take(end - start)
    onPlaintext(plaintext)
    return plaintext
  }
  const next = inOrder<Bytes, SealedChunk>(lanes, read, async (plaintext, i) => sealer.sealChunk(i, plaintext))
  const pause = makePause()
  for (let i = 0; i < geometry.chunks; i++) {
    const { sealed, digest } = (await next()) as SealedChunk
    indexBlock.set(digest, digestRange(i).start)
    await writer.write(sealed, sealedRange(geometry, i).start)
    backend.release?.(sealed)
    await pause()
  }
  await writer.write(indexBlock, 0)
  return { index: base64urlEncode(await backend.sha256(indexBlock)), key: base64urlEncode(sealer.sessionKey), chunk: chunkSize }
}
