import { copyFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { checkTrustStore } from '../../src/index.js'
import { codeOf, json } from './cli.js'
import { keyFolder } from './trust-files.js'
import type { Run } from './cli.js'
import type { KeyFolder } from './trust-files.js'

let f: KeyFolder<'a' | 'b' | 'c'>

beforeEach(() => {
  f = keyFolder('a', 'b', 'c')
  f.make('trust.json', ['a', 'b'])
})

const edit = async (command: string, ...args: readonly string[]): Promise<Run> => f.run('trust', command, 'trust.json', ...args)
const statuses = (): readonly string[] => f.store().keys.map(({ status }) => status)

describe('every edit', () => {
  it.each([
    ['add', '--key', 'c.pub'],
    ['retire', 'a.pub', '--last-sequence', '9'],
    ['revoke', 'a.pub'],
    ['set', '--threshold', '2'],
    ['set', '--min-sequence', '50'],
  ])('%s %s raises the epoch by one, and says what a floor that is not raised means', async (command, ...args) => {
    const run = await edit(command, ...args, '--json')
    expect(run.code).toBe(0)
    expect(json(run)).toMatchObject({ ok: true, changed: true, epoch: 2 })
    expect(f.store()).toMatchObject({ epoch: 2 })
    expect(run.stderr).toMatch(/minSequence (stays 100|falls from 100 to 50).*fresh install/)
    await checkTrustStore(f.read('trust.json'))
  })

  it.each([
    ['add', '--key', 'c.pub'],
    ['retire', 'a.pub', '--last-sequence', '9'],
    ['revoke', 'a.pub'],
    ['set', '--threshold', '2'],
  ])('%s %s takes the new floor along, and does not warn then', async (command, ...args) => {
    const run = await edit(command, ...args, '--min-sequence', '101')
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(f.store()).toMatchObject({ epoch: 2, minSequence: 101 })
    expect(run.stdout).toContain('epoch 2')
  })

  it('that changes nothing leaves the file, and its epoch, alone', async () => {
    await edit('revoke', 'a.pub')
    const before = [f.read('trust.json'), statSync(join(f.path, 'trust.json')).ino]
    for (const args of [['revoke', 'a.pub'], ['set', '--threshold', '1'], ['set', '--min-sequence', '100']]) {
      const run = await f.run('trust', args[0] as string, 'trust.json', ...args.slice(1), '--json')
      expect(json(run)).toMatchObject({ ok: true, changed: false, epoch: 2 })
    }
    expect([f.read('trust.json'), statSync(join(f.path, 'trust.json')).ino]).toEqual(before)
  })
})

describe('KEY', () => {
  it('is a kid, its beginning, or a file', async () => {
    for (const name of [f.kid.a, f.kid.a.slice(0, 8), 'a.pub', './a.pub']) {
      f.make('trust.json', ['a', 'b'])
      const run = await edit('revoke', '--json', '--', name)
      expect([name, json(run)['kid'], statuses()]).toEqual([name, f.kid.a, ['revoked', 'active']])
    }
  })

  it.each(['usage', 'io'] as const)('that is not there is refused: %s', async (code) => {
    const name = code === 'usage' ? 'AAAAAAAA' : 'none.pub'
    const run = await edit('revoke', name, '--json')
    expect([codeOf(run), statuses()]).toEqual([code, ['active', 'active']])
    expect(run.stdout).toContain(name)
  })

  it('is not shown where it may be a secret', async () => {
    const secret = Buffer.alloc(32, 7).toString('base64url')
    const run = await edit('revoke', secret, '--json')
    expect([codeOf(run), (run.stdout + run.stderr).includes(secret)]).toEqual(['usage', false])
  })

  it('that is too short, or the beginning of a kid and a file, is refused', async () => {
    // A file of that name would be read as a key.
    const short = await edit('revoke', '--json', '--', f.kid.a.slice(0, 5))
    expect([codeOf(short), statuses()]).toEqual(['io', ['active', 'active']])
    const prefix = f.kid.a.slice(0, 7)
    copyFileSync(join(f.path, 'b.pub'), join(f.path, prefix))
    const both = await edit('revoke', '--json', '--', prefix)
    expect([codeOf(both), statuses()]).toEqual(['usage', ['active', 'active']])
    expect(both.stdout).toContain(`./${prefix}`)
  })

  it('may not be a private key', async () => {
    const run = await edit('revoke', 'a', '--json')
    expect([codeOf(run), statuses()]).toEqual(['bad-key', ['active', 'active']])
  })
})

describe('keys that keep their status', () => {
  it('one that is revoked is neither added again nor retired', async () => {
    await edit('revoke', 'a.pub')
    const before = f.read('trust.json')
    const runs = [await edit('add', '--key', 'a.pub', '--json'), await edit('retire', 'a.pub', '--last-sequence', '9', '--json')]
    for (const run of runs) {
      expect([run.code, codeOf(run)]).toEqual([1, 'bad-trust-store'])
      expect(run.stdout).toContain('stays revoked')
    }
    expect(f.read('trust.json')).toBe(before)
  })

  it('one that is there is not added again', async () => {
    const run = await edit('add', '--key', 'c.pub', '--key', 'a.pub', '--json')
    expect([codeOf(run), f.store().keys.length]).toEqual(['bad-trust-store', 2])
    expect(codeOf(await edit('add', '--key', 'c.pub', '--key', 'c.pub', '--json'))).toBe('usage')
  })

  it('one that the store does not have is revoked by its file, and not retired', async () => {
    expect(codeOf(await edit('retire', 'c.pub', '--last-sequence', '9', '--json'))).toBe('usage')
    const run = await edit('revoke', 'c.pub', '--json')
    expect(json(run)).toMatchObject({ changed: true, kid: f.kid.c })
    expect((await checkTrustStore(f.read('trust.json'))).kids).toEqual([f.kid.a, f.kid.b, f.kid.c])
    expect(statuses()).toEqual(['active', 'active', 'revoked'])
  })

  it('one that is retired gets another last sequence, and can be revoked', async () => {
    await edit('retire', 'a.pub', '--last-sequence', '9')
    await edit('retire', 'a.pub', '--last-sequence', '8')
    expect(f.store().keys[0]).toMatchObject({ status: 'retired', lastSequence: 8 })
    const run = await edit('revoke', 'a.pub')
    expect([run.code, f.store().keys[0]?.status, f.store().keys[0]?.lastSequence]).toEqual([0, 'revoked', undefined])
  })
})

describe('a last sequence of a key that is retired already', () => {
  it.each([
    ['grows', '10', 1],
    ['stays', '9', 0],
    ['falls', '8', 0],
  ])('that %s is warned of where the key can sign more again', async (_, last, warnings) => {
    await edit('retire', 'a.pub', '--last-sequence', '9')
    const run = await edit('retire', 'a.pub', '--last-sequence', last, '--min-sequence', '101')
    expect([run.code, run.stderr.match(/warning: .*from 9 to 10.*could sign more/g)?.length ?? 0]).toEqual([0, warnings])
    expect(f.store().keys[0]?.lastSequence).toBe(Number(last))
  })
})

it('the highest epoch of all is told, not called damage', async () => {
  f.make('trust.json', ['a', 'b'], { epoch: Number.MAX_SAFE_INTEGER })
  const before = f.read('trust.json')
  const run = await edit('set', '--threshold', '2', '--json')
  expect([run.code, codeOf(run), f.read('trust.json')]).toEqual([1, 'bad-trust-store', before])
  expect(run.stdout).toMatch(/no higher epoch/)
  expect(run.stdout).not.toContain('damaged')
})

describe('a threshold that could not be met', () => {
  it.each([
    ['retire', 'a.pub', '--last-sequence', '9'],
    ['revoke', 'a.pub'],
    ['set', '--threshold', '3'],
  ])('%s %s is refused, with what to do', async (command, ...args) => {
    f.make('trust.json', ['a', 'b'], { threshold: 2 })
    const before = f.read('trust.json')
    const run = await edit(command, ...args, '--json')
    expect([run.code, codeOf(run), f.read('trust.json')]).toEqual([1, 'bad-trust-store', before])
    expect(run.stdout).toMatch(/add a key.*lower the threshold/)
  })

  it('by keys for every app and channel, which trust updates take, is warned of', async () => {
    f.make('trust.json', ['a'])
    await edit('add', '--key', 'b.pub', '--channel', 'beta')
    const run = await edit('revoke', 'a.pub', '--min-sequence', '101')
    expect(run.code).toBe(0)
    expect(run.stderr).toContain('no trust update can replace this store')
  })
})

describe('sequences in milliseconds', () => {
  it.each([
    ['minSequence', 'set', '--min-sequence', '1763700000000'],
    ['last sequence', 'retire', 'a.pub', '--last-sequence', '1763700000000', '--min-sequence', '1763700000'],
  ])('are warned of: %s', async (what, command, ...args) => {
    const run = await edit(command, ...args)
    expect(run.code).toBe(0)
    expect(run.stderr).toMatch(new RegExp(`${what} 1763700000000 .*milliseconds`))
  })
})

describe('wrong usage changes nothing', () => {
  it.each([
    'set trust.json',
    'set trust.json --threshold 0',
    'set trust.json --threshold x',
    'retire trust.json a.pub',
    'retire trust.json a.pub --last-sequence -1',
    'add trust.json',
    'add trust.json --key c.pub --not-before 2027-01-02 --not-after 2027-01-01',
    'add trust.json --key c.pub --not-after soon',
    'revoke trust.json',
  ])('%s', async (line) => {
    const before = f.read('trust.json')
    const run = await f.run('trust', ...line.split(' '), '--json')
    expect([run.code, codeOf(run), f.read('trust.json')]).toEqual([2, 'usage', before])
  })

  it('a name that no app can have', async () => {
    for (const flag of ['--app', '--channel']) {
      const run = await edit('add', '--key', 'c.pub', flag, 'com example', '--json')
      expect([codeOf(run), f.store().keys.length]).toEqual(['usage', 2])
    }
  })
})
