import { hkdfSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyBytes } from '../../src/bytes.js'
import { hkdf, hkdfExpand, hkdfExtract } from '../../src/crypto/hkdf.js'
import { describeEachBackend } from '../backends.js'
import { caseName, fromHex, hexMember, wycheproofTest } from '../wycheproof.js'
import { offsetView } from './keys.js'

const files = [
  { hash: 'SHA-256', file: 'hkdf_sha256_test.json', valid: 83, invalid: 3 },
  { hash: 'SHA-512', file: 'hkdf_sha512_test.json', valid: 80, invalid: 3 },
] as const

describeEachBackend('HKDF', (backend) => {
  for (const { hash, file, valid, invalid } of files) {
    wycheproofTest(`with ${hash} gives all ${valid + invalid} Wycheproof results`, file, async (groups) => {
      const counts = { valid: 0, invalid: 0, acceptable: 0 }
      for (const vector of groups.flatMap((group) => group.tests)) {
        counts[vector.result]++
        const [salt, ikm, info] = [hexMember(vector, 'salt'), hexMember(vector, 'ikm'), hexMember(vector, 'info')]
        const made = hkdf(backend, hash, { ikm, salt, info }, vector['size'] as number)
        if (vector.result === 'valid') expect(await made, caseName(vector)).toEqual(hexMember(vector, 'okm'))
        else await expect(made, caseName(vector)).rejects.toThrow(RangeError)
      }
      expect(counts).toEqual({ valid, invalid, acceptable: 0 })
    })
  }

  test('extracts the pseudorandom keys of RFC 5869, appendices A.1 and A.3', async () => {
    const ikm = new Uint8Array(22).fill(0x0b)
    expect(await hkdfExtract(backend, 'SHA-256', fromHex('000102030405060708090a0b0c'), ikm)).toEqual(
      fromHex('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5'),
    )
    expect(await hkdfExtract(backend, 'SHA-256', new Uint8Array(0), ikm)).toEqual(
      fromHex('19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04'),
    )
  })

  test('without a salt is the same as with an empty one and with zeros', async () => {
    const [ikm, info] = [fromHex('0b0b'), fromHex('f0')]
    const made = await hkdf(backend, 'SHA-256', { ikm, info }, 40)
    for (const salt of [new Uint8Array(0), new Uint8Array(32)]) {
      expect(await hkdf(backend, 'SHA-256', { ikm, salt, info }, 40)).toEqual(made)
    }
    expect(await hkdf(backend, 'SHA-256', { ikm, salt: Uint8Array.of(1), info }, 40)).not.toEqual(made)
  })

  test('takes 255 blocks and not a byte more, nor a length that is no whole number', async () => {
    const prk = new Uint8Array(32).fill(1)
    const info = new Uint8Array(0)
    expect(await hkdfExpand(backend, 'SHA-256', prk, info, 255 * 32)).toHaveLength(8160)
    for (const length of [255 * 32 + 1, -1, 1.5, Number.NaN, Infinity]) {
      await expect(hkdfExpand(backend, 'SHA-256', prk, info, length)).rejects.toThrow(RangeError)
    }
    await expect(hkdfExpand(backend, 'SHA-512', prk, info, 255 * 64 + 1)).rejects.toThrow(RangeError)
    await expect(hkdfExpand(backend, 'SHA-512', new Uint8Array(0), info, 1)).rejects.toThrow(RangeError)
  })

  test('agrees with node:crypto for any salt, key material, info and length', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('SHA-256' as const, 'SHA-512' as const),
        fc.uint8Array({ maxLength: 150 }), fc.uint8Array({ maxLength: 150 }), fc.uint8Array({ maxLength: 99 }),
        fc.integer({ min: 1, max: 300 }),
        async (hash, salt, ikm, info, length) => {
          const input = { ikm: copyBytes(ikm), salt: offsetView(salt), info: offsetView(info) }
          const made = await hkdf(backend, hash, input, length)
          expect(made).toEqual(new Uint8Array(hkdfSync(hash.replace('-', '').toLowerCase(), ikm, salt, info, length)))
        },
      ),
      { numRuns: 60 },
    )
  })
})
