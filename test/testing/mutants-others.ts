import { createCipheriv, createDecipheriv } from 'node:crypto'
import { x25519 } from '@noble/curves/ed25519.js'
import { concatBytes, copyBytes, xorBytes } from '../../src/bytes.js'
import { base64urlDecode } from '../../src/text.js'
import { later, memoryOf } from './mutants.js'
import type { Bytes } from '../../src/bytes.js'
import type { AgreementPublicJwk, Backend } from '../../src/crypto/backend.js'
import type { Mutant } from './mutants.js'

const p256Only = (derive: (peer: AgreementPublicJwk) => Bytes | undefined) => (right: Backend): object => ({
  deriveSharedSecret: (...args: Parameters<NonNullable<Backend['deriveSharedSecret']>>) => right.deriveSharedSecret?.(...args) ?? derive(args[1]),
})

export const others: readonly Mutant[] = [
  ['has no verify', () => ({ verify: undefined }), 'backend: has every method'],
  ['has a passwords for release', () => ({ release: {} }), 'backend: has every method'],
  ['has no lanes', () => ({ lanes: 0 }), 'backend: has a name, and lanes'],
  ['hashes the first part alone', (right) => ({ sha256: (first: Bytes = new Uint8Array(0)) => right.sha256(first) }), 'sha256: joins any number of parts'],
  ['hashes memory from the first part on', (right) => ({ sha256: (first: Bytes = new Uint8Array(0), ...rest: Bytes[]) => right.sha256(rest.length === 0 ? first : memoryOf(first)) }), 'sha256: joins any number of parts'],
  ['ignores the offset of what it hashes', (right) => ({ sha256: (...parts: Bytes[]) => right.sha256(...parts.map(memoryOf)) }), 'sha256: reads no more than a view'],
  ['has a hasher that takes one piece', (right) => ({
    hasher: () => {
      let piece: Bytes = new Uint8Array(0)
      return { update: (bytes: Bytes) => void (piece = copyBytes(bytes)), digest: () => right.sha256(piece) }
    },
  }), 'hasher: gives the same digest however'],
  ['has a hasher that keeps references', (right) => ({
    hasher: () => {
      const pieces: Bytes[] = []
      return { update: (bytes: Bytes) => void pieces.push(bytes), digest: () => right.sha256(...pieces) }
    },
  }), 'hasher: keeps no reference'],
  ['has one hasher for all', (right) => {
    let latest: ReturnType<Backend['hasher']> | undefined
    return { hasher: () => ({ update: (bytes: Bytes) => { (latest ??= right.hasher()).update(bytes) }, digest: () => {
      const digest = (latest ?? right.hasher()).digest()
      latest = undefined
      return digest
    } }) }
  }, 'hasher: is independent'],
  ['has a hasher that answers later', (right) => ({ hasher: () => {
    const hasher = right.hasher()
    return { update: (bytes: Bytes) => { hasher.update(bytes) }, digest: async () => hasher.digest() }
  } }), 'hasher: gives the digests'],
  ['cuts keys of HMAC to a block', (right) => ({ hmac: (hash: 'SHA-256', key: Bytes, message: Bytes) => right.hmac(hash, key.slice(0, 64), message) }), 'hmac: gives the results'],
  ['has one hash for HMAC', (right) => ({ hmac: (_: string, key: Bytes, message: Bytes) => right.hmac('SHA-256', key, message) }), 'hmac: gives the results'],
  ['unwraps without looking at the check value', () => ({
    unwrapKey: (wrappingKey: Bytes, wrapped: Bytes) => (wrapped.length === 40 && wrappingKey.length === 32 ? unwrapUnchecked(wrappingKey, wrapped) : undefined),
  }), 'unwrapKey: refuses every flipped bit'],
  ['takes other check values', () => ({
    unwrapKey: (wrappingKey: Bytes, wrapped: Bytes) => [0xa6, 0xa5].map((check) => unwrapWith(wrappingKey, wrapped, check)).find((key) => key !== undefined),
  }), 'unwrapKey: refuses keys that were wrapped in another way'],
  ['throws where a wrapped key has another length', (right) => ({
    unwrapKey: (wrappingKey: Bytes, wrapped: Bytes) => {
      if (wrapped.length !== 40) throw new RangeError('40 bytes')
      return right.unwrapKey(wrappingKey, wrapped)
    },
  }), 'unwrapKey: refuses every other length'],
  ['unwraps with AES-128 too', (right) => ({
    unwrapKey: (wrappingKey: Bytes, wrapped: Bytes) => (wrappingKey.length === 16 ? unwrapWith(wrappingKey, wrapped, 0xa6, 'id-aes128-wrap') : right.unwrapKey(wrappingKey, wrapped)),
  }), 'wrapKey, unwrapKey: take no wrapping key'],
  ['puts the tag first', (right) => ({
    gcmSealer: (key: Bytes) => ({ seal: async (nonce: Bytes, plaintext: Bytes, more?: Bytes) => {
      const sealed = await (await right.gcmSealer(key)).seal(nonce, plaintext, more)
      return concatBytes(sealed.slice(-16), sealed.slice(0, -16))
    } }),
  }), 'gcmSealer: gives the ciphertexts'],
  ['seals with AES-128 too', (right) => ({
    gcmSealer: (key: Bytes) => (key.length === 16 ? { seal: (nonce: Bytes, plaintext: Bytes) => copyBytes(createCipheriv('aes-128-gcm', key, nonce).update(plaintext)) } : right.gcmSealer(key)),
  }), 'gcmSealer: takes no key of another length'],
  ['keeps a reference to the key that seals', (right) => ({ gcmSealer: (key: Bytes) => ({ seal: async (...args: [Bytes, Bytes]) => (await right.gcmSealer(key)).seal(...args) }) }), 'gcmSealer: keeps no reference'],
  ['mixes up what it seals in flight', (right) => {
    let state: [Bytes, Bytes, Bytes | undefined]
    return { lanes: 4, gcmSealer: (key: Bytes) => ({ seal: async (...args: typeof state) => {
      const sealer = await right.gcmSealer(key)
      state = args
      await later()
      return sealer.seal(...state)
    } }) }
  }, 'gcmSealer: seals as many messages in flight'],
  ['has the same random bytes each time', () => ({ randomBytes: (length: number) => Uint8Array.from({ length }, (_, i) => (i * 89) & 255) }), 'randomBytes: gives others'],
  ['has random bytes at the front alone', (right) => ({ randomBytes: (length: number) => concatBytes(right.randomBytes(Math.min(length, 16)), new Uint8Array(Math.max(0, length - 16))) }), 'randomBytes: gives others'],
  ['has no more than 1024 random bytes', (right) => ({ randomBytes: (length: number) => right.randomBytes(Math.min(length, 1024)) }), 'randomBytes: gives as many'],
  ['fills no more than 32 KiB with random bytes', (right) => ({ randomBytes: (length: number) => concatBytes(right.randomBytes(Math.min(length, 32_768)), new Uint8Array(Math.max(0, length - 32_768))) }), 'randomBytes: gives others'],
  ['signs with the same salt each time', (right) => {
    const made = new Map<string, unknown>()
    return { sign: (key: Parameters<Backend['sign']>[0], message: Bytes) => {
      const signature = made.get(String(message)) ?? right.sign(key, message)
      made.set(String(message), signature)
      return signature
    } }
  }, 'sign PS256: gives signatures'],
  ['makes the same key each time', (right) => {
    const made = right.generateKey({ algorithm: 'Ed25519' })
    return { generateKey: (type: Parameters<Backend['generateKey']>[0]) => (type.algorithm === 'Ed25519' ? made : right.generateKey(type)) }
  }, 'generateKey Ed25519: makes new keys'],
  ['makes keys with more members', (right) => ({ generateKey: async (type: Parameters<Backend['generateKey']>[0]) => ({ ...(await right.generateKey(type)), ext: true }) }), 'generateKey Ed25519: makes new keys'],
  ['makes small RSA keys', (right) => ({ generateKey: async (type: Parameters<Backend['generateKey']>[0]) => right.generateKey(type.algorithm === 'PS256' ? { algorithm: 'PS256', bits: 2048 } : type) }), 'generateKey PS256: makes new keys'],
  ['answers zeros for points of small order', (right) => ({
    deriveSharedSecret: (...args: Parameters<NonNullable<Backend['deriveSharedSecret']>>) => right.deriveSharedSecret?.(...args) ?? new Uint8Array(32),
  }), 'deriveSharedSecret X25519: has no secret'],
  ['computes with u that is not reduced', (right) => ({
    deriveSharedSecret: (...[key, peer]: Parameters<NonNullable<Backend['deriveSharedSecret']>>) => {
      if (key.crv !== 'X25519' || peer.crv !== 'X25519') return right.deriveSharedSecret?.(key, peer)
      try {
        return copyBytes(x25519.getSharedSecret(base64urlDecode(key.d) as Bytes, base64urlDecode(peer.x) as Bytes))
      } catch {
        return undefined
      }
    },
  }), 'deriveSharedSecret X25519: has no secret'],
  ['computes with points off P-256', p256Only((peer) => base64urlDecode(peer.x)), 'deriveSharedSecret P-256: has no secret with what'],
  ['throws for a private number that is none', (right) => ({
    deriveSharedSecret: (...args: Parameters<NonNullable<Backend['deriveSharedSecret']>>) => {
      const secret = right.deriveSharedSecret?.(...args)
      if (secret === undefined) throw new Error('Invalid EC key')
      return secret
    },
  }), 'deriveSharedSecret P-256: has no secret for a private number'],
  ['makes the same reader key each time', (right) => {
    const made = { X25519: right.generateAgreementKey?.('X25519'), 'P-256': right.generateAgreementKey?.('P-256') }
    return { generateAgreementKey: (curve: 'X25519') => made[curve] }
  }, 'generateAgreementKey: makes new keys'],
  ['counts no iterations', (right) => ({ passwords: { ...right.passwords, pbkdf2: (...args: Parameters<NonNullable<Backend['passwords']>['pbkdf2']>) => right.passwords?.pbkdf2(args[0], args[1], args[2], 1) } }), 'passwords: gives the PBKDF2'],
  ['looks at no padding', (right) => ({
    passwords: { ...right.passwords, decryptCbc: (key: Bytes, iv: Bytes, ciphertext: Bytes) => {
      const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
      const block = decipher.update(ciphertext)
      return copyBytes(block.subarray(0, block.length - (block.at(-1) ?? 0)))
    } },
  }), 'passwords: refuses padding'],
]

/** AES key unwrap by node:crypto with another check value. */
function unwrapWith(wrappingKey: Bytes, wrapped: Bytes, check: number, cipher = 'id-aes256-wrap'): Bytes | undefined {
  if (wrapped.length < 24 || wrapped.length % 8 !== 0) return undefined
  try {
    return copyBytes(createDecipheriv(cipher, wrappingKey, new Uint8Array(8).fill(check)).update(wrapped))
  } catch {
    return undefined
  }
}

/** RFC 3394 section 2.2.2 without its last step. */
function unwrapUnchecked(wrappingKey: Bytes, wrapped: Bytes): Bytes {
  let a = wrapped.slice(0, 8)
  const r = [1, 2, 3, 4].map((i) => wrapped.slice(8 * i, 8 * i + 8))
  for (let t = 24; t >= 1; t--) {
    const i = (t - 1) % 4
    a = xorBytes(a, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, t))
    const block = createDecipheriv('aes-256-ecb', wrappingKey, null).setAutoPadding(false).update(concatBytes(a, r[i] as Bytes))
    a = copyBytes(block.subarray(0, 8))
    r[i] = copyBytes(block.subarray(8))
  }
  return concatBytes(...r)
}
