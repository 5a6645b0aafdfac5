import { lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkKeyPair } from '../../src/index.js'
import { codeOf, json, namesIn, otaseal, temporaryFolder } from './cli.js'

const isPosix = process.platform !== 'win32'
const modeOf = (path: string): number => statSync(path).mode & 0o777

describe('otaseal keygen', () => {
  it.each([[[], 'RSA-4096'], [['--type', 'Ed25519'], 'Ed25519']])('writes a pair that belongs together: %j', async (args, type) => {
    const folder = temporaryFolder()
    const run = await otaseal(folder, ['keygen', ...args, '--json'])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const [privateKey, publicKey] = ['.otaseal_key', '.otaseal_key.pub'].map((name) => readFileSync(join(folder, name), 'utf8'))
    const kid = await checkKeyPair(privateKey ?? '', publicKey ?? '')
    expect(json(run)).toEqual({ ok: true, type, kid, privateKeyFile: '.otaseal_key', publicKeyFile: '.otaseal_key.pub' })
  })

  it.runIf(isPosix)('keeps private files to their owner', async () => {
    const folder = temporaryFolder()
    await otaseal(folder, ['keygen', '--type', 'Ed25519', '-o', 'my key'])
    await otaseal(folder, ['keygen', '--type', 'secret'])
    expect(modeOf(join(folder, 'my key'))).toBe(0o600)
    expect(modeOf(join(folder, 'my key.pub')) & 0o600).toBe(0o600)
    expect(modeOf(join(folder, '.otaseal_secret'))).toBe(0o600)
    expect(namesIn(folder)).toEqual(['.otaseal_secret', 'my key', 'my key.pub'])
  })

  it('makes a reader secret of 43 characters, and never prints it', async () => {
    const folder = temporaryFolder()
    const run = await otaseal(folder, ['keygen', '--type', 'secret', '--json'])
    const text = readFileSync(join(folder, '.otaseal_secret'), 'utf8')
    expect(text).toMatch(/^[A-Za-z0-9_-]{43}\n$/)
    expect(json(run)).toMatchObject({ ok: true, type: 'secret', kid: expect.stringMatching(/^.{43}$/) as string })
    expect(run.stdout).not.toContain(text.trim())
  })

  it('tells people what goes where, without the key', async () => {
    const folder = temporaryFolder()
    const { stdout } = await otaseal(folder, ['keygen', '--type', 'Ed25519'])
    expect(stdout).toContain('.otaseal_key.pub')
    expect(stdout).toContain('version control')
    const [, body = ''] = readFileSync(join(folder, '.otaseal_key'), 'utf8').split('\n')
    expect(stdout).not.toContain(body)
  })

  it.each(['k', 'k.pub'])('never overwrites %s, and writes nothing then', async (name) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, name), 'precious')
    const run = await otaseal(folder, ['keygen', '--type', 'Ed25519', '-o', 'k', '--json'])
    expect([run.code, codeOf(run)]).toEqual([1, 'io'])
    expect(namesIn(folder)).toEqual([name])
    expect(readFileSync(join(folder, name), 'utf8')).toBe('precious')
  })

  it.runIf(isPosix)('does not write through a symbolic link, even one to nowhere', async () => {
    const folder = temporaryFolder()
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'k.pub'))
    const run = await otaseal(folder, ['keygen', '--type', 'Ed25519', '-o', 'k'])
    expect(run.code).toBe(1)
    expect(namesIn(folder)).toEqual(['k.pub'])
    expect(lstatSync(join(folder, 'k.pub')).isSymbolicLink()).toBe(true)
  })

  it('takes no other type, no stdout and no missing folder', async () => {
    const folder = temporaryFolder()
    const runs = await Promise.all(
      [['--type', 'RSA-1024'], ['-o', '-'], ['--type', 'Ed25519', '-o', 'no/such/folder']].map(async (args) =>
        otaseal(folder, ['keygen', ...args, '--json']),
      ),
    )
    expect(runs.map((run) => [run.code, codeOf(run)])).toEqual([[2, 'usage'], [2, 'usage'], [1, 'io']])
    expect(namesIn(folder)).toEqual([])
  })
})
