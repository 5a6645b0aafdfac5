import { checkAesKey, checkNonce } from './shape.js'
import { gcmParameters, importSecret, webCrypto } from './web.js'
import type { Backend } from './backend.js'

/** What of WebCrypto encrypts chunks, apart from all that signs and makes keys: who checks a download bundles this alone. */
export const webSealer: Pick<Backend, 'lanes' | 'gcmSealer'> = {
  lanes: 4,

  async gcmSealer(key) {
    checkAesKey(key)
    const imported = await importSecret(key, { name: 'AES-GCM' }, 'encrypt')
    const { subtle } = webCrypto()
    return {
      async seal(nonce, plaintext, additionalData) {
        checkNonce(nonce)
        return new Uint8Array(await subtle.encrypt(gcmParameters(nonce, additionalData), imported, plaintext))
      },
    }
  },
}
