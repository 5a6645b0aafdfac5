import { checkAesKey, rowOf } from './shape.js'
import { nobleHasher } from './noble-hash.js'
import { jwkBytes } from './signature-shape.js'
import { ed25519Pkcs8, privateNumbers } from './private-jwk.js'
import { importSecret, supported, webAlgorithms, webCrypto, webDeviceBackend, WRAPPED_KEY } from './web.js'
import { generateAgreementKey } from './web-agree-build.js'
import { webPasswords } from './web-passwords.js'
import { webSealer } from './web-seal.js'
import type { Bytes } from '../bytes.js'
import type { Backend, PrivateJwk } from './backend.js'

/** All of WebCrypto that building and publishing needs. */
export const webBackend: Backend = {
  ...webDeviceBackend,
  ...webSealer,

  hasher: nobleHasher,

  passwords: webPasswords,

  randomBytes(length) {
    return webCrypto().getRandomValues(new Uint8Array(length))
  },

  async wrapKey(wrappingKey, key) {
    checkAesKey(wrappingKey)
    const [wrapping, wrapped] = await Promise.all([
      importSecret(wrappingKey, { name: 'AES-KW' }, 'wrapKey'),
      importSecret(key, WRAPPED_KEY, 'sign', true),
    ])
    return new Uint8Array(await webCrypto().subtle.wrapKey('raw', wrapped, wrapping, 'AES-KW'))
  },

  async sign(key, message) {
    const row = rowOf(webAlgorithms, key.algorithm)
    const { subtle } = webCrypto()
    const imported = await supported(
      key.algorithm,
      subtle.importKey('pkcs8', key.pkcs8, row.key, false, ['sign']),
    )
    return new Uint8Array(await subtle.sign(row.signature, imported, message))
  },

  async ed25519PublicKey(seed) {
    const { subtle } = webCrypto()
    const imported = await supported(
      'Ed25519',
      subtle.importKey('pkcs8', ed25519Pkcs8(seed), { name: 'Ed25519' }, true, ['sign']),
    )
    return publicKeyOf(await exportPrivate(imported))
  },

  async generateKey(type) {
    const { key } = rowOf(webAlgorithms, type.algorithm)
    const parameters =
      type.algorithm === 'PS256' ? { ...key, modulusLength: type.bits, publicExponent: Uint8Array.of(1, 0, 1) } : key
    const generated = await supported(
      type.algorithm,
      webCrypto().subtle.generateKey(parameters, true, ['sign', 'verify']),
    )
    return exportPrivate((generated as CryptoKeyPair).privateKey)
  },

  generateAgreementKey,
}

async function exportPrivate(key: CryptoKey): Promise<PrivateJwk> {
  return privateNumbers({ ...(await webCrypto().subtle.exportKey('jwk', key)) })
}

function publicKeyOf(jwk: PrivateJwk): Bytes {
  return jwkBytes(jwk.kty === 'OKP' ? jwk.x : jwk.n)
}
