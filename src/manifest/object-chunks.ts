import { chunkPieces, decryptWith } from '../device/chunk-pieces.js'
import { chunkReader, readIndexBlock } from '../device/chunk-reader.js'
import { EnvelopeError } from '../errors.js'
import { releaseOf, tellRefusal } from '../events.js'
import { sealedRange, spanOf } from '../format/geometry.js'
import { objectGeometry, objectName } from '../format/manifest.js'
import { checkAborted, closedOnFailure, untilAborted } from '../options.js'
import { iterate } from '../stream/pieces.js'
import { byteStreamOption, streamSource } from '../stream/source.js'
import { openObject } from './open-object.js'
import { retryCount } from './retry.js'
import type { Bytes } from '../bytes.js'
import type { DecryptedChunk } from '../device/chunk-pieces.js'
import type { ChunkStep } from '../device/open-body.js'
import type { ByteRange, Geometry } from '../format/geometry.js'
import type { Header } from '../format/header.js'
import type { FileEntry } from '../format/manifest.js'
import type { AbortSignalLike } from '../options.js'
import type { ByteSource, ByteStreamLike } from '../stream/source.js'
import type { FetchObject } from './fetcher.js'
import type { ManifestPolicy } from './policy.js'
import type { Retries } from './retry.js'

/** How objects of a release are fetched. */
export interface Fetching {
  readonly fetchObject: FetchObject
  readonly retries: Retries
  readonly policy: ManifestPolicy
  readonly header: Header
  readonly signal: AbortSignalLike
  /** Told of bytes that have come. */
  readonly onBytes: (length: number) => void
  /** Memory for encrypted chunks that no object needs at the time. */
  readonly spare: Map<number, Bytes>[]
}

/** How far an object has come. */
interface State {
  readonly file: FileEntry
  readonly geometry: Geometry
  /** Once its index is believed. */
  step?: ChunkStep
  memory: Map<number, Bytes>
  /** Number of the next chunk. */
  next: number
}

/** What the caller's function threw, or its stream broke off with: not ours, and to be tried again. */
class Interruption extends Error {
  readonly reason: unknown

  constructor(reason: unknown) {
    super('a request was interrupted')
    this.reason = reason
  }
}

/**
 * The chunks of a file's object from chunk `first` on, verified and decrypted, over as many requests as it takes: each asks for
 * what is still missing.
 *
 * @throws EnvelopeError `fetch-failed`, `bad-index`, `bad-chunk`, `aborted`; and those that the caller's function throws
 */
export async function* objectChunks(file: FileEntry, first: number, fetching: Fetching): AsyncGenerator<DecryptedChunk, void, undefined> {
  const { spare } = fetching
  const state: State = { file, geometry: objectGeometry(file), memory: spare.pop() ?? new Map<number, Bytes>(), next: first }
  const retries = retryCount(fetching.retries, fetching.signal)
  while (state.next < state.geometry.chunks) {
    const before = state.next
    try {
      yield* requestChunks(state, fetching)
    } catch (error) {
      if (state.next > before) retries.reset()
      const { failure, reason } = judge(error, file, fetching)
      await retries.failed(failure, reason)
      // What was under way when it failed may still be written to.
      state.memory = new Map<number, Bytes>()
    }
  }
  spare.push(state.memory)
}

/** One request for the rest of an object; one for its index before, where it goes on after another run. */
async function* requestChunks(state: State, fetching: Fetching): AsyncGenerator<DecryptedChunk, void, undefined> {
  const { file, geometry, next } = state
  const { policy, signal } = fetching
  const open = async (source: ByteSource): Promise<ChunkStep> =>
    closedOnFailure(source, signal, async () => openObject(file.object, await readIndexBlock(source, geometry), policy.backend))
  if (state.step === undefined && next > 0) {
    const source = await request(file, geometry.indexRange, fetching)
    state.step = await open(source)
    await source.close(undefined)
  }
  const start = state.step === undefined ? 0 : sealedRange(geometry, next).start
  const source = await request(file, { start, end: geometry.payloadLength }, fetching)
  const step = (state.step ??= await open(source))
  const read = chunkReader(source, geometry, spanOf(geometry, next, geometry.chunks - next), policy.lanes, state.memory)
  for await (const chunk of iterate(() => chunkPieces(source, read, decryptWith(step), { ...policy, signal }, () => undefined))) {
    state.next = chunk.i + 1
    yield chunk
    // What follows the last chunk is nobody's concern: nothing of it is used.
    if (state.next === geometry.chunks) return
  }
}

async function request(file: FileEntry, range: ByteRange, { fetchObject, signal, onBytes }: Fetching): Promise<ByteSource> {
  const { payloadLength: size } = objectGeometry(file)
  checkAborted(signal)
  const asked = interruptible(async () => fetchObject({ name: objectName(file.object), size, range, signal }))
  const stream = await untilAborted(signal, async () => asked).catch((error: unknown) => {
    // Who gave up waiting does not want what comes later.
    asked.then((late) => streamSource(late).close(error)).catch(() => undefined)
    throw error
  })
  return streamSource(watched(byteStreamOption('what fetchObject gives', stream), onBytes))
}

/** The same stream; its pieces are counted, and its failure is told from all others. */
function watched(stream: ByteStreamLike, onBytes: (length: number) => void): ByteStreamLike {
  return {
    getReader: () => {
      const reader = stream.getReader()
      return {
        read: async () => {
          const piece = await interruptible(async () => reader.read())
          onBytes(piece.value?.length ?? 0)
          return piece
        },
        cancel: async (reason) => reader.cancel(reason),
      }
    },
  }
}

async function interruptible<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (reason) {
    throw new Interruption(reason)
  }
}

/** What a failed request comes to where it is the last, and why it failed; throws what is not to be tried again. */
function judge(error: unknown, file: FileEntry, { policy, header }: Fetching): { readonly failure: unknown; readonly reason: unknown } {
  const object = objectName(file.object)
  const record = { time: policy.now, ...releaseOf(header), object }
  if (error instanceof EnvelopeError && (error.code === 'bad-index' || error.code === 'bad-chunk')) {
    tellRefusal(policy.onEvent, { event: 'object-refused', ...record, code: error.code })
    return { failure: error, reason: error }
  }
  const reason = error instanceof Interruption ? error.reason : error
  const isCut = error instanceof Interruption ? !(reason instanceof EnvelopeError) : reason instanceof EnvelopeError && reason.code === 'truncated'
  if (!isCut) throw reason
  tellRefusal(policy.onEvent, { event: 'fetch-interrupted', ...record })
  const message = `the object ${object} could not be fetched: check the network, and that it was uploaded; what has come is kept for the next time`
  return { failure: new EnvelopeError('fetch-failed', message, { cause: reason }), reason }
}
