import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cliRelease } from '../capgo/helpers.js'
import { capgoFolder, expectRefusal, installPlugin, pair, zip } from './capgo.js'
import { json, namesIn, otaseal } from './cli.js'

const V3_RELEASE = cliRelease(zip, pair.privateKey, 'V3')
const PLUGIN_FILE = 'node_modules/@capgo/capacitor-updater/package.json'
const isPosix = process.platform !== 'win32'
let folder: string

/** A package with this version of the plugin. */
function addPackage(name: string, version: string): void {
  mkdirSync(join(folder, name))
  writeFileSync(join(folder, name, 'package.json'), '{}')
  installPlugin(join(folder, name), version)
}

beforeAll(() => {
  folder = capgoFolder()
  // What must not decide where another place was named.
  installPlugin(folder, '7.42.0')
  addPackage('old', '7.29.0')
  addPackage('new', '8.51.14')
  addPackage('new,too', '8.51.14')
  mkdirSync(join(folder, 'hoisted'))
  writeFileSync(join(folder, 'hoisted', 'package.json'), '{}')
  writeFileSync(join(folder, 'payload'), V3_RELEASE.payload)
  mkdirSync(join(folder, 'dist'))
  writeFileSync(join(folder, 'dist', 'index.html'), 'hello')
})

const encrypt = ['encrypt', 'app.zip', '--public-key', '.capgo_key_v2.pub', '-o', 'out.zip'] as const
const decrypt = ['decrypt', 'payload', V3_RELEASE.sessionKey, '--checksum', V3_RELEASE.checksum, '--key', '.capgo_key_v2.pub', '-o', 'out.zip'] as const
const of = (...names: readonly string[]): string[] => ['--package-json', names.map((name) => `${name}/package.json`).join(',')]

describe.each([['encrypt', encrypt], ['decrypt', decrypt]])('otaseal capgo %s --package-json refuses', (_, args) => {
  it.each([
    ['a file that does not exist', 1, 'io', 'cannot read missing/package.json: there is no such file; pass the package.json', of('missing')],
    ['one of a list that does not exist', 1, 'io', 'cannot read missing/package.json', of('new', 'missing')],
    ['a folder', 1, 'io', join('new', 'package.json'), ['--package-json', 'new']],
    ['an empty name', 2, 'usage', '--package-json', ['--package-json', '']],
    ['an empty name in a list', 2, 'usage', '--package-json', ['--package-json', 'new/package.json,']],
  ] as const)('%s', async (_what, exit, code, says, more) => expectRefusal(folder, [...args, ...more], { exit, code, says }))

  it('a list whose plugins read different forms, and names both', async () => {
    await expectRefusal(folder, [...args, ...of('new', 'old')], { exit: 2, code: 'usage', says: `plugin 8.51.14 of ${join('new', PLUGIN_FILE)}` })
    await expectRefusal(folder, [...args, ...of('new', 'old')], { exit: 2, code: 'usage', says: `plugin 7.29.0 of ${join('old', PLUGIN_FILE)}` })
  })

  it.runIf(isPosix)('what is no regular file, without waiting for it', async () => {
    const place = capgoFolder()
    writeFileSync(join(place, 'payload'), V3_RELEASE.payload)
    execFileSync('mkfifo', [join(place, 'pipe')])
    await expectRefusal(place, [...args, '--package-json', 'pipe'], { exit: 1, code: 'io', says: 'pipe' })
  })
})

describe('otaseal capgo --package-json', () => {
  it('takes a list whose plugins read one form, and tells of each', async () => {
    const run = await otaseal(folder, ['capgo', ...encrypt, ...of('new', 'hoisted'), '--force', '--json'])
    expect(json(run)).toMatchObject({ ok: true, checksumForm: 'V3' })
    expect(json(run)).not.toHaveProperty('pluginVersion')
    expect(run.stderr).toContain(`plugin 8.51.14 of ${join('new', PLUGIN_FILE)}`)
    expect(run.stderr).toContain(`plugin 7.42.0 of ${join(PLUGIN_FILE)}`)
    const spaced = await otaseal(folder, ['capgo', ...encrypt, '--package-json', 'new/package.json, new,too/package.json', '--force', '--json'])
    expect(spaced.code).toBe(1)
    const one = await otaseal(folder, ['capgo', ...encrypt, '--package-json', 'new,too/package.json', '--force', '--json'])
    expect(json(one)).toMatchObject({ ok: true, pluginVersion: '8.51.14' })
    const same = await otaseal(folder, ['capgo', ...encrypt, '--package-json', 'new/package.json, new/package.json', '--force', '--json'])
    expect(json(same)).toMatchObject({ ok: true, pluginVersion: '8.51.14' })
  })

  it('refuses for decrypt the form that the named plugin refuses, and takes the other', async () => {
    const refused = await otaseal(folder, ['capgo', ...decrypt, ...of('old'), '--force', '--json'])
    expect(json(refused)).toMatchObject({ ok: false, error: { code: 'unsupported' } })
    for (const list of [of('new'), of('new', 'hoisted')]) {
      expect(json(await otaseal(folder, ['capgo', ...decrypt, ...list, '--force', '--json']))).toMatchObject({ ok: true, checksumForm: 'V3' })
    }
  })

  it('is for one plugin where files are encrypted one by one', async () => {
    const args = ['encrypt', 'dist', '--public-key', '.capgo_key_v2.pub', '-o', 'dist.zip', '--manifest', 'files'] as const
    await expectRefusal(folder, [...args, ...of('new', 'hoisted')], { exit: 2, code: 'usage', says: '--plugin-version' })
    expect(json(await otaseal(folder, ['capgo', ...args, ...of('new'), '--json']))).toMatchObject({ ok: true, pluginVersion: '8.51.14', manifestFiles: 1 })
  })
})

describe('the package.json of an installed plugin', () => {
  const place = (make: (file: string) => unknown): string => {
    const project = capgoFolder()
    const plugin = join(project, 'node_modules', '@capgo', 'capacitor-updater')
    mkdirSync(plugin, { recursive: true })
    make(join(plugin, 'package.json'))
    return project
  }

  it('may begin with a byte order mark', async () => {
    const project = place((file): void => writeFileSync(file, '\ufeff{"version":"8.51.14"}'))
    expect(json(await otaseal(project, ['capgo', ...encrypt, '--json']))).toMatchObject({ ok: true, pluginVersion: '8.51.14' })
  })

  it.runIf(isPosix).each([
    ['a pipe', 'neither', (file: string): unknown => execFileSync('mkfifo', [file])],
    ['a device', 'neither', (file: string): unknown => symlinkSync('/dev/zero', file)],
    ['a folder', 'folder', (file: string): unknown => mkdirSync(file)],
    [
      '3 GB',
      'larger than 1048576 bytes',
      (file: string): void => {
        writeFileSync(file, '{"version":"8.51.14"}')
        truncateSync(file, 3e9)
      },
    ],
  ] as const)('is refused where it is %s', async (_, says, make) => {
    const project = place(make)
    await expectRefusal(project, [...encrypt], { exit: 1, code: 'io', says })
    expect(namesIn(project)).not.toContain('out.zip')
  })
})
