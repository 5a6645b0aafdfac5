import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { checkTrustStore } from '../../src/index.js'
import { codeOf, json } from './cli.js'
import { keyFolder } from './trust-files.js'
import type { KeyFolder } from './trust-files.js'

const isPosix = process.platform !== 'win32'
let f: KeyFolder<'a' | 'b' | 'rsa'>

beforeEach(() => {
  f = keyFolder('a', 'b', 'rsa')
})

describe('otaseal trust create', () => {
  it('writes a store that the library takes, for people to read', async () => {
    const run = await f.run('trust', 'create', '--key', 'a.pub', '--key', 'rsa.pub', '--threshold', '2', '--epoch', '7', '--min-sequence', '42', '--json')
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const { store, kids } = await checkTrustStore(f.read('trust.json'))
    expect(store).toMatchObject({ epoch: 7, threshold: 2, minSequence: 42, keys: [{ status: 'active' }, { status: 'active' }] })
    expect(kids).toEqual([f.kid.a, f.kid.rsa])
    expect(json(run)).toEqual({
      ...{ ok: true, store: 'trust.json', epoch: 7, threshold: 2, minSequence: 42 },
      keys: [
        { kid: f.kid.a, algorithm: 'Ed25519', status: 'active' },
        { kid: f.kid.rsa, algorithm: 'RSA-3072', status: 'active' },
      ],
    })
    expect(f.read('trust.json')).toMatch(/^\{\n {2}"epoch": 7,\n[^]*\n\}\n$/)
  })

  it.runIf(isPosix)('lets everyone read it', async () => {
    await f.run('trust', 'create', '--key', 'a.pub', '-o', 'new.json')
    expect(statSync(join(f.path, 'new.json')).mode & 0o777).toBe(0o644)
    expect(readdirSync(f.path).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('warns where nothing keeps old releases out, and not otherwise', async () => {
    expect((await f.run('trust', 'create', '--key', 'a.pub')).stderr).toContain('minSequence is 0')
    expect((await f.run('trust', 'create', '--key', 'a.pub', '--min-sequence', '1', '-o', 'b.json')).stderr).toBe('')
  })

  it('never overwrites', async () => {
    f.write('trust.json', 'precious')
    const run = await f.run('trust', 'create', '--key', 'a.pub', '--json')
    expect([run.code, codeOf(run), f.read('trust.json')]).toEqual([1, 'io', 'precious'])
  })

  it('writes to stdout', async () => {
    const run = await f.run('trust', 'create', '--key', 'a.pub', '-o', '-')
    expect((await checkTrustStore(run.stdout)).kids).toEqual([f.kid.a])
    expect(run.stderr).toContain(f.kid.a)
  })

  it.each([
    ['usage', 2, 'trust create'],
    ['usage', 2, 'trust create --key a.pub --key a.pub'],
    ['usage', 2, 'trust create --key a.pub --threshold 2'],
    ['usage', 2, 'trust create --key a.pub --threshold 0'],
    ['usage', 2, 'trust create --key a.pub --epoch 0'],
    ['usage', 2, 'trust create --key a.pub --epoch -1'],
    ['usage', 2, 'trust create --key a.pub -o -'],
    ['usage', 2, 'trust create --key a.pub -o a.pub'],
    ['bad-trust-store', 1, 'trust create --key a.pub --epoch 9007199254740993'],
    ['bad-key', 1, 'trust create --key a'],
    ['io', 1, 'trust create --key missing.pub'],
    ['io', 1, 'trust create --key a.pub -o nowhere/trust.json'],
    ['usage', 2, 'trust'],
  ])('%s (%i): %s', async (code, exit, line) => {
    const before = readdirSync(f.path)
    const run = await f.run(...line.split(' '), '--json')
    expect([codeOf(run), run.code]).toEqual([code, exit])
    expect(readdirSync(f.path)).toEqual(before)
  })

  it('names the file of a key that is refused', async () => {
    expect((await f.run('trust', 'create', '--key', 'a.pub', '--key', 'b')).stderr).toMatch(/ b: .*private/)
  })
})

describe('otaseal trust list', () => {
  it('shows every key with what it may sign', async () => {
    f.make('trust.json', ['a'], { minSequence: 5 })
    await f.run('trust', 'add', 'trust.json', '--key', 'b.pub', '--app', 'com.a', '--app', 'com.b', '--channel', 'beta', '--not-before', '2026-01-01', '--not-after', '2099-12-31')
    await f.run('trust', 'add', 'trust.json', '--key', 'rsa.pub')
    await f.run('trust', 'retire', 'trust.json', 'rsa.pub', '--last-sequence', '1763700000')
    const data = json(await f.run('trust', 'list', 'trust.json', '--json'))
    expect(data).toEqual({
      ...{ ok: true, epoch: 4, threshold: 1, minSequence: 5 },
      keys: [
        { kid: f.kid.a, algorithm: 'Ed25519', status: 'active' },
        { kid: f.kid.b, algorithm: 'Ed25519', status: 'active', notBefore: 1767225600, notAfter: 4102358400, apps: ['com.a', 'com.b'], channels: ['beta'] },
        { kid: f.kid.rsa, algorithm: 'RSA-3072', status: 'retired', lastSequence: 1763700000 },
      ],
    })
    const { stdout, stderr } = await f.run('trust', 'list', 'trust.json')
    expect(stderr).toBe('')
    const lines = stdout.split('\n')
    expect(lines.find((line) => line.includes(f.kid.b))).toMatch(/active +apps com\.a, com\.b; channels beta +from 2026-01-01T00:00:00Z until 2099-12-31T00:00:00Z +-$/)
    expect(lines.find((line) => line.includes(f.kid.rsa))).toMatch(/RSA-3072 +retired +all +always +1763700000 \(2025-11-21T04:40:00Z\)$/)
    expect(stdout).toMatch(/threshold +1 of 2 active keys/)
  })

  it('reads stdin', async () => {
    f.make('trust.json', ['a'])
    const run = await f.runWith({ input: Buffer.from(f.read('trust.json')) }, 'trust', 'list', '-', '--json')
    expect(json(run)).toMatchObject({ ok: true, epoch: 1 })
  })
})

it.each(['trust', 'trust create', 'trust add', 'trust retire', 'trust revoke', 'trust set', 'trust list', 'trust sign', 'trust apply', 'delegate', 'readers', 'readers add'])(
  'otaseal %s --help has examples',
  async (command) => {
    const { code, stdout, stderr } = await f.run(...command.split(' '), '--help')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`$ otaseal ${command}`)
  },
)
