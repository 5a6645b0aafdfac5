import { chmodSync, linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { accept, codeOf, json, namesIn, otaseal, release, workFolder } from './cli.js'

const isPosix = process.platform !== 'win32'
let folder: string
let secret: string
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

beforeAll(async () => {
  folder = await workFolder()
  await otaseal(folder, ['keygen', '--type', 'secret'])
  secret = read('.otaseal_secret').trim()
})

describe('OTASEAL_READER_SECRET', () => {
  it('is whom encrypt encrypts for, as it is who decrypts', async () => {
    const env = { OTASEAL_READER_SECRET: secret }
    const sealed = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', '-'], { env })
    const byKey = await otaseal(folder, ['verify', '-', ...accept, '--json'], { input: sealed.bytes })
    const bySecret = await otaseal(folder, ['verify', '-', ...accept, '--json'], { input: sealed.bytes, env })
    expect([byKey.code, codeOf(byKey), bySecret.code]).toEqual([1, 'no-reader-key', 0])
  })

  it('loses to --reader', async () => {
    const env = { OTASEAL_READER_SECRET: Buffer.alloc(32, 7).toString('base64url') }
    const sealed = await otaseal(folder, ['encrypt', 'app.bin', ...release, '--reader', '.otaseal_secret', '-o', '-'], { env })
    const run = await otaseal(folder, ['verify', '-', ...accept, '--reader', '.otaseal_secret'], { input: sealed.bytes })
    expect(run.code).toBe(0)
  })
})

describe('a private key', () => {
  it.each(['private.pem', 'old.pub', 'notes.txt'])('in PEM is packed under no name, such as %s', async (name) => {
    mkdirSync(join(folder, 'www'), { recursive: true })
    writeFileSync(join(folder, 'www', name), `\n${read('.otaseal_key')}`)
    const run = await otaseal(folder, ['encrypt', 'www', ...release, '-o', '-'])
    expect([run.code, run.bytes.length]).toEqual([1, 0])
    expect(run.stderr).toMatch(new RegExp(`${name} is a private key`))
    writeFileSync(join(folder, 'www', name), 'text that only mentions -----BEGIN PRIVATE KEY-----')
    expect((await otaseal(folder, ['encrypt', 'www', ...release, '-o', '-'])).code).toBe(0)
  })

  it('is not encrypted by another name either, as a copy or a hard link', async () => {
    writeFileSync(join(folder, 'copy.bin'), read('.otaseal_key'))
    linkSync(join(folder, '.otaseal_key'), join(folder, 'link.bin'))
    const runs = await Promise.all(['copy.bin', 'link.bin'].map(async (name) => otaseal(folder, ['encrypt', name, ...release])))
    expect(runs.map(({ code }) => code)).toEqual([1, 2])
    expect(namesIn(folder)).not.toContain('copy.bin.otaseal')
  })

  it('is not replaced by an output, not even with --force', async () => {
    const env = { OTASEAL_PRIVATE_KEY: read('.otaseal_key') }
    const before = read('.otaseal_key')
    const run = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', '.otaseal_key', '--force'], { env })
    expect([run.code, read('.otaseal_key')]).toEqual([1, before])
  })
})

describe('what is passed in place of a file name or a number', () => {
  const body = (): string => read('.otaseal_key').split('\n')[1] ?? ''
  const jwk = '{"kty":"OKP","d":"c2VjcmV0IHNlY3JldCBzZWNyZXQ"}'

  it('is not shown where it may be a key', async () => {
    const hex = Buffer.from(secret, 'base64url').toString('hex')
    const runs = await Promise.all([
      otaseal(folder, ['encrypt', 'app.bin', ...release, '--key', body()]),
      otaseal(folder, ['encrypt', 'app.bin', ...release, '--reader', hex]),
      otaseal(folder, ['encrypt', 'app.bin', ...release, '--reader', `${secret}=`]),
      otaseal(folder, ['encrypt', 'app.bin', ...release, '--sequence', jwk]),
      otaseal(folder, ['encrypt', 'app.bin', ...release, '--sequence', body()]),
      otaseal(folder, [jwk]),
      otaseal(folder, [body()]),
    ])
    for (const { code, stdout, stderr } of runs) {
      expect(code).toBe(2)
      expect(stderr.length).toBeGreaterThan(20)
      for (const part of [body().slice(10, 40), hex.slice(0, 30), secret.slice(0, 30), 'c2VjcmV0']) {
        expect(stdout + stderr).not.toContain(part)
      }
    }
  })

  it('is shown where it is an ordinary name', async () => {
    const { stderr } = await otaseal(folder, ['encrypt', 'app.bin', ...release, '--key', 'missing.pem'])
    expect(stderr).toContain('missing.pem')
  })
})

describe('what a terminal would obey or hide', () => {
  it.runIf(isPosix)('is escaped in file names', async () => {
    const name = 'ev\u001b]0;pwn\u0007il.otaseal'
    const sealed = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', name])
    const opened = await otaseal(folder, ['decrypt', name, ...accept])
    for (const run of [sealed, opened]) {
      expect(run.code).toBe(0)
      expect(run.stdout + run.stderr).not.toMatch(/[\u001b\u0007]/)
    }
  })

  it('is escaped in JSON, which stays the same JSON', async () => {
    const value = 'a\u009b31mb\u202ec\u200bd'
    const sealed = await otaseal(folder, ['encrypt', 'app.bin', ...release, '--meta', `k=${value}`, '-o', '-'])
    const run = await otaseal(folder, ['inspect', '-', '--json'], { input: sealed.bytes })
    expect(run.stdout).not.toMatch(/[\u009b\u202e\u200b]/)
    expect(json(run)['meta']).toEqual({ k: value })
  })
})

it.runIf(isPosix)('--force keeps the mode of the file that it replaces', async () => {
  writeFileSync(join(folder, 'kept.otaseal'), 'old')
  chmodSync(join(folder, 'kept.otaseal'), 0o600)
  expect((await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', 'kept.otaseal', '--force'])).code).toBe(0)
  expect(statSync(join(folder, 'kept.otaseal')).mode & 0o777).toBe(0o600)
})

it.each(['2040-01-31T12:00', '2040-01-31T12:00:00'])('--expires %s is refused, for it would depend on the time zone', async (date) => {
  const run = await otaseal(folder, ['encrypt', 'app.bin', ...release, '--expires', date])
  expect([run.code, run.stderr]).toEqual([2, expect.stringContaining('2027-01-31T12:00:00Z')])
})
