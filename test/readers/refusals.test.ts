import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encryptBundle, readerKid, verifyAndDecrypt } from '../../src/index.js'
import { nobleReader } from '../../src/noble.js'
import { describeEachBackend } from '../backends.js'
import { accepting, expectRefused, pattern, seal } from '../envelope/helpers.js'
import { base64url } from '../envelope/hostile.js'
import { expectNoSecrets } from '../envelope/secrets.js'
import { freshEd25519 } from '../envelope/signers.js'
import { bundle, curves, doubledPem, freshReader, privateCryptoKey, sealed, sec1Pem, signer } from './readers.js'
import type { DeviceReader, JwkInput } from '../../src/index.js'
import type { ReaderInput } from '../../src/build.js'

const x25519 = freshReader('X25519')
const p256 = freshReader('P-256')
const ed25519 = freshEd25519()
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 3072 })
const zeros = base64url(new Uint8Array(32))
const order = base64url(Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex'))
const pem = (label: string, der: Buffer): string => `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`
const derOf = (text: string): Buffer => Buffer.from(text.split('-----')[2] as string, 'base64')
const jwkOf = (key: { export(options: { format: 'jwk' }): unknown }): JwkInput => key.export({ format: 'jwk' }) as JwkInput

/** SPKI of P-256 with the point compressed. */
const compressed = pem('PUBLIC KEY', Buffer.concat([
  Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'), Buffer.of(2), Buffer.from(p256.publicJwk['x'] as string, 'base64url'),
]))

/** PKCS#8 of P-256 without the public key (RFC 5915 allows it). */
const lonely = pem('PRIVATE KEY', Buffer.concat([
  Buffer.from('3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420', 'hex'), Buffer.from(p256.privateJwk['d'] as string, 'base64url'),
]))

const kinds = /neither X25519 nor P-256.*generateKeyPair/
type Refused<Input> = readonly [title: string, input: Input, message: RegExp]

const noReaders: readonly Refused<ReaderInput>[] = [
  ...[x25519, p256].flatMap(({ curve, privateKey, privateJwk }): Refused<ReaderInput>[] => [
    [`a private ${curve} PEM`, privateKey, /private key where a public one belongs/],
    [`a private ${curve} JWK`, privateJwk, /private key where a public one belongs/],
  ]),
  ['a private P-256 PEM in SEC 1', sec1Pem(p256), /private key where a public one belongs/],
  ['a private signing key', ed25519.privateKey, /private key where a public one belongs/],
  ['an Ed25519 key', ed25519.publicKey, kinds],
  ['an RSA key', rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString(), kinds],
  ['an RSA JWK', jwkOf(rsa.publicKey), kinds],
  ['a P-384 key', p384.publicKey.export({ type: 'spki', format: 'pem' }).toString(), kinds],
  ['a P-384 JWK', jwkOf(p384.publicKey), kinds],
  ['an X448 JWK', { ...x25519.publicJwk, crv: 'X448' }, kinds],
  ['a JWK of one curve with the type of the other', { ...x25519.publicJwk, kty: 'EC' }, kinds],
  ['a JWK of the prototype', { kty: 'constructor' }, kinds],
  ['an RSA key in PKCS#1', rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(), /label must be PUBLIC KEY/],
  ['a certificate', pem('CERTIFICATE', Buffer.alloc(99)), /label must be PUBLIC KEY/],
  ['a JWK to sign', { ...x25519.publicJwk, use: 'sig' }, /"use" must be "enc"/],
  ['a JWK for another algorithm', { ...p256.publicJwk, alg: 'ES256' }, /"alg" must be ECDH-ES\+A256KW or ECDH-ES/],
  ['a JWK to verify', { ...p256.publicJwk, key_ops: ['verify'] }, /"key_ops" must be "deriveBits"/],
  ['a JWK to derive and verify', { ...p256.publicJwk, key_ops: ['deriveBits', 'verify'] }, /"key_ops" must be "deriveBits"/],
  ['a JWK with operations in a text', { ...p256.publicJwk, key_ops: 'deriveBits' }, /"key_ops" must be "deriveBits"/],
  ['a JWK without x', { kty: 'OKP', crv: 'X25519' }, /lacks its member "x"/],
  ['a JWK without y', { kty: 'EC', crv: 'P-256', x: zeros }, /lacks its member "y"/],
  ['an x of 31 bytes', { ...x25519.publicJwk, x: base64url(pattern(31)) }, /exactly 32 bytes/],
  ['an x of 33 bytes', { ...p256.publicJwk, x: base64url(pattern(33)) }, /exactly 32 bytes/],
  ['an x in base64', { ...x25519.publicJwk, x: `${zeros}=` }, /not canonical, unpadded base64url/],
  ['a u that is not reduced', { ...x25519.publicJwk, x: '7v_______________________________________38' }, /canonical encoding/],
  ['a u with its top bit', { ...x25519.publicJwk, x: base64url(Buffer.from(`09${'00'.repeat(30)}80`, 'hex')) }, /canonical encoding/],
  ['a compressed point', compressed, /compressed/],
  ['a point off P-256', { ...p256.publicJwk, y: p256.publicJwk['x'] }, /not on its curve/],
  ['the point (0, 0)', { ...p256.publicJwk, x: zeros, y: zeros }, /not on its curve/],
  ['coordinates above the prime', { ...p256.publicJwk, x: base64url(new Uint8Array(32).fill(255)) }, /not on its curve/],
  ['a damaged PEM', x25519.publicKey.replace('M', '*'), /canonical base64/],
  ['a PEM with bytes behind its end', pem('PUBLIC KEY', Buffer.concat([derOf(x25519.publicKey), Buffer.of(0)])), /no strict DER/],
  ['a key pair', { publicKey: x25519.publicKey } as unknown as ReaderInput, /of a key pair, pass its publicKey/],
]

/** Keys that only ECDH itself tells to be none. */
const noPoints: readonly (readonly [string, ReaderInput])[] = [
  ['u = 0', { kty: 'OKP', crv: 'X25519', x: zeros }],
  ['u = 1', { kty: 'OKP', crv: 'X25519', x: 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
  ['u of order 8', { kty: 'OKP', crv: 'X25519', x: '4Ot6fDtBuK4WVuP68Z_EatoJjeucMrH9hmIFFl9JuAA' }],
]

const noPrivate: readonly Refused<DeviceReader>[] = [
  ...[x25519, p256].flatMap(({ curve, publicKey, publicJwk }): Refused<DeviceReader>[] => [
    [`a public ${curve} PEM`, publicKey, /this is a public key/],
    [`a public ${curve} JWK`, publicJwk, /this is a public key/],
  ]),
  ['a signing key', ed25519.privateKey, kinds],
  ['a signing JWK', jwkOf(ed25519.keyObject), kinds],
  ['a P-384 key', p384.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), kinds],
  ['a P-256 key in SEC 1', sec1Pem(p256), /openssl pkey -in KEY.pem -out PKCS8.pem/],
  ['a key under a passphrase', createPrivateKey(x25519.privateKey).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(), /passphrase: decrypt it first/],
  ['a P-256 key without its public key', lonely, /without its public key/],
  ['a JWK with the x of another', { ...x25519.privateJwk, x: freshReader('X25519').publicJwk['x'] }, /belongs to another one/],
  ['a P-256 JWK with the point of another', { ...p256.privateJwk, ...freshReader('P-256').publicJwk }, /belongs to another one/],
  ['a P-256 key with the public key of another beside its own', doubledPem(p256, p256, freshReader('P-256')), /belongs to another one/],
  ['a P-256 key with the public key of another in it, and its own beside', doubledPem(p256, freshReader('P-256'), p256), /belongs to another one/],
  ['a P-256 JWK with a point off the curve', { ...p256.privateJwk, y: p256.privateJwk['x'] }, /not on its curve/],
  ['a P-256 number of 0', { ...p256.privateJwk, d: zeros }, /private number of the P-256 key is none/],
  ['a P-256 number of the order', { ...p256.privateJwk, d: order }, /private number of the P-256 key is none/],
  ['a d of 31 bytes', { ...x25519.privateJwk, d: base64url(pattern(31)) }, /private number of the X25519 key is none/],
  ['a JWK to sign', { ...p256.privateJwk, key_ops: ['sign'] }, /"key_ops" must be/],
  ['halves of two pairs', { publicKey: x25519.publicKey, privateKey: freshReader('X25519').privateKey }, /do not belong together/],
  ['halves of two curves', { publicKey: x25519.publicKey, privateKey: p256.privateKey }, /do not belong together/],
  ['two public halves', { publicKey: x25519.publicKey, privateKey: x25519.publicKey }, /this is a public key/],
  ['a reader key with a private one', { publicKey: x25519.privateKey, deriveSharedSecret: () => undefined }, /private key where a public one belongs/],
]

describeEachBackend('R86: as bad-key is refused', (backend) => {
  test.each(noReaders)('to publish for %s', async (_, reader, message) => {
    await expectRefused(() => seal(signer, bundle, { backend, readers: [pattern(32), reader] }), 'bad-key', message)
    await expectRefused(async () => readerKid(reader, { backend }), 'bad-key', message)
  })

  test.each(noPoints)('R68: to publish for %s', async (_, reader) => {
    await expectRefused(() => seal(signer, bundle, { backend, readers: [reader] }), 'bad-key', /of small order/)
  })

  test.each(noPrivate)('to read with %s', async (_, reader, message) => {
    const device = accepting(signer, { backend, reader })
    await expectRefused(() => verifyAndDecrypt(sealed, device), 'bad-key', message)
    await expectRefused(() => verifyAndDecrypt(sealed, { ...device, reader: [pattern(32), reader] as DeviceReader }), 'bad-key', message)
  })

  test.each(curves)('to sign or to trust with a %s key, which names what does', async (curve) => {
    const reader = freshReader(curve)
    const options = { app: 'a', version: '1', signer: reader.privateKey, backend }
    await expectRefused(() => encryptBundle(bundle, options), 'bad-key', /neither RSA.*nor Ed25519/)
    await expectRefused(() => verifyAndDecrypt(sealed, accepting(signer, { backend, trust: reader.publicKey })), 'bad-key', /neither RSA.*nor Ed25519/)
  })
})

describe('as bad-key is refused', () => {
  test('a CryptoKey of the other half, for something else, or that cannot derive bits', async () => {
    const hidden = await privateCryptoKey(p256, false)
    await expectRefused(() => seal(signer, bundle, { readers: [hidden] }), 'bad-key', /private key where a public one belongs/)
    const ecdsa = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    const p521 = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-521' }, false, ['deriveBits'])
    for (const { publicKey, privateKey } of [ecdsa, p521]) {
      await expectRefused(() => seal(signer, bundle, { readers: [publicKey] }), 'bad-key', /must be for X25519, or for ECDH with P-256/)
      await expectRefused(() => verifyAndDecrypt(sealed, accepting(signer, { reader: privateKey })), 'bad-key', /must be for X25519/)
    }
    const keysOnly = await privateCryptoKey(x25519, false, ['deriveKey'])
    await expectRefused(() => verifyAndDecrypt(sealed, accepting(signer, { reader: keysOnly })), 'bad-key', /lacks the usage deriveBits/)
    for (const publicKey of [freshReader('P-256').publicKey, x25519.publicKey]) {
      const pair = { publicKey, privateKey: hidden }
      await expectRefused(() => verifyAndDecrypt(sealed, accepting(signer, { reader: pair })), 'bad-key', /do not belong together/)
    }
  })

  test('by nobleReader what no device would take', () => {
    const refusals = [...noPrivate].filter(([title]) => !/halves|reader key/.test(title))
    for (const [title, input, message] of refusals) {
      if (title === 'a P-256 key without its public key') continue
      expect(() => nobleReader(input as string), title).toThrow(expect.objectContaining({ code: 'bad-key', message: expect.stringMatching(message) as unknown }))
    }
    expect(() => nobleReader(lonely)).not.toThrow()
  })

  test('a damaged private key without a word of it', async () => {
    const der = derOf(p256.privateKey)
    for (let at = 0; at < der.length; at += 5) {
      const damaged = Buffer.from(der)
      damaged[at] = (damaged[at] as number) ^ 0x55
      const error: unknown = await verifyAndDecrypt(sealed, accepting(signer, { reader: pem('PRIVATE KEY', damaged) })).catch((reason: unknown) => reason)
      expect(error, `byte ${at}`).toMatchObject({ name: 'EnvelopeError', code: 'bad-key' })
      expectNoSecrets(error as Error)
    }
  })
})

describe('the programmer is told of', () => {
  test.each([
    ['null', null], ['a number', 5], ['a function', () => pattern(32)], ['text that is no key', 'secret'], ['base64url of a secret', base64url(pattern(32))],
  ])('%s as a reader', async (_, wrong) => {
    const reader = wrong as unknown as Uint8Array
    await expect(seal(signer, bundle, { readers: [pattern(32), reader] })).rejects.toThrow(/^readers\[1\] must be a Uint8Array of 32 bytes, or an X25519/)
    await expect(verifyAndDecrypt(sealed, accepting(signer, { reader }))).rejects.toThrow(/^reader must be a Uint8Array of 32 bytes, an X25519/)
    await expect(verifyAndDecrypt(sealed, accepting(signer, { reader: [pattern(32), reader] }))).rejects.toThrow(/^reader\[1\] must be a Uint8Array/)
    await expect(readerKid(reader)).rejects.toThrow(TypeError)
  })

  test('an empty list of readers, and too long a one', async () => {
    await expect(verifyAndDecrypt(sealed, accepting(signer, { reader: [] }))).rejects.toThrow(/^reader is an empty list/)
    const many = Array.from({ length: 17 }, (_, i) => pattern(32, i))
    await expect(verifyAndDecrypt(sealed, accepting(signer, { reader: many }))).rejects.toThrow(/^at most 16 readers/)
  })

  test('a KeyObject of Node, a promise and a date', async () => {
    for (const [wrong, message] of [[x25519.privateObject, /KeyObject of Node is not taken/], [Promise.resolve(pattern(32)), /must be/], [new Date(), /must be/]] as const) {
      const reader = wrong as unknown as Uint8Array
      await expect(verifyAndDecrypt(sealed, accepting(signer, { reader }))).rejects.toThrow(TypeError)
      await expect(seal(signer, bundle, { readers: [reader] })).rejects.toThrow(message)
    }
    expect(() => nobleReader(Promise.resolve('') as unknown as string)).toThrow(TypeError)
  })
})
