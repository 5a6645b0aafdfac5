import { createPrivateKey, createPublicKey, generateKeyPairSync, privateEncrypt, publicDecrypt } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { capgoKeyId, capgoPrivateKey, capgoPublicKey, checkCapgoKeyPair, encryptForCapgo, generateCapgoKeyPair } from '../../src/capgo.js'
import { nobleCapgoBackend } from '../../src/noble.js'
import { nodeCapgoBackend } from '../../src/node.js'
import { capgoBackends, cliKeyPair, describeEachCapgoBackend } from './helpers.js'
import type { CapgoBackend, CapgoKeyInput, PrivateKeyFormat, PublicKeyFormat } from '../../src/capgo.js'

const cli = cliKeyPair()
const other = cliKeyPair()
// Out of the private key: what Node 24 has read as PKCS#1, it fails to write as that.
const publicObject = createPublicKey(cli.privateKey)
const privateObject = createPrivateKey(cli.privateKey)

const publicForms: readonly (readonly [string, CapgoKeyInput])[] = [
  ['PKCS#1', cli.publicKey],
  ['SPKI', publicObject.export({ type: 'spki', format: 'pem' }) as string],
  ['a JWK', publicObject.export({ format: 'jwk' }) as CapgoKeyInput],
  ['a JWK as JSON', JSON.stringify(publicObject.export({ format: 'jwk' }))],
]

const privateForms: readonly (readonly [string, CapgoKeyInput])[] = [
  ['PKCS#1', cli.privateKey],
  ['PKCS#8', privateObject.export({ type: 'pkcs8', format: 'pem' }) as string],
  ['a JWK', privateObject.export({ format: 'jwk' }) as CapgoKeyInput],
  ['a JWK as JSON', JSON.stringify(privateObject.export({ format: 'jwk' }))],
]

const badKey = (message: RegExp): object => expect.objectContaining({ name: 'EnvelopeError', code: 'bad-key', message: expect.stringMatching(message) as string }) as object

describe('a public key', () => {
  test.each(publicForms)('from %s is the PKCS#1 that node:crypto writes, and its SPKI', (_, key) => {
    expect(capgoPublicKey(key)).toBe(cli.publicKey)
    expect(capgoPublicKey(key, 'pkcs1')).toBe(publicObject.export({ type: 'pkcs1', format: 'pem' }))
    expect(capgoPublicKey(key, 'spki')).toBe(publicObject.export({ type: 'spki', format: 'pem' }))
  })

  test.each(['pkcs1', 'spki'] as const)('as %s is read by node:crypto', (format) => {
    expect(createPublicKey(capgoPublicKey(cli.publicKey, format)).equals(publicObject)).toBe(true)
  })

  test('begins as plugins and the Capgo CLI ask of it', () => {
    expect(capgoPublicKey(publicForms[1]?.[1] as string).startsWith('-----BEGIN RSA PUBLIC KEY-----\n')).toBe(true)
  })

  test.each(publicForms)('from %s has the key id that devices send', (_, key) => {
    const body = cli.publicKey.split('\n').slice(1, -2).join('')
    expect(capgoKeyId(key)).toBe(body.slice(0, 20))
    expect(capgoKeyId(key)).toHaveLength(20)
  })
})

describe('a private key', () => {
  test.each(privateForms)('from %s is the PKCS#1 that node:crypto writes, and its PKCS#8', (_, key) => {
    expect(capgoPrivateKey(key)).toBe(cli.privateKey)
    expect(capgoPrivateKey(key, 'pkcs1')).toBe(privateObject.export({ type: 'pkcs1', format: 'pem' }))
    expect(capgoPrivateKey(key, 'pkcs8')).toBe(privateObject.export({ type: 'pkcs8', format: 'pem' }))
  })

  test.each(['pkcs1', 'pkcs8'] as const)('as %s is read by node:crypto', (format) => {
    expect(createPrivateKey(capgoPrivateKey(cli.privateKey, format)).equals(privateObject)).toBe(true)
  })

  test('begins as the Capgo CLI asks of it', () => {
    expect(capgoPrivateKey(privateForms[1]?.[1] as string).startsWith('-----BEGIN RSA PRIVATE KEY-----\n')).toBe(true)
  })
})

test.each(['', 'PKCS1', 'pkcs8 ', 'constructor', null, 1, {}])('a format that there is not, %j, is a TypeError that names those there are', (format) => {
  expect(() => capgoPublicKey(cli.publicKey, format as PublicKeyFormat)).toThrow(new TypeError('format must be pkcs1 or spki'))
  expect(() => capgoPrivateKey(cli.privateKey, format as PrivateKeyFormat)).toThrow(new TypeError('format must be pkcs1 or pkcs8'))
})

describe('a new key pair', () => {
  test.each(capgoBackends.filter(({ name }) => name !== nobleCapgoBackend.name))('of the $name backend is what node:crypto signs and opens with', async (backend) => {
    const { publicKey, privateKey, keyId } = await generateCapgoKeyPair({ backend })
    const key = createPublicKey(publicKey)
    expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65537n })
    expect(createPublicKey(privateKey).equals(key)).toBe(true)
    expect(publicDecrypt(publicKey, privateEncrypt(privateKey, Buffer.from('value'))).toString()).toBe('value')
    expect(publicKey).toBe(createPublicKey(privateKey).export({ type: 'pkcs1', format: 'pem' }))
    expect(privateKey).toBe(createPrivateKey(privateKey).export({ type: 'pkcs1', format: 'pem' }))
    expect(capgoKeyId(publicKey)).toBe(keyId)
    expect(await checkCapgoKeyPair(privateKey, publicKey)).toBe(keyId)
  })

  test('is made on the platform where no backend is named, and is another each time', async () => {
    const [first, second] = await Promise.all([generateCapgoKeyPair(), generateCapgoKeyPair({})])
    expect(first.publicKey).not.toBe(second.publicKey)
  })

  test('is not made in pure JavaScript', async () => {
    await expect(generateCapgoKeyPair({ backend: nobleCapgoBackend })).rejects.toThrow(expect.objectContaining({ code: 'unsupported' }))
  })

  test('is refused where the platform made a key of another size, or one whose signatures do not open', async () => {
    const [small, made] = [generateKeyPairSync('rsa', { modulusLength: 1024 }), privateObject.export({ format: 'jwk' })]
    const making = (jwk: object): CapgoBackend => ({ ...nodeCapgoBackend, generateKey: () => jwk as never })
    await expect(generateCapgoKeyPair({ backend: making(small.privateKey.export({ format: 'jwk' })) })).rejects.toThrow(badKey(/1024 bits/))
    const forgetful: CapgoBackend = { ...making(made), rsaPrivate: () => () => new Uint8Array(256).fill(1) }
    await expect(generateCapgoKeyPair({ backend: forgetful })).rejects.toThrow(badKey(/does not open with its public key/))
  })

  test.each([null, 1, [], { backend: null }, { backend: {} }])('is a TypeError with the options %j', async (options) => {
    await expect(generateCapgoKeyPair(options as never)).rejects.toThrow(TypeError)
  })
})

describeEachCapgoBackend('a check whether two keys belong together', (backend) => {
  test('gives the key id where they do, in any of their forms', async () => {
    for (const [i, [, privateKey]] of privateForms.entries()) {
      expect(await checkCapgoKeyPair(privateKey, publicForms.at(-1 - i)?.[1] as CapgoKeyInput, { backend })).toBe(capgoKeyId(cli.publicKey))
    }
  })

  test('refuses those of two pairs, and names both key ids', async () => {
    const ids = new RegExp(`${capgoKeyId(cli.publicKey)}.*${capgoKeyId(other.publicKey)}`.replaceAll('+', '\\+'))
    await expect(checkCapgoKeyPair(cli.privateKey, other.publicKey, { backend })).rejects.toThrow(badKey(ids))
  })
})

test('a check whether two keys belong together refuses halves in the wrong order', async () => {
  await expect(checkCapgoKeyPair(cli.publicKey, cli.privateKey)).rejects.toThrow(badKey(/this is a public key/))
  await expect(checkCapgoKeyPair(cli.privateKey, cli.privateKey)).rejects.toThrow(badKey(/this is a private key/))
})

test('a release is encrypted with a repaired key', async () => {
  const options = { privateKey: cli.privateKey.replaceAll('\n', ' '), checksumForm: 'V3' } as const
  expect((await encryptForCapgo(Uint8Array.of(1), options)).keyId).toBe(capgoKeyId(cli.publicKey))
})
