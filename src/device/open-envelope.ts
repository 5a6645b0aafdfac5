import { asBytes, copyBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { sealedRange } from '../format/geometry.js'
import { parseHead } from '../format/head.js'
import { TAG_SIZE } from '../format/limits.js'
import { checkAborted } from '../options.js'
import { openBody } from './open-body.js'
import { readPolicy } from './options.js'
import { verifyHead } from './verify-head.js'
import type { ByteRange, Geometry } from '../format/geometry.js'
import type { Header } from '../format/header.js'
import type { HeadInput } from '../format/head.js'
import type { ChunkStep, OpenedBody } from './open-body.js'
import type { DeviceOptions, Policy } from './options.js'

/** A verified head, before or while its payload is fetched. */
export interface OpenedEnvelope {
  /** The signed header; its checksum is the hex SHA-256 of the bundle. */
  readonly header: Header
  /** The kid of each trusted key whose signature counted. */
  readonly signers: readonly string[]
  readonly chunks: number
  /** Bytes of the whole payload. */
  readonly payloadLength: number
  /** The part of the payload that {@link OpenedEnvelope.setIndex} takes. */
  readonly indexRange: ByteRange
  /**
   * Where encrypted chunk `i` lies in the payload.
   *
   * @throws RangeError
   */
  readonly chunkRange: (i: number) => ByteRange
  /**
   * Takes the first bytes of the payload, which every chunk is checked against.
   *
   * @throws EnvelopeError `truncated`, `trailing-data`, `bad-index`, `aborted`
   */
  readonly setIndex: (bytes: Uint8Array) => Promise<void>
  /**
   * Checks and decrypts one encrypted chunk, in any order and in parallel. A chunk that was refused may be
   * fetched and tried again. The checksum of the whole bundle is the caller's to compare, where it is wanted.
   *
   * @throws EnvelopeError `truncated`, `trailing-data`, `bad-chunk`, `aborted`
   * @throws TypeError before {@link OpenedEnvelope.setIndex}
   */
  readonly decryptChunk: (i: number, bytes: Uint8Array) => Promise<Uint8Array<ArrayBuffer>>
}

/** As for a one-shot call; progress and the checksum of the whole are the caller's, who has the chunks. */
export type OpenOptions = Omit<DeviceOptions, 'onProgress' | 'checksum'>

/**
 * Verifies a head, with nothing of the payload at hand yet.
 *
 * @throws EnvelopeError with one of the codes of `docs/errors.md`
 */
export async function openEnvelope(head: HeadInput, options: OpenOptions): Promise<OpenedEnvelope> {
  const policy = readPolicy(options)
  checkAborted(policy.signal)
  const verified = await verifyHead(parseHead(head), policy)
  return chunkAccess(verified.geometry, await openBody(verified, policy), policy)
}

function chunkAccess(geometry: Geometry, body: OpenedBody, { signal }: Policy): OpenedEnvelope {
  let step: ChunkStep | undefined
  const chunkRange = (i: number): ByteRange => {
    if (!Number.isInteger(i) || i < 0 || i >= geometry.chunks) throw new RangeError(`there is no chunk ${i} of ${geometry.chunks}`)
    return sealedRange(geometry, i)
  }
  return {
    header: body.header,
    signers: body.signers,
    chunks: geometry.chunks,
    payloadLength: geometry.payloadLength,
    indexRange: { ...geometry.indexRange },
    chunkRange,
    setIndex: async (bytes) => {
      checkAborted(signal)
      step = await body.withIndex(takeRange(bytes, geometry.indexRange, 'the index'))
    },
    decryptChunk: async (i, bytes) => {
      checkAborted(signal)
      const sealed = takeRange(bytes, chunkRange(i), `chunk ${i}`)
      if (step === undefined) throw new TypeError('setIndex must be called before decryptChunk')
      return step(i, sealed.subarray(0, -TAG_SIZE), sealed.subarray(-TAG_SIZE))
    },
  }
}

/** A copy of exactly the bytes of a range, so that nobody can change them between check and use. */
function takeRange(bytes: Uint8Array, { start, end }: ByteRange, what: string): ReturnType<typeof copyBytes> {
  const view = asBytes(bytes, what)
  const excess = view.length - (end - start)
  if (excess < 0) throw new EnvelopeError('truncated', `${what} has ${view.length} of ${end - start} bytes`)
  if (excess > 0) throw new EnvelopeError('trailing-data', `${what} has ${excess} bytes too many`)
  return copyBytes(view)
}
