import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { splitEnvelope } from '../../src/index.js'
import { accept, codeOf, namesIn, otaseal, release, workFolder } from './cli.js'

const claims = ['--sequence', '1763700000', '--channel', 'beta', '--runtime', 'ios-7']
let folder: string
let before: readonly string[]

function put(name: string, bytes: Uint8Array | string): string {
  writeFileSync(join(folder, name), bytes)
  return name
}

beforeAll(async () => {
  folder = await workFolder()
  await otaseal(folder, ['keygen', '--type', 'Ed25519', '-o', 'foreign'])
  await otaseal(folder, ['keygen', '--type', 'secret'])
  await otaseal(folder, ['encrypt', 'app.bin', ...release, ...claims, '-o', 'good.otaseal'])
  await otaseal(folder, ['encrypt', 'app.bin', ...release, '--expires', '2020-01-01', '-o', 'expired.otaseal'])
  await otaseal(folder, ['encrypt', 'app.bin', ...release, '--reader', '.otaseal_secret', '-o', 'secret.otaseal'])
  const good = readFileSync(join(folder, 'good.otaseal'))
  const flip = (at: number): Uint8Array => good.map((byte, i) => (i === at ? byte ^ 1 : byte))
  put('flipped-chunk.otaseal', flip(good.length - 1))
  put('flipped-index.otaseal', flip(good.length - splitEnvelope(good).payload.length))
  put('truncated.otaseal', good.subarray(0, -1))
  put('stub.otaseal', good.subarray(0, 10))
  put('trailing.otaseal', Buffer.concat([good, Buffer.from('x')]))
  put('base64.otaseal', good.toString('base64'))
  put('zip.otaseal', 'PK\u0003\u0004 no envelope')
  put('resigned.otaseal', Buffer.from(good.toString('latin1').replace(/"signature":"..../, '"signature":"AAAA'), 'latin1'))
  before = namesIn(folder)
})

const cases: readonly (readonly [what: string, code: string, args: readonly string[]])[] = [
  ['a flipped bit in a chunk', 'bad-chunk', ['flipped-chunk.otaseal', ...accept]],
  ['a flipped bit in the index', 'bad-index', ['flipped-index.otaseal', ...accept]],
  ['another signature', 'bad-signature', ['resigned.otaseal', ...accept]],
  ['a lost byte', 'truncated', ['truncated.otaseal', ...accept]],
  ['a lost payload', 'truncated', ['stub.otaseal', ...accept]],
  ['a byte too many', 'trailing-data', ['trailing.otaseal', ...accept]],
  ['a base64 copy', 'not-an-envelope', ['base64.otaseal', ...accept]],
  ['something else', 'not-an-envelope', ['zip.otaseal', ...accept]],
  ['a foreign key', 'untrusted-key', ['good.otaseal', '--key', 'foreign.pub', '--app', 'com.example.app']],
  ['a private key as the trusted one', 'bad-key', ['good.otaseal', '--key', 'foreign', '--app', 'com.example.app']],
  ['no key in the key file', 'bad-key', ['good.otaseal', '--key', 'app.bin.txt', '--app', 'com.example.app']],
  ['another app', 'wrong-app', ['good.otaseal', '--key', '.otaseal_key.pub', '--app', 'com.example.other']],
  ['another channel', 'wrong-channel', ['good.otaseal', ...accept, '--channel', 'production']],
  ['another runtime', 'wrong-runtime', ['good.otaseal', ...accept, '--runtime', 'ios-8']],
  ['another type', 'wrong-type', ['good.otaseal', ...accept, '--type', 'application/zip']],
  ['an older sequence', 'rollback', ['good.otaseal', ...accept, '--last-sequence', '1763700001']],
  ['the same sequence', 'rollback', ['good.otaseal', ...accept, '--last-sequence', '1763700000']],
  ['an expired release', 'expired', ['expired.otaseal', ...accept]],
  ['a missing reader secret', 'no-reader-key', ['secret.otaseal', ...accept]],
  ['a missing envelope', 'io', ['missing.otaseal', ...accept]],
  ['a missing key file', 'io', ['good.otaseal', '--key', 'missing.pub', '--app', 'com.example.app']],
  ['a folder', 'io', ['.', ...accept]],
]

describe('refused by decrypt and by verify, leaving no file', () => {
  beforeAll(() => {
    put('app.bin.txt', 'no key')
    before = namesIn(folder)
  })

  it.each(cases)('%s: %s', async (_, code, args) => {
    const decrypted = await otaseal(folder, ['decrypt', ...args, '-o', 'out.bin', '--json'])
    expect(decrypted.code).toBe(1)
    expect(codeOf(decrypted)).toBe(code)
    const verified = await otaseal(folder, ['verify', ...args])
    expect(verified).toMatchObject({ code: 1, stdout: '' })
    expect(verified.stderr).toContain(`otaseal: refused (${code}): `)
    expect(namesIn(folder)).toEqual(before)
  })

  it('nothing of a refused bundle reaches stdout', async () => {
    const run = await otaseal(folder, ['decrypt', 'flipped-chunk.otaseal', ...accept, '-o', '-'])
    expect(run).toMatchObject({ code: 1, stdout: '' })
  })

  it('--force does not replace a file by a refused bundle', async () => {
    const run = await otaseal(folder, ['decrypt', 'flipped-chunk.otaseal', ...accept, '-o', 'app.bin.txt', '--force'])
    expect(run.code).toBe(1)
    expect(readFileSync(join(folder, 'app.bin.txt'), 'utf8')).toBe('no key')
    expect(namesIn(folder)).toEqual(before)
  })

  it('one of several trusted keys is enough', async () => {
    const keys = ['--key', 'foreign.pub', '--key', '.otaseal_key.pub']
    expect(await otaseal(folder, ['verify', 'good.otaseal', ...keys, '--app', 'com.example.app'])).toMatchObject({ code: 0 })
  })
})
