import {
  constants, createDecipheriv, createHash, createHmac, createPublicKey, createSecretKey, getCiphers, verify,
} from 'node:crypto'
import { asBytes, copyBytes, ownMemory } from '../bytes.js'
import { deriveSharedSecret } from './node-agree.js'
import { jwkInput } from './node-jwk.js'
import { checkAesKey, checkHmacKey, GCM_TAG, isPossibleGcm, isPossibleWrap, PSS_SALT, rowOf } from './shape.js'
import { isPossibleSignature } from './signature-shape.js'
import { webDeviceBackend } from './web.js'
import type { SigningOptions } from 'node:crypto'
import type { Bytes } from '../bytes.js'
import type { HashingDeviceBackend, SignatureAlgorithm } from './backend.js'

/** How node:crypto names an algorithm's hash, if it has one of its own, and its padding. */
interface NodeAlgorithm {
  readonly hash: string | null
  readonly padding: SigningOptions
}

type NodeTable = ReadonlyMap<SignatureAlgorithm, NodeAlgorithm>

/** One row for each signature algorithm. */
export const nodeAlgorithms: NodeTable = new Map<SignatureAlgorithm, NodeAlgorithm>([
  ['PS256', { hash: 'sha256', padding: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: PSS_SALT } }],
  ['Ed25519', { hash: null, padding: {} }],
])

/** OpenSSL's name of AES-256 key wrap. */
const KEY_WRAP = 'id-aes256-wrap'

let keyWrap: boolean | undefined

/** node:crypto has no AES key wrap in Bun and Deno, which load this module too. Found out once, where it is needed. */
function hasKeyWrap(): boolean {
  return (keyWrap ??= getCiphers().includes(KEY_WRAP))
}

/** The check value of RFC 3394 section 2.2.3.1, which OpenSSL takes as an initialisation vector. */
const KEY_WRAP_IV: Bytes = new Uint8Array(8).fill(0xa6)

const hashes = { 'SHA-256': 'sha256', 'SHA-512': 'sha512' } as const

/** A result as a plain array in memory of its own: small buffers may lie in Node's shared pool, Bun's in a byte too many. */
export function owned(buffer: Buffer): Bytes {
  const bytes = asBytes(buffer, 'result')
  return ownMemory(bytes) === undefined ? copyBytes(bytes) : bytes
}

/** Node hashes less than 2 GiB at once. */
const MOST_HASHED = 2 ** 30

let closed: MessagePort | undefined

/** A port that is closed: memory that is transferred to it is freed at once, and not when the collector comes by. */
function nobody(): MessagePort {
  if (closed === undefined) {
    closed = new MessageChannel().port1
    closed.close()
  }
  return closed
}

/** The device half of node:crypto, synchronous: in Node these calls are faster than WebCrypto's. */
export const nodeDeviceBackend: HashingDeviceBackend = {
  name: 'node',
  lanes: 1,

  sha256(...parts) {
    const hash = createHash('sha256')
    for (const part of parts) {
      for (let start = 0; start < part.length; start += MOST_HASHED) hash.update(part.subarray(start, start + MOST_HASHED))
    }
    return owned(hash.digest())
  },

  hasher() {
    const hash = createHash('sha256')
    return { update: (bytes) => void hash.update(bytes), digest: () => owned(hash.digest()) }
  },

  hmac(hash, key, message) {
    checkHmacKey(key)
    return owned(createHmac(hashes[hash], key).update(message).digest())
  },

  gcmOpener(key) {
    checkAesKey(key)
    const secret = createSecretKey(key)
    return {
      open(nonce, ciphertext, tag, additionalData) {
        if (!isPossibleGcm(nonce, tag)) return undefined
        const decipher = createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: GCM_TAG })
        decipher.setAuthTag(tag)
        if (additionalData !== undefined) decipher.setAAD(additionalData)
        const unproven = decipher.update(ciphertext)
        try {
          decipher.final()
        } catch {
          return undefined
        }
        return owned(unproven)
      },
    }
  },

  unwrapKey(wrappingKey, wrapped) {
    if (!hasKeyWrap()) return webDeviceBackend.unwrapKey(wrappingKey, wrapped)
    checkAesKey(wrappingKey)
    if (!isPossibleWrap(wrapped)) return undefined
    const decipher = createDecipheriv(KEY_WRAP, wrappingKey, KEY_WRAP_IV)
    try {
      return owned(Buffer.concat([decipher.update(wrapped), decipher.final()]))
    } catch {
      // OpenSSL reports a check value that does not hold only as an error of `update`, without a code.
      return undefined
    }
  },

  release(plaintext) {
    const memory = ownMemory(plaintext)
    if (memory !== undefined) nobody().postMessage(null, [memory])
  },

  verify(key, signature, message) {
    if (!isPossibleSignature(key, signature)) return false
    const { hash, padding } = rowOf(nodeAlgorithms, key.algorithm)
    try {
      // Twenty times faster than from DER.
      const imported = createPublicKey(jwkInput(key.jwk))
      return verify(hash, message, { key: imported, ...padding }, signature)
    } catch (error) {
      // R19: what is no point verifies nothing, of which Deno makes an error.
      if (String(error).includes('Edwards point')) return false
      throw error
    }
  },

  deriveSharedSecret,
}
