import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkCapgoKeyPair, readCapgoConfig } from '../../src/capgo.js'
import { config, pair } from './capgo.js'
import { codeOf, json, namesIn, otaseal, temporaryFolder } from './cli.js'

const isPosix = process.platform !== 'win32'
const text = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8')

describe('otaseal capgo keygen', () => {
  it('writes a pair that belongs together, as the Capgo CLI names and reads it', async () => {
    const folder = temporaryFolder()
    const run = await otaseal(folder, ['capgo', 'keygen', '--json'])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const [privateKey, publicKey] = [text(folder, '.capgo_key_v2'), text(folder, '.capgo_key_v2.pub')]
    const keyId = await checkCapgoKeyPair(privateKey, publicKey)
    expect(json(run)).toEqual({ ok: true, keyId, privateKeyFile: '.capgo_key_v2', publicKeyFile: '.capgo_key_v2.pub' })
    expect(privateKey).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/)
    expect(publicKey).toMatch(/^-----BEGIN RSA PUBLIC KEY-----\n/)
    expect(createPrivateKey(privateKey).asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65537n })
    expect(createPublicKey(privateKey).equals(createPublicKey(publicKey))).toBe(true)
    if (isPosix) expect(statSync(join(folder, '.capgo_key_v2')).mode & 0o777).toBe(0o600)
    expect(namesIn(folder)).toEqual(['.capgo_key_v2', '.capgo_key_v2.pub'])
  })

  it('tells people what goes where, without the private key', async () => {
    const folder = temporaryFolder()
    const { stdout } = await otaseal(folder, ['capgo', 'keygen', '-o', 'k'])
    expect(stdout).toContain('k.pub')
    expect(stdout).toContain('version control')
    expect(stdout).not.toContain(text(folder, 'k').split('\n')[1])
  })

  it.each(['k', 'k.pub'])('never overwrites %s, and writes nothing then, not even with --force', async (name) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, name), 'precious')
    writeFileSync(join(folder, 'capacitor.config.json'), config(undefined))
    for (const more of [[], ['--config', 'capacitor.config.json', '--force']]) {
      const run = await otaseal(folder, ['capgo', 'keygen', '-o', 'k', ...more, '--json'])
      expect([run.code, codeOf(run)]).toEqual([1, 'io'])
    }
    expect(namesIn(folder)).toEqual(['capacitor.config.json', name])
    expect(text(folder, name)).toBe('precious')
    expect(text(folder, 'capacitor.config.json')).toBe(config(undefined))
  })

  it.each([[['-o', '-']], [['--force']], [['-o', '--json']]])('takes no stdout, no idle --force and no missing value: %j', async (args) => {
    const folder = temporaryFolder()
    const run = await otaseal(folder, ['capgo', 'keygen', ...args, '--json'])
    expect([run.code, codeOf(run), namesIn(folder)]).toEqual([2, 'usage', []])
  })
})

describe('otaseal capgo keygen --config', () => {
  const make = (folder: string, ...args: readonly string[]): ReturnType<typeof otaseal> => otaseal(folder, ['capgo', 'keygen', ...args, '--json'])

  it('writes the public key into capacitor.config.json, and leaves all else as it is', async () => {
    const folder = temporaryFolder()
    const before = '{\n    "appId": "a",\n    "plugins": {"CapacitorUpdater": {"autoUpdate": true}}\n}'
    writeFileSync(join(folder, 'capacitor.config.json'), before, { mode: 0o640 })
    const run = await make(folder, '--config', 'capacitor.config.json')
    expect(json(run)).toMatchObject({ ok: true, configFile: 'capacitor.config.json', configWritten: true })
    const after = text(folder, 'capacitor.config.json')
    expect(readCapgoConfig(after, 'capacitor.config.json').publicKey).toBe(text(folder, '.capgo_key_v2.pub'))
    expect(after).toContain('    "appId": "a",\n')
    if (isPosix) expect(statSync(join(folder, 'capacitor.config.json')).mode & 0o777).toBe(0o640)
    expect(namesIn(folder)).toEqual(['.capgo_key_v2', '.capgo_key_v2.pub', 'capacitor.config.json'])
  })

  it('replaces a public key that installed apps hold with --force alone, and says what that means', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'c.json'), config(pair.publicKey))
    const refused = await make(folder, '--config', 'c.json')
    expect([refused.code, codeOf(refused)]).toEqual([1, 'io'])
    expect(refused.stdout).toContain('--force')
    expect([namesIn(folder), text(folder, 'c.json')]).toEqual([['c.json'], config(pair.publicKey)])
    const forced = await make(folder, '--config', 'c.json', '--force')
    expect(forced.code).toBe(0)
    expect(forced.stderr).toContain('updated in the store')
    expect(readCapgoConfig(text(folder, 'c.json'), 'c.json').publicKey).toBe(text(folder, '.capgo_key_v2.pub'))
  })

  it('prints what to paste into a script, which it does not edit, in one line that a parser reads back', async () => {
    const folder = temporaryFolder()
    const script = 'export default { plugins: { CapacitorUpdater: {} } }'
    writeFileSync(join(folder, 'capacitor.config.ts'), script)
    const { code, stdout } = await otaseal(folder, ['capgo', 'keygen', '--config', 'capacitor.config.ts'])
    expect([code, text(folder, 'capacitor.config.ts')]).toEqual([0, script])
    const line = stdout.split('\n').find((part) => part.startsWith('  publicKey:')) ?? ''
    const pasted = script.replace('{} }', `{ ${line} } }`)
    expect(readCapgoConfig(pasted, 'capacitor.config.ts').publicKey).toBe(text(folder, '.capgo_key_v2.pub'))
  })

  it('knows no public key of a script that only its run would tell, and says so', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'capacitor.config.ts'), 'export default make(process.env.KEY)')
    const run = await make(folder, '--config', 'capacitor.config.ts')
    expect(run.code).toBe(0)
    expect(run.stderr).toContain('warning')
    expect(json(run)).toMatchObject({ configWritten: false })
  })

  it('warns of the private key of the older format in the app', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'c.json'), '{"plugins":{"CapacitorUpdater":{"privateKey":"-----BEGIN RSA PRIVATE KEY-----"}}}')
    const run = await make(folder, '--config', 'c.json')
    expect(run.code).toBe(0)
    expect(run.stderr).toContain('V1')
  })

  it.each([['missing.json', undefined, 'io'], ['broken.json', '{"plugins":', 'bad-key'], ['c.yml', 'plugins:', 'usage']])(
    'makes no key where the configuration is no good: %s',
    async (name, content, code) => {
      const folder = temporaryFolder()
      if (content !== undefined) writeFileSync(join(folder, name), content)
      const before = namesIn(folder)
      expect(codeOf(await make(folder, '--config', name))).toBe(code)
      expect(namesIn(folder)).toEqual(before)
    },
  )

  it.runIf(isPosix)('leaves no key where the configuration is locked by another edit', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'c.json'), config(undefined))
    writeFileSync(join(folder, 'c.json.lock'), '')
    expect(codeOf(await make(folder, '--config', 'c.json'))).toBe('io')
    expect(namesIn(folder)).toEqual(['c.json', 'c.json.lock'])
  })
})
