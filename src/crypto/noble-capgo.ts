import { cbc } from '@noble/ciphers/aes.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { mgf1, OAEP } from 'micro-rsa-dsa-dh/rsa.js'
import { copyBytes } from '../bytes.js'
import { checkAes128Key, checkCbcBlocks } from './cbc-shape.js'
import { jwkNumber, unlessRefused } from './noble.js'
import { nobleBackend } from './noble-build.js'
import { nobleRsaPrivate, nobleRsaPublic } from './noble-rsa.js'
import type { CapgoBackend } from './capgo-backend.js'

const oaep = /* @__PURE__ */ OAEP(sha256, /* @__PURE__ */ mgf1(sha256))

/** The format of deployed Capgo plugins in pure JavaScript; slower than a platform's own, and not constant time. */
export const nobleCapgoBackend: CapgoBackend = {
  ...nobleBackend,

  cbc(key) {
    checkAes128Key(key)
    const kept = copyBytes(key)
    return {
      encrypt(iv, blocks) {
        checkCbcBlocks(iv, blocks)
        return copyBytes(cbc(kept, iv, { disablePadding: true }).encrypt(blocks))
      },
      decrypt(iv, blocks) {
        checkCbcBlocks(iv, blocks)
        return copyBytes(cbc(kept, iv, { disablePadding: true }).decrypt(blocks))
      },
    }
  },

  rsaPublic: nobleRsaPublic,

  rsaPrivate: nobleRsaPrivate,

  oaepDecrypt(jwk, ciphertext) {
    const message = unlessRefused(() => oaep.decrypt({ n: jwkNumber(jwk.n), d: jwkNumber(jwk.d) }, ciphertext))
    return message && copyBytes(message)
  },
}
