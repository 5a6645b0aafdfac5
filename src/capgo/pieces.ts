import { checkAborted } from '../options.js'
import { makePause } from '../pause.js'
import { cbcDecryptor, sizeOfPadding } from './cbc.js'
import type { Bytes } from '../bytes.js'
import type { Awaitable } from '../crypto/backend.js'
import type { CapgoBackend } from '../crypto/capgo-backend.js'
import type { AbortSignalLike } from '../options.js'
import type { Pieces } from '../stream/pieces.js'
import type { Session } from './session.js'

/** Bytes that are encrypted or decrypted at once: whole blocks. */
export const PIECE: number = 2 ** 19

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

/** Content that is decrypted, and not compared with anything yet. */
export interface DecryptedContent {
  readonly content: Bytes
  /** Whether its padding holds. */
  readonly isPadded: boolean
}

/** Decrypts a payload that is at hand, all of it also where the padding does not hold; `take` gets each piece on the way. */
export async function decryptWhole(
  payload: Bytes,
  session: Session,
  { backend, signal }: { readonly backend: CapgoBackend; readonly signal: AbortSignalLike | undefined },
  take: (piece: Bytes) => void = () => undefined,
): Promise<DecryptedContent> {
  const padding = await sizeOfPadding(payload, session, backend)
  const content = new Uint8Array(payload.length - Math.max(1, padding))
  const fill = filler(content)
  const decrypt = await cbcDecryptor(session, backend)
  const pause = makePause()
  for (let start = 0; start < payload.length; start += PIECE) {
    checkAborted(signal)
    const { plaintext } = await decrypt(payload.subarray(start, start + PIECE), start + PIECE >= payload.length)
    fill(plaintext)
    take(plaintext)
    backend.release?.(plaintext)
    await pause()
  }
  return { content, isPadded: padding > 0 }
}
