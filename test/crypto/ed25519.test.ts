import { verify as nodeVerify } from 'node:crypto'
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, copyBytes } from '../../src/bytes.js'
import { backends, describeEachBackend } from '../backends.js'
import { caseName, fromHex, hexMember, wycheproofTest } from '../wycheproof.js'
import { ed25519Verifying, flipBit, freshEd25519, offsetView } from './keys.js'
import type { Bytes } from '../../src/bytes.js'

const { Point } = ed25519
const ORDER = Point.Fn.ORDER
const IDENTITY = 0

const key = freshEd25519()
const seed = copyBytes(Buffer.from((key.signing.jwk as { d: string }).d, 'base64url'))
const publicKey = copyBytes(Buffer.from((key.verifying.jwk as { x: string }).x, 'base64url'))
const message = fromHex('6f746120626c6f62')

/** What RFC 8032 section 5.1.6 computes, with R moved by a small-order point: only the cofactored equation holds. */
function signWithTorsion(nonce: bigint, torsion: number, bytes: Bytes = message, key: Bytes = publicKey): Bytes {
  const { scalar } = ed25519.utils.getExtendedPublicKey(seed)
  const r = Point.BASE.multiplyUnsafe(nonce).add(Point.fromHex(ED25519_TORSION_SUBGROUP[torsion] as string)).toBytes()
  const s = Point.Fn.create(nonce + challenge(r, key, bytes) * scalar)
  return concatBytes(r, littleEndian(s))
}

function challenge(r: Uint8Array, key: Uint8Array, bytes: Uint8Array): bigint {
  return Point.Fn.create(BigInt(`0x${Buffer.from(sha512(concatBytes(r, key, bytes))).reverse().toString('hex')}`))
}

function littleEndian(number: bigint): Bytes {
  return fromHex(number.toString(16).padStart(64, '0')).reverse()
}

function sOf(signature: Bytes): bigint {
  return BigInt(`0x${Buffer.from(signature.slice(32)).reverse().toString('hex')}`)
}

describeEachBackend('Ed25519', (backend) => {
  wycheproofTest('gives the verdict of all 151 Wycheproof cases', 'ed25519_test.json', async (groups) => {
    const counts = { valid: 0, invalid: 0, acceptable: 0 }
    for (const group of groups) {
      const verifying = ed25519Verifying(hexMember(group, 'publicKeyDer').slice(-32))
      expect(verifying.spki).toEqual(hexMember(group, 'publicKeyDer'))
      for (const vector of group.tests) {
        const holds = await backend.verify(verifying, hexMember(vector, 'sig'), hexMember(vector, 'msg'))
        expect(holds, caseName(vector)).toBe(vector.result === 'valid')
        counts[vector.result]++
      }
    }
    expect(counts).toEqual({ valid: 88, invalid: 63, acceptable: 0 })
  })

  test('makes and takes the signatures of RFC 8032 section 7.1', async () => {
    const secret = fromHex('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7')
    const x = fromHex('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025')
    const signature = fromHex(
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
        '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    )
    const pkcs8 = concatBytes(fromHex('302e020100300506032b657004220420'), secret)
    const base64url = (bytes: Bytes): string => Buffer.from(bytes).toString('base64url')
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: base64url(x), d: base64url(secret) } as const
    expect(await backend.sign({ algorithm: 'Ed25519', jwk, pkcs8 }, fromHex('af82'))).toEqual(signature)
    expect(await backend.verify(ed25519Verifying(x), signature, fromHex('af82'))).toBe(true)
    expect(await backend.ed25519PublicKey(secret)).toEqual(x)
  })

  test('takes a signature by this file\'s own arithmetic, so that what follows is refused for its reason', async () => {
    const signature = signWithTorsion(12345n, IDENTITY)
    expect(nodeVerify(null, message, key.keyObject, signature)).toBe(true)
    expect(await backend.verify(key.verifying, signature, message)).toBe(true)
  })

  // R23
  test.each([1, 2, 3, 4, 5, 6, 7])('refuses a signature whose R has torsion component %i', async (torsion) => {
    for (const nonce of [12345n, ORDER - 7n]) {
      const signature = signWithTorsion(nonce, torsion)
      expect(ed25519.verify(signature, message, publicKey, { zip215: false }), 'the cofactored equation').toBe(true)
      expect(await backend.verify(key.verifying, signature, message)).toBe(false)
    }
  })

  test('refuses a signature whose R is of small order, as WebCrypto asks and OpenSSL does not', async () => {
    // Only the owner of the key can make these, with the nonce 0; for R = 0 both equations hold.
    expect(ed25519.verify(signWithTorsion(0n, IDENTITY), message, publicKey, { zip215: false })).toBe(true)
    for (let torsion = 0; torsion < 8; torsion++) {
      expect(await backend.verify(key.verifying, signWithTorsion(0n, torsion), message), `R ${torsion}`).toBe(false)
    }
  })

  test('refuses a public key of small order, under which anyone can sign', async () => {
    for (const point of ED25519_TORSION_SUBGROUP) {
      for (const other of ED25519_TORSION_SUBGROUP) {
        const forged = concatBytes(fromHex(other), new Uint8Array(32))
        expect(await backend.verify(ed25519Verifying(fromHex(point)), forged, message), point).toBe(false)
      }
      // R = S B with S = 1 holds without cofactor where k times the key vanishes, for every eighth message or more.
      const r = Point.BASE.toBytes()
      for (let i = 0; i < 16; i++) {
        const forged = concatBytes(r, littleEndian(1n))
        expect(await backend.verify(ed25519Verifying(fromHex(point)), forged, Uint8Array.of(i))).toBe(false)
      }
    }
  })

  test('agrees with the equation without cofactor where the public key has a torsion component', async () => {
    const torsion = Point.fromHex(ED25519_TORSION_SUBGROUP[1] as string)
    const mixed = copyBytes(Point.fromBytes(publicKey).add(torsion).toBytes())
    const verdicts = new Set<boolean>()
    for (let i = 0; i < 40; i++) {
      const signature = signWithTorsion(999n, IDENTITY, Uint8Array.of(i), mixed)
      const expected = challenge(signature.subarray(0, 32), mixed, Uint8Array.of(i)) % 8n === 0n
      expect(await backend.verify(ed25519Verifying(mixed), signature, Uint8Array.of(i)), `message ${i}`).toBe(expected)
      verdicts.add(expected)
    }
    expect(verdicts.has(false)).toBe(true)
  })

  test('refuses S plus the group order, and every S that is not below it', async () => {
    const signature = await backend.sign(key.signing, message)
    const [r, s] = [signature.slice(0, 32), sOf(signature)]
    expect(await backend.verify(key.verifying, concatBytes(r, littleEndian(s)), message)).toBe(true)
    for (let i = 1n; s + i * ORDER < 2n ** 256n; i++) {
      const moved = concatBytes(r, littleEndian(s + i * ORDER))
      expect(await backend.verify(key.verifying, moved, message), `S + ${i}L`).toBe(false)
    }
    for (const other of [0n, ORDER, ORDER - 1n, ORDER + 1n, 2n ** 256n - 1n]) {
      expect(await backend.verify(key.verifying, concatBytes(r, littleEndian(other)), message)).toBe(false)
    }
  })

  test('refuses every other length of signature', async () => {
    const signature = await backend.sign(key.signing, message)
    expect(signature).toHaveLength(64)
    const longer = concatBytes(signature, signature)
    for (const length of [0, 1, 31, 32, 33, 63, 65, 96, 128]) {
      expect(await backend.verify(key.verifying, longer.slice(0, length), message), `${length} bytes`).toBe(false)
    }
    expect(await backend.verify(key.verifying, concatBytes(signature, Uint8Array.of(0)), message)).toBe(false)
    expect(await backend.verify(key.verifying, concatBytes(Uint8Array.of(0), signature), message)).toBe(false)
  })

  test('refuses each bit flipped in signature and message, and another key', async () => {
    const signature = await backend.sign(key.signing, message)
    for (let bit = 0; bit < 512; bit++) {
      expect(await backend.verify(key.verifying, flipBit(signature, bit), message), `bit ${bit}`).toBe(false)
    }
    for (let bit = 0; bit < 8 * message.length; bit++) {
      expect(await backend.verify(key.verifying, signature, flipBit(message, bit)), `message bit ${bit}`).toBe(false)
    }
    expect(await backend.verify(freshEd25519().verifying, signature, message)).toBe(false)
  })

  test('reads offset views and gives plain memory of its own', async () => {
    const offset = { ...key.signing, pkcs8: offsetView(key.signing.pkcs8) }
    const verifying = { ...key.verifying, spki: offsetView(key.verifying.spki) }
    const signature = await backend.sign(offset, offsetView(message))
    expect(signature.constructor).toBe(Uint8Array)
    expect(signature.buffer.byteLength).toBe(64)
    expect(await backend.verify(verifying, offsetView(signature), offsetView(message))).toBe(true)
    const made = await backend.ed25519PublicKey(offsetView(seed))
    expect(made).toEqual(publicKey)
    expect(made.buffer.byteLength).toBe(32)
  })

  test.each([0, 31, 33])('takes no seed of %i bytes', async (length) => {
    await expect((async () => backend.ed25519PublicKey(new Uint8Array(length)))()).rejects.toThrow(RangeError)
  })
})

describe('Ed25519 across backends', () => {
  test('every backend makes the same signature and verifies every other\'s', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const signed = copyBytes(bytes)
        const signatures = await Promise.all(backends.map(async (backend) => backend.sign(key.signing, signed)))
        expect(new Set(signatures.map((signature) => signature.join())).size).toBe(1)
        for (const backend of backends) {
          expect(await backend.verify(key.verifying, signatures[0] as Bytes, signed)).toBe(true)
          const longer = concatBytes(signed, Uint8Array.of(0))
          expect(await backend.verify(key.verifying, signatures[0] as Bytes, longer)).toBe(false)
        }
      }),
      { numRuns: 25 },
    )
  })
})
