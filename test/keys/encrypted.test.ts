import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decryptPrivateKey, encryptPrivateKey, passphraseProtection } from '../../src/build/private-key-file.js'
import * as door from '../../src/index.js'
import { backends } from '../backends.js'
import { expectNoSecrets, keepSecret } from '../envelope/secrets.js'
import { ed25519Pair, errorOf, jwkOf, pemOf, rsaPair, secretsOf } from './fixtures.js'
import type { Backend, KeyInput } from '../../src/index.js'

const pairs = [ed25519Pair(), rsaPair(), generateKeyPairSync('x25519'), generateKeyPairSync('ec', { namedCurve: 'P-256' })]
const keys = pairs.map(({ privateKey }) => pemOf(privateKey, 'pkcs8'))
const [key = ''] = keys

const bytesOf = (text: string): number => Buffer.byteLength(text)
const isTypeable = (text: string): boolean => text !== '' && !/\p{Cs}/u.test(text) && bytesOf(text) <= 1023
const passphrases = fc
  .oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'grapheme' }), fc.string({ minLength: 900, maxLength: 1023 }))
  .filter(isTypeable)

describe('a round trip', () => {
  it('gives the key back, whichever backend encrypts and decrypts, and whatever the passphrase', async () => {
    const backend = fc.constantFrom(...backends)
    await fc.assert(
      fc.asyncProperty(passphrases, backend, backend, fc.constantFrom(...keys), fc.integer({ min: 1, max: 50 }), async (passphrase, one, other, pem, iterations) => {
        const file = await encryptPrivateKey(pem, passphrase, { backend: one, iterations })
        expect(await passphraseProtection(file)).toEqual({ iterations, hash: 'SHA-256' })
        expect(await decryptPrivateKey(file, passphrase, { backend: other })).toBe(pem)
      }),
      { numRuns: 150 },
    )
  })

  it('takes any form of a key, and Node reads the result', async () => {
    for (const { privateKey } of pairs) {
      for (const input of [jwkOf(privateKey), JSON.stringify(jwkOf(privateKey)), pemOf(privateKey, 'pkcs8').replaceAll('\n', ' ')]) {
        const file = await encryptPrivateKey(input, 'é', { iterations: 1 })
        expect(createPrivateKey({ key: file, passphrase: 'é' }).equals(privateKey)).toBe(true)
      }
    }
  })

  it('takes a passphrase as it is: another way to write a letter, or a space, is another passphrase', async () => {
    const file = await encryptPrivateKey(key, '\u00e9 ', { iterations: 1 })
    expect(await decryptPrivateKey(file, '\u00e9 ')).toBe(key)
    for (const other of ['e\u0301 ', '\u00e9']) await expect(decryptPrivateKey(file, other)).rejects.toMatchObject({ code: 'bad-key' })
  })
})

describe('a file', () => {
  it('has 600,000 iterations, and a salt and an initialisation vector of its own', async () => {
    const files = await Promise.all([1, 2, 3].map(async () => encryptPrivateKey(key, 'secret words')))
    for (const file of files) expect(await passphraseProtection(file)).toEqual({ iterations: 600_000, hash: 'SHA-256' })
    const ders = files.map((file) => Buffer.from(file.replace(/-----.*-----/g, ''), 'base64').toString('latin1'))
    const tail = (start: number, length: number): Set<string> => new Set(ders.map((text) => text.slice(start, start + length)))
    const salt = ders[0]?.indexOf('\x04\x10') ?? -1
    const iv = ders[0]?.indexOf('\x04\x10', salt + 18) ?? -1
    expect([tail(salt + 2, 16).size, tail(iv + 2, 16).size, tail(0, salt).size]).toEqual([3, 3, 1])
  })

  it('holds nothing of the key that can be read', async () => {
    const file = await encryptPrivateKey(key, 'secret words', { iterations: 1 })
    for (const part of secretsOf(key).filter((text) => text.length > 8)) expect(file).not.toContain(part.slice(-24))
  })
})

describe('misuse', () => {
  it('of the passphrase is a RangeError or TypeError, which does not repeat it', async () => {
    const long = 'long secret '.repeat(86)
    const cases: readonly (readonly [unknown, typeof RangeError | typeof TypeError])[] = [
      ['', RangeError],
      ['\ud800 lone secret', RangeError],
      [long, RangeError],
      ['é'.repeat(512), RangeError],
      [undefined, TypeError],
      [12_345_678, TypeError],
      [Buffer.from('bytes of secret'), TypeError],
    ]
    const file = await encryptPrivateKey(key, 'secret words', { iterations: 1 })
    keepSecret('passphrase', ['lone secret', 'long secret', '12345678', 'bytes of secret'])
    for (const [passphrase, type] of cases) {
      const results = [encryptPrivateKey(key, passphrase as string), decryptPrivateKey(file, passphrase as string)]
      for (const error of await Promise.all(results.map(errorOf))) {
        expect(error).toBeInstanceOf(type)
        expectNoSecrets(error)
      }
    }
  })

  it.each([0, -1, 1.5, 10_000_001, Number.NaN, Infinity])('iterations: %s is a RangeError', async (iterations) => {
    await expect(encryptPrivateKey(key, 'a', { iterations })).rejects.toBeInstanceOf(RangeError)
  })

  it.each(['1', null])('iterations: %j is a TypeError', async (iterations) => {
    await expect(encryptPrivateKey(key, 'a', { iterations: iterations as unknown as number })).rejects.toBeInstanceOf(TypeError)
  })

  it.each([undefined, 1, new Uint8Array(9), jwkOf(pairs[0]?.privateKey ?? expect.unreachable())])('%s is no PEM', async (input) => {
    await expect(decryptPrivateKey(input as unknown as string, 'a')).rejects.toBeInstanceOf(TypeError)
    await expect(passphraseProtection(input as unknown as string)).rejects.toBeInstanceOf(TypeError)
  })
})

describe('what cannot be encrypted', () => {
  it.each([
    ['a public key', pemOf(ed25519Pair().publicKey, 'spki')],
    ['a small RSA key', pemOf(rsaPair(2048).privateKey, 'pkcs8')],
    ['text', 'secret text'],
  ])('%s is refused, without what it is', async (_, input: KeyInput) => {
    keepSecret('input', ['secret text', 'secret words'])
    const error = await errorOf(encryptPrivateKey(input, 'secret words', { iterations: 1 }))
    expect(error).toMatchObject({ code: 'bad-key' })
    expectNoSecrets(error)
  })

  it('a key that is encrypted already is refused', async () => {
    const file = await encryptPrivateKey(key, 'a', { iterations: 1 })
    await expect(encryptPrivateKey(file, 'a')).rejects.toMatchObject({ code: 'bad-key' })
  })
})

describe('a backend of others', () => {
  const { passwords, ...without } = backends[0] ?? expect.unreachable()

  it('without passwords is told so', async () => {
    expect(passwords).toBeDefined()
    const file = await encryptPrivateKey(key, 'a', { iterations: 1 })
    for (const result of [encryptPrivateKey(key, 'a', { backend: without }), decryptPrivateKey(file, 'a', { backend: without })]) {
      await expect(result).rejects.toMatchObject({ code: 'backend-unavailable', message: expect.stringContaining('passwords') as string })
    }
  })

  it('whose failure is no verdict on the key keeps its error', async () => {
    const file = await encryptPrivateKey(key, 'a', { iterations: 1 })
    const failing: Backend = { ...without, passwords: { ...passwords, pbkdf2: () => Promise.reject(new Error('no memory')) } as Backend['passwords'] & object }
    await expect(decryptPrivateKey(file, 'a', { backend: failing })).rejects.toThrow('no memory')
    const later: Backend = { ...backends[0] ?? expect.unreachable(), ed25519PublicKey: () => Promise.reject(new Error('no memory')) }
    await expect(decryptPrivateKey(file, 'a', { backend: later })).rejects.toThrow('no memory')
  })

  it('is the same through the door', () => {
    expect([door.encryptPrivateKey, door.decryptPrivateKey, door.passphraseProtection]).toEqual([encryptPrivateKey, decryptPrivateKey, passphraseProtection])
  })
})
