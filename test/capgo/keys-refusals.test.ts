import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { capgoKeyId, capgoPrivateKey, capgoPublicKey, checkCapgoKeyPair, EnvelopeError } from '../../src/capgo.js'
import { concatBytes } from '../../src/bytes.js'
import { der } from '../../src/keys/der.js'
import { encodePem } from '../../src/keys/pem.js'
import { cliKeyPair } from './helpers.js'
import type { CapgoKeyInput } from '../../src/capgo.js'

const pair = cliKeyPair()
const other = cliKeyPair()
const privateObject = createPrivateKey(pair.privateKey)
const jwk = privateObject.export({ format: 'jwk' }) as Readonly<Record<string, string>> & { readonly kty: string }

/** The message of a `bad-key` without a cause; anything else fails the test. */
function refusalOf(call: () => string): string {
  try {
    call()
  } catch (error) {
    if (error instanceof EnvelopeError && error.code === 'bad-key' && error.cause === undefined) return error.message
    throw error
  }
  throw new Error('the key was taken')
}

const privateRefusal = (key: unknown): string => refusalOf(() => capgoPrivateKey(key as CapgoKeyInput))
const publicRefusal = (key: unknown): string => refusalOf(() => capgoPublicKey(key as CapgoKeyInput))

const pemOf = (label: string): string => encodePem(label, new Uint8Array(100).fill(7))

function keysOf(type: 'rsa' | 'rsa-pss' | 'ec' | 'ed25519' | 'x25519', options: object = {}): readonly [publicPem: string, privatePem: string] {
  const { publicKey, privateKey } = generateKeyPairSync(type as 'rsa', options as { modulusLength: number })
  return [publicKey.export({ type: 'spki', format: 'pem' }), privateKey.export({ type: 'pkcs8', format: 'pem' })] as [string, string]
}

describe('the other half of a pair', () => {
  test.each([
    ['PKCS#1', pair.privateKey], ['PKCS#8', privateObject.export({ type: 'pkcs8', format: 'pem' })], ['a JWK', jwk], ['JSON', JSON.stringify(jwk)],
    ['EC', pemOf('EC PRIVATE KEY')], ['OpenSSH', pemOf('OPENSSH PRIVATE KEY')], ['encrypted', pemOf('ENCRYPTED PRIVATE KEY')],
  ])('where the public key belongs, as %s, is refused with how to get it', (_, key) => {
    expect(publicRefusal(key)).toMatch(/^this is a private key where the public key belongs: never put it into an app .*openssl rsa -in PRIVATE.pem -RSAPublicKey_out/)
    expect(refusalOf(() => capgoKeyId(key as string))).toMatch(/^this is a private key/)
  })

  test.each([
    ['PKCS#1', pair.publicKey], ['SPKI', createPublicKey(pair.publicKey).export({ type: 'spki', format: 'pem' })],
    ['a JWK', createPublicKey(pair.publicKey).export({ format: 'jwk' })], ['EC', keysOf('ec', { namedCurve: 'P-256' })[0]],
  ])('where the private key belongs, as %s, is refused', (_, key) => {
    expect(privateRefusal(key)).toMatch(/^this is a public key, and its private half is needed here/)
  })
})

describe('an encrypted private key', () => {
  const passphrase = { cipher: 'aes-256-cbc', passphrase: 'secret' } as const
  test.each([
    ['PKCS#8', privateObject.export({ type: 'pkcs8', format: 'pem', ...passphrase }) as string],
    ['PKCS#1, with Proc-Type', privateObject.export({ type: 'pkcs1', format: 'pem', ...passphrase }) as string],
    ['PKCS#1 that lost its newlines', (privateObject.export({ type: 'pkcs1', format: 'pem', ...passphrase }) as string).replaceAll('\n', ' ')],
  ])('in %s is refused with the command that decrypts it', (_, key) => {
    expect(privateRefusal(key)).toBe('the private key is encrypted with a passphrase: decrypt it first, with `openssl pkey -in KEY.pem -traditional -out DECRYPTED.pem`')
  })
})

describe('keys of other kinds', () => {
  const kinds = [
    ['P-256', ...keysOf('ec', { namedCurve: 'P-256' })], ['Ed25519', ...keysOf('ed25519')], ['X25519', ...keysOf('x25519')], ['RSA-PSS', ...keysOf('rsa-pss', { modulusLength: 2048 })],
  ] as const
  test.each(kinds)('such as %s are refused with what deployed plugins read', (_, publicPem, privatePem) => {
    for (const refusal of [publicRefusal(publicPem), privateRefusal(privatePem)]) {
      expect(refusal).toBe('the key is not RSA (rsaEncryption), the only kind that deployed Capgo plugins read: make a key pair with `otaseal capgo keygen`')
    }
  })

  test('are refused as JWK and under their old labels', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect(publicRefusal(ec.publicKey.export({ format: 'jwk' }))).toMatch(/^the key is not RSA/)
    expect(privateRefusal(ec.privateKey.export({ format: 'jwk' }))).toMatch(/^the key is not RSA/)
    expect(privateRefusal(pemOf('EC PRIVATE KEY'))).toMatch(/^the key is not RSA/)
    expect(privateRefusal(pemOf('DSA PRIVATE KEY'))).toMatch(/^the key is not RSA/)
    expect(publicRefusal(pemOf('DSA PUBLIC KEY'))).toMatch(/^the key is not RSA/)
  })

  test('of OpenSSH are refused with the command that converts them', () => {
    expect(privateRefusal(pemOf('OPENSSH PRIVATE KEY'))).toContain('ssh-keygen -p -m PEM -f COPY')
    expect(publicRefusal('ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC me@here')).toContain('ssh-keygen -e -m PEM -f KEY.pub')
  })

  test('in certificates and other blocks are refused by what the block is', () => {
    expect(publicRefusal(pemOf('CERTIFICATE'))).toContain('openssl x509 -in CERTIFICATE.pem -noout -pubkey')
    expect(privateRefusal(pemOf('CERTIFICATE'))).toContain('its label must be RSA PRIVATE KEY or PRIVATE KEY')
    expect(publicRefusal(pemOf('PKCS7'))).toContain('its label must be RSA PUBLIC KEY or PUBLIC KEY')
    expect(publicRefusal(pemOf('constructor'))).toContain('its label must be')
  })
})

describe('RSA keys that deployed plugins do not read', () => {
  test.each([1024, 2040, 3072])('of %i bits are refused with their size', (modulusLength) => {
    const [publicPem, privatePem] = keysOf('rsa', { modulusLength })
    for (const refusal of [publicRefusal(publicPem), privateRefusal(privatePem)]) {
      expect(refusal).toMatch(new RegExp(`^the RSA key has ${modulusLength} bits, and must have 2048: .*otaseal capgo keygen`))
    }
  })

  test('of 4096 bits are refused with their size', () => {
    const n = Buffer.alloc(512, 0xff).toString('base64url')
    expect(publicRefusal({ kty: 'RSA', n, e: 'AQAB' })).toMatch(/^the RSA key has 4096 bits, and must have 2048/)
  })

  test('with the exponent 3 are refused', () => {
    const [publicPem, privatePem] = keysOf('rsa', { modulusLength: 2048, publicExponent: 3 })
    expect(publicRefusal(publicPem)).toMatch(/exponent must be 65537: .*otaseal capgo keygen/)
    expect(privateRefusal(privatePem)).toMatch(/exponent must be 65537/)
  })
})

describe('numbers that do not belong together', () => {
  const foreign = createPrivateKey(other.privateKey).export({ format: 'jwk' }) as Readonly<Record<string, string>>
  test.each(['n', 'd', 'p', 'q', 'dp', 'dq', 'qi'])('because %s is of another key, are refused', (name) => {
    expect(privateRefusal({ ...jwk, [name]: foreign[name] })).toMatch(/do not belong together/)
  })

  test.each(['n', 'e', 'p', 'q', 'dp', 'dq', 'qi'])('because %s is missing, are refused', (name) => {
    expect(privateRefusal({ ...jwk, [name]: undefined })).toContain(`lacks its member "${name}"`)
  })

  // Not exported again: Node 24 fails to write what it has read as PKCS#1.
  const derOf = (pem: string): Buffer => Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64')

  test('because the PKCS#8 names another public key than its own, are refused', () => {
    const parts = [Uint8Array.of(2, 1, 1, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0), der(4, privateObject.export({ type: 'pkcs1', format: 'der' }))] as const
    const withPublic = (pem: string): string => encodePem('PRIVATE KEY', der(0x30, ...parts, der(0x81, concatBytes(Uint8Array.of(0), derOf(pem)))))
    expect(capgoPrivateKey(withPublic(pair.publicKey))).toBe(pair.privateKey)
    expect(privateRefusal(withPublic(other.publicKey))).toMatch(/belongs to another one/)
  })
})

describe('what is no key', () => {
  test.each(['', ' ', '.capgo_key_v2', './keys/.capgo_key_v2.pub', 'C:\\keys\\capgo.pem', 'key'])('such as the text %j is refused with what to pass', (text) => {
    for (const refusal of [publicRefusal(text), privateRefusal(text)]) expect(refusal).toMatch(/^the text is no key: pass the content of a PEM file.*not the name of the file/)
  })

  test('such as two keys in one text is refused', () => {
    expect(privateRefusal(pair.privateKey + pair.privateKey)).toMatch(/more than one PEM block/)
    expect(publicRefusal(pair.privateKey + pair.publicKey)).toMatch(/more than one PEM block/)
  })

  test('such as a key that was cut off is refused with what to copy', () => {
    expect(privateRefusal(pair.privateKey.slice(0, 1000))).toMatch(/END line of the key is missing/)
    expect(privateRefusal(pair.privateKey.slice(100))).toMatch(/the text is no key/)
    expect(privateRefusal(pair.privateKey.replace(/\n.{64}\n/, '\n'))).toMatch(/damaged/)
  })

  test('such as a CryptoKey is refused with what to pass', async () => {
    const algorithm = { name: 'RSA-OAEP', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' }
    const { publicKey, privateKey } = await webcrypto.subtle.generateKey(algorithm, true, ['encrypt', 'decrypt'])
    expect(publicRefusal(publicKey)).toMatch(/^a CryptoKey is not taken here.*PEM/)
    expect(privateRefusal(privateKey)).toMatch(/^a CryptoKey is not taken here/)
    await expect(checkCapgoKeyPair(privateKey as never, publicKey as never)).rejects.toThrow(EnvelopeError)
  })

  test.each([undefined, null, 1, true, Symbol('key'), () => pair.privateKey, Buffer.from(pair.privateKey), new Uint8Array(3), [], privateObject])(
    'but another kind of argument is a TypeError that says what a key is',
    (key) => {
      expect(() => capgoPrivateKey(key as never)).toThrow(expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(/PEM|pem/) as string }))
      expect(() => capgoPublicKey(key as never)).toThrow(TypeError)
    },
  )

  test('such as a pair where one key belongs is refused with which to take', () => {
    expect(privateRefusal({ ...pair, keyId: 'x' })).toContain('of a key pair, pass its publicKey or privateKey')
  })
})
