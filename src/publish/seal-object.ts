import { bodySealer } from '../build/seal-body.js'
import { digestRange, geometryOf, sealedRange } from '../format/geometry.js'
import { objectName } from '../format/manifest.js'
import { checkAborted, closedOnFailure, untilAborted } from '../options.js'
import { makePause } from '../pause.js'
import { inOrder } from '../stream/in-order.js'
import { base64urlEncode } from '../text.js'
import { storeObject } from './object-store.js'
import type { Bytes } from '../bytes.js'
import type { Plan } from '../build/options.js'
import type { SealedChunk } from '../build/seal-body.js'
import type { ObjectEntry } from '../format/manifest.js'
import type { Geometry } from '../format/geometry.js'
import type { ByteSource } from '../stream/source.js'
import type { ObjectStore, ObjectWriter } from './object-store.js'
import type { Plaintext } from './plaintext.js'

/** An object that was made. */
export interface SealedObject {
  readonly entry: ObjectEntry
  readonly name: string
  /** Bytes of the object. */
  readonly size: number
}

/**
 * Encrypts a file to an object under a session key and salt of its own.
 *
 * @throws EnvelopeError `limit-exceeded`, `input-changed`, `aborted`; and what the file's stream and the store throw
 */
export async function sealObject({ size, encoding, open }: Plaintext, store: ObjectStore, plan: Plan): Promise<SealedObject> {
  const geometry = geometryOf(size, plan.chunkSize)
  return storeObject(store, geometry.payloadLength, async (writer) => {
    const source = await untilAborted(plan.signal, open)
    const sealed = await closedOnFailure(source, plan.signal, async () => sealTo(writer, source, geometry, plan))
    return { entry: { ...sealed, ...(encoding !== undefined && { encoding, size }) }, name: objectName(sealed), size: geometry.payloadLength }
  })
}

async function sealTo(writer: ObjectWriter, source: ByteSource, geometry: Geometry, plan: Plan): Promise<ObjectEntry> {
  const { backend, lanes, chunkSize, signal } = plan
  const sealer = await bodySealer(plan) // R83
  const indexBlock = new Uint8Array(geometry.indexRange.end)
  indexBlock.set(sealer.prefix, indexBlock.length - sealer.prefix.length)
  const read = async (i: number): Promise<Bytes | undefined> => {
    if (i === geometry.chunks) return undefined
    checkAborted(signal)
    return source.take(chunkSize)
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
