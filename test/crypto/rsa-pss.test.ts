import { constants, sign as nodeSign, verify as nodeVerify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asBytes, concatBytes, copyBytes } from '../../src/bytes.js'
import { backends, describeEachBackend } from '../backends.js'
import { caseName, fromHex, hexMember, wycheproofTest } from '../wycheproof.js'
import { flipBit, freshRsa, offsetView, rsaVerifying } from './keys.js'
import type { Bytes } from '../../src/bytes.js'

const BITS = 3072
const LENGTH = BITS / 8
const key = freshRsa(BITS)
const message = fromHex('6f746120626c6f62')

/** A PSS signature by node:crypto with this salt length, hash and mask hash, all of which PS256 fixes. */
function pss(saltLength: number, hash = 'sha256'): Bytes {
  const padding = constants.RSA_PKCS1_PSS_PADDING
  return copyBytes(nodeSign(hash, message, { key: key.keyObject, padding, saltLength }))
}

function modulus(): bigint {
  return number(copyBytes(Buffer.from((key.verifying.jwk as { n: string }).n, 'base64url')))
}

function number(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

function bytesOf(value: bigint, length: number): Bytes {
  return fromHex(value.toString(16).padStart(2 * length, '0'))
}

describeEachBackend('PS256', (backend) => {
  const file = 'rsa_pss_4096_sha256_mgf1_32_test.json'

  wycheproofTest('gives the verdict of all 108 Wycheproof cases', file, async (groups) => {
    const counts = { valid: 0, invalid: 0, acceptable: 0 }
    for (const group of groups) {
      const verifying = rsaVerifying(hexMember(group, 'publicKeyDer'))
      for (const vector of group.tests) {
        const holds = await backend.verify(verifying, hexMember(vector, 'sig'), hexMember(vector, 'msg'))
        expect(holds, caseName(vector)).toBe(vector.result === 'valid')
        counts[vector.result]++
      }
    }
    expect(counts).toEqual({ valid: 63, invalid: 45, acceptable: 0 })
  })

  wycheproofTest('takes no parameters but its own in 150 others', 'rsa_pss_misc_test.json', async (groups) => {
    const counts = { taken: 0, refused: 0 }
    for (const group of groups) {
      const verifying = rsaVerifying(hexMember(group, 'publicKeyDer'))
      const isPs256 = group['sha'] === 'SHA-256' && group['mgfSha'] === 'SHA-256' && group['sLen'] === 32
      for (const vector of group.tests) {
        const holds = await backend.verify(verifying, hexMember(vector, 'sig'), hexMember(vector, 'msg'))
        expect(holds, caseName(vector)).toBe(isPs256 && vector.result === 'valid')
        counts[holds ? 'taken' : 'refused']++
      }
    }
    expect(counts.taken + counts.refused).toBe(150)
    expect(counts.taken).toBeGreaterThan(0)
  })

  // R22
  test.each([0, 1, 20, 31, 33, 64, LENGTH - 32 - 2])('refuses a salt of %i bytes', async (saltLength) => {
    expect(await backend.verify(key.verifying, pss(32), message)).toBe(true)
    expect(await backend.verify(key.verifying, pss(saltLength), message)).toBe(false)
  })

  test('refuses other hashes, also with a salt of 32 bytes', async () => {
    for (const hash of ['sha1', 'sha384', 'sha512']) {
      expect(await backend.verify(key.verifying, pss(32, hash), message), hash).toBe(false)
    }
  })

  test('refuses a PKCS#1 v1.5 signature', async () => {
    const signature = copyBytes(nodeSign('sha256', message, key.keyObject))
    expect(nodeVerify('sha256', message, key.keyObject, signature)).toBe(true)
    expect(await backend.verify(key.verifying, signature, message)).toBe(false)
  })

  test('refuses signature plus modulus, and every number that is not below the modulus', async () => {
    const n = modulus()
    let signature = pss(32)
    while (number(signature) + n >= 2n ** BigInt(BITS)) signature = pss(32)
    expect(await backend.verify(key.verifying, signature, message)).toBe(true)
    for (const other of [number(signature) + n, n, n + 1n, n - 1n, 2n ** BigInt(BITS) - 1n, 0n, 1n]) {
      expect(await backend.verify(key.verifying, bytesOf(other, LENGTH), message)).toBe(false)
    }
  })

  test('refuses every other length, also with zeros that leave the number as it is', async () => {
    const signature = await backend.sign(key.signing, message)
    const zero = Uint8Array.of(0)
    expect(signature).toHaveLength(LENGTH)
    for (const other of [
      new Uint8Array(0), zero, signature.slice(1), signature.slice(0, -1), concatBytes(zero, signature),
      concatBytes(signature, zero), concatBytes(signature, signature), new Uint8Array(LENGTH),
    ]) {
      expect(await backend.verify(key.verifying, other, message), `${other.length} bytes`).toBe(false)
    }
  })

  test('refuses flipped bits in signature and message, and another key', async () => {
    const signature = await backend.sign(key.signing, message)
    for (let bit = 0; bit < BITS; bit += 61) {
      expect(await backend.verify(key.verifying, flipBit(signature, bit), message), `bit ${bit}`).toBe(false)
    }
    for (let bit = 0; bit < 8 * message.length; bit++) {
      expect(await backend.verify(key.verifying, signature, flipBit(message, bit)), `message bit ${bit}`).toBe(false)
    }
    expect(await backend.verify(otherKey.verifying, signature, message)).toBe(false)
  })

  test('salts each signature anew, with 32 bytes, so that two of the same bytes differ', async () => {
    const [first, second] = [await backend.sign(key.signing, message), await backend.sign(key.signing, message)]
    expect(first).not.toEqual(second)
    for (const signature of [first, second]) {
      const options = { key: key.keyObject, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
      expect(nodeVerify('sha256', message, options, signature)).toBe(true)
    }
  })

  test('reads offset views and gives plain memory of its own', async () => {
    const signing = { ...key.signing, pkcs8: offsetView(key.signing.pkcs8) }
    const verifying = { ...key.verifying, spki: offsetView(key.verifying.spki) }
    const signature = await backend.sign(signing, offsetView(message))
    expect(signature.constructor).toBe(Uint8Array)
    expect(signature.buffer.byteLength).toBe(LENGTH)
    expect(await backend.verify(verifying, offsetView(signature), offsetView(message))).toBe(true)
    expect(await backend.verify(verifying, asBytes(Buffer.from(signature), 'signature'), message)).toBe(true)
  })
})

const otherKey = freshRsa(BITS)

describe('PS256 across backends', () => {
  test('every backend verifies what every other signed', async () => {
    let verified = 0
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const signed = copyBytes(bytes)
        for (const signing of backends) {
          const signature = await signing.sign(key.signing, signed)
          for (const verifying of backends) {
            expect(await verifying.verify(key.verifying, signature, signed)).toBe(true)
            expect(await verifying.verify(key.verifying, signature, concatBytes(signed, Uint8Array.of(0)))).toBe(false)
            verified++
          }
        }
      }),
      { numRuns: 5 },
    )
    expect(verified).toBe(5 * backends.length ** 2)
  })

  test('a key of a size that is no power of two works alike', async () => {
    const odd = freshRsa(3080)
    for (const signing of backends) {
      const signature = await signing.sign(odd.signing, message)
      for (const verifying of backends) expect(await verifying.verify(odd.verifying, signature, message)).toBe(true)
    }
  })
})
