import { asBytes, copyBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { sealedRange, spanOf } from '../format/geometry.js'
import { parseHead } from '../format/head.js'
import { TAG_SIZE } from '../format/limits.js'
import { checkAborted } from '../options.js'
import { iterate } from '../stream/pieces.js'
import { byteStreamOption, streamSource } from '../stream/source.js'
import { ascii, hexEncode } from '../text.js'
import { chunkPieces, decryptWith } from './chunk-pieces.js'
import { chunkReader } from './chunk-reader.js'
import { openBody } from './open-body.js'
import { readPolicy } from './options.js'
import { orTell, orTellHead, told } from './tell.js'
import { verifyHead } from './verify-head.js'
import type { DeviceBackend } from '../crypto/backend.js'
import type { BodyKeys } from '../crypto/chunked.js'
import type { ByteRange, ChunkSpan, Geometry } from '../format/geometry.js'
import type { Header } from '../format/header.js'
import type { HeadInput } from '../format/head.js'
import type { ByteStreamLike } from '../stream/source.js'
import type { Pieces } from '../stream/pieces.js'
import type { DecryptedChunk } from './chunk-pieces.js'
import type { SealedChunk } from './chunk-reader.js'
import type { ChunkStep, OpenedBody } from './open-body.js'
import type { DeviceOptions, Policy } from './options.js'
import type { DigestCheck } from './signed-index.js'

/** A verified head, before or while its payload is fetched. */
export interface OpenedEnvelope {
  /** The signed header; its checksum is the hex SHA-256 of the bundle. */
  readonly header: Header
  /** The kid of each trusted key whose signature counted. */
  readonly signers: readonly string[]
  /** Names this one release, and nothing else: hex SHA-256 of the head's member `payload`. What is kept of it goes under this name. */
  readonly releaseId: string
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
  /**
   * Checks and decrypts neighbouring chunks from a stream of exactly their bytes, such as the body of an answer to a
   * request for their range. Gives each as soon as it is checked, in order; a chunk that was given stays good when the
   * stream breaks off after it. Leaving the loop cancels the stream.
   *
   * @throws EnvelopeError `truncated`, `trailing-data`, `bad-chunk`, `aborted`
   * @throws TypeError before {@link OpenedEnvelope.setIndex}; RangeError
   */
  readonly decryptChunks: (span: Pick<ChunkSpan, 'first' | 'count'>, stream: ByteStreamLike) => AsyncIterable<DecryptedChunk>
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
  const verified = await verifyHead(orTellHead(policy, () => parseHead(head)), policy)
  const releaseId = await releaseIdOf(verified.payload, policy.backend)
  return chunkAccess(verified.geometry, await openBody(verified, policy), releaseId, policy)
}

/** The name of a release, by its head's member `payload`. */ // R53
export async function releaseIdOf(payload: string, backend: DeviceBackend): Promise<string> {
  return hexEncode(await backend.sha256(ascii(payload)))
}

/** What {@link indexOf} gives: an envelope whose chunks can be judged. */
export interface IndexedEnvelope {
  readonly geometry: Geometry
  readonly keys: BodyKeys
  readonly isSigned: DigestCheck
  readonly policy: Policy
}

/** Known to the library alone: no secret can be reached from an opened envelope. */
const indexed = new WeakMap<OpenedEnvelope, IndexedEnvelope>()

/** @throws TypeError before {@link OpenedEnvelope.setIndex} */
export function indexOf(opened: OpenedEnvelope): IndexedEnvelope {
  const found = indexed.get(opened)
  if (found === undefined) throw new TypeError('openEnvelope must have given the envelope, and setIndex must be called first')
  return found
}

function chunkAccess(geometry: Geometry, body: OpenedBody, releaseId: string, policy: Policy): OpenedEnvelope {
  const { signal } = policy
  let step: ChunkStep | undefined
  const chunkStep = (): ChunkStep => {
    if (step === undefined) throw new TypeError('setIndex must be called before chunks are decrypted')
    return step
  }
  const refusing = async <T>(work: () => Promise<T>): Promise<T> => orTell(policy, 'bundle-refused', body.header, work)
  const chunkRange = (i: number): ByteRange => sealedRange(geometry, checkNumber(geometry, i))
  const opened: OpenedEnvelope = {
    header: body.header,
    signers: body.signers,
    releaseId,
    chunks: geometry.chunks,
    payloadLength: geometry.payloadLength,
    indexRange: { ...geometry.indexRange },
    chunkRange,
    setIndex: async (bytes) => {
      checkAborted(signal)
      const index = await refusing(async () => body.withIndex(takeRange(bytes, geometry.indexRange, 'the index')))
      step = index.step
      indexed.set(opened, { geometry, keys: body.keys, isSigned: index.isSigned, policy })
    },
    decryptChunk: async (i, bytes) => {
      checkAborted(signal)
      const range = chunkRange(i)
      return refusing(async () => {
        const sealed = takeRange(bytes, range, `chunk ${i}`)
        return chunkStep()(i, sealed.subarray(0, -TAG_SIZE), sealed.subarray(-TAG_SIZE))
      })
    },
    decryptChunks: ({ first, count }, stream) => {
      const span = checkSpan(geometry, first, count)
      byteStreamOption('stream', stream)
      const work = decryptWith(chunkStep())
      return iterate(() => spanPieces(stream, geometry, span, work, { header: body.header, policy }))
    },
  }
  return opened
}

function spanPieces(
  stream: ByteStreamLike,
  geometry: Geometry,
  span: ChunkSpan,
  work: (chunk: SealedChunk) => Promise<DecryptedChunk>,
  { header, policy }: { readonly header: Header; readonly policy: Policy },
): Pieces<DecryptedChunk> {
  const source = streamSource(stream)
  const pieces = chunkPieces(source, chunkReader(source, geometry, span, policy.lanes), work, policy, () => undefined)
  pieces.onFailure((reason) => void told(policy, 'bundle-refused', header, reason))
  return pieces
}

function checkNumber({ chunks }: Geometry, i: number): number {
  if (!Number.isInteger(i) || i < 0 || i >= chunks) throw new RangeError(`there is no chunk ${i} of ${chunks}`)
  return i
}

function checkSpan(geometry: Geometry, first: number, count: number): ChunkSpan {
  if (!Number.isInteger(count) || count < 1) throw new RangeError('count must be a whole number above 0')
  checkNumber(geometry, checkNumber(geometry, first) + count - 1)
  return spanOf(geometry, first, count)
}

/** A copy of exactly the bytes of a range, so that nobody can change them between check and use. */
function takeRange(bytes: Uint8Array, { start, end }: ByteRange, what: string): ReturnType<typeof copyBytes> {
  const view = asBytes(bytes, what)
  const excess = view.length - (end - start)
  if (excess < 0) throw new EnvelopeError('truncated', `${what} has ${view.length} of ${end - start} bytes`)
  if (excess > 0) throw new EnvelopeError('trailing-data', `${what} has ${excess} bytes too many`)
  return copyBytes(view)
}
