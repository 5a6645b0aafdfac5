import { asBytes, copyBytes } from '../bytes.js'
import { joinEnvelope } from '../format/container.js'
import { digestRange, geometryOf, plainRange, sealedRange } from '../format/geometry.js'
import { checkAborted } from '../options.js'
import { makePause } from '../pause.js'
import { readPlan } from './options.js'
import { bodySealer } from './seal-body.js'
import { sealHead } from './seal-head.js'
import { readSigners } from './signers.js'
import type { Bytes } from '../bytes.js'
import type { EnvelopeParts } from '../format/container.js'
import type { Geometry } from '../format/geometry.js'
import type { EncryptOptions, Plan } from './options.js'
import type { BodySealer } from './seal-body.js'
import type { Signers } from './signers.js'

/** A signed and encrypted bundle: `head` goes to the update endpoint, `payload` to storage, or both into one file. */
export interface Envelope extends EnvelopeParts {
  /** The bytes of an `.otaseal` file. */
  readonly toBytes: () => Uint8Array<ArrayBuffer>
}

/**
 * Signs and encrypts a bundle, which may be empty. It is copied at the call, so its memory may be re-used at once.
 *
 * @throws EnvelopeError `bad-key`, `limit-exceeded`, `aborted`, `backend-unavailable`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function encryptBundle(bundle: Uint8Array, options: EncryptOptions): Promise<Envelope> {
  const plan = readPlan(options)
  const copy = copyBytes(asBytes(bundle, 'bundle'))
  return sealBundle(copy, plan, await readSigners(plan))
}

/** The same with options and keys that are read, of bytes that don't change. */
export async function sealBundle(bundle: Bytes, plan: Plan, signers: Signers): Promise<Envelope> {
  const geometry = geometryOf(bundle.length, plan.chunkSize)
  const sealer = await bodySealer(plan)
  const checksum = await plan.backend.sha256(bundle)
  const payload = await sealChunks(bundle, geometry, sealer, plan)
  const described = await sealer.describe(bundle.length, checksum, payload.subarray(0, geometry.indexRange.end))
  const head = await sealHead(described, sealer.sessionKey, signers, plan)
  return { head, payload, toBytes: () => joinEnvelope(head, payload) }
}

/** Lays out the payload: index, salt, commitment, encrypted chunks. */
async function sealChunks(bundle: Bytes, geometry: Geometry, sealer: BodySealer, { onProgress, signal }: Plan): Promise<Bytes> {
  const payload = new Uint8Array(geometry.payloadLength)
  payload.set(sealer.prefix, geometry.indexRange.end - sealer.prefix.length)
  const pause = makePause()
  for (let i = 0; i < geometry.chunks; i++) {
    checkAborted(signal)
    const { start, end } = plainRange(geometry, i)
    const { sealed, digest } = await sealer.sealChunk(i, bundle.subarray(start, end))
    payload.set(sealed, sealedRange(geometry, i).start)
    payload.set(digest, digestRange(i).start)
    onProgress({ done: end, total: geometry.size })
    await pause()
  }
  return payload
}
