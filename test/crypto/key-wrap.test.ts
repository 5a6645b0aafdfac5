import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, copyBytes } from '../../src/bytes.js'
import { backends, describeEachBackend } from '../backends.js'
import { caseName, fromHex, hexMember, wycheproofTest } from '../wycheproof.js'
import { flipBit, offsetView } from './keys.js'

const kek = fromHex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')
const key = fromHex('00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f')
const wrappedKey = fromHex('28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21')

describeEachBackend('AES key wrap', (backend) => {
  test('gives the bytes of RFC 3394 section 4.6', async () => {
    expect(await backend.wrapKey(kek, key)).toEqual(wrappedKey)
    expect(await backend.unwrapKey(kek, wrappedKey)).toEqual(key)
  })

  wycheproofTest('gives the verdict of all 68 Wycheproof cases of its size', 'aes_wrap_test.json', async (groups) => {
    const counts = { valid: 0, invalid: 0, acceptable: 0 }
    let wrapped = 0
    for (const vector of groups.filter((group) => group['keySize'] === 256).flatMap((group) => group.tests)) {
      const [wrapping, msg, ct] = [hexMember(vector, 'key'), hexMember(vector, 'msg'), hexMember(vector, 'ct')]
      counts[vector.result]++
      // The one acceptable case is a key of 8 bytes, which RFC 3394 section 2 does not define: none may take it.
      const expected = vector.result === 'valid' ? msg : undefined
      expect(await backend.unwrapKey(wrapping, ct), caseName(vector)).toEqual(expected)
      if (vector.result !== 'valid' || msg.length !== 32) continue
      expect(await backend.wrapKey(wrapping, msg), caseName(vector)).toEqual(ct)
      wrapped++
    }
    expect(counts).toEqual({ valid: 13, invalid: 54, acceptable: 1 })
    expect(wrapped).toBeGreaterThan(0)
  })

  test('refuses a wrapped key with any single bit flipped', async () => {
    for (let bit = 0; bit < 8 * wrappedKey.length; bit++) {
      expect(await backend.unwrapKey(kek, flipBit(wrappedKey, bit)), `bit ${bit}`).toBeUndefined()
    }
  })

  test('refuses another wrapping key', async () => {
    expect(await backend.unwrapKey(flipBit(kek, 0), wrappedKey)).toBeUndefined()
  })

  test('refuses every other length', async () => {
    for (let length = 0; length <= 64; length++) {
      if (length === 40) continue
      const cut = concatBytes(wrappedKey, wrappedKey).slice(0, length)
      expect(await backend.unwrapKey(kek, cut), `${length} bytes`).toBeUndefined()
    }
  })

  test('refuses a key wrapped with another check value (RFC 3394 section 2.2.3.2)', async () => {
    // OpenSSL's id-aes256-wrap of the same key with a5 a5 ... in place of a6 a6 ...
    const other = 'e6e22152dda1f9ae17f0586d8b21efc95f17fef472ce84bf3be63fc57e50938a56171b157ebd97a1'
    expect(await backend.unwrapKey(kek, fromHex(other))).toBeUndefined()
  })

  test.each([0, 16, 24, 33])('takes no wrapping key of %i bytes, which would be another cipher', async (length) => {
    await expect((async () => backend.wrapKey(new Uint8Array(length), key))()).rejects.toThrow(RangeError)
    await expect((async () => backend.unwrapKey(new Uint8Array(length), wrappedKey))()).rejects.toThrow(RangeError)
  })

  test('reads offset views, leaves its arguments alone, and gives plain memory of its own', async () => {
    const view = offsetView(wrappedKey)
    const wrapped = await backend.wrapKey(offsetView(kek), offsetView(key))
    const unwrapped = await backend.unwrapKey(offsetView(kek), view)
    expect(wrapped).toEqual(wrappedKey)
    expect(unwrapped).toEqual(key)
    expect(view).toEqual(wrappedKey)
    for (const result of [wrapped, unwrapped]) {
      expect(result?.constructor).toBe(Uint8Array)
      expect(result?.buffer.byteLength).toBe(result?.length)
    }
  })
})

describe('AES key wrap across backends', () => {
  test('every backend makes the same bytes and unwraps what every other wrapped', async () => {
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
    let unwrapped = 0
    await fc.assert(
      fc.asyncProperty(bytes32, bytes32, async (a, b) => {
        const [wrapping, secret] = [copyBytes(a), copyBytes(b)]
        for (const wraps of backends) {
          const wrapped = await wraps.wrapKey(wrapping, secret)
          for (const unwraps of backends) {
            expect(await unwraps.unwrapKey(wrapping, wrapped)).toEqual(secret)
            unwrapped++
          }
        }
      }),
      { numRuns: 30 },
    )
    expect(unwrapped).toBe(30 * backends.length ** 2)
  })
})
