import { checkAborted, onAbort } from '../options.js'
import { makePause } from '../pause.js'
import { inOrder } from '../stream/in-order.js'
import { piecesOf } from '../stream/pieces.js'
import type { Bytes } from '../bytes.js'
import type { ByteSource } from '../stream/source.js'
import type { Pieces } from '../stream/pieces.js'
import type { SealedChunk } from './chunk-reader.js'
import type { ChunkStep } from './open-body.js'
import type { Policy } from './options.js'

/** A chunk of the bundle that has passed its checks. */
export interface DecryptedChunk {
  readonly i: number
  /** In memory of its own; empty only for a last chunk that is. */
  readonly plaintext: Bytes
}

/**
 * Results of work on encrypted chunks, in order, with as many chunks in flight as the backend gains from. `deliver` sees
 * each result just before it is given, and `undefined` at the end; where it throws, nothing is given.
 */
export function chunkPieces<T>(
  source: ByteSource,
  read: (k: number) => Promise<SealedChunk | undefined>,
  work: (chunk: SealedChunk) => Promise<T>,
  { lanes, signal }: Policy,
  deliver: (result: T | undefined) => void,
): Pieces<T> {
  const next = inOrder(lanes, read, work)
  const pause = makePause()
  return piecesOf(source, (fail) => onAbort(signal, fail), async () => {
    checkAborted(signal)
    const result = await next()
    deliver(result)
    await pause()
    return result
  })
}

/** The work that decrypts. */
export function decryptWith(step: ChunkStep): (chunk: SealedChunk) => Promise<DecryptedChunk> {
  return async ({ i, ciphertext, tag }) => ({ i, plaintext: await step(i, ciphertext, tag) })
}
