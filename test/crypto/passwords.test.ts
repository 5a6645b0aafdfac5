import { createCipheriv, pbkdf2Sync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ascii } from '../../src/text.js'
import { backends, describeEachBackend } from '../backends.js'
import { fromHex } from '../wycheproof.js'
import type { PasswordBackend } from '../../src/crypto/backend.js'

const bytes = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(7)

describeEachBackend('passwords', (backend) => {
  const passwords: PasswordBackend = backend.passwords ?? expect.unreachable()

  // RFC 7914 section 11, the first 32 of 64 bytes.
  test.each([
    ['passwd', 'salt', 1, '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc'],
    ['Password', 'NaCl', 80_000, '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56'],
  ])('PBKDF2 is that of RFC 7914: %s, %s, %i', async (password, salt, iterations, expected) => {
    expect(await passwords.pbkdf2('SHA-256', ascii(password), ascii(salt), iterations)).toEqual(fromHex(expected))
  })

  test('PBKDF2 is that of node:crypto', async () => {
    const text = fc.uint8Array({ minLength: 1, maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(text, text, fc.integer({ min: 1, max: 20 }), fc.constantFrom('SHA-256' as const, 'SHA-512' as const), async (password, salt, count, hash) => {
        const expected = pbkdf2Sync(password, salt, count, 32, hash.replace('-', ''))
        expect(Buffer.from(await passwords.pbkdf2(hash, new Uint8Array(password), new Uint8Array(salt), count))).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  test('AES-256-CBC is that of NIST SP 800-38A, F.2.5, and of node:crypto', async () => {
    const key = fromHex('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4')
    const iv = fromHex('000102030405060708090a0b0c0d0e0f')
    const first = await passwords.encryptCbc(key, iv, fromHex('6bc1bee22e409f96e93d7e117393172a'))
    expect(first.subarray(0, 16)).toEqual(fromHex('f58c4c04d6e5f1ba779eabfb5f7bfbd6'))
    for (let length = 0; length < 50; length++) {
      const plaintext = backend.randomBytes(length)
      const cipher = createCipheriv('aes-256-cbc', key, iv)
      const ciphertext = await passwords.encryptCbc(key, iv, plaintext)
      expect(Buffer.from(ciphertext)).toEqual(Buffer.concat([cipher.update(plaintext), cipher.final()]))
      expect(await passwords.decryptCbc(key, iv, ciphertext)).toEqual(plaintext)
    }
  })

  test('no padding holds but the one of RFC 8018', async () => {
    const [key, iv] = [bytes(32), bytes(16)]
    for (let last = 0; last < 256; last++) {
      const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
      const block = bytes(16).fill(last, 0)
      const ciphertext = new Uint8Array(Buffer.concat([cipher.update(block), cipher.final()]))
      const expected = last >= 1 && last <= 16 ? block.subarray(0, 16 - last) : undefined
      expect(await passwords.decryptCbc(key, iv, ciphertext), String(last)).toEqual(expected)
    }
  })

  test('lengths that cannot be have no plaintext, and cannot be asked for', async () => {
    for (const length of [0, 1, 15, 17]) expect(await passwords.decryptCbc(bytes(32), bytes(16), bytes(length))).toBeUndefined()
    for (const length of [0, 12, 15, 17]) expect(await passwords.decryptCbc(bytes(32), bytes(length), bytes(16))).toBeUndefined()
    await expect((async () => passwords.encryptCbc(bytes(32), bytes(12), bytes(1)))()).rejects.toBeInstanceOf(RangeError)
    for (const length of [0, 16, 24, 33]) {
      await expect((async () => passwords.encryptCbc(bytes(length), bytes(16), bytes(1)))()).rejects.toBeInstanceOf(RangeError)
      await expect((async () => passwords.decryptCbc(bytes(length), bytes(16), bytes(16)))()).rejects.toBeInstanceOf(RangeError)
    }
  })

  test('what they are given is not changed, also as a part of something larger, and what they give is a plain array', async () => {
    const whole = bytes(100)
    const [key, iv, text] = [whole.subarray(1, 33), whole.subarray(33, 49), whole.subarray(50, 81)]
    const ciphertext = await passwords.encryptCbc(key, iv, text)
    const results = [ciphertext, await passwords.decryptCbc(key, iv, ciphertext), await passwords.pbkdf2('SHA-256', text, iv, 2)]
    expect(results[1]).toEqual(text)
    expect(whole).toEqual(bytes(100))
    for (const result of results) expect([result?.constructor, result?.byteOffset, result?.buffer.byteLength]).toEqual([Uint8Array, 0, result?.length])
  })
})

test('a key is derived while other work goes on', async () => {
  for (const { passwords, name } of backends) {
    let turns = 0
    const timer = setInterval(() => (turns += 1), 1)
    await passwords?.pbkdf2('SHA-256', bytes(8), bytes(8), 150_000)
    clearInterval(timer)
    expect(turns, name).toBeGreaterThan(1)
  }
})
