import { constants, sign } from 'node:crypto'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384 } from '@noble/hashes/sha2.js'
import { PSS, mgf1 } from 'micro-rsa-dsa-dh/rsa.js'
import { fromBase64url, keys, withSeed } from './publisher.js'

const numberOf = (text: string): bigint => BigInt(`0x${Buffer.from(fromBase64url(text)).toString('hex')}`)
const modulus = numberOf(keys.rsa3072.n)
const key = { n: modulus, d: numberOf(keys.rsa3072.d) }
const SIZE = 384

type Sign = (message: Uint8Array) => Uint8Array

/** RSASSA-PSS by the key of 3072 bits, with a salt of this many bytes from the seed. */
export const pss = (salt: number): Sign => (message) => withSeed(() => PSS(sha256, mgf1(sha256), salt).sign(key, message))
export const pssOfSha384: Sign = (message) => withSeed(() => PSS(sha384, mgf1(sha384), 48).sign(key, message))
export const pssWithMgfOfSha1: Sign = (message) => withSeed(() => PSS(sha256, mgf1(sha1), 32).sign(key, message))

export const pkcs1: Sign = (message) => sign('sha256', message, { key: keys.rsa3072, format: 'jwk', padding: constants.RSA_PKCS1_PADDING })

/** An honest signature and the modulus: the same number, were it not for the check that it is below. */
export const aboveModulus: Sign = (message) => {
  for (let i = 0; i < 64; i++) {
    const moved = BigInt(`0x${Buffer.from(pss(32)(message)).toString('hex')}`) + modulus
    if (moved < 2n ** BigInt(8 * SIZE)) return Buffer.from(moved.toString(16).padStart(2 * SIZE, '0'), 'hex')
  }
  throw new Error('no signature is small enough for the modulus to be added')
}
