import { createCipheriv, createDecipheriv, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { checkAesKey } from './shape.js'
import { owned } from './node.js'
import { checkCbcIv, isPossibleCbc, PBKDF2_KEY } from './password-shape.js'
import type { PasswordBackend } from './backend.js'

const derive = promisify(pbkdf2)

const hashes = { 'SHA-256': 'sha256', 'SHA-512': 'sha512' } as const

/** What of node:crypto takes a passphrase; keys are derived in its thread pool, while the program goes on. */
export const nodePasswords: PasswordBackend = {
  async pbkdf2(hash, password, salt, iterations) {
    return owned(await derive(password, salt, iterations, PBKDF2_KEY, hashes[hash]))
  },

  encryptCbc(key, iv, plaintext) {
    checkAesKey(key)
    checkCbcIv(iv)
    const cipher = createCipheriv('aes-256-cbc', key, iv)
    return owned(Buffer.concat([cipher.update(plaintext), cipher.final()]))
  },

  decryptCbc(key, iv, ciphertext) {
    checkAesKey(key)
    if (!isPossibleCbc(iv, ciphertext)) return undefined
    const decipher = createDecipheriv('aes-256-cbc', key, iv)
    const unchecked = decipher.update(ciphertext)
    try {
      return owned(Buffer.concat([unchecked, decipher.final()]))
    } catch {
      return undefined
    }
  },
}
