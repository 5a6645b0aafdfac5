import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { codeOf, namesIn, otaseal } from './cli.js'
import { app, fill, keyFolder, publish, serve, trust } from './manifest.js'

let cwd: string
let url: string
let before: readonly string[]

beforeAll(async () => {
  cwd = await keyFolder()
  for (const args of [['--type', 'Ed25519', '-o', 'foreign'], ['--type', 'X25519', '-o', 'device'], ['--type', 'X25519', '-o', 'me']]) await otaseal(cwd, ['keygen', ...args])
  await publish(cwd, { 'a.txt': 'a', 'b.txt': 'b' }, 1, ['-o', 'm.otaseal'])
  await publish(cwd, { 'c.txt': 'c' }, 2, ['-o', 'other.otaseal'])
  await publish(cwd, { 'a.txt': 'a', 'b.txt': 'b' }, 1, ['-o', 'sealed.otaseal', '--reader', 'device.pub', '--reader', 'me.pub', '--objects', 'sealed'])
  await otaseal(cwd, ['encrypt', 'dist', ...app, '--bundle-version', '1', '-o', 'zip.otaseal'])
  writeFileSync(join(cwd, 'swapped.otaseal'), readFileSync(join(cwd, 'm.otaseal')))
  writeFileSync(join(cwd, 'swapped.otaseal.objects.json'), readFileSync(join(cwd, 'other.otaseal.objects.json')))
  writeFileSync(join(cwd, 'alone.otaseal'), readFileSync(join(cwd, 'm.otaseal')))
  writeFileSync(join(cwd, 'lone.objects.json'), '{}')
  mkdirSync(join(cwd, 'empty'))
  fill(join(cwd, 'foreign-app'), { 'current.json': JSON.stringify({ releaseId: '0'.repeat(64), app: 'com.other', version: '1', sequence: 1 }) })
  fill(join(cwd, 'broken-app'), { 'current.json': '{}' })
  url = (await serve(cwd)).url
  before = namesIn(cwd)
})

const create = ['create', 'dist', ...app, '--bundle-version', '3']
const out = ['-o', 'out.otaseal']
const previous = ['--previous', 'm.otaseal']
const plan = ['plan', 'm.otaseal', ...trust]
const apply = ['apply', 'm.otaseal', ...trust, '--objects', 'objects', '-o', 'never']
const verify = ['verify', 'm.otaseal', ...trust]
const gc = ['gc', 'm.otaseal', '--key', '.otaseal_key.pub', '--objects', 'objects']

const wrong: readonly (readonly [what: string, args: readonly string[]])[] = [
  ['no command', []],
  ['an unknown command', ['publish']],
  ['create without a folder', ['create', ...app, '--bundle-version', '1']],
  ['create of stdin', ['create', '-', ...app, '--bundle-version', '1', ...out]],
  ['create without an app', ['create', 'dist', '--bundle-version', '1', ...out]],
  ['create without a version', ['create', 'dist', ...app, ...out]],
  ['a media type', [...create, ...out, '--type', 'application/zip']],
  ['a bad version', ['create', 'dist', ...app, '--bundle-version', '1 2', ...out]],
  ['a sequence far ahead', [...create, ...out, '--sequence', '1763700000000']],
  ['an unknown encoding', [...create, ...out, '--compress', 'zip']],
  ['an encoding twice', [...create, ...out, '--compress', 'br,br']],
  ['an empty list of encodings', [...create, ...out, '--compress', '']],
  ['--trust alone', [...create, ...out, '--trust', '.otaseal_key.pub']],
  ['--previous-reader alone', [...create, ...out, '--previous-reader', 'me']],
  ['the manifest to stdout', [...create, '-o', '-']],
  ['the manifest in the folder', [...create, '-o', 'dist/m.otaseal']],
  ['the objects in the folder', [...create, ...out, '--objects', 'dist/objects']],
  ['the objects in place of the folder', [...create, ...out, '--objects', 'dist']],
  ['the log in the folder', [...create, ...out, '--audit', 'dist/log']],
  ['the key as output', [...create, '-o', '.otaseal_key', '--force']],
  ['the previous reader as output', [...create, '-o', 'me', '--force', ...previous, '--previous-reader', 'me']],
  ['a chain without its root', [...create, ...out, '--chain', 'device.pub']],
  ['the key itself as --trust', [...create, ...out, ...previous, '--trust', '-----BEGIN PUBLIC KEY-----']],
  ['plan without an app', ['plan', 'm.otaseal', '--key', '.otaseal_key.pub']],
  ['plan without a key', ['plan', 'm.otaseal', ...app]],
  ['plan with two that a device has', [...plan, '--have', 'dist', '--have-manifest', 'other.otaseal']],
  ['apply without objects', ['apply', 'm.otaseal', ...trust, '-o', 'never']],
  ['apply without an output', ['apply', 'm.otaseal', ...trust, '--objects', 'objects']],
  ['apply to stdout', ['apply', 'm.otaseal', ...trust, '--objects', 'objects', '-o', '-']],
  ['objects from stdin', ['apply', 'm.otaseal', ...trust, '--objects', '-', '-o', 'never']],
  ['no file at once', [...apply, '--parallel', '0']],
  ['too many files at once', [...apply, '--parallel', '65']],
  ['some files at once', [...apply, '--parallel', 'many']],
  ['an address without a host', ['apply', 'https://', ...trust, '--objects', 'objects', '-o', 'never']],
  ['objects behind a query', ['apply', 'm.otaseal', ...trust, '--objects', 'https://example.com/?name=', '-o', 'never']],
  ['a folder without the manifest decrypted', [...verify, '--object-list', 'm.otaseal.objects.json', '--folder', 'dist']],
  ['a reader for an object list', [...verify, '--object-list', 'm.otaseal.objects.json', '--reader', 'me']],
  ['an object list from stdin', [...verify, '--object-list', '-']],
  ['gc without manifests', ['gc', '--key', '.otaseal_key.pub', '--objects', 'objects']],
  ['gc without objects', ['gc', 'm.otaseal', '--key', '.otaseal_key.pub']],
  ['gc without a key', ['gc', 'm.otaseal', '--objects', 'objects']],
  ['gc of an address', ['gc', 'm.otaseal', '--key', '.otaseal_key.pub', '--objects', 'http://127.0.0.1/objects']],
  ['gc of stdin', [...gc, '-']],
  ['a negative age', [...gc, '--min-age', '-1']],
]

const refused: readonly (readonly [what: string, code: string, args: readonly string[]])[] = [
  ['a folder that is missing', 'io', ['create', 'missing', ...app, '--bundle-version', '1', ...out]],
  ['a folder that is a file', 'io', ['create', 'm.otaseal', ...app, '--bundle-version', '1', ...out]],
  ['a folder without files', 'io', ['create', 'empty', ...app, '--bundle-version', '1', ...out]],
  ['an existing manifest', 'io', [...create, '-o', 'm.otaseal']],
  ['an existing object list', 'io', [...create, '-o', 'lone']],
  ['objects where a file is', 'io', [...create, ...out, '--objects', 'device.pub']],
  ['a previous manifest that is missing', 'io', [...create, ...out, '--previous', 'missing']],
  ['a previous manifest that is none', 'not-an-envelope', [...create, ...out, '--previous', 'device.pub']],
  ['a previous manifest that is a bundle', 'wrong-type', [...create, ...out, '--previous', 'zip.otaseal']],
  ['a previous manifest of another app', 'wrong-app', ['create', 'dist', '--app', 'com.other', '--bundle-version', '1', ...out, ...previous]],
  ['a previous manifest of another publisher', 'untrusted-key', [...create, ...out, ...previous, '--trust', 'foreign.pub']],
  ['a previous manifest for others', 'no-reader-key', [...create, ...out, '--previous', 'sealed.otaseal']],
  ['a public key as the previous reader', 'bad-key', [...create, ...out, '--previous', 'sealed.otaseal', '--previous-reader', 'me.pub']],
  ['an older manifest of another publisher', 'untrusted-key', ['plan', 'm.otaseal', '--key', 'foreign.pub', ...app]],
  ['a missing folder in a plan', 'io', [...plan, '--have', 'missing']],
  ['a file as a folder in a plan', 'io', [...plan, '--have', 'm.otaseal']],
  ['another app', 'wrong-app', ['apply', 'm.otaseal', '--key', '.otaseal_key.pub', '--app', 'com.other', '--objects', 'objects', '-o', 'never']],
  ['a channel', 'wrong-channel', [...apply, '--channel', 'beta']],
  ['an older sequence', 'rollback', [...apply, '--last-sequence', '1']],
  ['a bundle', 'wrong-type', ['apply', 'zip.otaseal', ...trust, '--objects', 'objects', '-o', 'never']],
  ['a manifest for readers', 'no-reader-key', ['apply', 'sealed.otaseal', ...trust, '--objects', 'sealed', '-o', 'never']],
  ['objects that are missing', 'io', ['apply', 'm.otaseal', ...trust, '--objects', 'missing', '-o', 'never']],
  ['a folder that is a file', 'io', ['apply', 'm.otaseal', ...trust, '--objects', 'objects', '-o', 'zip.otaseal']],
  ['a folder of another app', 'io', ['apply', 'm.otaseal', ...trust, '--objects', 'objects', '-o', 'foreign-app']],
  ['a folder whose record is broken', 'bad-storage', ['apply', 'm.otaseal', ...trust, '--objects', 'objects', '-o', 'broken-app']],
  ['an object list of another release', 'bad-manifest', [...verify, '--object-list', 'other.otaseal.objects.json']],
  ['a manifest of nobody', 'untrusted-key', ['gc', 'm.otaseal', '--key', 'foreign.pub', '--objects', 'objects', '--delete', '--min-age', '0']],
  ['a list that is not the signed one', 'bad-manifest', [...gc, 'swapped.otaseal', '--delete', '--min-age', '0']],
  ['a manifest without its list', 'io', [...gc, 'alone.otaseal', '--delete', '--min-age', '0']],
  ['a list without its manifest', 'io', [...gc, 'gone.otaseal.objects.json', '--delete', '--min-age', '0']],
  ['a folder without the objects', 'io', ['gc', 'm.otaseal', '--key', '.otaseal_key.pub', '--objects', 'sealed', '--delete', '--min-age', '0']],
]

/** Nothing came and nothing went. */
function expectUnchanged(objects: readonly string[]): void {
  expect(namesIn(cwd)).toEqual(before)
  expect(namesIn(join(cwd, 'objects'))).toEqual(objects)
}

describe('wrong usage ends with 2 and writes nothing', () => {
  it.concurrent.each(wrong)('%s', async (_, args) => {
    const run = await otaseal(cwd, ['manifest', ...args, '--json'])
    expect([run.code, codeOf(run)]).toEqual([2, 'usage'])
    expect(run.stdout).not.toMatch(/\[A-Z|PUBLIC KEY-----/)
    expect(namesIn(cwd)).toEqual(before)
  })
})

describe('what is refused ends with 1 and writes nothing', () => {
  it.each(refused)('%s: %s', async (_, code, args) => {
    const objects = namesIn(join(cwd, 'objects'))
    const run = await otaseal(cwd, ['manifest', ...args, '--json'])
    expect([run.code, codeOf(run)], run.stderr).toEqual([1, code])
    expectUnchanged(objects)
  })

  it.each([
    ['is a private key', { 'a.txt': 'a', 'deep/k': 'KEY' }],
    ['is named like a private key', { 'deep/.otaseal_secret': '' }],
    ['rename it', { 'deep/con': 'a device of Windows' }],
    ['only in upper and lower case', { 'Same.txt': '1', 'same.txt': '2' }],
  ])('a folder with what %s', async (message, files) => {
    const objects = namesIn(join(cwd, 'objects'))
    fill(join(cwd, 'dist'), files)
    if ('deep/k' in files) writeFileSync(join(cwd, 'dist/deep/k'), readFileSync(join(cwd, '.otaseal_key')))
    const run = await otaseal(cwd, ['manifest', ...create, ...out])
    expect([run.code, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toContain(message)
    expectUnchanged(objects)
  })

  it.runIf(process.platform !== 'win32')('a folder with a link', async () => {
    fill(join(cwd, 'dist'), { 'a.txt': 'a' })
    symlinkSync('a.txt', join(cwd, 'dist/link'))
    const run = await otaseal(cwd, ['manifest', ...create, ...out])
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('is a symbolic link')])
  })

  it('a manifest at an address that is not there, or holds something else; messages hide what may be a credential', async () => {
    const at = async (source: string): Promise<unknown> => {
      const run = await otaseal(cwd, ['manifest', 'apply', source, ...trust, '--objects', 'objects', '-o', 'never', '--json'])
      expect(run.stdout + run.stderr).not.toMatch(/sesame/)
      return codeOf(run)
    }
    expect(await at(`${url}/missing?token=sesame`)).toBe('fetch-failed')
    expect(await at('http://127.0.0.1:9/m.otaseal?token=sesame')).toBe('fetch-failed')
    expect(await at(`${url}/device.pub`)).toBe('not-an-envelope')
    expect(await at(`${url.replace('://', '://open:sesame@')}/m.otaseal`)).toBe('usage')
    expect(namesIn(cwd)).toEqual(before)
  })

  it('an object that the server lacks leaves the folder without a release', async () => {
    const run = await otaseal(cwd, ['manifest', 'apply', 'm.otaseal', ...trust, '--objects', `${url}/empty`, '-o', 'half', '--json'])
    expect([run.code, codeOf(run)]).toEqual([1, 'fetch-failed'])
    expect(namesIn(join(cwd, 'half'))).not.toContain('current.json')
  })
})
