import { existsSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { verifyTrustUpdate } from '../../src/index.js'
import { codeOf, json, namesIn } from './cli.js'
import { keyFolder } from './trust-files.js'
import type { KeyFolder } from './trust-files.js'

type Names = 'a' | 'b' | 'c'
let f: KeyFolder<Names>

beforeEach(() => {
  f = keyFolder('a', 'b', 'c')
  f.make('old.json', ['a', 'b'])
  f.make('trust.json', ['a', 'b', 'c'], { epoch: 2, minSequence: 200 })
})

const verify = async (update = 'trust.update.json'): ReturnType<typeof verifyTrustUpdate> => verifyTrustUpdate(f.read(update), { trust: f.read('old.json') })

describe('otaseal trust sign', () => {
  it('makes a trust update that devices take', async () => {
    const run = await f.run('trust', 'sign', 'trust.json', '--key', 'a', '--json')
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(json(run)).toMatchObject({ ok: true, output: 'trust.update.json', epoch: 2, signatures: [f.kid.a], newStore: { signed: 1, threshold: 1 } })
    expect(await verify()).toMatchObject({ changed: true, signers: [f.kid.a], trust: f.store() })
  })

  it('shows what is signed, and counts what is missing of both stores', async () => {
    f.make('old.json', ['a', 'b'], { threshold: 2 })
    f.make('trust.json', ['b', 'c'], { epoch: 2, minSequence: 200, threshold: 2 })
    const first = await f.run('trust', 'sign', 'trust.json', '--key', 'a', '--old', 'old.json')
    expect([first.code, first.stderr]).toEqual([0, ''])
    expect(first.stdout).toMatch(/1 of 2 signatures that the old store demands: 1 missing\n +0 of 2 signatures that the new store demands: 2 missing/)
    for (const kid of [f.kid.b, f.kid.c]) expect(first.stdout).toContain(kid)
    const second = json(await f.run('trust', 'sign', 'trust.update.json', '--key', 'b', '--old', 'old.json', '--json'))
    expect(second).toMatchObject({ output: 'trust.update.json', signatures: [f.kid.a, f.kid.b], oldStore: { signed: 2, threshold: 2 }, newStore: { signed: 1, threshold: 2 }, refusal: 'threshold-not-met' })
    const third = await f.run('trust', 'sign', 'trust.update.json', '--key', 'c', '--old', 'old.json', '-o', 'done.json', '--json')
    expect(json(third)).not.toHaveProperty('refusal')
    expect(third.stderr).toBe('')
    expect(await verify('done.json')).toMatchObject({ changed: true })
    await expect(verify()).rejects.toMatchObject({ code: 'threshold-not-met' })
  })

  it('signs with several keys at once, and again with one of them', async () => {
    await f.run('trust', 'sign', 'trust.json', '--key', 'a', '--key', 'b')
    const again = json(await f.run('trust', 'sign', 'trust.update.json', '--key', 'b', '--json'))
    expect(again['signatures']).toEqual([f.kid.a, f.kid.b])
    expect(await verify()).toMatchObject({ signers: [f.kid.a, f.kid.b] })
  })

  it.each([
    ['an epoch that is not above', { epoch: 1, minSequence: 200 }, 'a', /epoch 1.*not above 1/],
    ['a floor that is not raised', { epoch: 2, minSequence: 100 }, 'a', /minSequence stays 100/],
    ['a floor that falls', { epoch: 2, minSequence: 99 }, 'a', /minSequence falls from 100 to 99/],
  ] as const)('warns of %s', async (_, members, key, told) => {
    f.make('trust.json', ['a'], members)
    const run = await f.run('trust', 'sign', 'trust.json', '--key', key, '--old', 'old.json')
    expect([run.code, existsSync(`${f.path}/trust.update.json`)]).toEqual([0, true])
    expect(run.stderr).toMatch(told)
  })

  it('warns of a signature that counts for neither store', async () => {
    f.make('trust.json', ['a'], { epoch: 2, minSequence: 200 })
    const run = await f.run('trust', 'sign', 'trust.json', '--key', 'a', '--key', 'c', '--old', 'old.json')
    expect(run.stderr).toContain(`the signature of ${f.kid.c} counts for neither store`)
    expect(run.stderr).not.toContain(f.kid.a)
  })

  it('warns of an update whose signatures are all there and do not verify', async () => {
    // Those of keys that stay are checked before.
    f.make('trust.json', ['b', 'c'], { epoch: 2, minSequence: 200 })
    await f.run('trust', 'sign', 'trust.json', '--key', 'a')
    const update = JSON.parse(f.read('trust.update.json')) as { payload: string; signatures: { protected: string; signature: string }[] }
    const [signature] = update.signatures
    f.write('bad.json', JSON.stringify({ ...update, signatures: [{ ...signature, signature: Buffer.alloc(64, 1).toString('base64url') }] }))
    const run = await f.run('trust', 'sign', 'bad.json', '--key', 'c', '--old', 'old.json', '--json')
    expect(json(run)).toMatchObject({ ok: true, refusal: 'bad-signature' })
    expect(run.stderr).toContain('bad-signature')
  })

  it('reads stdin and writes stdout', async () => {
    const run = await f.runWith({ input: Buffer.from(f.read('trust.json')) }, 'trust', 'sign', '-', '--key', 'a', '-o', '-')
    f.write('piped.json', run.stdout)
    expect(await verify('piped.json')).toMatchObject({ changed: true })
  })

  it('signs with a command, and with a key that has a passphrase', async () => {
    const passphrase = await f.runWith({ env: { OTASEAL_PASSPHRASE: 'x' } }, 'keygen', '--type', 'Ed25519', '--passphrase', '-o', 'locked')
    expect(passphrase.code).toBe(0)
    await f.run('trust', 'add', 'trust.json', '--key', 'locked.pub')
    const script = "const {sign}=require('crypto');process.stdin.once('data',(b)=>process.stdout.write(sign(null,b,require('fs').readFileSync('a'))))"
    const command = `"${process.execPath}" -e "${script}"`
    const env = { OTASEAL_PASSPHRASE: 'x' }
    const run = await f.runWith({ env }, 'trust', 'sign', 'trust.json', '--key', 'locked', '--sign-command', command, '--sign-key', 'a.pub', '--json')
    expect(json(run)['signatures']).toContain(f.kid.a)
    expect(await verify()).toMatchObject({ changed: true })
  })

  it.each([
    ['io', 1, 'trust sign trust.json --key a -o old.json'],
    ['usage', 2, 'trust sign trust.json --key a -o a'],
    ['usage', 2, 'trust sign trust.json --key a -o trust.json --force'],
    ['bad-key', 1, 'trust sign trust.json --key a.pub'],
    ['bad-trust-store', 1, 'trust sign a.pub --key a'],
    ['bad-trust-store', 1, 'trust sign trust.json --key a --old a.pub'],
    ['usage', 2, 'trust sign - --key a'],
    ['io', 1, 'trust sign none.json --key a'],
  ])('%s (%i): %s', async (code, exit, line) => {
    const before = [namesIn(f.path), f.read('old.json'), f.read('trust.json')]
    const run = await f.run(...line.split(' '), '--json')
    expect([codeOf(run), run.code]).toEqual([code, exit])
    expect([namesIn(f.path), f.read('old.json'), f.read('trust.json')]).toEqual(before)
  })
})

describe('otaseal trust apply', () => {
  const apply = async (trust: string, ...more: readonly string[]): ReturnType<typeof f.run> => f.run('trust', 'apply', 'trust.update.json', '--trust', trust, '-o', 'new.json', '--json', ...more)

  beforeEach(async () => {
    await f.run('trust', 'sign', 'trust.json', '--key', 'a')
  })

  it.each(['old.json', 'a.pub'])('writes the new store in place of %s', async (trust) => {
    const run = await apply(trust)
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const { forgetAbove, ...data } = json(run)
    expect(data).toMatchObject({ ok: true, output: 'new.json', changed: true, signers: [f.kid.a], epoch: 2, minSequence: 200 })
    expect(Math.abs((forgetAbove as number) - Date.now() / 1000 - 86_400)).toBeLessThan(60)
    expect(f.store('new.json')).toEqual(f.store())
  })

  it('replaces the very store that it trusts, with --force', async () => {
    const args = ['trust', 'apply', 'trust.update.json', '--trust', 'old.json', '-o', 'old.json']
    expect((await f.run(...args, '--json')).code).toBe(1)
    expect(f.store('old.json')).toMatchObject({ epoch: 1 })
    expect((await f.run(...args, '--force')).stdout).toMatch(/replaced: devices forget stored sequences above \d+ \(/)
    expect(f.store('old.json')).toEqual(f.store())
    const again = await f.run(...args, '--force', '--json')
    expect(json(again)).toMatchObject({ changed: false, signers: [] })
    expect(json(again)).not.toHaveProperty('forgetAbove')
  })

  it('takes several public keys', async () => {
    expect(json(await apply('b.pub', '--trust', 'a.pub'))).toMatchObject({ changed: true, signers: [f.kid.a] })
    const mixed = await apply('old.json', '--trust', 'a.pub', '--force')
    expect([mixed.code, codeOf(mixed)]).toEqual([2, 'usage'])
  })

  it.each<readonly [string, (g: KeyFolder<Names>) => void]>([
    ['rollback', (g) => g.make('old.json', ['a'], { epoch: 2, minSequence: 1 })],
    ['threshold-not-met', (g) => g.make('old.json', ['a', 'b'], { threshold: 2 })],
    ['untrusted-key', (g) => g.make('old.json', ['b'])],
    ['revoked-key', (g) => g.write('old.json', JSON.stringify({ ...g.store('old.json'), keys: g.store('old.json').keys.map((key, i) => (i === 0 ? { ...key, status: 'revoked' } : key)) }))],
    ['bad-trust-store', (g) => g.write('trust.update.json', g.read('trust.json'))],
    ['bad-trust-store', (g) => g.write('old.json', '{"keys":[{"kty":"OKP"}]}')],
    ['bad-key', (g) => g.write('old.json', g.keys.a.privateKey)],
    ['io', (g) => g.write('new.json', 'precious')],
  ])('refuses it: %s', async (code, change) => {
    change(f)
    const before = namesIn(f.path)
    const run = await apply('old.json')
    expect([run.code, codeOf(run), namesIn(f.path)]).toEqual([1, code, before])
  })

  it('holds dates against the clock, with a tolerance', async () => {
    const key = f.store('old.json').keys[0]
    f.write('old.json', JSON.stringify({ ...f.store('old.json'), keys: [{ ...key, notAfter: Math.floor(Date.now() / 1000) - 60 }] }))
    const run = await apply('old.json')
    expect(codeOf(run)).toBe('expired')
    expect(json(await apply('old.json', '--clock-tolerance', '600'))).toMatchObject({ changed: true })
    expect(codeOf(await apply('old.json', '--force', '--clock-tolerance', '999999'))).toBe('usage')
  })

  it('keeps a record of what is signed and applied', async () => {
    f.make('next.json', ['b'], { epoch: 3, minSequence: 300 })
    expect((await f.run('trust', 'sign', 'next.json', '--key', 'b', '--key', 'a', '--audit', 'audit.jsonl')).code).toBe(0)
    await f.run('trust', 'apply', 'next.update.json', '--trust', 'trust.json', '-o', 'x.json', '--audit', 'audit.jsonl')
    await f.run('trust', 'apply', 'trust.update.json', '--trust', 'x.json', '-o', 'y.json', '--audit', 'audit.jsonl')
    const events = f.read('audit.jsonl').trim().split('\n').map((line) => /"event":"([^"]+)"/.exec(line)?.[1])
    expect(events).toEqual(['trust-signed', 'trust-signed', 'trust-updated', 'trust-refused'])
  })
})
