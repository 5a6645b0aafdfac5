import { copyBytes, growingBytes } from '../bytes.js'
import { geometryOf } from '../format/geometry.js'
import { backendOption, checkAborted, closedOnFailure, onAbort } from '../options.js'
import { makePause } from '../pause.js'
import { inOrder } from '../stream/in-order.js'
import { readableOf, requireStreams } from '../stream/readable.js'
import { byteStreamOption, streamSource } from '../stream/source.js'
import { withEnd } from '../stream/with-end.js'
import { hexEncode } from '../text.js'
import { readPlan } from './options.js'
import { bodySealer } from './seal-body.js'
import { sealHead } from './seal-head.js'
import { readSigners } from './signers.js'
import type { Bytes } from '../bytes.js'
import type { Pieces } from '../stream/pieces.js'
import type { ReadableStreamOf } from '../stream/readable.js'
import type { ByteSource, ByteStreamLike } from '../stream/source.js'
import type { EncryptOptions, Plan } from './options.js'
import type { BodySealer } from './seal-body.js'
import type { Signers } from './signers.js'

/** What is known once the whole body was read. */
export interface SealedEnvelope {
  /** JSON text. */
  readonly head: string
  /** The first part of the payload, which `body` follows: `joinEnvelope(head, index)` are the bytes of a file before its body. */
  readonly index: Uint8Array<ArrayBuffer>
  /** Hex SHA-256 of the bundle, which the head holds sealed. */
  readonly checksum: string
}

/** A bundle that is encrypted while it is read. */
export interface EncryptedStream {
  /** The second part of the payload: salt, commitment and the encrypted chunks. */
  readonly body: ReadableStreamOf<Bytes>
  /** Settles once `body` was read to its end; rejects when it fails or is cancelled. */
  readonly envelope: Promise<SealedEnvelope>
}

/**
 * Signs and encrypts a bundle of any size in bounded memory, besides 32 bytes for each chunk. Resolves once the keys are
 * read; then reads as the consumer of `body` does. The head and the index come last, because they depend on all
 * of the bundle. An error of `bundle` itself comes out unchanged.
 *
 * @throws EnvelopeError `bad-key`, `backend-unavailable`, `aborted`; from the stream also `limit-exceeded`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function encryptBundleStream(bundle: ByteStreamLike, options: EncryptOptions): Promise<EncryptedStream> {
  const plan = readPlan(options)
  byteStreamOption('bundle', bundle)
  backendOption(plan.backend, ['hasher'])
  requireStreams()
  const source = streamSource(bundle)
  const { pieces, envelope } = await sealSource(source, plan)
  return { body: readableOf(pieces), envelope }
}

/** The same before it is a stream of the platform. */
export interface SealedPieces {
  readonly pieces: Pieces<Bytes>
  readonly envelope: Promise<SealedEnvelope>
}

/** The same, of any source; a failure closes it. */
export async function sealSource(source: ByteSource, plan: Plan): Promise<SealedPieces> {
  return closedOnFailure(source, plan.signal, async () => {
    checkAborted(plan.signal)
    const signers = await readSigners(plan)
    const sealer = await bodySealer(plan)
    checkAborted(plan.signal)
    return bodyPieces(source, sealer, signers, plan)
  })
}

/** How far the body has come. */
interface Progressed {
  sentPrefix: boolean
  size: number
}

function bodyPieces(source: ByteSource, sealer: BodySealer, signers: Signers, plan: Plan): SealedPieces {
  const { lanes, onProgress, signal, size = Infinity } = plan
  const state: Progressed = { sentPrefix: false, size: 0 }
  const digests = growingBytes()
  const reader = plaintextReader(source, plan)
  const next = inOrder(lanes, reader.read, async (plaintext, i) => {
    const { length } = plaintext
    return { length, ...(await sealer.sealChunk(i, plaintext)) }
  })
  const nextPiece = async (): Promise<Bytes | undefined> => {
    checkAborted(signal)
    if (!state.sentPrefix) {
      state.sentPrefix = true
      return copyBytes(sealer.prefix)
    }
    const chunk = await next()
    if (chunk === undefined) return undefined
    digests.push(chunk.digest)
    state.size += chunk.length
    onProgress({ done: state.size, total: size })
    return chunk.sealed
  }
  const finish = async (): Promise<SealedEnvelope> => {
    const index = digests.bytes()
    const checksum = reader.checksum()
    const described = await sealer.describe(state.size, checksum, index, sealer.prefix)
    return { head: await sealHead(described, sealer.sessionKey, signers, plan), index, checksum: hexEncode(checksum) }
  }
  const { pieces, end: envelope } = withEnd(source, (fail) => onAbort(signal, fail), nextPiece, finish, 'the body')
  return { pieces, envelope }
}

/** Cuts the plaintext into chunks and hashes it on the way. The chunk that is shorter than the others is the last. */
function plaintextReader(
  source: ByteSource,
  { backend, lanes, chunkSize }: Plan,
): { readonly read: (i: number) => Promise<Bytes | undefined>; readonly checksum: () => Bytes } {
  const hasher = backend.hasher()
  const memory = new Map<number, Bytes>()
  const pause = makePause()
  let ended = false
  return {
    read: async (i) => {
      if (ended) return undefined
      const into = memory.get(i % lanes) ?? new Uint8Array(chunkSize)
      memory.set(i % lanes, into)
      const plaintext = await source.take(chunkSize, into)
      geometryOf(i * chunkSize + plaintext.length, chunkSize)
      hasher.update(plaintext)
      ended = plaintext.length < chunkSize
      // Here, and not after each chunk that is sealed: with WebCrypto the hash, in pure JavaScript, takes most of the time.
      await pause()
      return plaintext
    },
    checksum: () => hasher.digest(),
  }
}
