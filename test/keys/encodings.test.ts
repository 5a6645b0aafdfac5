import { createPrivateKey, createPublicKey } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { thumbprint } from '../../src/keys/kid.js'
import { privateKeyPem, readPrivateKey } from '../../src/keys/private.js'
import { publicKeyPem, readPublicKey } from '../../src/keys/public.js'
import { describeEachBackend } from '../backends.js'
import { derOf, ed25519Pair, jwkOf, pemOf, rsaPair } from './fixtures.js'
import type { NodePair } from './fixtures.js'
import type { KeyInput } from '../../src/keys/types.js'

const { subtle } = globalThis.crypto
const RSA_PSS = { name: 'RSA-PSS', hash: 'SHA-256' }
const ED25519 = { name: 'Ed25519', hash: 'unused' }

interface Case {
  readonly name: string
  readonly pair: NodePair
  readonly algorithm: 'PS256' | 'Ed25519'
  readonly publicForms: Readonly<Record<string, KeyInput>>
  readonly privateForms: Readonly<Record<string, KeyInput>>
}

async function caseOf(name: string, pair: NodePair, webName: { name: string; hash: string }): Promise<Case> {
  const { publicKey, privateKey } = pair
  const isRsa = publicKey.asymmetricKeyType === 'rsa'
  const [publicJwk, privateJwk] = [jwkOf(publicKey), jwkOf(privateKey)]
  return {
    name,
    pair,
    algorithm: isRsa ? 'PS256' : 'Ed25519',
    publicForms: {
      'SPKI PEM': pemOf(publicKey, 'spki'),
      JWK: publicJwk,
      'JWK without a prototype': Object.assign(Object.create(null) as object, publicJwk),
      'JWK with harmless members': { ...publicJwk, kid: 'mine', use: 'sig', key_ops: ['verify'], ext: true, x5t: 'x' },
      'JWK with alg': { ...publicJwk, alg: isRsa ? 'PS256' : 'EdDSA' },
      'JWK with private members undefined': { ...privateJwk, ...WITHOUT_PRIVATE },
      'JSON text': `\n ${JSON.stringify(publicJwk, null, 2)}\n`,
      CryptoKey: await subtle.importKey('spki', derOf(publicKey, 'spki'), webName, true, ['verify']),
      ...(isRsa && {
        'PKCS#1 PEM': pemOf(publicKey, 'pkcs1'),
        'JWK with leading zeros': padded(publicJwk, ['n', 'e']),
      }),
    },
    privateForms: {
      'PKCS#8 PEM': pemOf(privateKey, 'pkcs8'),
      JWK: privateJwk,
      'JWK with harmless members': { ...privateJwk, kid: 'mine', use: 'sig', key_ops: ['sign', 'verify'], ext: false },
      'JSON text': JSON.stringify(privateJwk),
      CryptoKey: await subtle.importKey('pkcs8', derOf(privateKey, 'pkcs8'), webName, true, ['sign']),
      ...(isRsa && { 'PKCS#1 PEM': pemOf(privateKey, 'pkcs1'), 'JWK with leading zeros': padded(privateJwk, PRIVATE) }),
    },
  }
}

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi']
const WITHOUT_PRIVATE = Object.fromEntries(PRIVATE.map((name) => [name, undefined]))

function padded(jwk: Readonly<Record<string, unknown>>, names: readonly string[]): KeyInput {
  const pad = (value: unknown): string =>
    Buffer.concat([Buffer.alloc(2), Buffer.from(value as string, 'base64url')]).toString('base64url')
  return { ...jwk, kty: 'RSA', ...Object.fromEntries(names.map((name) => [name, pad(jwk[name])])) }
}

const cases = [
  await caseOf('RSA-3072', rsaPair(3072), RSA_PSS),
  await caseOf('RSA-4096', rsaPair(4096), RSA_PSS),
  await caseOf('Ed25519', ed25519Pair(), ED25519),
]

describeEachBackend('R20, R21: every encoding of a key is the same key', (backend) => {
  describe.each(cases)('$name', ({ pair, algorithm, publicForms, privateForms }) => {
    const kid = calculateJwkThumbprint(jwkOf(pair.publicKey))

    it.each(Object.entries(publicForms))('public: %s', async (_, input) => {
      const key = await readPublicKey(input, backend)
      expect(key.kid).toBe(await kid)
      expect(key.algorithm).toBe(algorithm)
      expect(key.jwk).toEqual(jwkOf(pair.publicKey))
      expect(key.spki).toEqual(derOf(pair.publicKey, 'spki'))
    })

    it.each(Object.entries(privateForms))('private: %s', async (_, input) => {
      const key = await readPrivateKey(input, backend)
      expect(key.publicKey.kid).toBe(await kid)
      expect(key.algorithm).toBe(algorithm)
      expect(key.jwk).toEqual(jwkOf(pair.privateKey))
      expect(key.pkcs8).toEqual(derOf(pair.privateKey, 'pkcs8'))
      expect(key.publicKey.spki).toEqual(derOf(pair.publicKey, 'spki'))
    })

    it('signs and verifies', async () => {
      const key = await readPrivateKey(jwkOf(pair.privateKey), backend)
      const message = Uint8Array.of(1, 2, 3)
      const signature = await backend.sign(key, message)
      expect(await backend.verify(await readPublicKey(jwkOf(pair.publicKey), backend), signature, message)).toBe(true)
    })
  })
})

describe.each(cases)('the PEM that we write, $name', ({ pair }) => {
  it('is what OpenSSL writes, and OpenSSL reads the same numbers from it', async () => {
    const key = await readPrivateKey(jwkOf(pair.privateKey), nodeBackend)
    const [publicPem, privatePem] = [publicKeyPem(key.publicKey), privateKeyPem(key)]
    expect(publicPem).toBe(pemOf(pair.publicKey, 'spki'))
    expect(privatePem).toBe(pemOf(pair.privateKey, 'pkcs8'))
    expect(createPublicKey(publicPem).export({ format: 'jwk' })).toEqual(jwkOf(pair.publicKey))
    expect(createPrivateKey(privatePem).export({ format: 'jwk' })).toEqual(jwkOf(pair.privateKey))
  })

  it('reads back', async () => {
    const key = await readPrivateKey(pemOf(pair.privateKey, 'pkcs8'), nodeBackend)
    expect(await readPrivateKey(privateKeyPem(key), nodeBackend)).toEqual(key)
    expect(await readPublicKey(publicKeyPem(key.publicKey), nodeBackend)).toEqual(key.publicKey)
  })
})

describeEachBackend('R20: thumbprints', (backend) => {
  it('the example of RFC 7638 section 3.1', async () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok' +
      'njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu' +
      '6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8a' +
      'wapJzKnqDKgw'
    expect(await thumbprint({ kty: 'RSA', n, e: 'AQAB' }, backend)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
  })

  it('the example of RFC 8037 appendix A.3', async () => {
    const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
    const kid = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'
    expect(await thumbprint({ kty: 'OKP', crv: 'Ed25519', x }, backend)).toBe(kid)
    expect((await readPublicKey({ kty: 'OKP', crv: 'Ed25519', x }, backend)).kid).toBe(kid)
  })
})

describe('what the caller changes after the call', () => {
  it('does not change the key', async () => {
    const jwk: Record<string, unknown> & { kty: string } = { ...jwkOf(ed25519Pair().publicKey) }
    const { x } = jwk
    const reading = readPublicKey(jwk, nodeBackend)
    jwk['x'] = jwkOf(ed25519Pair().publicKey).x
    expect((await reading).jwk).toEqual({ kty: 'OKP', crv: 'Ed25519', x })
  })
})
