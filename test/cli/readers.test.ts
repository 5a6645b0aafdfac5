import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { accept, codeOf, content, json, otaseal, release } from './cli.js'
import { readersFolder } from './reader-files.js'
import type { Run } from './cli.js'

const isPosix = process.platform !== 'win32'
let folder: string
const run = async (...args: readonly string[]): Promise<Run> => otaseal(folder, args)

beforeAll(async () => {
  folder = await readersFolder()
})

describe('keygen for readers', () => {
  it.each([['X25519', '.otaseal_reader'], ['P-256', '.otaseal_reader']])('%s writes a private and a public file', async (type, name) => {
    const place = join(folder, `keys ${type}`)
    mkdirSync(place)
    const made = await otaseal(place, ['keygen', '--type', type, '--json'])
    expect(json(made)).toMatchObject({ ok: true, type, privateKeyFile: name, publicKeyFile: `${name}.pub` })
    if (isPosix) expect(statSync(join(place, name)).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(place, name), 'utf8')).toContain('BEGIN PRIVATE KEY')
    expect(readFileSync(join(place, `${name}.pub`), 'utf8')).toContain('BEGIN PUBLIC KEY')
    const again = await otaseal(place, ['keygen', '--type', type, '--json'])
    expect(codeOf(again)).toBe('io')
  })

  it('is never packed, by name or by content', async () => {
    mkdirSync(join(folder, 'www'), { recursive: true })
    writeFileSync(join(folder, 'www/.otaseal_reader'), 'empty')
    expect(codeOf(await run('encrypt', 'www', ...release, '-o', 'www.otaseal', '--json'))).toBe('io')
    expect(codeOf(await run('encrypt', 'p256', ...release, '-o', 'www.otaseal', '--json'))).toBe('io')
    const over = await run('decrypt', 'app.bin.otaseal', ...accept, '--reader', 'p256', '-o', '.otaseal_reader', '--force', '--json')
    expect(over.code).not.toBe(0)
  })
})

describe('--reader', () => {
  it.each([
    ['X25519', ['--reader', '.otaseal_reader']],
    ['P-256', ['--reader', 'p256']],
    ['P-256 with a passphrase', ['--reader', 'locked', '--passphrase-file', 'pass']],
    ['a secret', ['--reader', '.otaseal_secret']],
    ['one of several', ['--reader', 'new', '--reader', 'p256']],
  ])('opens with %s', async (_, flags) => {
    const opened = await otaseal(folder, ['decrypt', 'app.bin.otaseal', ...accept, ...flags, '-o', '-'])
    expect([opened.code, opened.bytes.equals(content)]).toEqual([0, true])
  })

  it('shows which kind each slot is of', async () => {
    const shown = json(await run('inspect', 'app.bin.otaseal'))
    expect(shown['slotAlgorithms']).toEqual(['ECDH-ES+A256KW', 'ECDH-ES+A256KW', 'ECDH-ES+A256KW', 'A256KW'])
  })

  it.each([
    ['no-reader-key', 'verify', ['--reader', 'new']],
    ['bad-key', 'verify', ['--reader', 'p256.pub']],
    ['bad-key', 'verify', ['--reader', '.otaseal_key.pub']],
    ['bad-key', 'verify', ['--reader', 'pass']],
    ['usage', 'inspect', ['--passphrase-file', 'pass']],
    ['usage', 'inspect', ['--clock-tolerance', '9']],
  ])('%s: %s %j', async (code, command, flags) => {
    const refused = await run(command, 'app.bin.otaseal', ...(command === 'verify' ? accept : []), ...flags, '--json')
    expect(codeOf(refused)).toBe(code)
  })

  it('refuses to encrypt for a private key, and names its file', async () => {
    const refused = await run('encrypt', 'app.bin', ...release, '--reader', 'p256', '-o', 'x', '--json')
    expect([codeOf(refused), existsSync(join(folder, 'x'))]).toEqual(['bad-key', false])
    expect(refused.stdout).toContain('p256: ')
  })

  it.runIf(isPosix)('warns of secrets that others can read, not of public keys', async () => {
    chmodSync(join(folder, 'new'), 0o644)
    expect((await run('verify', 'app.bin.otaseal', ...accept, '--reader', 'new', '--reader', 'p256')).stderr).toContain('chmod 600')
    chmodSync(join(folder, 'new'), 0o600)
    chmodSync(join(folder, '.otaseal_secret'), 0o644)
    expect((await run('encrypt', 'app.bin', ...release, '--reader', '.otaseal_secret', '-o', 'warned.otaseal')).stderr).toContain('chmod 600')
    chmodSync(join(folder, '.otaseal_secret'), 0o600)
    expect((await run('encrypt', 'app.bin', ...release, '--reader', 'new.pub', '-o', 'quiet.otaseal')).stderr).toBe('')
  })
})
