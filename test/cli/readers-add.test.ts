import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { joinEnvelope, readerKid, splitEnvelope } from '../../src/index.js'
import { accept, codeOf, json, namesIn, otaseal, release } from './cli.js'
import { readersFolder } from './reader-files.js'
import type { Run } from './cli.js'

const isPosix = process.platform !== 'win32'
let folder: string
const run = async (...args: readonly string[]): Promise<Run> => otaseal(folder, args)
const bytesOf = (name: string): Buffer => readFileSync(join(folder, name))

beforeAll(async () => {
  folder = await readersFolder()
})

describe('otaseal readers add', () => {
  const add = async (...args: readonly string[]): Promise<Run> =>
    run('readers', 'add', 'app.bin.otaseal', ...accept, '--open-with', '.otaseal_reader', '--reader', 'new.pub', ...args)

  beforeEach(() => writeFileSync(join(folder, 'copy.otaseal'), bytesOf('app.bin.otaseal')))

  it('lets another read, and copies the payload as it is', async () => {
    const kid = await readerKid(bytesOf('new.pub').toString())
    const done = await add('-o', 'added.otaseal', '--json')
    expect(json(done)).toMatchObject({ ok: true, output: 'added.otaseal', added: [kid] })
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
      expect(namesIn(folder)).toEqual(before)
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
    const state = (): readonly unknown[] => [namesIn(folder), bytesOf('copy.otaseal').toString('latin1'), bytesOf('.otaseal_reader').toString()]
    const before = state()
    const refused = await run('readers', 'add', name, ...accept, ...flags.split(' '), '--json')
    expect([codeOf(refused), state()]).toEqual([code, before])
  })

  it('refuses what no trusted key signed', async () => {
    const key = ['--key', 'p256.pub', '--app', 'com.example.app']
    expect(codeOf(await run('readers', 'add', 'app.bin.otaseal', ...key, '--open-with', 'p256', '--reader', 'new.pub', '-o', 'out', '--json'))).toBe('bad-key')
    await run('keygen', '--type', 'Ed25519', '-o', 'stranger')
    const stranger = ['--key', 'stranger.pub', '--open-with', 'p256', '--reader', 'new.pub', '-o', 'out', '--json']
    expect(codeOf(await run('readers', 'add', 'app.bin.otaseal', ...stranger))).toBe('untrusted-key')
  })
})
