import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decryptPrivateKey, encryptPrivateKey, passphraseProtection } from '../../src/build/private-key-file.js'
import { backends } from '../backends.js'
import { noOpenssl, openssl } from './encrypted.js'
import { ed25519Pair, errorOf, pemOf, refusalMessage, rsaPair } from './fixtures.js'

const passphrase = 'pass phräse 🔑'
const keys = [
  { type: 'RSA', key: pemOf(rsaPair().privateKey, 'pkcs8') },
  { type: 'Ed25519', key: pemOf(ed25519Pair().privateKey, 'pkcs8') },
  { type: 'X25519', key: pemOf(generateKeyPairSync('x25519').privateKey, 'pkcs8') },
  { type: 'P-256', key: pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'pkcs8') },
] as const

const skipped = noOpenssl === undefined ? '' : ` (skipped: ${noOpenssl})`

/** `openssl pkcs8` as it encrypts. */
function encryptedBy(options: readonly string[], key: string): string {
  return openssl(['pkcs8', '-topk8', '-in', 'in.pem', '-passout', 'file:passphrase', ...options], key, passphrase)
}

describe.skipIf(noOpenssl)(`OpenSSL's command line${skipped}`, () => {
  const hashes = [
    ['SHA-256', ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA256', '-iter', '3000'], 3000],
    ['SHA-512', ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA512', '-iter', '1'], 1],
    ['SHA-256', ['-v2', 'aes-256-cbc'], 2048],
    ['SHA-256', [], 2048],
  ] as const

  describe.each(keys)('$type', ({ key }) => {
    it.each(hashes)('writes what every backend reads: %s, %j', async (hash, options, iterations) => {
      const file = encryptedBy(options, key)
      expect(await passphraseProtection(file)).toEqual({ hash, iterations })
      for (const backend of backends) expect(await decryptPrivateKey(file, passphrase, { backend })).toBe(key)
    })

    it('reads what every backend writes', async () => {
      for (const backend of backends) {
        const file = await encryptPrivateKey(key, passphrase, { backend, iterations: 1000 })
        for (const command of ['pkcs8', 'pkey']) {
          const read = openssl([command, '-in', 'in.pem', '-passin', 'file:passphrase'], file, passphrase)
          expect(createPrivateKey(read).equals(createPrivateKey(key))).toBe(true)
        }
        expect(() => openssl(['pkey', '-in', 'in.pem', '-passin', 'file:passphrase'], file, 'another')).toThrow()
      }
    })
  })

  it.each([
    ['scrypt', ['-scrypt'], /key derivation is not PBKDF2/],
    ['AES-128', ['-v2', 'aes-128-cbc'], /cipher is not AES-256-CBC/],
    ['triple DES', ['-v2', 'des3'], /cipher is not AES-256-CBC/],
    ['HMAC-SHA-1', ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA1'], /HMAC-SHA-1/],
    ['HMAC-SHA-384', ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA384'], /neither SHA-256 nor SHA-512/],
    ['PBES1', ['-v1', 'PBE-SHA1-3DES'], /scheme is not PBES2/],
  ])('is told how to convert what it encrypted with %s, and the command does it', async (_, options, why) => {
    const { key } = keys[1]
    const file = encryptedBy(options, key)
    const message = refusalMessage(await errorOf(decryptPrivateKey(file, passphrase)), [passphrase])
    expect(message).toMatch(why)
    expect(refusalMessage(await errorOf(passphraseProtection(file)))).toBe(message)
    const command = /`openssl (.*) -in KEY\.pem -out CONVERTED\.pem`/.exec(message)?.[1]?.split(' ') ?? []
    const converted = openssl([...command, '-in', 'in.pem', '-passin', 'file:passphrase', '-passout', 'pass:new'], file, passphrase)
    expect(await decryptPrivateKey(converted, 'new')).toBe(key)
  })
})

describe.each(keys)('node:crypto, $type', ({ key }) => {
  it('reads what every backend writes', async () => {
    for (const backend of backends) {
      const file = await encryptPrivateKey(key, passphrase, { backend, iterations: 1000 })
      expect(createPrivateKey({ key: file, passphrase }).equals(createPrivateKey(key))).toBe(true)
      expect(() => createPrivateKey({ key: file, passphrase: `${passphrase}.` })).toThrow()
    }
  })

  it('writes what every backend reads', async () => {
    const file = String(createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }))
    for (const backend of backends) expect(await decryptPrivateKey(file, passphrase, { backend })).toBe(key)
  })
})
