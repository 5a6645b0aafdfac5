import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { accept, codeOf, content, otaseal, release, workFolder } from './cli.js'

const isPosix = process.platform !== 'win32'
let folder: string
let privateKey: string
let publicKey: string
let secret: string
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

beforeAll(async () => {
  folder = await workFolder()
  await otaseal(folder, ['keygen', '--type', 'Ed25519', '-o', 'other'])
  await otaseal(folder, ['keygen', '--type', 'secret'])
  privateKey = read('.otaseal_key')
  publicKey = read('.otaseal_key.pub')
  secret = read('.otaseal_secret').trim()
})

describe('keys from the environment', () => {
  const lossy: readonly (readonly [string, (pem: string) => string])[] = [
    ['as they are', (pem) => pem],
    ['with spaces for newlines', (pem) => pem.replaceAll('\n', ' ')],
    ['with no newlines at all', (pem) => pem.replaceAll('\n', '')],
    ['with \\n for newlines', (pem) => pem.replaceAll('\n', '\\n')],
  ]

  it.each(lossy)('%s', async (_, lose) => {
    const env = { OTASEAL_PRIVATE_KEY: lose(privateKey), OTASEAL_PUBLIC_KEY: lose(publicKey) }
    const sealed = await otaseal('/', ['encrypt', '-', ...release], { env, input: content })
    expect(sealed).toMatchObject({ code: 0 })
    const opened = await otaseal('/', ['decrypt', '-', '--app', 'com.example.app'], { env, input: sealed.bytes })
    expect([opened.code, opened.bytes.equals(content)]).toEqual([0, true])
  })

  it('win over the default file, and --key wins over them', async () => {
    const env = { OTASEAL_PRIVATE_KEY: read('other') }
    const fromEnvironment = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', '-'], { env })
    const fromFile = await otaseal(folder, ['encrypt', 'app.bin', ...release, '--key', '.otaseal_key', '-o', '-'], { env })
    const verdicts = await Promise.all(
      [fromEnvironment, fromFile].map(async ({ bytes }) => otaseal(folder, ['verify', '-', ...accept], { input: bytes })),
    )
    expect(verdicts.map(({ code }) => code)).toEqual([1, 0])
    const wins = await otaseal(folder, ['verify', '-', ...accept], { env: { OTASEAL_PUBLIC_KEY: read('other.pub') }, input: fromFile.bytes })
    expect(wins.code).toBe(0)
  })

  it('count for nothing where they are empty', async () => {
    const run = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', '-'], { env: { OTASEAL_PRIVATE_KEY: '' } })
    expect(run.code).toBe(0)
  })
})

describe('reader secrets', () => {
  it('open what was encrypted for them: as text, as bytes, from the environment', async () => {
    writeFileSync(join(folder, 'raw'), Buffer.from(secret, 'base64url'), { mode: 0o600 })
    const { bytes } = await otaseal(folder, ['encrypt', 'app.bin', ...release, '--reader', 'raw', '-o', '-'])
    const byFile = await Promise.all(
      ['.otaseal_secret', 'raw'].map(async (file) => otaseal(folder, ['verify', '-', ...accept, '--reader', file], { input: bytes })),
    )
    expect(byFile.map(({ code }) => code)).toEqual([0, 0])
    const env = { OTASEAL_READER_SECRET: `${secret}\n` }
    expect(await otaseal(folder, ['verify', '-', ...accept], { env, input: bytes })).toMatchObject({ code: 0 })
    const without = await otaseal(folder, ['verify', '-', ...accept, '--json'], { input: bytes })
    expect([without.code, codeOf(without)]).toEqual([1, 'no-reader-key'])
  })

  it.each([(text: string) => text.slice(1), (text: string) => `${text.slice(0, -1)}-`, () => ''])('are refused where damaged', async (damage) => {
    const damaged = damage(secret)
    writeFileSync(join(folder, 'damaged'), damaged, { mode: 0o600 })
    const run = await otaseal(folder, ['encrypt', 'app.bin', ...release, '--reader', 'damaged', '-o', 'x', '--json'])
    expect([run.code, codeOf(run)]).toEqual([1, 'bad-key'])
    if (damaged !== '') expect(run.stdout + run.stderr).not.toContain(damaged)
  })
})

describe('a file of 32 characters', () => {
  it.each([
    ['hex digits', '0123456789abcdef'.repeat(2)],
    ['31 characters and a newline', `${'a passphrase'.padEnd(31, '!')}\n`],
  ])('is no reader secret: %s', async (_, weak) => {
    writeFileSync(join(folder, 'weak'), weak, { mode: 0o600 })
    const run = await otaseal(folder, ['encrypt', 'app.bin', ...release, '--reader', 'weak', '-o', 'x', '--json'])
    expect([run.code, codeOf(run)]).toEqual([1, 'bad-key'])
    expect(run.stdout).toMatch(/weak holds text.*keygen --type secret/)
    expect(run.stdout).not.toContain(weak.trim())
  })

  it('still opens what was encrypted for it', async () => {
    const weak = Buffer.from('0123456789abcdef'.repeat(2))
    writeFileSync(join(folder, 'weak'), weak, { mode: 0o600 })
    const env = { OTASEAL_READER_SECRET: weak.toString('base64url') }
    const { bytes } = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', '-'], { env })
    expect(await otaseal(folder, ['verify', '-', ...accept, '--reader', 'weak'], { input: bytes })).toMatchObject({ code: 0 })
  })
})

describe('what is secret is never printed', () => {
  const parts = (text: string): readonly string[] => text.match(/[A-Za-z0-9+/_-]{16,}/g) ?? []

  it('of a damaged private key', async () => {
    const damages = [privateKey.replace(/[A-Z]{3}/, '!!!'), privateKey.slice(0, 90), privateKey.replace('-----END', '----END')]
    for (const damaged of damages) {
      writeFileSync(join(folder, 'damaged.pem'), damaged, { mode: 0o600 })
      const runs = [
        await otaseal(folder, ['encrypt', 'app.bin', ...release, '--key', 'damaged.pem', '-o', 'x', '--json']),
        await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', 'x'], { env: { OTASEAL_PRIVATE_KEY: damaged } }),
      ]
      for (const { code, stdout, stderr } of runs) {
        expect(code).toBe(1)
        for (const part of parts(privateKey)) expect(stdout + stderr).not.toContain(part)
      }
    }
  })

  it('where a key is passed in place of its file', async () => {
    const runs = [
      await otaseal(folder, ['encrypt', 'app.bin', ...release, '--key', privateKey, '-o', 'x', '--json']),
      await otaseal(folder, ['encrypt', 'app.bin', ...release, '--reader', secret, '-o', 'x', '--json']),
      await otaseal(folder, ['encrypt', privateKey, ...release, '-o', 'x', '--json']),
    ]
    for (const { code, stdout, stderr } of runs) {
      expect(code).toBe(2)
      for (const part of [...parts(privateKey), secret]) expect(stdout + stderr).not.toContain(part)
    }
  })
})

describe('a missing key', () => {
  it('is told with what to do', async () => {
    const run = await otaseal(folder, ['encrypt', 'app.bin', ...release, '--key', 'missing', '-o', 'x'])
    expect(run.code).toBe(1)
    expect(run.stderr).toContain('otaseal keygen')
  })
})

it.runIf(isPosix)('warns of private files that others can read', async () => {
  chmodSync(join(folder, 'other'), 0o644)
  const open = await otaseal(folder, ['encrypt', 'app.bin', ...release, '--key', 'other', '-o', 'warned', '--json'])
  expect(open).toMatchObject({ code: 0 })
  expect(open.stderr).toContain('chmod 600')
  const kept = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', 'quiet'])
  expect(kept.stderr).toBe('')
})
