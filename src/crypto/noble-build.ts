import { aeskw, gcm } from '@noble/ciphers/aes.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { randomBytes } from '@noble/hashes/utils.js'
import { copyBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { base64urlEncode } from '../text.js'
import { nobleAgreementKey } from './noble-agree.js'
import { jwkNumber, nobleDeviceBackend, ps256, wrongKey } from './noble.js'
import { noblePasswords } from './noble-passwords.js'
import { checkSeed } from './private-jwk.js'
import { checkAesKey, checkNonce, rowOf } from './shape.js'
import { jwkBytes } from './signature-shape.js'
import type { Bytes } from '../bytes.js'
import type { Backend, PrivateJwk, SignatureAlgorithm } from './backend.js'

type Sign = (jwk: PrivateJwk, message: Bytes) => Bytes

const signers: ReadonlyMap<SignatureAlgorithm, Sign> = new Map<SignatureAlgorithm, Sign>([
  ['PS256', signPs256],
  ['Ed25519', signEd25519],
])

/** Not constant time: who can measure this machine closely may learn the private key. Prefer Node or a browser. */
function signPs256(jwk: PrivateJwk, message: Bytes): Bytes {
  if (jwk.kty !== 'RSA') throw wrongKey('PS256')
  checkGenerator()
  return copyBytes(ps256.sign({ n: jwkNumber(jwk.n), d: jwkNumber(jwk.d) }, message))
}

function signEd25519(jwk: PrivateJwk, message: Bytes): Bytes {
  if (jwk.kty !== 'OKP') throw wrongKey('Ed25519')
  return ed25519.sign(message, jwkBytes(jwk.d))
}

function checkGenerator(): void {
  const found = (globalThis as { readonly crypto?: Partial<Crypto> }).crypto
  if (typeof found?.getRandomValues === 'function') return
  throw new EnvelopeError(
    'backend-unavailable',
    'This engine has no cryptographic random generator (crypto.getRandomValues): build bundles in Node or a browser',
  )
}

/** All that building and publishing needs in pure JavaScript; slower than a platform's own, and not constant time. */
export const nobleBackend: Backend = {
  ...nobleDeviceBackend,

  passwords: noblePasswords,

  randomBytes(length) {
    checkGenerator()
    return randomBytes(length)
  },

  gcmSealer(key) {
    checkAesKey(key)
    const kept = copyBytes(key)
    return {
      seal(nonce, plaintext, additionalData) {
        checkNonce(nonce)
        return gcm(kept, nonce, additionalData).encrypt(plaintext)
      },
    }
  },

  wrapKey(wrappingKey, key) {
    checkAesKey(wrappingKey)
    return aeskw(wrappingKey).encrypt(key)
  },

  sign(key, message) {
    return rowOf(signers, key.algorithm)(key.jwk, message)
  },

  ed25519PublicKey(seed) {
    checkSeed(seed)
    return ed25519.getPublicKey(seed)
  },

  generateKey(type) {
    if (type.algorithm === 'PS256') {
      throw new EnvelopeError(
        'unsupported',
        'Make RSA keys in Node or a browser: pure JavaScript takes minutes for one and is not constant time',
      )
    }
    const seed = nobleBackend.randomBytes(32)
    return { kty: 'OKP', crv: 'Ed25519', x: base64urlEncode(ed25519.getPublicKey(seed)), d: base64urlEncode(seed) }
  },

  generateAgreementKey(curve) {
    return nobleAgreementKey(curve, (length) => nobleBackend.randomBytes(length))
  },
}
