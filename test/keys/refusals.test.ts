import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { readPrivateKey } from '../../src/keys/private.js'
import { readPublicKey } from '../../src/keys/public.js'
import { ed25519Pair, errorOf, jwkOf, pem, pemOf, privateRefusal, publicRefusal, rsaPair } from './fixtures.js'
import type { KeyInput } from '../../src/keys/types.js'

const rsa = rsaPair()
const ed25519 = ed25519Pair()
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const x25519 = generateKeyPairSync('x25519')

/** Of OpenSSL; not every runtime can make one. */
const rsaPss = `-----BEGIN PUBLIC KEY-----
MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBAIv+kSrqOCs0VJV6e3RqRQQO
PCZTKRHVsa0ASh/cdNAAApf7EsklOTB3vux3TizegpuYDjgsjG8doVukvuuLPQqa
BYkOnVu7K536niCBBRPkO/FTkMGAphHAYBycom/+TNjn+/XrDkG9lFKVtaOQ1o4W
3UOjHGapFHRmrxoN1uPwrNtfWaZ+JvCYjM3Ets5vOb54pppsjPLxzSFzdkXPEPxZ
6K60y0LqnhxW6ure+Lchze2UvOauh7jfV+Hs2ShlTt+xFu8Naxik8Pb6pBi/k4F3
p/FCu3sbd2tSYwjEfI5zugyQb1EAebpDurTJqszM0qaSNvt6ZU2m8nUrtzuReekC
AwEAAQ==
-----END PUBLIC KEY-----
`

describe('the other half of a key pair', () => {
  const forms = (['rsa', 'ed25519'] as const).flatMap((type): [string, unknown, unknown][] => {
    const pair = { rsa, ed25519 }[type]
    return [
      [`${type} PEM`, pemOf(pair.publicKey, 'spki'), pemOf(pair.privateKey, 'pkcs8')],
      [`${type} JWK`, jwkOf(pair.publicKey), jwkOf(pair.privateKey)],
      [`${type} JSON`, JSON.stringify(jwkOf(pair.publicKey)), JSON.stringify(jwkOf(pair.privateKey))],
    ]
  })

  forms.push(['rsa PKCS#1', pemOf(rsa.publicKey, 'pkcs1'), pemOf(rsa.privateKey, 'pkcs1')])

  it.each(forms)('%s', async (_, publicForm, privateForm) => {
    expect(await publicRefusal(privateForm)).toMatch(/never embed it.*openssl pkey -in PRIVATE.pem -pubout/s)
    expect(await privateRefusal(publicForm)).toMatch(/this is a public key.*pass the private key/s)
  })

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])('a public JWK with the private member %s', async (name) => {
    expect(await publicRefusal({ ...jwkOf(rsa.publicKey), [name]: 'AQ' })).toMatch(/never embed it/)
    expect(await publicRefusal({ ...jwkOf(rsa.publicKey), [name]: null })).toMatch(/never embed it/)
  })

  it('private keys of other kinds are no less private', async () => {
    expect(await publicRefusal(jwkOf(ec.privateKey))).toMatch(/never embed it/)
    for (const label of ['ENCRYPTED PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'EC PRIVATE KEY']) {
      expect(await publicRefusal(pem(label, Uint8Array.of(1)))).toMatch(/never embed it/)
    }
  })
})

describe('what is no key of ours says how to get one', () => {
  const cipher = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const
  const encrypted = rsa.privateKey.export({ type: 'pkcs8', ...cipher }) as string
  const legacy = rsa.privateKey.export({ type: 'pkcs1', ...cipher }) as string

  it.each([
    ['an encrypted PKCS#8', encrypted, /encrypted with a passphrase.*decryptPrivateKey.*otaseal encrypt --key/s],
    ['an encrypted PKCS#1', legacy, /encrypted with a passphrase.*openssl pkey/s],
    ['an encrypted PKCS#1 on one line', legacy.replaceAll('\n', ' '), /encrypted with a passphrase/],
    ['an OpenSSH key', pem('OPENSSH PRIVATE KEY', new Uint8Array(99)), /OpenSSH key.*otaseal keygen.*ssh-keygen -p/s],
    ['an EC key', ec.privateKey.export({ type: 'sec1', format: 'pem' }), /EC key.*otaseal keygen/s],
    ['an EC key in PKCS#8', pemOf(ec.privateKey, 'pkcs8'), /neither RSA.*nor Ed25519.*otaseal keygen/s],
    ['an X25519 key', pemOf(x25519.privateKey, 'pkcs8'), /neither RSA.*nor Ed25519/s],
    ['a certificate', pem('CERTIFICATE', new Uint8Array(99)), /certificate, which holds a public key only/],
    ['another PEM', pem('DSA PRIVATE KEY', new Uint8Array(99)), /must be PRIVATE KEY or RSA PRIVATE KEY/],
    ['an EC JWK', jwkOf(ec.privateKey), /neither RSA.*nor Ed25519/s],
    ['an X25519 JWK', jwkOf(x25519.privateKey), /neither RSA.*nor Ed25519/s],
    ['a secret JWK', { kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAA' }, /neither RSA.*nor Ed25519/s],
  ])('private: %s', async (_, input, message) => {
    expect(await privateRefusal(input)).toMatch(message)
  })

  it.each([
    ['a certificate', pem('CERTIFICATE', new Uint8Array(99)), /openssl x509 -in CERTIFICATE.pem -noout -pubkey/],
    ['another PEM', pem('PKCS7', new Uint8Array(99)), /must be PUBLIC KEY or RSA PUBLIC KEY/],
    ['an EC key', pemOf(ec.publicKey, 'spki'), /neither RSA.*nor Ed25519/s],
    ['an RSA-PSS key', rsaPss, /neither RSA/],
    ['an EC JWK', jwkOf(ec.publicKey), /neither RSA.*nor Ed25519/s],
    ['an X25519 JWK', jwkOf(x25519.publicKey), /neither RSA.*nor Ed25519/s],
    ['a kty of the prototype', { ...jwkOf(rsa.publicKey), kty: 'constructor' }, /neither RSA.*nor Ed25519/s],
    ['an SSH public key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me@example.com', /is no key: pass the content/],
    ['a key pair', { publicKey: 'x', privateKey: 'y', kid: 'z' }, /of a key pair, pass its publicKey/],
    ['an empty object', {}, /no "kty"/],
    ['broken JSON', '{"kty":"RSA"', /begins with \{ but is not JSON/],
    ['JSON of something else', '{"epoch":1}', /no "kty"/],
  ])('public: %s', async (_, input, message) => {
    expect(await publicRefusal(input)).toMatch(message)
  })
})

describe('arguments that are no key at all are the programmer\'s mistake', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 42],
    ['a boolean', true],
    ['bytes', new Uint8Array(32)],
    ['a Buffer', Buffer.from(pemOf(rsa.publicKey, 'spki'))],
    ['an ArrayBuffer', new ArrayBuffer(8)],
    ['a URL', new URL('file:///key.pem')],
    ['a promise', Promise.resolve('')],
    ['a list', [jwkOf(rsa.publicKey)]],
    ['a Map', new Map([['kty', 'RSA']])],
    ['a function', () => ''],
    ['a String object', Object('text')],
  ])('%s', async (_, input) => {
    for (const read of [readPublicKey, readPrivateKey]) {
      const error = await errorOf(read(input as KeyInput, nodeBackend))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toMatch(/a string \(PEM text or JSON of a JWK\), a JWK object, or a CryptoKey/)
    }
  })

  it("node:crypto's KeyObject, with the call that helps", async () => {
    for (const key of [rsa.publicKey, rsa.privateKey]) {
      const error = await errorOf(readPublicKey(key as unknown as KeyInput, nodeBackend))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toMatch(/\.export\(\{ type: 'spki', format: 'pem' \}\)/)
    }
  })
})
