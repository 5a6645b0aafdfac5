import { isPossibleAgreement, isPossibleSignature } from 'otaseal/device'
import {
  Buffer, constants, createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, verify,
} from 'react-native-quick-crypto'
import type { DeviceBackend } from 'otaseal/device'

type Bytes = Uint8Array<ArrayBuffer>

const hashes = { 'SHA-256': 'sha256', 'SHA-512': 'sha512' } as const

/** A copy as results must be: the module gives Buffers, whose slice() doesn't copy. */
const plain = (bytes: Uint8Array): Bytes => new Uint8Array(bytes)

/** Of a secret key: another length would be another cipher. */
function checkKey(key: Bytes): void {
  if (key.length !== 32) throw new RangeError(`an AES-256 key takes 32 bytes, not ${key.length}`)
}

/** The module says that something does not hold by an exception, which looks like every other failure. */
function unlessRefused<T>(compute: () => T): T | undefined {
  try {
    return compute()
  } catch {
    return undefined
  }
}

/** The verifying half of the contract on OpenSSL, as react-native-quick-crypto brings it along. All calls are synchronous. */
export const quickCryptoBackend: DeviceBackend = {
  name: 'react-native-quick-crypto',
  lanes: 1,

  sha256(...parts) {
    const hash = createHash('sha256')
    for (const part of parts) hash.update(part)
    return plain(hash.digest())
  },

  hasher() {
    const hash = createHash('sha256')
    return { update: (bytes) => void hash.update(bytes), digest: () => plain(hash.digest()) }
  },

  hmac(hash, key, message) {
    return plain(createHmac(hashes[hash], key).update(message).digest())
  },

  gcmOpener(key) {
    checkKey(key)
    const kept = new Uint8Array(key)
    return {
      open(nonce, ciphertext, tag, additionalData) {
        // OpenSSL would take cut tags, and nonces of other lengths.
        if (nonce.length !== 12 || tag.length !== 16) return undefined
        const decipher = createDecipheriv('aes-256-gcm', kept, nonce)
        decipher.setAuthTag(Buffer.from(tag))
        if (additionalData !== undefined) decipher.setAAD(Buffer.from(additionalData))
        const unproven = decipher.update(ciphertext)
        return unlessRefused(() => {
          decipher.final()
          return plain(unproven)
        })
      },
    }
  },

  unwrapKey(wrappingKey, wrapped) {
    checkKey(wrappingKey)
    if (wrapped.length < 24 || wrapped.length % 8 !== 0) return undefined
    const decipher = createDecipheriv('aes256-wrap', wrappingKey, new Uint8Array(8).fill(0xa6))
    return unlessRefused(() => {
      const key = decipher.update(wrapped)
      decipher.final()
      return plain(key)
    })
  },

  verify(key, signature, message) {
    if (!isPossibleSignature(key, signature)) return false
    const imported = createPublicKey({ key: { ...key.jwk }, format: 'jwk' })
    if (key.algorithm === 'Ed25519') return verify(null, message, imported, signature)
    const pss = { key: imported, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    return verify('sha256', message, pss, signature)
  },

  deriveSharedSecret(key, peer) {
    if (!isPossibleAgreement(key, peer)) return undefined
    const secret = unlessRefused(() => {
      const privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' })
      const publicKey = createPublicKey({ key: { ...peer }, format: 'jwk' })
      return plain(diffieHellman({ privateKey, publicKey }) as Uint8Array)
    })
    return secret?.some((byte) => byte !== 0) ? secret : undefined
  },
}
