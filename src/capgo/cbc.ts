import { concatBytes } from '../bytes.js'
import { AES_BLOCK } from '../crypto/password-shape.js'
import { EnvelopeError } from '../errors.js'
import type { Bytes } from '../bytes.js'
import type { CapgoBackend } from '../crypto/capgo-backend.js'
import type { Session } from './session.js'

/** @throws EnvelopeError `truncated` unless a payload of this size is whole blocks, at least one */
export function checkWholeBlocks(size: number): void {
  if (size === 0) throw new EnvelopeError('truncated', 'the payload is empty: download it again')
  if (size % AES_BLOCK !== 0) throw new EnvelopeError('truncated', `the payload has ${size} bytes, no multiple of ${AES_BLOCK}: download it again`)
}

/** Encrypts the next piece; all but the last have whole blocks, and the last gets its 1 to 16 bytes of padding. */
export type EncryptPiece = (piece: Bytes, isLast: boolean) => Promise<Bytes>

/** A decrypted piece; the last is without its padding, or whole where there is none that holds. */
export interface DecryptedPiece {
  readonly plaintext: Bytes
  readonly isPadded: boolean
}

/** Decrypts the next piece, of whole blocks and not empty. */
export type DecryptPiece = (piece: Bytes, isLast: boolean) => Promise<DecryptedPiece>

/** AES-128-CBC with padding by RFC 5652 section 6.3, piece by piece. */
export async function cbcEncryptor({ key, iv }: Session, backend: CapgoBackend): Promise<EncryptPiece> {
  const cbc = await backend.cbc(key)
  let previous = iv
  return async (piece, isLast) => {
    const ciphertext = await cbc.encrypt(previous, isLast ? concatBytes(piece, padding(piece.length)) : piece)
    previous = ciphertext.slice(-AES_BLOCK)
    return ciphertext
  }
}

/** The reverse. */
export async function cbcDecryptor({ key, iv }: Session, backend: CapgoBackend): Promise<DecryptPiece> {
  const cbc = await backend.cbc(key)
  let previous = iv
  return async (piece, isLast) => {
    const plaintext = await cbc.decrypt(previous, piece)
    previous = piece.slice(-AES_BLOCK)
    if (!isLast) return { plaintext, isPadded: true }
    const size = paddingSize(plaintext.subarray(-AES_BLOCK))
    return { plaintext: plaintext.subarray(0, plaintext.length - size), isPadded: size > 0 }
  }
}

/** Bytes of the padding that the last of these blocks ends with; 0 where it has none that holds. */
export async function sizeOfPadding(payload: Bytes, { key, iv }: Session, backend: CapgoBackend): Promise<number> {
  const cbc = await backend.cbc(key)
  const previous = payload.length > AES_BLOCK ? payload.slice(-2 * AES_BLOCK, -AES_BLOCK) : iv
  return paddingSize(await cbc.decrypt(previous, payload.slice(-AES_BLOCK)))
}

/** Bytes of the payload of so many bytes of content. */
export function paddedSize(length: number): number {
  return length + AES_BLOCK - (length % AES_BLOCK)
}

function padding(length: number): Bytes {
  const size = paddedSize(length) - length
  return new Uint8Array(size).fill(size)
}

function paddingSize(block: Bytes): number {
  const size = block[block.length - 1] ?? 0
  return size <= AES_BLOCK && block.subarray(-size).every((byte) => byte === size) ? size : 0
}
