import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { content, namesIn, otaseal, release, workFolder } from './cli.js'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
const encrypted = String(privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'a' }))
const jwk = JSON.stringify(privateKey.export({ format: 'jwk' }))

const keys: readonly (readonly [string, string])[] = [
  ['in PEM', pem],
  ['in PEM after a byte order mark', `\ufeff${pem}`],
  ['in PEM in quotes, as in .env', `"${pem}"`],
  ['in PEM after many empty lines', '\n'.repeat(3000) + pem],
  ['in PEM, encrypted', encrypted],
  ['in JWK', jwk],
  ['in JWK after a byte order mark', `\ufeff${jwk}`],
]

describe('a private key that would be published', () => {
  let folder: string
  beforeAll(async () => {
    folder = await workFolder()
  })

  it.each(keys)('%s is refused as a file, in a folder and from stdin', async (_, key) => {
    writeFileSync(join(folder, 'innocent.txt'), key)
    mkdirSync(join(folder, 'www'), { recursive: true })
    writeFileSync(join(folder, 'www/innocent.txt'), key)
    const before = namesIn(folder)
    const runs = [
      await otaseal(folder, ['encrypt', 'innocent.txt', ...release]),
      await otaseal(folder, ['encrypt', 'www', ...release]),
      await otaseal(folder, ['encrypt', '-', ...release, '-o', 'stdin.otaseal'], { input: Buffer.from(key) }),
    ]
    for (const { code, stdout, stderr } of runs) {
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(/is a private key/)
      expect(stderr).not.toContain(key.slice(-60, -30))
    }
    expect(namesIn(folder)).toEqual(before)
  })

  it.each([
    ['a public key', String(publicKey.export({ format: 'pem', type: 'spki' }))],
    ['a public JWK', JSON.stringify(publicKey.export({ format: 'jwk' }))],
    ['a program that knows the words', `const begin = '-----BEGIN PRIVATE KEY-----', kty = { "kty": "d" }\n${content.toString()}`],
  ])('%s is none', async (_, text) => {
    writeFileSync(join(folder, 'public.txt'), text)
    expect(await otaseal(folder, ['encrypt', 'public.txt', ...release, '--force'])).toMatchObject({ code: 0 })
  })
})
