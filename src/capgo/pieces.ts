import { checkAborted, onAbort } from '../options.js'
import type { Bytes } from '../bytes.js'
import type { Awaitable } from '../crypto/backend.js'
import type { CapgoBackend } from '../crypto/capgo-backend.js'
import type { AbortSignalLike } from '../options.js'
import type { Pieces } from '../stream/pieces.js'
import type { ByteSource } from '../stream/source.js'

/** Bytes that are encrypted or decrypted at once: whole blocks. */
export const PIECE: number = 2 ** 18

/** A SHA-256 of pieces in their order. Only where the source gives views of bytes that stay may it wait with the work until it has all of them. */
export interface PieceHash {
  readonly update: (piece: Bytes) => void
  readonly digest: () => Awaitable<Bytes>
}

/** What is known of pieces besides. */
export interface PieceWork {
  /** Left out: the running hash of the backend. */
  readonly hash?: PieceHash
  /** Bytes of the bundle, or of the payload. */
  readonly total?: number
}

/** Puts pieces one behind the other; what has no place is left out. */
export function filler(out: Bytes): (piece: Bytes) => void {
  let offset = 0
  return (piece) => {
    const part = piece.subarray(0, out.length - offset)
    out.set(part, offset)
    offset += part.length
  }
}

/** Takes all pieces, one after the other, and gives their memory back. Where one can't be taken, no more are made. */
export async function drain(pieces: Pieces<Bytes>, { backend }: { readonly backend: CapgoBackend }, take: (piece: Bytes) => Awaitable<void>): Promise<void> {
  try {
    for (let piece = await pieces.next(); piece !== undefined; piece = await pieces.next()) {
      await take(piece)
      backend.release?.(piece)
    }
  } catch (error) {
    await pieces.cancel(error)
    throw error
  }
}

/** What is done before pieces are asked for: its failure, or an abort meanwhile, closes the source. */
export async function closedOnFailure<T>(
  source: ByteSource,
  { signal }: { readonly signal: AbortSignalLike | undefined },
  work: (source: ByteSource) => Promise<T>,
): Promise<T> {
  const unsubscribe = onAbort(signal, (reason) => void source.close(reason))
  try {
    checkAborted(signal)
    return await work(source)
  } catch (error) {
    await source.close(error)
    throw error
  } finally {
    unsubscribe()
  }
}

/** A promise that is settled from outside, and that nobody need wait for. */
export interface Settled<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

export function settled<T>(): Settled<T> {
  let settle: Omit<Settled<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }))
  promise.catch(() => undefined)
  return { promise, resolve: (value) => settle?.resolve(value), reject: (reason) => settle?.reject(reason) }
}
