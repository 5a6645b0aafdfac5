import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkKeyPair, decryptPrivateKey, encryptPrivateKey, passphraseProtection } from '../../src/index.js'
import { accept, codeOf, json, namesIn, otaseal, release, temporaryFolder, workFolder } from './cli.js'
import type { Run, RunOptions } from './cli.js'

const isPosix = process.platform !== 'win32'
const word = 'hidden wörds 🔑'
let folder: string
let locked: string

const write = (name: string, data: string | Uint8Array, mode = 0o600): void => writeFileSync(join(folder, name), data, { mode })
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const sealing = ['encrypt', 'app.bin', ...release, '-o', 'out', '--force', '--json'] as const
const seal = async (args: readonly string[], options?: RunOptions): Promise<Run> => otaseal(folder, [...sealing, ...args], options)

beforeAll(async () => {
  folder = await workFolder()
  locked = await encryptPrivateKey(read('.otaseal_key'), word, { iterations: 100_000 })
  write('locked', locked)
  write('word', `${word}\n`)
  write('wrong', 'wrong words\n')
})

function expectNoSecret({ stdout, stderr }: Run): void {
  expect(stdout + stderr).not.toMatch(/hidden|wörds|wrong words/)
}

describe('otaseal keygen with a passphrase', () => {
  it.each([
    ['a file', ['--passphrase', '--passphrase-file', 'word'], {}],
    ['a file alone', ['--passphrase-file', 'word'], {}],
    ['the environment', ['--passphrase'], { OTASEAL_PASSPHRASE: word }],
    ['the environment, with a newline', ['--passphrase'], { OTASEAL_PASSPHRASE: `${word}\n` }],
  ])('from %s writes an encrypted key', async (_, args, env) => {
    const empty = temporaryFolder()
    writeFileSync(join(empty, 'word'), `${word}\r\nmore`, { mode: 0o600 })
    const run = await otaseal(empty, ['keygen', '--type', 'Ed25519', '-o', 'k', ...args, '--json'], { env })
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(json(run)).toMatchObject({ encrypted: true, privateKeyFile: 'k' })
    expectNoSecret(run)
    const [file, publicKey] = ['k', 'k.pub'].map((name) => readFileSync(join(empty, name), 'utf8'))
    expect(await passphraseProtection(file ?? '')).toEqual({ iterations: 600_000, hash: 'SHA-256' })
    expect(await checkKeyPair(await decryptPrivateKey(file ?? '', word), publicKey ?? '')).toBe(json(run)['kid'])
    if (isPosix) expect(statSync(join(empty, 'k')).mode & 0o777).toBe(0o600)
  })

  it('takes none for a reader secret, and encrypts nothing where it is not asked to', async () => {
    const empty = temporaryFolder()
    const secret = await otaseal(empty, ['keygen', '--type', 'secret', '--passphrase', '--json'], { env: { OTASEAL_PASSPHRASE: word } })
    expect([secret.code, codeOf(secret), namesIn(empty)]).toEqual([2, 'usage', []])
    const plain = await otaseal(empty, ['keygen', '--type', 'Ed25519', '--json'], { env: { OTASEAL_PASSPHRASE: word } })
    expect(json(plain)).not.toHaveProperty('encrypted')
    expect(readFileSync(join(empty, '.otaseal_key'), 'utf8')).toContain('-----BEGIN PRIVATE KEY-----')
  })

  it('writes nothing without one', async () => {
    const empty = temporaryFolder()
    const run = await otaseal(empty, ['keygen', '--type', 'Ed25519', '--passphrase', '--json'])
    expect([run.code, codeOf(run), namesIn(empty)]).toEqual([2, 'usage', []])
    expect(run.stdout).toMatch(/--passphrase-file FILE, or set OTASEAL_PASSPHRASE/)
  })

  it('does not repeat one that is passed in the command line', async () => {
    for (const args of [['--passphrase=wrong words'], ['--passphrase', 'wrong words'], ['--passphrase-file', 'wrong words']]) {
      const run = await otaseal(temporaryFolder(), ['keygen', ...args, '--json'])
      expect(run.code).not.toBe(0)
      expectNoSecret(run)
    }
  })
})

describe('an encrypted key signs', () => {
  it.each([
    ['with a file', ['--key', 'locked', '--passphrase-file', 'word'], {}],
    ['with the environment', ['--key', 'locked'], { OTASEAL_PASSPHRASE: word }],
    ['with a file before the environment', ['--key', 'locked', '--passphrase-file', 'word'], { OTASEAL_PASSPHRASE: 'wrong words' }],
    ['beside one that is not encrypted', ['--key', 'locked', '--key', 'plain'], { OTASEAL_PASSPHRASE: word }],
  ])('%s', async (_, args, env) => {
    await otaseal(folder, ['keygen', '--type', 'Ed25519', '-o', 'plain'])
    const run = await seal(args, { env })
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expectNoSecret(run)
    expect((await otaseal(folder, ['verify', 'out', ...accept])).code).toBe(0)
  })

  it.each([
    ['as it is', (text: string) => text],
    ['with spaces for newlines', (text: string) => text.replaceAll('\n', ' ')],
    ['with no newlines', (text: string) => text.replaceAll('\n', '')],
    ['with \\n for newlines', (text: string) => text.replaceAll('\n', '\\n')],
  ])('from the environment %s', async (_, lose) => {
    const run = await seal([], { env: { OTASEAL_PRIVATE_KEY: lose(locked), OTASEAL_PASSPHRASE: word } })
    expect(run).toMatchObject({ code: 0, stderr: '' })
  })

  it('when OpenSSL\'s few iterations are all that protect it, with a warning', async () => {
    write('weak', await encryptPrivateKey(read('.otaseal_key'), word, { iterations: 2048 }))
    const run = await seal(['--key', 'weak', '--passphrase-file', 'word'])
    expect(run.code).toBe(0)
    expect(run.stderr).toMatch(/2048 iterations.*openssl pkcs8 -topk8 -v2 aes-256-cbc .* -iter 600000/)
  })
})

describe('an encrypted key is refused', () => {
  it('with a wrong passphrase, from the file before the environment', async () => {
    for (const [args, env] of [[['--passphrase-file', 'wrong'], { OTASEAL_PASSPHRASE: word }], [[], { OTASEAL_PASSPHRASE: 'wrong words' }]] as const) {
      const run = await seal(['--key', 'locked', ...args], { env })
      expect([run.code, codeOf(run)]).toEqual([1, 'bad-key'])
      expectNoSecret(run)
    }
  })

  it('without a passphrase and a terminal, with what to do', async () => {
    for (const env of [{}, { OTASEAL_PASSPHRASE: '' }] as readonly Record<string, string>[]) {
      const run = await seal(['--key', 'locked'], { env })
      expect([run.code, codeOf(run)]).toEqual([2, 'usage'])
      expect(run.stdout).toMatch(/--passphrase-file FILE, or set OTASEAL_PASSPHRASE/)
    }
  })

  it('where it is encrypted in another way, before it is asked for the passphrase', async () => {
    write('damaged', locked.replace(/MI[^]{9}/, 'AAAAAAAAAAA'))
    const run = await seal(['--key', 'damaged'])
    expect([run.code, codeOf(run)]).toEqual([1, 'bad-key'])
  })

  it.each([
    ['an empty file', '', 2],
    ['an empty first line', '\nhidden', 2],
    ['bytes that are not UTF-8', Buffer.from('hidden\xff', 'latin1'), 1],
    ['65 KiB', 'hidden'.repeat(11_000), 1],
    ['2,000 characters', 'hidden'.repeat(333), 2],
  ])('where the passphrase is %s', async (_, data, code) => {
    write('bad', data)
    const run = await seal(['--key', 'locked', '--passphrase-file', 'bad'])
    expect(run.code).toBe(code)
    expectNoSecret(run)
  })
})

describe('--passphrase-file', () => {
  it('that is not there is told without its name, which may be the passphrase', async () => {
    const run = await seal(['--key', 'locked', '--passphrase-file', word])
    expect([run.code, codeOf(run)]).toEqual([1, 'io'])
    expectNoSecret(run)
  })

  it('is told to be of no use where no key is encrypted', async () => {
    const run = await seal(['--passphrase-file', 'word'])
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('no private key is encrypted') as string })
  })

  it.runIf(isPosix)('that others can read is warned of', async () => {
    write('open', word)
    chmodSync(join(folder, 'open'), 0o644)
    const run = await seal(['--key', 'locked', '--passphrase-file', 'open'])
    expect(run).toMatchObject({ code: 0, stderr: expect.stringMatching(/open can be read by other users/) as string })
  })

  it('is never packed', async () => {
    mkdirSync(join(folder, 'www'))
    write('www/word', word)
    const inFolder = await otaseal(folder, ['encrypt', 'www', ...release, '--key', 'locked', '--passphrase-file', 'www/word', '-o', 'x', '--json'])
    const itself = await otaseal(folder, ['encrypt', 'word', ...release, '--key', 'locked', '--passphrase-file', 'word', '-o', 'x', '--json'])
    expect([inFolder.code, itself.code, namesIn(folder).includes('x')]).toEqual([2, 2, false])
  })
})
