import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { joinEnvelope, splitEnvelope } from '../../src/index.js'
import { accept, codeOf, content, json, namesIn, otaseal, release, workFolder } from './cli.js'
import type { Run } from './cli.js'

const isPosix = process.platform !== 'win32'
let folder: string
const run = async (...args: readonly string[]): Promise<Run> => otaseal(folder, args)
const bytesOf = (name: string): Buffer => readFileSync(join(folder, name))
const remains = (before: readonly string[]): void => expect(namesIn(folder)).toEqual(before)

beforeAll(async () => {
  folder = await workFolder()
  await run('keygen', '--type', 'X25519')
  await run('keygen', '--type', 'P-256', '-o', 'p256')
  await run('keygen', '--type', 'X25519', '-o', 'new')
  writeFileSync(join(folder, 'pass'), 'correct horse\n', { mode: 0o600 })
  await run('keygen', '--type', 'P-256', '-o', 'locked', '--passphrase-file', 'pass')
  await run('keygen', '--type', 'secret')
  const readers = ['.otaseal_reader.pub', 'p256.pub', 'locked.pub', '.otaseal_secret'].flatMap((name) => ['--reader', name])
  await run('encrypt', 'app.bin', ...release, ...readers)
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
    expect((await run('encrypt', 'app.bin', ...release, '--reader', 'new.pub', '-o', 'quiet.otaseal')).stderr).toBe('')
  })
})

describe('otaseal readers add', () => {
  const add = async (...args: readonly string[]): Promise<Run> =>
    run('readers', 'add', 'app.bin.otaseal', ...accept, '--open-with', '.otaseal_reader', '--reader', 'new.pub', ...args)

  beforeEach(() => writeFileSync(join(folder, 'copy.otaseal'), bytesOf('app.bin.otaseal')))

  it('lets another read, and copies the payload as it is', async () => {
    const kid = json(await run('inspect', 'quiet.otaseal'))['slots'] as readonly string[]
    const done = await add('-o', 'added.otaseal', '--json')
    expect(json(done)).toMatchObject({ ok: true, output: 'added.otaseal', added: kid })
    const [before, after] = [splitEnvelope(bytesOf('app.bin.otaseal')), splitEnvelope(bytesOf('added.otaseal'))]
    expect(Buffer.compare(before.payload, after.payload)).toBe(0)
    for (const reader of ['new', '.otaseal_reader', 'p256', '.otaseal_secret']) {
      expect([reader, (await run('verify', 'added.otaseal', ...accept, '--reader', reader)).code]).toEqual([reader, 0])
    }
    expect(codeOf(await run('verify', 'app.bin.otaseal', ...accept, '--reader', 'new', '--json'))).toBe('no-reader-key')
  })

  it('through pipes, opened with a secret of the environment', async () => {
    const env = { OTASEAL_READER_SECRET: bytesOf('.otaseal_secret').toString() }
    const args = ['readers', 'add', '-', ...accept, '--reader', 'new.pub', '-o', '-']
    const piped = await otaseal(folder, args, { env, input: bytesOf('app.bin.otaseal') })
    const read = await otaseal(folder, ['verify', '-', ...accept, '--reader', 'new'], { input: piped.bytes })
    expect([piped.code, read.code]).toEqual([0, 0])
  })

  it('changes a head that comes alone', async () => {
    const { head, payload } = splitEnvelope(bytesOf('app.bin.otaseal'))
    writeFileSync(join(folder, 'head.json'), `${JSON.stringify(JSON.parse(head), null, 2)}\n`)
    const done = await run('readers', 'add', 'head.json', ...accept, '--open-with', 'locked', '--passphrase-file', 'pass', '--reader', 'new.pub', '--force')
    expect(done.code).toBe(0)
    writeFileSync(join(folder, 'joined.otaseal'), joinEnvelope(bytesOf('head.json').toString().trim(), payload))
    expect((await run('verify', 'joined.otaseal', ...accept, '--reader', 'new')).code).toBe(0)
  })

  it('replaces the envelope with --force, keeps its mode, and adds nobody twice', async () => {
    chmodSync(join(folder, 'copy.otaseal'), 0o640)
    const twice = async (): Promise<Run> => run('readers', 'add', 'copy.otaseal', ...accept, '--open-with', 'p256', '--reader', 'new.pub', '--force', '--json', '--audit', 'audit.jsonl')
    expect(json(await twice())['slots']).toHaveLength(5)
    expect(json(await twice())['slots']).toHaveLength(5)
    if (isPosix) expect(statSync(join(folder, 'copy.otaseal')).mode & 0o777).toBe(0o640)
    expect(bytesOf('audit.jsonl').toString().match(/"event":"readers-added"/g)).toHaveLength(2)
  })

  it('copies an envelope that is larger than what is read at once', async () => {
    writeFileSync(join(folder, 'large.bin'), Buffer.alloc(3_000_000, 'large '))
    await run('encrypt', 'large.bin', ...release)
    expect((await run('readers', 'add', 'large.bin.otaseal', ...accept, '--reader', 'new.pub', '-o', 'large.added')).code).toBe(0)
    expect((await run('verify', 'large.added', ...accept, '--reader', 'new')).code).toBe(0)
    for (const [code, damaged] of [['truncated', bytesOf('large.bin.otaseal').subarray(0, -1)], ['trailing-data', Buffer.concat([bytesOf('large.bin.otaseal'), Buffer.of(0)])]] as const) {
      writeFileSync(join(folder, 'damaged.otaseal'), damaged)
      const before = namesIn(folder)
      expect(codeOf(await run('readers', 'add', 'damaged.otaseal', ...accept, '--reader', 'new.pub', '-o', 'never', '--json'))).toBe(code)
      remains(before)
    }
  })

  it.each([
    ['usage', 'app.bin.otaseal', '--open-with .otaseal_reader --reader new.pub'],
    ['usage', 'app.bin.otaseal', '--open-with .otaseal_reader -o out'],
    ['usage', 'app.bin.otaseal', '--open-with .otaseal_reader --reader new.pub -o .otaseal_reader --force'],
    ['usage', '-', '--reader new.pub'],
    ['io', 'app.bin.otaseal', '--open-with .otaseal_reader --reader new.pub -o copy.otaseal'],
    ['no-reader-key', 'app.bin.otaseal', '--reader new.pub -o out'],
    ['no-reader-key', 'app.bin.otaseal', '--open-with new --reader new.pub -o out'],
    ['bad-key', 'app.bin.otaseal', '--open-with .otaseal_reader --reader new -o out'],
    ['wrong-channel', 'app.bin.otaseal', '--open-with .otaseal_reader --reader new.pub --channel beta -o out'],
    ['not-an-envelope', 'app.bin', '--open-with .otaseal_reader --reader new.pub -o out'],
  ])('%s: %s %s', async (code, name, flags) => {
    const before = [namesIn(folder), bytesOf('copy.otaseal'), bytesOf('.otaseal_reader')]
    const refused = await run('readers', 'add', name, ...accept, ...flags.split(' '), '--json')
    expect([codeOf(refused), [namesIn(folder), bytesOf('copy.otaseal'), bytesOf('.otaseal_reader')]]).toEqual([code, before])
  })

  it('refuses what no trusted key signed', async () => {
    const key = ['--key', 'p256.pub', '--app', 'com.example.app']
    expect(codeOf(await run('readers', 'add', 'app.bin.otaseal', ...key, '--open-with', 'p256', '--reader', 'new.pub', '-o', 'out', '--json'))).toBe('bad-key')
    await run('keygen', '--type', 'Ed25519', '-o', 'stranger')
    const stranger = ['--key', 'stranger.pub', '--open-with', 'p256', '--reader', 'new.pub', '-o', 'out', '--json']
    expect(codeOf(await run('readers', 'add', 'app.bin.otaseal', ...stranger))).toBe('untrusted-key')
  })
})
