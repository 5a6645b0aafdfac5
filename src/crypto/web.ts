import { joinBytes } from '../bytes.js'
import { checkAesKey, checkHmacKey, GCM_TAG, isPossibleGcm, isPossibleWrap, PSS_SALT, rowOf } from './shape.js'
import { isPossibleSignature } from './signature-shape.js'
import { deriveSharedSecret } from './web-agree.js'
import { importSecret, supported, unlessRefused, webCrypto } from './web-platform.js'
import type { Bytes } from '../bytes.js'
import type { DeviceBackend, SignatureAlgorithm } from './backend.js'

export { importSecret, supported, unlessRefused, webCrypto } from './web-platform.js'

/** Names of WebCrypto's parameters for an algorithm's keys and for its signatures. */
interface WebAlgorithm {
  readonly key: { readonly name: string; readonly hash?: string }
  readonly signature: { readonly name: string; readonly saltLength?: number }
}

/** One row for each signature algorithm; the salt length is ignored by those that have none. */
export const webAlgorithms: ReadonlyMap<SignatureAlgorithm, WebAlgorithm> = new Map<SignatureAlgorithm, WebAlgorithm>([
  ['PS256', { key: { name: 'RSA-PSS', hash: 'SHA-256' }, signature: { name: 'RSA-PSS', saltLength: PSS_SALT } }],
  ['Ed25519', { key: { name: 'Ed25519' }, signature: { name: 'Ed25519' } }],
])

/** What AES-KW wraps and unwraps: WebCrypto only wraps keys, and an HMAC key may have any length. */
export const WRAPPED_KEY: { readonly name: string; readonly hash: string } = { name: 'HMAC', hash: 'SHA-256' }

/** WebCrypto's GCM parameters (W3C WebCrypto section 27.3). */
export function gcmParameters(nonce: Bytes, additionalData: Bytes | undefined): AesGcmParams {
  const parameters = { name: 'AES-GCM', iv: nonce, tagLength: 8 * GCM_TAG }
  return additionalData === undefined ? parameters : { ...parameters, additionalData }
}

/** The device half of WebCrypto: browsers, Deno, Bun, workers. Chromium gains from a few calls in flight. */
export const webDeviceBackend: DeviceBackend = {
  name: 'web',
  lanes: 4,

  async sha256(first = new Uint8Array(0), ...others) {
    return new Uint8Array(await webCrypto().subtle.digest('SHA-256', joinBytes(first, ...others)))
  },

  async hmac(hash, key, message) {
    checkHmacKey(key)
    const imported = await importSecret(key, { name: 'HMAC', hash }, 'sign')
    return new Uint8Array(await webCrypto().subtle.sign('HMAC', imported, message))
  },

  async gcmOpener(key) {
    checkAesKey(key)
    const imported = await importSecret(key, { name: 'AES-GCM' }, 'decrypt')
    const { subtle } = webCrypto()
    return {
      async open(nonce, ciphertext, tag, additionalData) {
        if (!isPossibleGcm(nonce, tag)) return undefined
        const parameters = gcmParameters(nonce, additionalData)
        const opened = await unlessRefused(subtle.decrypt(parameters, imported, joinBytes(ciphertext, tag)))
        return opened && new Uint8Array(opened)
      },
    }
  },

  async unwrapKey(wrappingKey, wrapped) {
    checkAesKey(wrappingKey)
    if (!isPossibleWrap(wrapped)) return undefined
    const imported = await importSecret(wrappingKey, { name: 'AES-KW' }, 'unwrapKey')
    const { subtle } = webCrypto()
    const key = await unlessRefused(
      subtle.unwrapKey('raw', wrapped, imported, 'AES-KW', WRAPPED_KEY, true, ['sign']),
    )
    return key && new Uint8Array(await subtle.exportKey('raw', key))
  },

  async verify(key, signature, message) {
    if (!isPossibleSignature(key, signature)) return false
    const row = rowOf(webAlgorithms, key.algorithm)
    const { subtle } = webCrypto()
    const imported = await supported(
      key.algorithm,
      subtle.importKey('spki', key.spki, row.key, false, ['verify']),
    )
    return subtle.verify(row.signature, imported, signature, message)
  },

  deriveSharedSecret,
}
