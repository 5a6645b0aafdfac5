import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyBytes } from '../../src/bytes.js'
import { ascii } from '../../src/text.js'
import { describeEachBackend } from '../backends.js'
import { fromHex } from '../wycheproof.js'
import { offsetView } from './keys.js'

describeEachBackend('SHA-256', (backend) => {
  test.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ])('of "%s" is what FIPS 180-4 says', async (text, digest) => {
    expect(await backend.sha256(ascii(text))).toEqual(fromHex(digest))
  })

  test('agrees with node:crypto, reads offset views, and gives plain memory of its own', async () => {
    for (const length of [1, 55, 56, 63, 64, 65, 1000, 262_160]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 11) & 255)
      const digest = await backend.sha256(offsetView(bytes))
      expect(digest).toEqual(new Uint8Array(createHash('sha256').update(bytes).digest()))
      expect(digest.constructor).toBe(Uint8Array)
      expect(digest.buffer.byteLength).toBe(32)
    }
  })
})

describeEachBackend('HMAC', (backend) => {
  test('gives the results of RFC 4231 section 4.3', async () => {
    const [key, message] = [ascii('Jefe'), ascii('what do ya want for nothing?')]
    expect(await backend.hmac('SHA-256', key, message)).toEqual(
      fromHex('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'),
    )
    expect(await backend.hmac('SHA-512', key, message)).toEqual(
      fromHex(
        '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554' +
          '9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
      ),
    )
  })

  test('agrees with node:crypto for keys shorter, as long and longer than a block', async () => {
    const key = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.uint8Array({ minLength: 62, maxLength: 66 }),
      fc.uint8Array({ minLength: 126, maxLength: 200 }),
    )
    await fc.assert(
      fc.asyncProperty(key, fc.uint8Array({ maxLength: 200 }), async (k, message) => {
        for (const hash of ['SHA-256', 'SHA-512'] as const) {
          const made = await backend.hmac(hash, offsetView(k), copyBytes(message))
          const expected = createHmac(hash.replace('-', '').toLowerCase(), k).update(message).digest()
          expect(made).toEqual(new Uint8Array(expected))
          expect(made.buffer.byteLength).toBe(made.length)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('takes no empty key', async () => {
    await expect((async () => backend.hmac('SHA-256', new Uint8Array(0), ascii('x')))()).rejects.toThrow(RangeError)
  })
})
