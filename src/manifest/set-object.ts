import { asBytes, concatBytes, equalBytes } from '../bytes.js'
import { takeExactly } from '../device/chunk-reader.js'
import { badIndex, digestCheck } from '../device/signed-index.js'
import { verifyChunks } from '../device/verify-envelope.js'
import { EnvelopeError } from '../errors.js'
import { geometriesOfPayload } from '../format/geometry.js'
import { checkAborted, closedOnFailure, integerOption, objectOption, untilAborted } from '../options.js'
import { byteStreamOption, bytesSource, streamSource } from '../stream/source.js'
import { hexDecode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { Awaitable } from '../crypto/backend.js'
import type { Policy } from '../device/options.js'
import type { DigestCheck } from '../device/signed-index.js'
import type { Geometry } from '../format/geometry.js'
import type { ByteSource, ByteStreamLike } from '../stream/source.js'

/** An object as a server has it: its bytes, or how many there are and a stream of them. */
export type StoredObject = Uint8Array | { readonly size: number; readonly stream: ByteStreamLike }

/** Gives what is stored under a name; `undefined` where there is nothing. */
export type ReadObject = (name: string) => Awaitable<StoredObject | undefined>

const DEFECTS = ['bad-index', 'bad-chunk', 'truncated', 'trailing-data'] as const

/** Why an object is not what its name says. */
export type ObjectDefect = (typeof DEFECTS)[number]

/**
 * Whether an object is there and is what its name says, to its last byte.
 *
 * @throws EnvelopeError `aborted`; TypeError, RangeError; and what `readObject` and its stream throw
 */
export async function defectOf(name: string, readObject: ReadObject, policy: Policy): Promise<ObjectDefect | 'missing' | undefined> {
  const object = await untilAborted(policy.signal, async () => receive(name, readObject, policy))
  if (object === undefined) return 'missing'
  try {
    await closedOnFailure(object.source, policy.signal, async () => verifyObject(name, object, policy))
    return undefined
  } catch (error) {
    const defect = error instanceof EnvelopeError ? DEFECTS.find((code) => code === error.code) : undefined
    if (defect === undefined) throw error
    return defect
  }
}

interface SizedSource {
  readonly size: number
  readonly source: ByteSource
}

/** What comes after the call was stopped is closed: nobody waits for it any more. */
async function receive(name: string, readObject: ReadObject, { signal }: Policy): Promise<SizedSource | undefined> {
  const object = sourceOf(await readObject(name))
  if (signal?.aborted === true) await object?.source.close(signal.reason)
  checkAborted(signal)
  return object
}

/** @throws TypeError, RangeError */
function sourceOf(object: StoredObject | undefined): SizedSource | undefined {
  if (object === undefined) return undefined
  if (ArrayBuffer.isView(object)) {
    const bytes = asBytes(object, 'what readObject gives')
    return { size: bytes.length, source: bytesSource(bytes) }
  }
  const { size, stream } = objectOption('what readObject gives', object)
  return { size: integerOption('size', size, Number.MAX_SAFE_INTEGER), source: streamSource(byteStreamOption('stream', stream)) }
}

async function verifyObject(name: string, { size, source }: SizedSource, policy: Policy): Promise<void> {
  const { geometry, isSigned } = await readIndex(name, source, geometriesOfPayload(size), policy)
  await verifyChunks(source, geometry, isSigned, policy)
}

interface ReadIndex {
  readonly geometry: Geometry
  readonly isSigned: DigestCheck
}

/**
 * Which of the geometries an object has is known by its name alone: the digest of its index, which is longer with smaller chunks. No other length
 * is read.
 *
 * @throws EnvelopeError `bad-index`, `truncated`
 */
async function readIndex(name: string, source: ByteSource, geometries: readonly Geometry[], { backend }: Policy): Promise<ReadIndex> {
  const digest = hexDecode(name) as Bytes
  let block: Bytes = new Uint8Array(0)
  for (const geometry of [...geometries].sort((one, other) => one.indexRange.end - other.indexRange.end)) {
    block = concatBytes(block, await takeExactly(source, geometry.indexRange.end - block.length, 'the start of the object'))
    // R75
    if (equalBytes(await backend.sha256(block), digest)) return { geometry, isSigned: digestCheck(block, backend) }
  }
  throw badIndex()
}
