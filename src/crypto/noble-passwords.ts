import { cbc } from '@noble/ciphers/aes.js'
import { pbkdf2, pbkdf2Async } from '@noble/hashes/pbkdf2.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { copyBytes } from '../bytes.js'
import { unlessRefused } from './noble.js'
import { checkAesKey } from './shape.js'
import { checkCbcIv, isPossibleCbc, PBKDF2_KEY } from './password-shape.js'
import type { PasswordBackend } from './backend.js'

const hashes = { 'SHA-256': sha256, 'SHA-512': sha512 } as const

/** Passphrases in pure JavaScript: the same keys, after a multiple of the time that a platform's own code takes. */
export const noblePasswords: PasswordBackend = {
  async pbkdf2(hash, password, salt, iterations) {
    // Where the engine has timers, others have their turn meanwhile.
    const derive = typeof (globalThis as { readonly setTimeout?: unknown }).setTimeout === 'function' ? pbkdf2Async : pbkdf2
    return copyBytes(await derive(hashes[hash], password, salt, { c: iterations, dkLen: PBKDF2_KEY }))
  },

  encryptCbc(key, iv, plaintext) {
    checkAesKey(key)
    checkCbcIv(iv)
    return copyBytes(cbc(key, iv).encrypt(plaintext))
  },

  decryptCbc(key, iv, ciphertext) {
    checkAesKey(key)
    if (!isPossibleCbc(iv, ciphertext)) return undefined
    const decrypted = unlessRefused(() => cbc(key, iv).decrypt(ciphertext))
    return decrypted && copyBytes(decrypted)
  },
}
