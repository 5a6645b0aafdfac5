import type { Bytes } from '../bytes.js'

/** Length in bytes of what PBKDF2 derives here: an AES-256 key. */
export const PBKDF2_KEY = 32

/** Length of a block of AES, and of the initialisation vector of CBC, in bytes. */
export const AES_BLOCK = 16

/** Refuses an initialisation vector of another length than 16 bytes. */
export function checkCbcIv(iv: Bytes): void {
  if (iv.length !== AES_BLOCK) throw new RangeError(`AES-CBC takes an initialisation vector of ${AES_BLOCK} bytes, not ${iv.length}`)
}

/** Whether lengths are those of AES-CBC with padding (RFC 8018 section 6.2): at least one block, and whole ones. */
export function isPossibleCbc(iv: Bytes, ciphertext: Bytes): boolean {
  return iv.length === AES_BLOCK && ciphertext.length > 0 && ciphertext.length % AES_BLOCK === 0
}
