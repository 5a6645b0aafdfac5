import {
  createCipheriv, createPrivateKey, createPublicKey, createSecretKey, generateKeyPair, randomBytes, sign,
} from 'node:crypto'
import { promisify } from 'node:util'
import { asBytes, concatBytes } from '../bytes.js'
import { checkAesKey, checkNonce, GCM_TAG, rowOf } from './shape.js'
import { jwkBytes } from './signature-shape.js'
import { nodeAlgorithms, nodeDeviceBackend, owned } from './node.js'
import { nodePasswords } from './node-passwords.js'
import { agreementNumbers, ed25519Pkcs8, privateNumbers } from './private-jwk.js'
import { webBackend } from './web-build.js'
import type { KeyObject } from 'node:crypto'
import type { Bytes } from '../bytes.js'
import type { Backend } from './backend.js'

const generate = promisify(generateKeyPair)

/** All of node:crypto that building and publishing needs. Making a key is asynchronous: RSA takes seconds. */
export const nodeBackend: Backend = {
  ...nodeDeviceBackend,

  passwords: nodePasswords,

  randomBytes(length) {
    return owned(randomBytes(length))
  },

  gcmSealer(key) {
    checkAesKey(key)
    const secret = createSecretKey(key)
    return {
      seal(nonce, plaintext, additionalData) {
        checkNonce(nonce)
        const cipher = createCipheriv('aes-256-gcm', secret, nonce, { authTagLength: GCM_TAG })
        if (additionalData !== undefined) cipher.setAAD(additionalData)
        const ciphertext = cipher.update(plaintext)
        cipher.final()
        const sealed = concatBytes(ciphertext, cipher.getAuthTag())
        nodeDeviceBackend.release?.(asBytes(ciphertext, 'ciphertext'))
        return sealed
      },
    }
  },

  wrapKey(wrappingKey, key) {
    return webBackend.wrapKey(wrappingKey, key)
  },

  sign(key, message) {
    const { hash, padding } = rowOf(nodeAlgorithms, key.algorithm)
    return owned(sign(hash, message, { key: importPrivate(key.pkcs8), ...padding }))
  },

  ed25519PublicKey(seed) {
    return jwkBytes(createPublicKey(importPrivate(ed25519Pkcs8(seed))).export({ format: 'jwk' }).x ?? '')
  },

  async generateKey(type) {
    const { privateKey } =
      type.algorithm === 'PS256'
        ? await generate('rsa', { modulusLength: type.bits, publicExponent: 65537 })
        : await generate('ed25519')
    return privateNumbers({ ...privateKey.export({ format: 'jwk' }) })
  },

  async generateAgreementKey(curve) {
    const { privateKey } = curve === 'X25519' ? await generate('x25519') : await generate('ec', { namedCurve: 'P-256' })
    return agreementNumbers({ ...privateKey.export({ format: 'jwk' }) })
  },
}

function importPrivate(pkcs8: Bytes): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
}
