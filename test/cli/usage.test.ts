import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { accept, codeOf, json, namesIn, otaseal, release, workFolder } from './cli.js'

const commands = ['keygen', 'encrypt', 'decrypt', 'verify', 'inspect', 'conformance']
let folder: string
let before: readonly string[]

beforeAll(async () => {
  folder = await workFolder()
  await otaseal(folder, ['encrypt', 'app.bin', ...release])
  before = namesIn(folder)
})

const encrypt = ['encrypt', 'app.bin', ...release, '-o', 'out.otaseal']
const wrong: readonly (readonly [what: string, args: readonly string[]])[] = [
  ['an unknown command', ['seal']],
  ['an unknown flag', [...encrypt, '--level', '9']],
  ['no bundle', ['encrypt', ...release]],
  ['two bundles', ['encrypt', 'app.bin', 'app.bin', ...release]],
  ['no app', ['encrypt', 'app.bin', '--bundle-version', '1']],
  ['no version', ['encrypt', 'app.bin', '--app', 'a']],
  ['a flag without its value', ['encrypt', 'app.bin', ...release, '--channel']],
  ['a flag for the value of another', [...encrypt, '--channel', '--runtime', 'ios-7']],
  ['a flag given twice', [...encrypt, '--app', 'com.example.other']],
  ['a sequence in milliseconds', [...encrypt, '--sequence', '1763700000000']],
  ['a sequence that is no number', [...encrypt, '--sequence', '1e3']],
  ['a negative sequence', [...encrypt, '--sequence', '-1']],
  ['a sequence in hexadecimal', [...encrypt, '--sequence', '0x10']],
  ['a sequence that no number holds', [...encrypt, '--sequence', '9007199254740993', '--allow-future-sequence']],
  ['a bad name', [...encrypt, '--channel', 'beta channel']],
  ['an empty name', ['encrypt', 'app.bin', '--app', '', '--bundle-version', '1', '-o', 'out.otaseal']],
  ['a bad media type', [...encrypt, '--type', 'zip']],
  ['a date that is none', [...encrypt, '--expires', 'tomorrow 5']],
  ['a day that is none', [...encrypt, '--expires', '2027-02-30']],
  ['an hour that is none', [...encrypt, '--expires', '2027-02-03T25:00Z']],
  ['meta without =', [...encrypt, '--meta', 'commit']],
  ['meta without a name', [...encrypt, '--meta', '=1']],
  ['meta twice', [...encrypt, '--meta', 'a=1', '--meta', 'a=2']],
  ['decrypt without a key', ['decrypt', 'app.bin.otaseal', '--app', 'a', '-o', 'out.bin']],
  ['decrypt without an app', ['decrypt', 'app.bin.otaseal', '--key', '.otaseal_key.pub', '-o', 'out.bin']],
  ['decrypt of a name without the ending', ['decrypt', 'app.bin', ...accept]],
  ['decrypt of a name that is the ending', ['decrypt', '.otaseal', ...accept]],
  ['a last sequence that is no number', ['verify', 'app.bin.otaseal', ...accept, '--last-sequence', 'x']],
  ['verify with an output', ['verify', 'app.bin.otaseal', ...accept, '-o', 'out.bin']],
  ['checks without a key', ['inspect', 'app.bin.otaseal', '--app', 'com.example.app']],
  ['JSON and result both to stdout', ['encrypt', 'app.bin', ...release, '-o', '-']],
  ['JSON and bundle both to stdout', ['decrypt', 'app.bin.otaseal', ...accept, '-o', '-']],
]

describe('wrong usage ends with 2 and writes nothing', () => {
  it.each(wrong)('%s', async (what, args) => {
    const run = await otaseal(folder, [...args, '--json'])
    expect([run.code, codeOf(run)]).toEqual([2, 'usage'])
    if (!what.startsWith('JSON')) {
      const { code, stderr, stdout } = await otaseal(folder, args)
      expect([code, what === 'checks without a key' ? '' : stdout]).toEqual([2, ''])
      expect(stderr).toContain('otaseal: usage: ')
      // No pattern for people to read.
      expect(stderr).not.toContain('[A-Z')
    }
    expect(namesIn(folder)).toEqual(before)
  })

  it('no arguments at all: help', async () => {
    const { code, stdout, stderr } = await otaseal(folder, [])
    expect([code, stdout]).toEqual([2, ''])
    for (const command of commands) expect(stderr).toContain(command)
  })

  it('names the flags of the command line, not the options of the library', async () => {
    const future = await otaseal(folder, [...encrypt, '--sequence', '1763700000000'])
    expect(future.stderr).toContain('--allow-future-sequence')
    const version = await otaseal(folder, ['encrypt', 'app.bin', '--app', 'a', '--bundle-version', ' ', '-o', 'out.otaseal'])
    expect(version.stderr).toContain('--bundle-version must')
  })

  it('a month that is none is told as a date, also where the platform reads one in a way of its own', async () => {
    const run = await otaseal(folder, [...encrypt, '--expires', '0003-22-29'])
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining('It must be a date')])
  })

  it('a sequence far ahead needs its flag', async () => {
    const run = await otaseal(folder, ['encrypt', 'app.bin', ...release, '--sequence', '1763700000000', '--allow-future-sequence', '-o', '-'])
    expect(run.code).toBe(0)
  })
})

describe('help and version', () => {
  it('prints the version of the package', async () => {
    const text = readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8')
    const { version } = JSON.parse(text) as { readonly version: string }
    expect(await otaseal(folder, ['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it.each(commands)('otaseal %s --help has examples', async (command) => {
    const { code, stdout, stderr } = await otaseal(folder, [command, '--help'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`$ otaseal ${command}`)
  })

  it('prints one object for each success', async () => {
    const runs = [['verify', 'app.bin.otaseal', ...accept], ['inspect', 'app.bin.otaseal']]
    for (const args of runs) expect(json(await otaseal(folder, [...args, '--json']))).toMatchObject({ ok: true })
  })
})
