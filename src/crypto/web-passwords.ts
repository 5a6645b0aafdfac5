import { checkAesKey } from './shape.js'
import { checkCbcIv, isPossibleCbc, PBKDF2_KEY } from './password-shape.js'
import { importSecret, supported, unlessRefused, webCrypto } from './web.js'
import type { PasswordBackend } from './backend.js'

const CBC = 'AES-CBC'

/** What of WebCrypto takes a passphrase. */
export const webPasswords: PasswordBackend = {
  async pbkdf2(hash, password, salt, iterations) {
    const imported = await importSecret(password, { name: 'PBKDF2' }, 'deriveBits')
    const parameters = { name: 'PBKDF2', hash, salt, iterations }
    return new Uint8Array(await supported('PBKDF2', webCrypto().subtle.deriveBits(parameters, imported, 8 * PBKDF2_KEY)))
  },

  async encryptCbc(key, iv, plaintext) {
    checkAesKey(key)
    checkCbcIv(iv)
    const imported = await importSecret(key, { name: CBC }, 'encrypt')
    return new Uint8Array(await webCrypto().subtle.encrypt({ name: CBC, iv }, imported, plaintext))
  },

  async decryptCbc(key, iv, ciphertext) {
    checkAesKey(key)
    if (!isPossibleCbc(iv, ciphertext)) return undefined
    const imported = await importSecret(key, { name: CBC }, 'decrypt')
    const decrypted = await unlessRefused(webCrypto().subtle.decrypt({ name: CBC, iv }, imported, ciphertext))
    return decrypted && new Uint8Array(decrypted)
  },
}
