import { concatBytes } from '../bytes.js'
import type { Bytes } from '../bytes.js'
import type { DeviceBackend } from './backend.js'

/** The hashes that HKDF is used with here. */
export type HkdfHash = 'SHA-256' | 'SHA-512'

/** What HKDF needs of a backend. */
export type HmacBackend = Pick<DeviceBackend, 'hmac'>

/** Output length of each hash in bytes. */
const HASH_LENGTH = { 'SHA-256': 32, 'SHA-512': 64 } as const

/** A pseudorandom key as long as the hash, from key material (RFC 5869 section 2.2); an empty salt stands for zeros. */
export async function hkdfExtract(backend: HmacBackend, hash: HkdfHash, salt: Bytes, ikm: Bytes): Promise<Bytes> {
  return backend.hmac(hash, salt.length > 0 ? salt : new Uint8Array(HASH_LENGTH[hash]), ikm)
}

/**
 * `length` bytes from a pseudorandom key of any length above 0 (RFC 5869 section 2.3). C2SP chunked-encryption
 * gives a 32-byte key to SHA-512, so a key shorter than the hash is no mistake here.
 *
 * @throws RangeError where `length` is above 255 times the hash's length
 */
export async function hkdfExpand(
  backend: HmacBackend, hash: HkdfHash, prk: Bytes, info: Bytes, length: number,
): Promise<Bytes> {
  const blocks = Math.ceil(length / HASH_LENGTH[hash])
  if (!Number.isSafeInteger(length) || length < 0 || blocks > 255) {
    throw new RangeError(`HKDF with ${hash} makes 0 to ${255 * HASH_LENGTH[hash]} bytes, not ${length}`)
  }
  const out: Bytes[] = []
  let block: Bytes = new Uint8Array(0)
  for (let counter = 1; counter <= blocks; counter++) {
    block = await backend.hmac(hash, prk, concatBytes(block, info, Uint8Array.of(counter)))
    out.push(block)
  }
  return concatBytes(...out).slice(0, length)
}

/** What goes into HKDF, by name, since three byte strings in a row are soon swapped. */
export interface HkdfInput {
  readonly ikm: Bytes
  /** No salt stands for as many zeros as the hash has bytes. */
  readonly salt?: Bytes
  readonly info: Bytes
}

/** Extract, then expand (RFC 5869 section 2): `length` bytes from key material, salt and info. */
export async function hkdf(backend: HmacBackend, hash: HkdfHash, input: HkdfInput, length: number): Promise<Bytes> {
  const prk = await hkdfExtract(backend, hash, input.salt ?? new Uint8Array(0), input.ikm)
  return hkdfExpand(backend, hash, prk, input.info, length)
}
