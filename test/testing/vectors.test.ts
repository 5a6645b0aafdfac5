/*
 * That each vector is what its name says, and wrong in nothing else: read from its own bytes, with other libraries than it was made with.
 */
import { createHash } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { gcm } from '@noble/ciphers/aes.js'
import { mgf1 } from 'micro-rsa-dsa-dh/rsa.js'
import { describe, expect, test } from 'vitest'
import { base64urlDecode } from '../../src/text.js'
import { sample } from '../../src/testing/check.js'
import { ed25519Known, ed25519Wrong, ed25519WrongKeys } from '../../src/testing/ed25519-vectors.js'
import { gcmKnown, gcmLong, GCM_LONG } from '../../src/testing/gcm-vectors.js'
import { rsaJwk, rsaMessage, rsaPlusModulus, rsaValid, rsaWrong } from '../../src/testing/rsa-vectors.js'
import { ed25519Long, gcmSizes, hmacSizes, LONG_MESSAGE, LONG_SEED, rsa4096Modulus, rsa4096Valid, rsa4096Wrong, rsaLong } from '../../src/testing/size-vectors.js'

const bytesOf = (text: string, encoding: 'hex' | 'base64'): Uint8Array => new Uint8Array(Buffer.from(text, encoding))
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)
const longMessage = sample(LONG_MESSAGE, LONG_SEED)
const rsaText = new TextEncoder().encode(rsaMessage)

/** s^65537 mod n as an encoded message of as many bytes as the modulus (RFC 8017 section 5.2.2). */
function encodedMessage(modulus: string, signature: string): Uint8Array {
  const [n, s] = [numberOf(base64urlDecode(modulus) as Uint8Array), numberOf(bytesOf(signature, 'base64'))]
  let power = s
  for (let i = 0; i < 16; i++) power = (power * power) % n
  const { length } = base64urlDecode(modulus) as Uint8Array
  return bytesOf(((power * s) % n).toString(16).padStart(2 * length, '0'), 'hex')
}

/** RFC 8017 section 9.1.2, with the salt as long as it is; `undefined` where it is no EMSA-PSS of these hashes over this message. */
function saltLength(em: Uint8Array, message: Uint8Array, hash: typeof sha256 | typeof sha512 = sha256, mask: typeof sha256 | typeof sha1 = hash): number | undefined {
  const size = hash.outputLen
  const [masked, h] = [em.slice(0, -size - 1), em.slice(-size - 1, -1)]
  const pad = mgf1(mask)(h, { dkLen: masked.length })
  const db = masked.map((byte, i) => byte ^ (pad[i] as number))
  db[0] = (db[0] as number) & 0x7f
  const one = db.indexOf(1)
  if (em[em.length - 1] !== 0xbc || one < 0 || db.slice(0, one).some((byte) => byte !== 0)) return undefined
  const salt = db.slice(one + 1)
  const expected = hash(Uint8Array.of(...new Uint8Array(8), ...hash(message), ...salt))
  return Buffer.compare(expected, h) === 0 ? salt.length : undefined
}

describe('RSA', () => {
  const em = (signature: string): Uint8Array => encodedMessage(rsaJwk.n, signature)

  test.each(Object.entries(rsaValid))('%s has a salt of 32 bytes', (name, signature) => {
    expect(saltLength(em(signature), rsaText)).toBe(32)
    expect(bytesOf(signature, 'base64')).toHaveLength(384)
    expect(bytesOf(signature, 'base64')[0] === 0).toBe(name === 'leadingZero')
  })

  test.each(Object.entries(rsaWrong))('%s is that, and below the modulus', (name, signature) => {
    const encoded = em(signature)
    expect(numberOf(bytesOf(signature, 'base64')) < numberOf(base64urlDecode(rsaJwk.n) as Uint8Array)).toBe(true)
    const [, length] = /^a salt of (\d+) bytes$/.exec(name) ?? []
    if (length !== undefined) expect(saltLength(encoded, rsaText)).toBe(Number(length))
    else {
      expect(saltLength(encoded, rsaText)).toBeUndefined()
      if (name.startsWith('SHA-512')) expect(saltLength(encoded, rsaText, sha512)).toBe(32)
      else if (name.startsWith('MGF1')) expect(saltLength(encoded, rsaText, sha256, sha1)).toBe(32)
      else expect(Buffer.from(encoded).toString('hex')).toMatch(new RegExp(`^0001f+003031300d060960864801650304020105000420${createHash('sha256').update(rsaText).digest('hex')}$`))
    }
  })

  test('plus the modulus, it is the usual one', () => {
    const [usual, more, n] = [bytesOf(rsaValid.usual, 'base64'), bytesOf(rsaPlusModulus, 'base64'), base64urlDecode(rsaJwk.n) as Uint8Array]
    expect(more).toHaveLength(384)
    expect(numberOf(more) - numberOf(n)).toBe(numberOf(usual))
  })

  test('long messages and 4096 bits', () => {
    expect(saltLength(em(rsaLong), longMessage)).toBe(32)
    expect(base64urlDecode(rsa4096Modulus)).toHaveLength(512)
    const salts = [rsa4096Valid, ...rsa4096Wrong.map(([, signature]) => signature)].map((signature) => saltLength(encodedMessage(rsa4096Modulus, signature), longMessage))
    expect(salts).toEqual([32, 0, 64])
  })
})

describe('Ed25519', () => {
  const { Point } = ed25519
  const [, , third] = ed25519Known
  const little = (bytes: Uint8Array): bigint => numberOf(bytes.slice().reverse())
  const order = Point.Fn.ORDER

  /** S*B - R - k*A, and with that what holds (RFC 8032 section 5.1.7). */
  function remainder(publicKey: string, message: Uint8Array, signature: Uint8Array): InstanceType<typeof Point> {
    const [r, a] = [signature.slice(0, 32), bytesOf(publicKey, 'hex')]
    const k = little(sha512(Uint8Array.of(...r, ...a, ...message))) % order
    const s = little(signature.slice(32)) % order
    return Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(r, true)).subtract(Point.fromBytes(a, true).multiplyUnsafe(k))
  }

  test.each(ed25519Wrong)('%s', (name, text) => {
    const [signature, message] = [bytesOf(text, 'hex'), bytesOf(third.message, 'hex')]
    const [r, s] = [Point.fromBytes(signature.slice(0, 32), true), little(signature.slice(32))]
    const rest = remainder(third.publicKey, message, signature)
    expect(signature).toHaveLength(64)
    if (name.startsWith('S plus')) expect([s - little(bytesOf(third.signature, 'hex').slice(32)), rest.is0()]).toEqual([order * BigInt(/(\d+) times/.exec(name)?.[1] ?? 1), true])
    else expect(s < order).toBe(true)
    if (name.startsWith('R moved')) expect([rest.is0(), rest.clearCofactor().is0(), r.isSmallOrder()]).toEqual([false, true, false])
    // A verifier that knows no small order takes those that it computes as it is given them.
    if (name.startsWith('R of')) expect([r.isSmallOrder(), rest.clearCofactor().is0()]).toEqual([true, true])
    const isCanonical = Buffer.compare(r.toBytes(), signature.slice(0, 32)) === 0
    expect(isCanonical).toBe(!name.includes('not canonical'))
  })

  test.each(ed25519WrongKeys.map((vector) => [vector.name, vector] as const))('%s', (name, { publicKey, message, signature }) => {
    const [key, rest] = [Point.fromBytes(bytesOf(publicKey, 'hex'), true), remainder(publicKey, bytesOf(message, 'hex'), bytesOf(signature, 'hex'))]
    expect([key.isSmallOrder(), key.isTorsionFree() && !key.is0()]).toEqual([name.includes('small order'), false])
    expect([rest.is0(), rest.clearCofactor().is0()]).toEqual([name.includes('small order'), true])
    expect(little(bytesOf(signature, 'hex').slice(32)) < order).toBe(true)
  })

  test('names are told apart, and none is there twice', () => {
    const all = [...ed25519Wrong.map(([name, signature]) => [name, signature]), ...ed25519WrongKeys.map(({ name, publicKey }) => [name, publicKey])]
    for (const i of [0, 1]) expect(new Set(all.map((entry) => entry[i])).size).toBe(all.length)
  })

  test('a long message', () => {
    expect(Buffer.from(ed25519.sign(longMessage, bytesOf(third.seed, 'hex'))).toString('hex')).toBe(ed25519Long)
  })
})

describe('what node:crypto computed, other libraries do too:', () => {
  const { key, nonce, additionalData } = gcmKnown[3] as (typeof gcmKnown)[number]
  const cipher = (more?: Uint8Array): ReturnType<typeof gcm> => gcm(bytesOf(key, 'hex'), bytesOf(nonce, 'hex'), more)

  test('the long message of GCM', () => {
    const plaintext = Uint8Array.from({ length: GCM_LONG }, (_, i) => (7 * i + 3) % 251)
    expect(Buffer.from(cipher(bytesOf(additionalData as string, 'hex')).encrypt(plaintext)).toString('hex')).toBe(gcmLong.ciphertext + gcmLong.tag)
  })

  test.each(gcmSizes)('$length bytes of GCM with $additional of additional data', ({ length, additional, tag, digest }) => {
    const sealed = Uint8Array.from([...sample(length), ...bytesOf(tag, 'hex')])
    expect(Buffer.from(sha256(cipher(sample(additional)).decrypt(sealed))).toString('hex')).toBe(digest)
  })

  test.each(hmacSizes)('HMAC with a key of $keyLength bytes over $messageLength', ({ keyLength, messageLength, ...expected }) => {
    for (const [name, hash] of [['SHA-256', sha256], ['SHA-512', sha512]] as const) {
      expect(Buffer.from(hmac(hash, sample(keyLength, 1), sample(messageLength, 2))).toString('hex')).toBe(expected[name])
    }
  })
})
