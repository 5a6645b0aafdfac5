import { beforeEach, describe, expect, it } from 'vitest'
import { codeOf, content, json, namesIn, release } from './cli.js'
import { inDays, keyFolder } from './trust-files.js'
import type { Run } from './cli.js'
import type { KeyFolder } from './trust-files.js'

let f: KeyFolder<'root' | 'ci' | 'rsaRoot' | 'other'>

beforeEach(() => {
  f = keyFolder('root', 'ci', 'rsaRoot', 'other')
  f.write('app.bin', content.toString())
})

const delegate = async (...args: readonly string[]): Promise<Run> => f.run('delegate', 'ci.pub', '--key', 'root', '--not-after', inDays(90), ...args)
const encrypt = async (...args: readonly string[]): Promise<Run> => f.run('encrypt', 'app.bin', ...release, '--key', 'ci', ...args)
const verify = async (...args: readonly string[]): Promise<Run> => f.run('verify', 'app.bin.otaseal', '--app', 'com.example.app', '--json', ...args)

/** What a link says, read without the library. */
function claims(link: string): unknown {
  return JSON.parse(Buffer.from(link.split('.')[1] ?? '', 'base64url').toString())
}

describe('otaseal delegate', () => {
  it('writes a link under which the release key signs', async () => {
    const run = await delegate('--json')
    const end = Date.parse(inDays(90)) / 1000
    expect(json(run)).toEqual({ ok: true, output: 'ci.link', root: f.kid.root, delegate: f.kid.ci, notBefore: expect.any(Number) as number, notAfter: end })
    expect(f.read('ci.link')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    expect(run.stderr).toContain('after its end no device installs')
    expect(run.stderr).not.toContain('warning')
    expect((await encrypt('--chain', 'ci.link', '--root', 'root.pub')).code).toBe(0)
    expect(json(await verify('--key', 'root.pub'))).toMatchObject({ signers: [f.kid.root] })
    expect(codeOf(await verify('--key', 'ci.pub'))).toBe('no-reader-key')
  })

  it('limits it to apps, channels, sequences and a time', async () => {
    const args = ['--app', 'com.a', '--app', 'com.b', '--channel', 'beta', '--max-sequence', '2000000000', '--not-before', inDays(-1)]
    const run = await delegate(...args)
    expect(claims(f.read('ci.link'))).toMatchObject({
      ...{ apps: ['com.a', 'com.b'], channels: ['beta'], maxSequence: 2_000_000_000 },
      ...{ notBefore: Date.parse(inDays(-1)) / 1000, notAfter: Date.parse(inDays(90)) / 1000 },
    })
    expect(run.stdout).toMatch(/scope +apps com\.a, com\.b; channels beta/)
    expect(run.stdout).toMatch(/max sequence +2000000000/)
    for (const kid of [f.kid.root, f.kid.ci]) expect(run.stdout).toContain(kid)
  })

  it('warns of more than two years', async () => {
    const long = await f.run('delegate', 'ci.pub', '--key', 'root', '--not-after', inDays(3 * 366), '--json')
    expect(json(long)).toMatchObject({ ok: true })
    expect(long.stderr).toMatch(/warning.*two years/)
  })

  it('writes to stdout, with all that people read on stderr', async () => {
    const run = await delegate('-o', '-')
    expect(claims(run.stdout)).toMatchObject({ key: { kty: 'OKP' } })
    expect(run.stderr).toContain(f.kid.ci)
    expect(namesIn(f.path)).not.toContain('ci.link')
  })

  it('signs with RSA, and for a key whose file has another name', async () => {
    f.write('release key', f.keys.ci.publicKey)
    const run = await f.run('delegate', 'release key', '--key', 'rsaRoot', '--not-after', inDays(1), '--audit', 'audit.jsonl', '--json')
    expect(json(run)).toMatchObject({ output: 'release key.link', root: f.kid.rsaRoot })
    expect(f.read('audit.jsonl')).toMatch(new RegExp(`"event":"link-signed".*"kid":"${f.kid.rsaRoot}","delegate":"${f.kid.ci}"`))
  })

  it.each([
    ['io', 1, 'delegate ci.pub --key root --not-after 2099-01-01 -o precious'],
    ['usage', 2, 'delegate ci.pub --key root'],
    ['usage', 2, 'delegate ci.pub --key root --not-after 2001-01-01'],
    ['usage', 2, 'delegate ci.pub --key root --not-after 2099-01-01 --not-before 2099-01-02'],
    ['usage', 2, 'delegate ci.pub --key root --key other --not-after 2099-01-01'],
    ['usage', 2, 'delegate ci.pub --key root --not-after 2099-01-01 -o root'],
    ['usage', 2, 'delegate ci.pub --key root --not-after 2099-01-01 --max-sequence 1e3'],
    ['usage', 2, 'delegate ci.pub --key root --not-after 2099-01-01 --app ,'],
    ['bad-key', 1, 'delegate root.pub --key root --not-after 2099-01-01'],
    ['bad-key', 1, 'delegate ci --key root --not-after 2099-01-01'],
    ['bad-key', 1, 'delegate ci.pub --key root.pub --not-after 2099-01-01'],
    ['io', 1, 'delegate none.pub --key root --not-after 2099-01-01'],
  ])('%s (%i): %s', async (code, exit, line) => {
    f.write('precious', 'precious')
    const before = namesIn(f.path)
    const run = await f.run(...line.split(' '), '--json')
    expect([codeOf(run), run.code, f.read('precious')]).toEqual([code, exit, 'precious'])
    expect(namesIn(f.path)).toEqual(before)
  })

  it('names the flags of the command line', async () => {
    const runs = [await delegate('--app', ','), await delegate('--channel', 'a b'), await delegate('--not-before', inDays(91))]
    expect(runs.map(({ stderr }) => /--(app|channel|not-after) must/.exec(stderr)?.[1])).toEqual(['app', 'channel', 'not-after'])
    expect(runs[2]?.stderr).toContain('before --not-before')
  })

  it.each(['--app', '--channel'])('says in words what %s may hold', async (flag) => {
    for (const text of ['', 'com example']) {
      const run = await delegate(flag, text, '--json')
      expect([run.code, codeOf(run), namesIn(f.path).includes('ci.link')]).toEqual([2, 'usage', false])
      expect(run.stdout).toContain(`${flag} must have 1 to 128 letters, digits, dots`)
      expect(run.stdout).not.toContain('[A-Z')
    }
  })

  it('never overwrites a link', async () => {
    await delegate()
    const before = f.read('ci.link')
    expect([codeOf(await delegate('--json')), f.read('ci.link')]).toEqual(['io', before])
  })
})

describe('encrypt --chain', () => {
  it('counts for two roots where both have signed a link', async () => {
    await delegate()
    await f.run('delegate', 'other.pub', '--key', 'rsaRoot', '--not-after', inDays(9))
    const links = ['--chain', 'ci.link', '--root', 'root.pub', '--chain', 'other.link', '--root', 'rsaRoot.pub', '--key', 'other']
    expect((await encrypt(...links)).code).toBe(0)
    f.make('two.json', ['root', 'rsaRoot'], { threshold: 2 })
    expect(json(await verify('--key', 'two.json'))['signers']).toEqual([f.kid.root, f.kid.rsaRoot])
    const { stdout } = await f.run('inspect', 'app.bin.otaseal', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ links: [{ signer: f.kid.root, delegate: f.kid.ci }, { signer: f.kid.rsaRoot, delegate: f.kid.other }] })
  })

  it.each([
    ['usage', ['--chain', 'ci.link']],
    ['usage', ['--root', 'root.pub']],
    ['usage', ['--chain', 'root.pub', '--root', 'root.pub']],
    ['io', ['--chain', 'none.link', '--root', 'root.pub']],
    ['usage', ['--chain', 'ci.link', '--root', 'root.pub', '-o', 'ci.link', '--force']],
  ])('%s: %j', async (code, args) => {
    await delegate()
    const before = f.read('ci.link')
    const run = await encrypt(...args, '--json')
    expect([codeOf(run), f.read('ci.link'), namesIn(f.path).includes('app.bin.otaseal')]).toEqual([code, before, false])
    if (args.length === 2) expect(run.stdout).toContain('--chain and --root belong together')
  })

  it('refuses a link that does not fit', async () => {
    await delegate('--app', 'com.example.other')
    for (const args of [['--root', 'root.pub'], ['--root', 'other.pub']]) {
      const run = await encrypt('--chain', 'ci.link', ...args, '--json')
      expect([run.code, namesIn(f.path).includes('app.bin.otaseal')]).not.toEqual([0, true])
      expect(codeOf(run)).toBeTypeOf('string')
    }
  })
})
