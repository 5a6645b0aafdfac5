import { createCipheriv, createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, copyBytes } from '../../src/bytes.js'
import { backends, describeEachBackend, openSealed } from '../backends.js'
import { caseName, fromHex, hexMember, wycheproofTest } from '../wycheproof.js'
import { flipBit, offsetView } from './keys.js'
import type { Bytes } from '../../src/bytes.js'
import type { Backend } from '../../src/crypto/backend.js'

const key = fromHex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')
const nonce = fromHex('a0a1a2a3a4a5a6a7a8a9aaab')

async function seal(backend: Backend, plaintext: Bytes, additionalData?: Bytes): Promise<Bytes> {
  return (await backend.gcmSealer(key)).seal(nonce, plaintext, additionalData)
}

async function open(
  backend: Backend, sealed: Bytes, additionalData?: Bytes, iv: Bytes = nonce,
): Promise<Bytes | undefined> {
  return openSealed(await backend.gcmOpener(key), iv, sealed, additionalData)
}

describeEachBackend('AES-256-GCM', (backend) => {
  wycheproofTest('gives the verdict of all 66 Wycheproof cases of its sizes', 'aes_gcm_test.json', async (groups) => {
    const verdicts: string[] = []
    for (const group of groups) {
      if (group['keySize'] !== 256 || group['ivSize'] !== 96 || group['tagSize'] !== 128) continue
      for (const vector of group.tests) {
        const [k, iv] = [hexMember(vector, 'key'), hexMember(vector, 'iv')]
        const [aad, msg] = [hexMember(vector, 'aad'), hexMember(vector, 'msg')]
        const sealed = concatBytes(hexMember(vector, 'ct'), hexMember(vector, 'tag'))
        const opened = await openSealed(await backend.gcmOpener(k), iv, sealed, aad)
        expect(opened, caseName(vector)).toEqual(vector.result === 'valid' ? msg : undefined)
        if (vector.result === 'valid') {
          expect(await (await backend.gcmSealer(k)).seal(iv, msg, aad), caseName(vector)).toEqual(sealed)
        }
        verdicts.push(vector.result)
      }
    }
    expect(verdicts).toHaveLength(66)
    expect(new Set(verdicts)).toEqual(new Set(['valid', 'invalid']))
  })

  test('refuses a message with any single bit flipped', async () => {
    const sealed = await seal(backend, fromHex('00ff10ef20df'), fromHex('aad0'))
    const opener = await backend.gcmOpener(key)
    expect(await openSealed(opener, nonce, sealed, fromHex('aad0'))).toEqual(fromHex('00ff10ef20df'))
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      expect(await openSealed(opener, nonce, flipBit(sealed, bit), fromHex('aad0')), `bit ${bit}`).toBeUndefined()
    }
    for (let bit = 0; bit < 8 * 12; bit++) {
      expect(await openSealed(opener, flipBit(nonce, bit), sealed, fromHex('aad0')), `nonce bit ${bit}`).toBeUndefined()
    }
  })

  test('refuses other additional data, and takes none for empty additional data', async () => {
    const sealed = await seal(backend, fromHex('0102'), fromHex('aad0'))
    expect(await open(backend, sealed)).toBeUndefined()
    expect(await open(backend, sealed, fromHex('aad1'))).toBeUndefined()
    expect(await open(backend, await seal(backend, fromHex('0102')), new Uint8Array(0))).toEqual(fromHex('0102'))
  })

  test.each([15, 14, 13, 12, 8, 4])('refuses a tag cut to %i bytes', async (length) => {
    const sealed = await seal(backend, fromHex('00112233445566778899aabbccddeeff00'))
    expect(await open(backend, sealed.slice(0, 17 + length))).toBeUndefined()
  })

  test.each([12, 4])('refuses a message made with a tag of %i bytes', async (length) => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: length })
    const ciphertext = concatBytes(cipher.update(new Uint8Array(20)), cipher.final())
    expect(await open(backend, concatBytes(ciphertext, cipher.getAuthTag()))).toBeUndefined()
  })

  test('refuses input that is shorter than a tag, of every length', async () => {
    const sealed = await seal(backend, new Uint8Array(0))
    expect(sealed).toHaveLength(16)
    expect(await open(backend, sealed)).toEqual(new Uint8Array(0))
    for (let length = 0; length < 16; length++) {
      expect(await open(backend, sealed.slice(0, length)), `${length} bytes`).toBeUndefined()
    }
  })

  test.each([0, 1, 8, 11, 13, 16, 32])('refuses a nonce of %i bytes, even if GCM would take it', async (length) => {
    const iv = new Uint8Array(length)
    expect(await open(backend, new Uint8Array(32), undefined, iv)).toBeUndefined()
    if (length > 0) {
      const cipher = createCipheriv('aes-256-gcm', key, iv)
      const sealed = concatBytes(cipher.update(fromHex('0102')), cipher.final(), cipher.getAuthTag())
      expect(await open(backend, sealed, undefined, iv)).toBeUndefined()
    }
    const sealer = await backend.gcmSealer(key)
    await expect((async () => sealer.seal(iv, fromHex('0102')))()).rejects.toThrow(RangeError)
  })

  test.each([0, 16, 24, 31, 33])('takes no key of %i bytes, which would be another cipher', async (length) => {
    await expect((async () => backend.gcmOpener(new Uint8Array(length)))()).rejects.toThrow(RangeError)
    await expect((async () => backend.gcmSealer(new Uint8Array(length)))()).rejects.toThrow(RangeError)
  })

  test('binds the key once: the caller may change it afterwards, and one opener opens many', async () => {
    const mine = copyBytes(key)
    const [sealer, opener] = [await backend.gcmSealer(mine), await backend.gcmOpener(mine)]
    mine.fill(0)
    for (let i = 0; i < 4; i++) {
      const plaintext = Uint8Array.of(i, i + 1)
      const sealed = await sealer.seal(nonce, plaintext)
      expect(sealed).toEqual(await seal(backend, plaintext))
      expect(await openSealed(opener, nonce, flipBit(sealed, 3))).toBeUndefined()
      expect(await openSealed(opener, nonce, sealed)).toEqual(plaintext)
    }
  })

  test('reads offset views, leaves its arguments alone, and gives plain memory of its own', async () => {
    for (const length of [0, 1, 15, 16, 17, 4095, 4096, 5000, 9000, 262_144]) {
      const plaintext = Uint8Array.from({ length }, (_, i) => (i * 7) & 255)
      const sealer = await backend.gcmSealer(offsetView(key))
      const opener = await backend.gcmOpener(offsetView(key))
      const sealed = await sealer.seal(offsetView(nonce), offsetView(plaintext), offsetView(key))
      const view = offsetView(sealed)
      const opened = await openSealed(opener, offsetView(nonce), view, offsetView(key))
      expect(sha256(opened), `${length} bytes`).toBe(sha256(plaintext))
      expect(sha256(view)).toBe(sha256(sealed))
      for (const result of [sealed, opened as Bytes]) {
        expect(result.constructor).toBe(Uint8Array)
        // Bun's own results have a byte to spare; a pool would have kilobytes, and other offsets.
        expect(result.byteOffset, `memory of ${length} bytes`).toBe(0)
        expect(result.buffer.byteLength - result.length, `memory of ${length} bytes`).toBeLessThan(2)
      }
    }
  })
})

describe('AES-256-GCM across backends', () => {
  test('every backend makes the same bytes and opens what every other sealed', async () => {
    let opened = 0
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 40 }), async (message, aad) => {
        const [plaintext, additionalData] = [copyBytes(message), copyBytes(aad)]
        for (const sealing of backends) {
          const sealed = await seal(sealing, plaintext, additionalData)
          for (const opening of backends) {
            expect(await open(opening, sealed, additionalData)).toEqual(plaintext)
            opened++
          }
        }
      }),
      { numRuns: 50 },
    )
    expect(opened).toBe(50 * backends.length ** 2)
  })
})

function sha256(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'undefined' : createHash('sha256').update(bytes).digest('hex')
}
