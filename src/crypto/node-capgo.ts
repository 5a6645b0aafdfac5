import {
  constants, createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, createSecretKey, privateDecrypt, privateEncrypt, publicDecrypt,
} from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress } from 'node:zlib'
import { checkAes128Key, checkCbcBlocks } from './cbc-shape.js'
import { owned } from './node.js'
import { jwkInput } from './node-jwk.js'
import { nodeBackend } from './node-build.js'
import { isBelow, jwkBytes } from './signature-shape.js'
import { webCapgoBackend } from './web-capgo.js'
import type { RsaPublicJwk } from './backend.js'
import type { CapgoBackend } from './capgo-backend.js'

const CBC = 'aes-128-cbc'
const RAW = { padding: constants.RSA_NO_PADDING }
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }

const [compress, decompress] = [promisify(brotliCompress), promisify(brotliDecompress)]

let rawRsa: boolean | undefined

/** node:crypto has no RSA without padding in Deno, which loads this module too. Found out once, with the signature 1 of the block 1. */
function hasRawRsa({ n, e }: RsaPublicJwk): boolean {
  if (rawRsa !== undefined) return rawRsa
  const one = new Uint8Array(jwkBytes(n).length)
  one[one.length - 1] = 1
  const key = createPublicKey(jwkInput({ kty: 'RSA', n, e }))
  try {
    rawRsa = publicDecrypt({ key, ...RAW }, one).equals(one)
  } catch {
    rawRsa = false
  }
  return rawRsa
}

/** The format of deployed Capgo plugins on node:crypto. */
export const nodeCapgoBackend: CapgoBackend = {
  ...nodeBackend,

  cbc(key) {
    checkAes128Key(key)
    const secret = createSecretKey(key)
    return {
      encrypt(iv, blocks) {
        checkCbcBlocks(iv, blocks)
        return owned(createCipheriv(CBC, secret, iv).setAutoPadding(false).update(blocks))
      },
      decrypt(iv, blocks) {
        checkCbcBlocks(iv, blocks)
        return owned(createDecipheriv(CBC, secret, iv).setAutoPadding(false).update(blocks))
      },
    }
  },

  rsaPublic(jwk) {
    if (!hasRawRsa(jwk)) return webCapgoBackend.rsaPublic(jwk)
    const modulus = jwkBytes(jwk.n)
    const key = createPublicKey(jwkInput(jwk))
    return (signature) => (isBelow(signature, modulus) ? owned(publicDecrypt({ key, ...RAW }, signature)) : undefined)
  },

  rsaPrivate(jwk) {
    if (!hasRawRsa({ kty: 'RSA', n: jwk.n, e: jwk.e })) return webCapgoBackend.rsaPrivate(jwk)
    const key = createPrivateKey(jwkInput(jwk))
    return (block) => owned(privateEncrypt({ key, ...RAW }, block))
  },

  oaepDecrypt(jwk, ciphertext) {
    const key = createPrivateKey(jwkInput(jwk))
    try {
      return owned(privateDecrypt({ key, ...OAEP }, ciphertext))
    } catch {
      return undefined
    }
  },

  brotli: {
    async compress(bytes) {
      return owned(await compress(bytes))
    },

    async decompress(bytes, maxSize) {
      try {
        return owned(await decompress(bytes, { maxOutputLength: maxSize }))
      } catch {
        return undefined
      }
    },
  },
}
