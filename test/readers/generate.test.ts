import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkedPrivate, readAgreementPrivate } from '../../src/keys/agreement-private.js'
import { agreementPrivatePem, agreementPublicPem } from '../../src/keys/agreement-pem.js'
import { readAgreementPublic } from '../../src/keys/agreement.js'
import { nobleAgreementPublic } from '../../src/crypto/noble-agree.js'
import { nobleDeviceBackend } from '../../src/crypto/noble.js'
import { generateKeyPair, readerKid } from '../../src/index.js'
import { copyBytes } from '../../src/bytes.js'
import { backends, describeEachBackend } from '../backends.js'
import { pattern } from '../envelope/helpers.js'
import { base64url } from '../envelope/hostile.js'
import { curves, freshReader } from './readers.js'
import type { KeyPairType } from '../../src/index.js'

describeEachBackend('generateKeyPair for a reader', (backend) => {
  test.each(curves)('gives PEMs of %s as OpenSSL writes them, and the thumbprint', async (curve) => {
    const { publicKey, privateKey, kid } = await generateKeyPair(curve, { backend })
    const privateObject = createPrivateKey(privateKey)
    expect(privateObject.export({ type: 'pkcs8', format: 'pem' })).toBe(privateKey)
    expect(createPublicKey(privateObject).export({ type: 'spki', format: 'pem' })).toBe(publicKey)
    expect([privateObject.asymmetricKeyType, privateObject.asymmetricKeyDetails?.namedCurve]).toEqual(
      curve === 'X25519' ? ['x25519', undefined] : ['ec', 'prime256v1'],
    )
    const { crv, kty, x, y } = createPublicKey(publicKey).export({ format: 'jwk' })
    expect(kid).toBe(createHash('sha256').update(JSON.stringify(y === undefined ? { crv, kty, x } : { crv, kty, x, y })).digest('base64url'))
    expect((await generateKeyPair(curve, { backend })).kid).not.toBe(kid)
  })

  test.each(curves)('names %s keys alike on every backend', async (curve) => {
    const { publicKey, publicJwk, kid } = freshReader(curve)
    for (const key of [publicKey, publicJwk]) expect(await readerKid(key, { backend })).toBe(kid)
  })
})

describe('reader keys', () => {
  test('are no kinds of other names', async () => {
    for (const type of ['x25519', 'P-384', 'P256', 'constructor']) {
      await expect(generateKeyPair(type as KeyPairType)).rejects.toThrow(/^the type of a key pair must be RSA-4096 or Ed25519 or X25519 or P-256/)
    }
  })

  test('of any private number go through PEM and back, with leading zeros too, alike on every backend', async () => {
    const numbers = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((d) => {
      const some = copyBytes(d)
      if ((d[0] as number) % 4 === 0) some.fill(0, 0, 3)
      some[31] = (some[31] as number) | 1
      return some
    })
    await fc.assert(
      fc.asyncProperty(numbers, fc.constantFrom(...curves), async (d, curve) => {
        const publicKey = nobleAgreementPublic(curve, d)
        fc.pre(publicKey !== undefined)
        const key = { ...publicKey, d: base64url(d) }
        const [privatePem, publicPem] = [agreementPrivatePem(key), agreementPublicPem(publicKey)]
        expect(createPrivateKey(privatePem).export({ type: 'pkcs8', format: 'pem' })).toBe(privatePem)
        expect(readAgreementPublic(publicPem)).toEqual(publicKey)
        for (const backend of backends) expect(await checkedPrivate(await readAgreementPrivate(privatePem), backend)).toEqual(key)
      }),
      { numRuns: 40 },
    )
  })

  test('that one flipped bit of a PEM changes are refused, or are other keys', async () => {
    for (const curve of curves) {
      const { publicKey } = freshReader(curve)
      const der = Buffer.from(publicKey.split('-----')[2] as string, 'base64')
      const kids = new Set<string>()
      for (let bit = 0; bit < 8 * der.length; bit += 3) {
        const flipped = Buffer.from(der)
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        const pem = `-----BEGIN PUBLIC KEY-----\n${flipped.toString('base64')}\n-----END PUBLIC KEY-----\n`
        const outcome: unknown = await readerKid(pem).catch((error: unknown) => (error as { readonly code?: unknown }).code)
        kids.add(String(outcome))
        expect(outcome === 'bad-key' || /^[\w-]{43}$/.test(String(outcome)), `bit ${bit}`).toBe(true)
        expect(outcome).not.toBe(await readerKid(publicKey))
      }
      expect(kids.has('bad-key')).toBe(true)
    }
  })

  test('from WebCrypto without the parameters inside are read (RFC 5915 leaves them out in PKCS#8)', async () => {
    const reader = freshReader('P-256')
    const d = Buffer.from(reader.privateJwk['d'] as string, 'base64url')
    const point = Buffer.concat([Buffer.of(4), ...['x', 'y'].map((name) => Buffer.from(reader.publicJwk[name] as string, 'base64url'))])
    const identifier = Buffer.from('301306072a8648ce3d020106082a8648ce3d030107', 'hex')
    const parameters = Buffer.from('a00a06082a8648ce3d030107', 'hex')
    for (const inside of [Buffer.of(), parameters]) {
      const publicPart = Buffer.concat([Buffer.from('a144034200', 'hex'), point])
      const ec = element(0x30, Buffer.from('0201010420', 'hex'), d, inside, publicPart)
      const info = element(0x30, Buffer.from('020100', 'hex'), identifier, element(0x04, ec))
      const pem = `-----BEGIN PRIVATE KEY-----\n${info.toString('base64')}\n-----END PRIVATE KEY-----\n`
      const key = await checkedPrivate(await readAgreementPrivate(pem), nobleDeviceBackend)
      expect(key.d).toBe(reader.privateJwk['d'])
    }
    const otherCurve = Buffer.from('a00706052b81040022', 'hex')
    const ec = element(0x30, Buffer.from('0201010420', 'hex'), d, otherCurve)
    const info = element(0x30, Buffer.from('020100', 'hex'), identifier, element(0x04, ec))
    const pem = `-----BEGIN PRIVATE KEY-----\n${info.toString('base64')}\n-----END PRIVATE KEY-----\n`
    expect(() => readAgreementPrivate(pem)).toThrow(expect.objectContaining({ code: 'bad-key' }))
  })

  test('of every shape of noise are refused, not misread', async () => {
    for (let size = 0; size < 60; size++) {
      const noise = Buffer.from(pattern(size, size + 1)).toString('base64')
      for (const label of ['PUBLIC KEY', 'PRIVATE KEY']) {
        const pem = `-----BEGIN ${label}-----\n${noise}\n-----END ${label}-----\n`
        const read = label === 'PUBLIC KEY' ? readAgreementPublic : readAgreementPrivate
        expect(() => read(pem)).toThrow(expect.objectContaining({ code: 'bad-key' }))
      }
    }
  })
})

function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(content)
  const length = bytes.length < 0x80 ? Buffer.of(bytes.length) : Buffer.of(0x81, bytes.length)
  return Buffer.concat([Buffer.of(tag), length, bytes])
}
