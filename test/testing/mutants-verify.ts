import { createPublicKey, verify as nodeVerify } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { concatBytes, copyBytes } from '../../src/bytes.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { base64urlDecode } from '../../src/text.js'
import { later, memoryOf } from './mutants.js'
import type { Bytes } from '../../src/bytes.js'
import type { Backend, VerifyingKey } from '../../src/crypto/backend.js'
import type { Mutant } from './mutants.js'

/** Verifies by node:crypto, without asking first whether the signature is possible. */
function rawVerify({ algorithm, jwk }: VerifyingKey, signature: Bytes, message: Bytes, saltLength = 32): boolean {
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  return algorithm === 'PS256' ? nodeVerify('sha256', message, { key, padding: 6, saltLength }, signature) : nodeVerify(null, message, key, signature)
}

const rsaOnly = (verify: Backend['verify']) => (right: Backend): object => ({
  verify: (...args: Parameters<Backend['verify']>) => (args[0].algorithm === 'PS256' ? verify(...args) : right.verify(...args)),
})

const ed25519Only = (verify: Backend['verify']) => (right: Backend): object => ({
  verify: (...args: Parameters<Backend['verify']>) => (args[0].algorithm === 'Ed25519' ? verify(...args) : right.verify(...args)),
})

const publicBytes = ({ jwk }: VerifyingKey): Bytes => base64urlDecode(jwk.kty === 'OKP' ? jwk.x : '') as Bytes

export const verifiers: readonly Mutant[] = [
  ['takes a salt of any length', rsaOnly((key, signature, message) => signature.length === 384 && rawVerify(key, signature, message, -2)), 'verify PS256: refuses salts'],
  ['takes PKCS#1 v1.5 too', rsaOnly((key, signature, message) => rawVerify(key, signature, message) || nodeVerify('sha256', message, createPublicKey({ key: { ...key.jwk }, format: 'jwk' }), signature)), 'verify PS256: refuses salts'],
  ['pads signatures that are too short', (right) => ({
    verify: (key: VerifyingKey, signature: Bytes, message: Bytes) => right.verify(key, key.algorithm === 'PS256' ? concatBytes(new Uint8Array(Math.max(0, 384 - signature.length)), signature) : signature, message),
  }), 'verify PS256: refuses signatures of other lengths'],
  ['reads no further than a signature should be', (right) => ({
    verify: (key: VerifyingKey, signature: Bytes, message: Bytes) => right.verify(key, signature.slice(0, key.algorithm === 'PS256' ? 384 : 64), message),
  }), 'verify Ed25519: refuses signatures of other lengths'],
  ['reduces a signature by the modulus', rsaOnly((key, signature, message) => {
    if (nodeBackend.verify(key, signature, message) === true) return true
    const [s, n] = [signature, base64urlDecode(key.jwk.kty === 'RSA' ? key.jwk.n : '') as Bytes].map((bytes) => BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)) as [bigint, bigint]
    if (signature.length !== 384 || s < n) return false
    return nodeBackend.verify(key, copyBytes(Buffer.from((s - n).toString(16).padStart(768, '0'), 'hex')), message)
  }), 'verify PS256: refuses numbers'],
  ['throws where a signature has another length', (right) => ({
    verify: (key: VerifyingKey, signature: Bytes, message: Bytes) => {
      if (key.algorithm === 'Ed25519' && signature.length !== 64) throw new Error('expected 64 bytes')
      return right.verify(key, signature, message)
    },
  }), 'verify Ed25519: refuses signatures of other lengths'],
  ['answers 1 for true', (right) => ({ verify: (...args: Parameters<Backend['verify']>) => Number(right.verify(...args)) }), 'verify Ed25519: takes the signatures'],
  ['takes everything', () => ({ verify: () => true }), 'verify Ed25519: refuses flipped bits'],
  ['takes nothing', () => ({ verify: () => false }), 'verify PS256: takes signatures'],
  ['verifies Ed25519 with the cofactor', ed25519Only((key, signature, message) => signature.length === 64 && ed25519.verify(signature, message, publicBytes(key), { zip215: false })), 'verify Ed25519: refuses S that is not below'],
  ['verifies Ed25519 as ZIP 215 does', ed25519Only((key, signature, message) => signature.length === 64 && ed25519.verify(signature, message, publicBytes(key), { zip215: true })), 'verify Ed25519: refuses keys of small order'],
  ['asks nothing before OpenSSL, which takes R of small order', ed25519Only(rawVerify), 'verify Ed25519: refuses S that is not below'],
  ['asks nothing before OpenSSL, which takes keys of small order', ed25519Only(rawVerify), 'verify Ed25519: refuses keys of small order'],
  ['reduces S by the group order', ed25519Only((key, signature, message) => {
    if (signature.length !== 64) return false
    const s = BigInt(`0x${Buffer.from(signature.slice(32)).reverse().toString('hex')}`) % ed25519.Point.Fn.ORDER
    return nodeBackend.verify(key, concatBytes(signature.slice(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()), message)
  }), 'verify Ed25519: refuses S that is not below'],
  ['ignores the offset of a message', (right) => ({ verify: (key: VerifyingKey, signature: Bytes, message: Bytes) => right.verify(key, signature, memoryOf(message)) }), 'verify: reads no more than a view'],
  ['mixes up calls in flight', (right) => {
    let state: Parameters<Backend['verify']>
    return {
      verify: async (...args: Parameters<Backend['verify']>) => {
        state = args
        await later()
        return right.verify(...state)
      },
    }
  }, 'verify: answers several calls in flight'],
]
