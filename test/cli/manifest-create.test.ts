import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { decodeHead, splitEnvelope } from '../../src/index.js'
import { codeOf, json, namesIn, otaseal } from './cli.js'
import { app, apply, dense, fill, filesOf, installedFiles, keyFolder, publish, trust } from './manifest.js'

const files = { 'a.txt': 'a', 'b.txt': 'b'.repeat(5000) }

let cwd: string

beforeEach(async () => {
  cwd = await keyFolder()
})

describe('manifest create', () => {
  it('writes beside the folder, and replaces its own manifest with --force', async () => {
    expect(await publish(cwd, files, 1)).toMatchObject({ code: 0, stderr: '' })
    expect(namesIn(cwd)).toEqual(['.otaseal_key', '.otaseal_key.pub', 'dist', 'dist.manifest.otaseal', 'dist.manifest.otaseal.objects.json', 'objects'])
    const again = ['--previous', 'dist.manifest.otaseal']
    expect((await publish(cwd, { ...files, 'c.txt': 'c' }, 2, again)).stderr).toContain('dist.manifest.otaseal exists already')
    const run = await publish(cwd, { ...files, 'c.txt': 'c' }, 2, [...again, '--force', '--json'])
    expect(json(run)).toMatchObject({ reused: 2, objects: 3, newObjects: [{}], sequence: 2 })
    expect(namesIn(cwd)).toHaveLength(6)
    expect(installedFiles(await apply(cwd, 'dist.manifest.otaseal', ['--json']))).toEqual({ ...files, 'c.txt': 'c' })
  })

  it('has every claim, and tells people what is new', async () => {
    const claims = ['--channel', 'beta', '--runtime', 'ios-7', '--expires', '2999-12-31', '--meta', 'commit=x']
    const run = await publish(cwd, files, 7, claims)
    const { header } = decodeHead(splitEnvelope(readFileSync(join(cwd, 'dist.manifest.otaseal'))).head)
    expect(header).toMatchObject({ app: 'com.example.app', version: '1.7', sequence: 7, channel: 'beta', runtime: 'ios-7', expires: Date.UTC(2999, 11, 31) / 1000 })
    expect(header.meta).toMatchObject({ commit: 'x' })
    expect(run.stdout).toMatch(/^signed and encrypted: dist\.manifest\.otaseal\n/)
    expect(run.stdout).toMatch(/ new {2,}2 objects, \d/)
    expect(run.stdout).toMatch(/ reused {2,}0 objects\n/)
    expect(run.stdout).toMatch(/ files {2,}2, 4\.9 KiB \(5001 bytes\)/)
    expect((await apply(cwd, 'dist.manifest.otaseal', ['--channel', 'beta', '--runtime', 'ios-7'])).code).toBe(0)
    expect((await publish(cwd, files, 8, ['--expires', '2020-01-01', '--force'])).stderr).toContain('expired already')
  })

  it('compresses what gains by it, as it is asked to', async () => {
    const text = { 'text.txt': 'text '.repeat(4000), 'dense.txt': dense(3, 40) }
    const sizes: unknown[] = []
    for (const compress of [[], ['--compress', 'gzip'], ['--compress', 'br,gzip']]) {
      sizes.push(json(await publish(cwd, text, 1, ['--force', '--json', ...compress]))['objectsSize'])
      const plan = json(await otaseal(cwd, ['manifest', 'plan', 'dist.manifest.otaseal', ...trust, '--json']))['fetch'] as readonly { readonly encoding?: string }[]
      expect(plan.map(({ encoding }) => encoding).sort()).toEqual([compress[1]?.split(',')[0], undefined].sort())
      await otaseal(cwd, ['manifest', 'gc', 'dist.manifest.otaseal', '--objects', 'objects', '--key', '.otaseal_key.pub', '--min-age', '0', '--delete'])
    }
    expect([...sizes].sort((a, b) => Number(b) - Number(a))).toEqual(sizes)
    expect(sizes[0]).toBeGreaterThan(20_000)
    expect(sizes[1]).toBeLessThan(1000)
  })

  it('uses a release again that has expired, and so do plan and gc', async () => {
    await publish(cwd, files, 1, ['--expires', '2020-01-01', '-o', 'old.otaseal'])
    expect(json(await publish(cwd, files, 2, ['--previous', 'old.otaseal', '-o', 'new.otaseal', '--json']))).toMatchObject({ reused: 2, newObjects: [] })
    const plan = await otaseal(cwd, ['manifest', 'plan', 'new.otaseal', ...trust, '--have-manifest', 'old.otaseal', '--json'])
    expect(json(plan)).toMatchObject({ fetch: [], keep: ['a.txt', 'b.txt'] })
    const gc = await otaseal(cwd, ['manifest', 'gc', 'old.otaseal', '--objects', 'objects', '--key', '.otaseal_key.pub', '--min-age', '0', '--json'])
    expect(json(gc)).toMatchObject({ ok: true, unused: [] })
  })

  it('uses a release of another channel only where its key is for both', async () => {
    await publish(cwd, files, 1, ['--channel', 'beta', '-o', 'beta.otaseal'])
    const next = ['--channel', 'production', '--previous', 'beta.otaseal', '--trust', 'trust.json', '--force', '--json']
    await otaseal(cwd, ['trust', 'create', '--key', '.otaseal_key.pub', '-o', 'all.json'])
    const store = JSON.parse(readFileSync(join(cwd, 'all.json'), 'utf8')) as { readonly keys: readonly object[] }
    const limitTo = (...channels: readonly string[]): void =>
      writeFileSync(join(cwd, 'trust.json'), JSON.stringify({ ...store, keys: store.keys.map((key) => ({ ...key, channels })) }))
    limitTo('beta')
    const refused = await publish(cwd, files, 2, next)
    expect([refused.code, codeOf(refused)], refused.stderr).toEqual([1, 'out-of-scope'])
    expect(refused.stdout).toContain('beta.otaseal: ')
    limitTo('beta', 'production')
    expect(json(await publish(cwd, files, 2, next))).toMatchObject({ reused: 2, newObjects: [] })
  })

  it('keeps a log of its keys', async () => {
    await publish(cwd, files, 1, ['-o', 'old.otaseal'])
    expect((await publish(cwd, files, 2, ['--previous', 'old.otaseal', '--audit', 'log'])).code).toBe(0)
    const events = readFileSync(join(cwd, 'log'), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { readonly event: { readonly event: string } }).event.event)
    expect(events).toEqual(expect.arrayContaining(['head-verified', 'reader-used', 'head-signed']))
    expect(await otaseal(cwd, ['audit', 'verify', 'log'])).toMatchObject({ code: 0 })
    expect((await apply(cwd, 'old.otaseal', ['--audit', 'device.log'])).code).toBe(0)
    expect(readFileSync(join(cwd, 'device.log'), 'utf8')).toContain('"release-installed"')
  })

  it('signs by a command, and checks the previous release by its --sign-key', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    writeFileSync(join(cwd, 'kms'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    writeFileSync(join(cwd, 'kms.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
    const script = "const c=require('crypto'),f=require('fs');process.stdout.write(c.sign(null,f.readFileSync(0),f.readFileSync('kms')))"
    writeFileSync(join(cwd, 'sign.cjs'), script)
    const signing = ['--sign-command', `"${process.execPath}" sign.cjs`, '--sign-key', 'kms.pem']
    expect((await publish(cwd, files, 1, [...signing, '-o', 'one.otaseal'])).code).toBe(0)
    expect(json(await publish(cwd, files, 2, [...signing, '--previous', 'one.otaseal', '-o', 'two.otaseal', '--json']))).toMatchObject({ reused: 2 })
  })
})

describe('readers', () => {
  beforeEach(async () => {
    for (const args of [['--type', 'X25519', '-o', 'device'], ['--type', 'X25519', '-o', 'me'], ['--type', 'secret', '-o', 'secret']]) await otaseal(cwd, ['keygen', ...args])
  })

  it('the publisher, who must be one of them to use objects again, is told so where nothing shows it', async () => {
    const one = await publish(cwd, files, 1, ['-o', 'one.otaseal', '--reader', 'device.pub', '--reader', 'me.pub'])
    expect(one.stderr).toContain('none of the readers is known to be you')
    const lost = await publish(cwd, files, 2, ['-o', 'two.otaseal', '--reader', 'device.pub', '--previous', 'one.otaseal'])
    expect([lost.code, lost.stderr]).toEqual([1, expect.stringMatching(/one\.otaseal: .*--previous-reader/)])
    const two = await publish(cwd, files, 2, ['-o', 'two.otaseal', '--reader', 'device.pub', '--reader', 'me.pub', '--previous', 'one.otaseal', '--previous-reader', 'me', '--json'])
    expect(two.stderr).not.toContain('none of the readers')
    expect(json(two)).toMatchObject({ reused: 2, newObjects: [] })
    expect(installedFiles(await apply(cwd, 'two.otaseal', ['--reader', 'device', '--json']))).toEqual(files)
  })

  it('a passphrase of the key that signs is none of the reader, or of both', async () => {
    writeFileSync(join(cwd, 'pass'), 'correct horse battery staple\n', { mode: 0o600 })
    for (const [name, type] of [['locked', 'Ed25519'], ['locked-me', 'X25519']] as const) await otaseal(cwd, ['keygen', '--type', type, '-o', name, '--passphrase', '--passphrase-file', 'pass'])
    const signing = ['--key', 'locked', '--passphrase-file', 'pass', '--reader', 'me.pub', '--reader', 'locked-me.pub']
    expect((await publish(cwd, files, 1, ['-o', 'one.otaseal', ...signing])).code).toBe(0)
    for (const reader of ['me', 'locked-me']) {
      const run = await publish(cwd, files, 2, ['-o', `${reader}.otaseal`, ...signing, '--previous', 'one.otaseal', '--previous-reader', reader, '--json'])
      expect([run.stderr, json(run)]).toEqual(['', expect.objectContaining({ reused: 2 })])
    }
  })

  it('a secret opens the release before that was made with it', async () => {
    const one = await publish(cwd, files, 1, ['-o', 'one.otaseal', '--reader', 'secret'])
    expect(one).toMatchObject({ code: 0, stderr: '' })
    expect(json(await publish(cwd, files, 2, ['-o', 'two.otaseal', '--reader', 'secret', '--previous', 'one.otaseal', '--json']))).toMatchObject({ reused: 2 })
    const env = { OTASEAL_READER_SECRET: readFileSync(join(cwd, 'secret'), 'utf8') }
    fill(join(cwd, 'dist'), files)
    const three = await otaseal(cwd, ['manifest', 'create', 'dist', ...app, '--bundle-version', '3', '--previous', 'two.otaseal', '-o', 'three.otaseal', '--json'], { env })
    expect(json(three)).toMatchObject({ reused: 2 })
    expect(three.stderr).toBe('')
  })

  it('a server checks all of it without a key that opens it', async () => {
    await publish(cwd, files, 1, ['-o', 'one.otaseal', '--reader', 'device.pub'])
    const list = ['--object-list', 'one.otaseal.objects.json']
    expect((await otaseal(cwd, ['manifest', 'verify', 'one.otaseal', ...trust])).stderr).toContain('no-reader-key')
    const run = await otaseal(cwd, ['manifest', 'verify', 'one.otaseal', ...trust, ...list, '--objects', 'objects', '--json'])
    expect(json(run)).toMatchObject({ ok: true, objects: { missing: [], damaged: [] } })
    expect(json(await otaseal(cwd, ['manifest', 'verify', 'one.otaseal', ...trust, ...list, '--json']))).not.toHaveProperty('objects')
    expect((await otaseal(cwd, ['manifest', 'gc', 'one.otaseal', '--objects', 'objects', '--key', '.otaseal_key.pub', '--delete'])).code).toBe(0)
  })
})

describe('manifest verify', () => {
  it('lists what is missing, damaged and too much, and ends with 1', async () => {
    await publish(cwd, { ...files, 'c.txt': 'c', 'gone/d.txt': 'd' }, 1)
    const [first = '', second = '', ...others] = readdirSync(join(cwd, 'objects')).sort()
    const whole = readFileSync(join(cwd, 'objects', second))
    fill(join(cwd, 'broken'), { [second]: '' })
    for (const name of others) writeFileSync(join(cwd, 'broken', name), readFileSync(join(cwd, 'objects', name)))
    writeFileSync(join(cwd, 'broken', second), whole.map((byte, i) => (i === whole.length - 1 ? byte ^ 1 : byte)))
    fill(join(cwd, 'copy'), { 'a.txt': 'A', 'b.txt': files['b.txt'], 'c.txt': 'cc', 'new/e.txt': 'e' })
    const args = ['manifest', 'verify', 'dist.manifest.otaseal', ...trust, '--objects', 'broken', '--folder', 'copy']
    const run = await otaseal(cwd, [...args, '--json'])
    expect([run.code, json(run)]).toEqual([1, expect.objectContaining({
      ok: false,
      error: { code: 'io', message: expect.stringMatching(new RegExp(`^missing object ${first} of .*\\(and 5 more\\)$`)) as unknown },
      objects: { missing: [first], damaged: [{ name: second, code: 'bad-chunk' }] },
      folder: { missing: ['gone/d.txt'], damaged: ['a.txt', 'c.txt'], extra: ['new/e.txt'] },
    })])
    const { code, stdout, stderr } = await otaseal(cwd, args)
    expect([code, stderr]).toEqual([1, expect.stringContaining('refused (io): missing object')])
    for (const line of [`missing object .*${first}`, `damaged object .*${second}`, 'missing file .*gone/d.txt', 'damaged file .*a.txt', 'extra file .*new/e.txt']) expect(stdout).toMatch(new RegExp(line))
    expect(stdout).toMatch(/^NOT AS IT WAS SIGNED: dist\.manifest\.otaseal\n/)
    expect(filesOf(join(cwd, 'copy'))).toMatchObject({ 'a.txt': 'A' })
  })
})

describe('help', () => {
  it.each(['create', 'plan', 'apply', 'verify', 'gc'])('of manifest %s has examples', async (command) => {
    const run = await otaseal(cwd, ['manifest', 'help', command])
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toContain(`$ otaseal manifest ${command}`)
    expect(await otaseal(cwd, ['manifest', command, '--help'])).toMatchObject({ stdout: run.stdout })
  })

  it('of manifest names its commands', async () => {
    const { stdout } = await otaseal(cwd, ['help', 'manifest'])
    for (const command of ['create', 'plan', 'apply', 'verify', 'gc']) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
  })
})
