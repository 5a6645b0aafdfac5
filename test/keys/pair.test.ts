import { createPrivateKey, createPublicKey } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { nobleBackend } from '../../src/crypto/noble-build.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { generateKeyPair } from '../../src/build/generate-key-pair.js'
import { checkKeyPair } from '../../src/build/check-key-pair.js'
import { describeEachBackend } from '../backends.js'
import { ed25519Pair, errorOf, jwkOf, pemOf, refusalMessage, rsaPair, secretsOf } from './fixtures.js'
import type { KeyPairType } from '../../src/build/generate-key-pair.js'
import type { JwkInput } from '../../src/keys/types.js'

const rsa = rsaPair()
const ed25519 = ed25519Pair()

/** A number of a JWK with its last bit but one turned over: as long as before, as odd, and wrong. */
function wrong(number: string | undefined): string {
  const bytes = Buffer.from(number ?? '', 'base64url')
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 2
  return bytes.toString('base64url')
}

describeEachBackend('checkKeyPair', (backend) => {
  it.each([
    ['RSA', rsa],
    ['Ed25519', ed25519],
  ] as const)('gives the kid of an %s pair', async (_, pair) => {
    const kid = await checkKeyPair(pemOf(pair.privateKey, 'pkcs8'), jwkOf(pair.publicKey), { backend })
    expect(kid).toBe(await calculateJwkThumbprint(jwkOf(pair.publicKey) ))
  })

  it.each([
    ['RSA keys of two pairs', rsa, rsaPair()],
    ['Ed25519 keys of two pairs', ed25519, ed25519Pair()],
    ['keys of two kinds', rsa, ed25519],
  ] as const)('refuses %s', async (_, one, other) => {
    const pair = [pemOf(one.privateKey, 'pkcs8'), pemOf(other.publicKey, 'spki')] as const
    const error = await errorOf(checkKeyPair(...pair, { backend }))
    expect(refusalMessage(error)).toMatch(/do not belong together: pass the two of one pair/)
  })

  it.each(['d', 'dp', 'dq', 'qi'] as const)('refuses a private key of which only %s is wrong', async (name) => {
    const jwk = jwkOf(rsa.privateKey)
    const input: JwkInput = { ...jwk, [name]: wrong(jwk[name]) }
    const error = await errorOf(checkKeyPair(input, pemOf(rsa.publicKey, 'spki'), { backend }))
    expect(refusalMessage(error, secretsOf(input))).toMatch(/numbers of the RSA private key do not belong together/)
  })

  it.each(['p', 'q'] as const)('refuses a private exponent that is right for only the other prime than %s', async (name) => {
    const jwk = jwkOf(rsa.privateKey)
    const number = (text: string | undefined): bigint => BigInt(`0x${Buffer.from(text ?? '', 'base64url').toString('hex')}`)
    const other = number(jwk[name === 'p' ? 'q' : 'p'])
    const d = (number(jwk.d) + (other - 1n)) % number(jwk.n)
    const hex = d.toString(16)
    const text = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
    const error = await errorOf(checkKeyPair({ ...jwk, d: text }, pemOf(rsa.publicKey, 'spki'), { backend }))
    expect(refusalMessage(error)).toMatch(/numbers of the RSA private key do not belong together/)
  })

  it('refuses primes that are none, though their product is the modulus', async () => {
    const half = BigInt(`0x${'c5'.repeat(192)}`) + 6n
    const other = half + 2n ** 900n
    const text = (number: bigint): string => Buffer.from(number.toString(16), 'hex').toString('base64url')
    const n = text(half * other)
    const primes = { p: text(half), q: text(other), dp: 'AQ', dq: 'AQ', qi: 'AQ' }
    const input: JwkInput = { ...jwkOf(rsa.privateKey), n, ...primes }
    const error = await errorOf(checkKeyPair(input, { kty: 'RSA', n, e: 'AQAB' }, { backend }))
    expect(refusalMessage(error, secretsOf(input))).toMatch(/numbers of the RSA private key do not belong together/)
  })

  it('makes Ed25519 pairs that check', async () => {
    const pair = await generateKeyPair('Ed25519', { backend })
    expect(await checkKeyPair(pair.privateKey, pair.publicKey, { backend })).toBe(pair.kid)
  })
})

describe('a backend that signs wrongly or fails', () => {
  it.each([
    ['wrong signatures', () => new Uint8Array(64)],
    ['a failure that quotes the key', () => { throw new RangeError(`${jwkOf(ed25519.privateKey).d} is bad`) }],
  ])('%s', async (_, sign) => {
    const pair = [pemOf(ed25519.privateKey, 'pkcs8'), pemOf(ed25519.publicKey, 'spki')] as const
    const error = await errorOf(checkKeyPair(...pair, { backend: { ...nodeBackend, sign } }))
    expect(refusalMessage(error, secretsOf(jwkOf(ed25519.privateKey)))).toMatch(/numbers of its private key/)
  })
})

describe('generateKeyPair', () => {
  it('makes RSA-4096 by default, as PEM that OpenSSL reads', async () => {
    const pair = await generateKeyPair()
    const details = createPublicKey(pair.publicKey).asymmetricKeyDetails
    expect(details).toEqual({ modulusLength: 4096, publicExponent: 65537n })
    expect(pemOf(createPrivateKey(pair.privateKey), 'pkcs8')).toBe(pair.privateKey)
    expect(pemOf(createPublicKey(pair.privateKey), 'spki')).toBe(pair.publicKey)
    expect(pair.kid).toBe(await calculateJwkThumbprint(jwkOf(createPublicKey(pair.publicKey)) ))
    expect(await checkKeyPair(pair.privateKey, pair.publicKey)).toBe(pair.kid)
  })

  it('makes Ed25519 by request, and never the same twice', async () => {
    const [one, other] = [await generateKeyPair('Ed25519'), await generateKeyPair('Ed25519')]
    expect(createPublicKey(one.publicKey).asymmetricKeyType).toBe('ed25519')
    expect(pemOf(createPrivateKey(one.privateKey), 'pkcs8')).toBe(one.privateKey)
    expect(one.kid).not.toBe(other.kid)
  })

  it('checks what the backend made', async () => {
    const weak = jwkOf(rsaPair(2048).privateKey)
    const backend = { ...nodeBackend, generateKey: () => weak as never }
    expect(refusalMessage(await errorOf(generateKeyPair('RSA-4096', { backend })))).toMatch(/has 2048 bits/)
  })

  it('keeps no key whose signature does not hold', async () => {
    const backend = { ...nodeBackend, sign: () => new Uint8Array(64) }
    expect(refusalMessage(await errorOf(generateKeyPair('Ed25519', { backend })))).toMatch(/does not hold/)
  })

  it('says where RSA keys can be made', async () => {
    await expect(generateKeyPair('RSA-4096', { backend: nobleBackend })).rejects.toMatchObject({ code: 'unsupported' })
  })

  it.each(['RSA-2048', 'ed25519', '', 'constructor', null, 4096])('refuses the type %s', async (type) => {
    const error = await errorOf(generateKeyPair(type as KeyPairType))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(/RSA-4096 or Ed25519/)
  })
})
