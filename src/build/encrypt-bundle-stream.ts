import { copyBytes, growingBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { geometryOf } from '../format/geometry.js'
import { backendOption, checkAborted, onAbort } from '../options.js'
import { makePause } from '../pause.js'
import { inOrder } from '../stream/in-order.js'
import { piecesOf } from '../stream/pieces.js'
import { readableOf, requireStreams } from '../stream/readable.js'
import { byteStreamOption, streamSource } from '../stream/source.js'
import { hexEncode } from '../text.js'
import { readPlan } from './options.js'
import { bodySealer } from './seal-body.js'
import { sealHead } from './seal-head.js'
import { readSigners } from './signers.js'
import type { Bytes } from '../bytes.js'
import type { Pieces } from '../stream/pieces.js'
import type { ReadableStreamOf } from '../stream/readable.js'
import type { ByteSource, ByteStreamLike } from '../stream/source.js'
import type { AbortSignalLike } from '../options.js'
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
  const unsubscribe = onAbort(plan.signal, (reason) => void source.close(reason))
  try {
    checkAborted(plan.signal)
    const signers = await readSigners(plan)
    const sealer = await bodySealer(plan)
    checkAborted(plan.signal)
    return bodyPieces(source, sealer, signers, plan)
  } catch (error) {
    await source.close(error)
    throw error
  } finally {
    unsubscribe()
  }
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
  return withEnd(source, signal, nextPiece, async () => {
    const index = digests.bytes()
    const checksum = reader.checksum()
    const described = await sealer.describe(state.size, checksum, index, sealer.prefix)
    return { head: await sealHead(described, sealer.sessionKey, signers, plan), index, checksum: hexEncode(checksum) }
  })
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

/** Pieces with something to do after the last one; `envelope` is what that gives. */
function withEnd(
  source: ByteSource,
  signal: AbortSignalLike | undefined,
  next: () => Promise<Bytes | undefined>,
  end: () => Promise<SealedEnvelope>,
): SealedPieces {
  let settle: { readonly resolve: (envelope: SealedEnvelope) => void; readonly reject: (reason: unknown) => void } | undefined
  const envelope = new Promise<SealedEnvelope>((resolve, reject) => (settle = { resolve, reject }))
  // Who reads the body learns of its failure there, and need not wait for the envelope.
  envelope.catch(() => undefined)
  let made: SealedEnvelope | undefined
  const pieces = piecesOf(source, (fail) => onAbort(signal, fail), async () => {
    const piece = await next()
    if (piece === undefined) made = await end()
    return piece
  })
  pieces.onFailure((reason) => settle?.reject(reason ?? new EnvelopeError('aborted', 'the body was cancelled')))
  return {
    pieces: {
      ...pieces,
      next: async () => {
        const piece = await pieces.next()
        // They have ended by now, so that whoever is told can no longer make them fail.
        if (piece === undefined && made !== undefined) settle?.resolve(made)
        return piece
      },
    },
    envelope,
  }
}
