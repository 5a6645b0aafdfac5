import { describe, expect, it } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { readPublicKey } from '../../src/keys/public.js'
import { ed25519Pair, jwkOf, privateRefusal, publicRefusal, rsaPair } from './fixtures.js'

const rsa = rsaPair()
const ed25519 = ed25519Pair()

describe('JWK members', () => {
  const publicJwk = jwkOf(rsa.publicKey)
  const privateJwk = jwkOf(rsa.privateKey)
  const okp = jwkOf(ed25519.publicKey)

  it.each([
    ['alg of PKCS#1 v1.5', { ...publicJwk, alg: 'RS256' }, /"alg" must be PS256.*One key, one purpose/s],
    ['alg PS384', { ...publicJwk, alg: 'PS384' }, /"alg" must be PS256/],
    ['alg that is null', { ...publicJwk, alg: null }, /"alg" must be PS256/],
    ['alg of the other kind', { ...publicJwk, alg: 'Ed25519' }, /"alg" must be PS256/],
    ['alg of the other kind', { ...okp, alg: 'PS256' }, /"alg" must be Ed25519 or EdDSA/],
    ['use for encryption', { ...publicJwk, use: 'enc' }, /"use" must be "sig"/],
    ['key_ops without verify', { ...publicJwk, key_ops: ['sign'] }, /"key_ops" must include "verify"/],
    ['key_ops that are none', { ...publicJwk, key_ops: [] }, /"key_ops" must include "verify"/],
    ['key_ops that are no list', { ...publicJwk, key_ops: 'verify' }, /"key_ops" must include "verify"/],
    ['no n', { ...publicJwk, n: undefined }, /lacks its member "n"/],
    ['no e', { kty: 'RSA', n: publicJwk.n }, /lacks its member "e"/],
    ['e as a number', { ...publicJwk, e: 65537 }, /lacks its member "e"/],
    ['no x', { kty: 'OKP', crv: 'Ed25519' }, /lacks its member "x"/],
    ['no crv', { kty: 'OKP', x: okp.x }, /neither RSA/],
    ['another crv', { ...okp, crv: 'Ed448' }, /neither RSA/],
    ['padded base64url', { ...okp, x: `${okp.x}=` }, /"x" is not canonical/],
    ['base64 in place of base64url', { ...okp, x: `${okp.x?.slice(0, -1)}+` }, /"x" is not canonical/],
    ['last bits that are not zero', { ...okp, x: `${okp.x?.slice(0, -1)}B` }, /"x" is not canonical/],
    ['a number of 64 KiB', { ...publicJwk, n: 'A'.repeat(65_536) }, /"n" is not canonical.*sensible length/],
  ])('public: %s', async (_, input, message) => {
    expect(await publicRefusal(input)).toMatch(message)
  })

  it.each([
    ['key_ops without sign', { ...privateJwk, key_ops: ['verify'] }, /"key_ops" must include "sign"/],
    ['oth', { ...privateJwk, oth: [] }, /more than two primes/],
    ['only n, e and d', { kty: 'RSA', n: privateJwk.n, e: privateJwk.e, d: privateJwk.d }, /lacks its member "p"/],
    ['Ed25519 without x', { ...jwkOf(ed25519.privateKey), x: undefined }, /lacks its member "x"/],
    ['x of another key', { ...jwkOf(ed25519.privateKey), x: jwkOf(ed25519Pair().publicKey).x }, /belongs to another/],
    ['n of another key', { ...privateJwk, n: jwkOf(rsaPair().publicKey).n }, /do not belong together/],
    ['p of another key', { ...privateJwk, p: jwkOf(rsaPair().privateKey).p }, /do not belong together/],
    ['p = 1, q = n', { ...privateJwk, p: 'AQ', q: privateJwk.n }, /do not belong together/],
  ])('private: %s', async (_, input, message) => {
    expect(await privateRefusal(input)).toMatch(message)
  })

  it.each(['d', 'dp', 'dq', 'qi'])('private: %s that is 0, or n', async (name) => {
    for (const number of ['', 'AA', privateJwk.n]) {
      expect(await privateRefusal({ ...privateJwk, [name]: number })).toMatch(/do not belong together/)
    }
  })

  describe('private: numbers', () => {
    const numbers = Object.fromEntries(
      ['n', 'd', 'p', 'q', 'qi'].map((name) => [name, BigInt(`0x${Buffer.from(privateJwk[name] as string, 'base64url').toString('hex')}`)]),
    ) as Record<'n' | 'd' | 'p' | 'q' | 'qi', bigint>
    const { n, d, p, q, qi } = numbers
    const refusal = async (changed: Readonly<Record<string, bigint>>): Promise<string> => {
      const texts = Object.entries(changed).map(([name, value]) => {
        const hex = value.toString(16)
        return [name, Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')] as const
      })
      return privateRefusal({ ...privateJwk, ...Object.fromEntries(texts) })
    }

    it('that do what they should, but are not reduced', async () => {
      const period = (p - 1n) * (q - 1n)
      expect(await refusal({ d: d + period * (n / period + 1n) })).toMatch(/do not belong together/)
      expect(await refusal({ qi: qi + p })).toMatch(/do not belong together/)
    })

    it.each([['p', q - 1n], ['q', p - 1n], ['either', 2n]])('that agree with a d which is not the one of e for %s', async (_, more) => {
      const other = (d + more) % ((p - 1n) * (q - 1n))
      expect(await refusal({ d: other, dp: other % (p - 1n), dq: other % (q - 1n) })).toMatch(/do not belong together/)
    })
  })

  it.each([
    ['two equal factors', 192, 192],
    ['a small and a large factor', 16, 368],
  ])('private: a modulus of %s', async (_, pBytes, qBytes) => {
    const [p, q] = [BigInt(`0x${'b5'.repeat(pBytes)}`), BigInt(`0x${'b5'.repeat(qBytes)}`)]
    const text = (number: bigint): string => Buffer.from(number.toString(16), 'hex').toString('base64url')
    const input = { ...privateJwk, n: text(p * q), d: 'Aw', p: text(p), q: text(q), dp: 'Aw', dq: 'Aw', qi: 'Aw' }
    expect(await privateRefusal(input)).toMatch(/do not belong together/)
  })

  it('cannot come from a polluted prototype', async () => {
    const prototype = Object.prototype as Record<string, unknown>
    Object.assign(prototype, { kty: 'OKP', crv: 'Ed25519', x: okp.x, alg: 'RS256', use: 'enc', key_ops: [], d: 'AQ' })
    try {
      expect(await publicRefusal({})).toMatch(/no "kty"/)
      expect(await publicRefusal(Object.assign(Object.create(null) as object, { kty: 'OKP' }))).toMatch(/neither RSA/)
      expect((await readPublicKey({ ...okp }, nodeBackend)).jwk).toEqual({ kty: 'OKP', crv: 'Ed25519', x: okp.x })
    } finally {
      for (const name of ['kty', 'crv', 'x', 'alg', 'use', 'key_ops', 'd']) Reflect.deleteProperty(prototype, name)
    }
  })

  it('cannot come from an inherited object', async () => {
    expect(await publicRefusal(Object.create(okp))).toMatch(/no "kty"/)
  })
})
