import { concatBytes } from '../bytes.js'
import { checkAes128Key, checkCbcBlocks } from './cbc-shape.js'
import { nobleRsaPrivate, nobleRsaPublic } from './noble-rsa.js'
import { AES_BLOCK } from './password-shape.js'
import { webBackend } from './web-build.js'
import { supported, unlessRefused, webCrypto } from './web-platform.js'
import type { Bytes } from '../bytes.js'
import type { CapgoBackend } from './capgo-backend.js'

const CBC = 'AES-CBC'
const OAEP = 'RSA-OAEP'
const NOTHING: Bytes = new Uint8Array(0)

/** The format of deployed Capgo plugins on WebCrypto; RSA without padding, which WebCrypto has not, in pure JavaScript. */
export const webCapgoBackend: CapgoBackend = {
  ...webBackend,

  async cbc(key) {
    checkAes128Key(key)
    const { subtle } = webCrypto()
    const imported = await supported(CBC, subtle.importKey('raw', key, CBC, false, ['encrypt', 'decrypt']))
    const encrypt = async (iv: Bytes, bytes: Bytes): Promise<ArrayBuffer> => subtle.encrypt({ name: CBC, iv }, imported, bytes)
    return {
      // WebCrypto always pads: a block of padding follows, which is left out here and, encrypted, put back there.
      async encrypt(iv, blocks) {
        checkCbcBlocks(iv, blocks)
        return new Uint8Array(await encrypt(iv, blocks), 0, blocks.length)
      },
      async decrypt(iv, blocks) {
        checkCbcBlocks(iv, blocks)
        const padding = new Uint8Array(await encrypt(blocks.slice(-AES_BLOCK), NOTHING))
        return new Uint8Array(await subtle.decrypt({ name: CBC, iv }, imported, concatBytes(blocks, padding)))
      },
    }
  },

  rsaPublic: nobleRsaPublic,

  rsaPrivate: nobleRsaPrivate,

  async oaepDecrypt(jwk, ciphertext) {
    const { subtle } = webCrypto()
    const algorithm = { name: OAEP, hash: 'SHA-256' }
    const imported = await supported(OAEP, subtle.importKey('jwk', { ...jwk }, algorithm, false, ['decrypt']))
    const message = await unlessRefused(subtle.decrypt({ name: OAEP }, imported, ciphertext))
    return message && new Uint8Array(message)
  },
}
