import { AES_BLOCK, checkCbcIv } from './password-shape.js'
import type { Bytes } from '../bytes.js'

/** Length of an AES-128 key in bytes. */
export const AES_128_KEY = 16

/** Refuses a key that isn't of 16 bytes: platforms would take 32 as AES-256. */
export function checkAes128Key(key: Bytes): void {
  if (key.length !== AES_128_KEY) throw new RangeError(`an AES-128 key takes ${AES_128_KEY} bytes, not ${key.length}`)
}

/** Refuses what is not whole blocks after an initialisation vector. */
export function checkCbcBlocks(iv: Bytes, blocks: Bytes): void {
  checkCbcIv(iv)
  if (blocks.length === 0 || blocks.length % AES_BLOCK !== 0) throw new RangeError('AES-CBC without padding takes whole blocks of 16 bytes')
}
