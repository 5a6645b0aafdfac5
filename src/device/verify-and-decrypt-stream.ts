import { EnvelopeError } from '../errors.js'
import { spanOf } from '../format/geometry.js'
import { checkAborted, closedOnFailure } from '../options.js'
import { readableOf, requireStreams } from '../stream/readable.js'
import { chunkPieces, decryptWith } from './chunk-pieces.js'
import { chunkReader, readIndexBlock } from './chunk-reader.js'
import { envelopeSource, parsedHead } from './envelope-stream.js'
import { checkChecksum, openBody } from './open-body.js'
import { readPolicy } from './options.js'
import { tellAccepted, told } from './tell.js'
import { verifyHead } from './verify-head.js'
import type { Bytes } from '../bytes.js'
import type { Hasher } from '../crypto/backend.js'
import type { Geometry } from '../format/geometry.js'
import type { Header } from '../format/header.js'
import type { Pieces } from '../stream/pieces.js'
import type { ReadableStreamOf } from '../stream/readable.js'
import type { ByteSource } from '../stream/source.js'
import type { DecryptedChunk } from './chunk-pieces.js'
import type { SealedChunk } from './chunk-reader.js'
import type { EnvelopeSource, EnvelopeStream } from './envelope-stream.js'
import type { ChunkStep, OpenedBody } from './open-body.js'
import type { DeviceOptions, Policy } from './options.js'

/** A bundle whose head has been verified, and whose chunks are verified as they are read. */
export interface DecryptedStream {
  /**
   * The bundle. Each piece has passed its checks when it comes, but that the bundle is whole shows only at the end:
   * **it may be used once the stream has closed without an error**. Write it to a temporary file and rename that then.
   */
  readonly bundle: ReadableStreamOf<Bytes>
  /** The signed header; its checksum is the hex SHA-256 of the bundle. */
  readonly header: Header
  /** The kid of each trusted key whose signature counted. */
  readonly signers: readonly string[]
}

/** An envelope whose body is opened, while its payload is still to come. */
export interface OpenedSource {
  readonly body: OpenedBody
  /** The signed member of the head. */
  readonly payload: string
  readonly pieces: Pieces<DecryptedChunk>
}

/**
 * Verifies and decrypts an envelope of any size in bounded memory. Resolves once the head is verified, before
 * anything of the payload is read; then reads as the consumer does. After a failure nothing more comes: `bundle` errors
 * and `envelope` is cancelled. An error of `envelope` itself comes out unchanged.
 *
 * @throws EnvelopeError with one of the codes of `docs/errors.md`, from the call or from the stream
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function verifyAndDecryptStream(envelope: EnvelopeStream, options: DeviceOptions): Promise<DecryptedStream> {
  const policy = readPolicy(options, { checksum: false })
  requireStreams()
  const { body, pieces } = await openSource(envelopeSource(envelope), policy)
  return { bundle: readableOf({ ...pieces, next: () => nextBytes(pieces) }), header: body.header, signers: body.signers }
}

/** Verifies a head that comes first, and makes ready to decrypt what follows; a failure closes the source. */
export async function openSource({ head, source }: EnvelopeSource, policy: Policy): Promise<OpenedSource> {
  return closedOnFailure(source, policy.signal, async () => {
    const hasher = checksumHasher(policy)
    checkAborted(policy.signal)
    const verified = await verifyHead(await parsedHead(head, policy), policy)
    const body = await openBody(verified, policy)
    checkAborted(policy.signal)
    const pieces = bundlePieces(source, verified.geometry, body, policy, hasher)
    pieces.onFailure((reason) => void told(policy, 'bundle-refused', verified.header, reason))
    return { body, payload: verified.payload, pieces }
  })
}

/** What hashes the whole bundle, where the caller asks for that. */
function checksumHasher({ checksum, backend, hasher }: Policy): Hasher | undefined {
  if (!checksum) return undefined
  if (hasher !== undefined) return hasher()
  throw new EnvelopeError(
    'backend-unavailable',
    `the backend ${backend.name} cannot hash a stream: leave checksum out, since every byte is checked by its chunk's signed digest`,
  )
}

function bundlePieces(
  source: ByteSource,
  geometry: Geometry,
  body: OpenedBody,
  policy: Policy,
  hasher: Hasher | undefined,
): Pieces<DecryptedChunk> {
  let step: ChunkStep | undefined
  let done = 0
  const readChunk = chunkReader(source, geometry, spanOf(geometry, 0, geometry.chunks), policy.lanes)
  const read = async (k: number): Promise<SealedChunk | undefined> => {
    step ??= (await body.withIndex(await readIndexBlock(source, geometry))).step
    return readChunk(k)
  }
  const work = (chunk: SealedChunk): Promise<DecryptedChunk> => decryptWith(step as ChunkStep)(chunk)
  return chunkPieces(source, read, work, policy, (chunk) => {
    if (chunk === undefined) {
      if (hasher !== undefined) checkChecksum(hasher.digest(), body)
      tellAccepted(body.header, policy)
      return
    }
    hasher?.update(chunk.plaintext)
    done += chunk.plaintext.length
    policy.onProgress({ done, total: geometry.size })
  })
}

/** The plaintext of the next chunk; an empty one is no piece of a byte stream. */
async function nextBytes(pieces: Pieces<DecryptedChunk>): Promise<Bytes | undefined> {
  const chunk = await pieces.next()
  return chunk?.plaintext.length === 0 ? nextBytes(pieces) : chunk?.plaintext
}
