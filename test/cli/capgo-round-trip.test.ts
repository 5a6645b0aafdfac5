import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { beforeAll, describe, expect, it } from 'vitest'
import { capgoKeyId } from '../../src/capgo.js'
import { cliRelease } from '../capgo/helpers.js'
import { capgoFolder, cliChecksum, cliDecrypt, config, digest, installPlugin, pair, sha256, zip } from './capgo.js'
import { json, namesIn, otaseal } from './cli.js'

const keyId = capgoKeyId(pair.publicKey)
const V3 = ['--plugin-version', '8.51.14'] as const
const checked = ['--public-key', '.capgo_key_v2.pub'] as const
let folder: string

beforeAll(() => {
  folder = capgoFolder()
})

const read = (name: string): Buffer => readFileSync(join(folder, name))

describe('otaseal capgo encrypt', () => {
  it.each([['V3', '8.51.14'], ['V3', '6.30.0'], ['V2', '7.29.0'], ['V2', '6.29.9']] as const)('writes what the Capgo CLI reads: %s for plugin %s', async (form, version) => {
    const name = `${version}.zip`
    const run = await otaseal(folder, ['capgo', 'encrypt', 'app.zip', digest, '--plugin-version', version, ...checked, '-o', name, '--json'])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const { ok, filename, ivSessionKey, checksum, ...others } = json(run)
    expect({ ok, filename }).toEqual({ ok: true, filename: name })
    expect(others).toEqual({ keyId, checksumForm: form, pluginVersion: version, size: read(name).length })
    expect(cliDecrypt(read(name), ivSessionKey as string, pair.publicKey).equals(zip)).toBe(true)
    expect(cliChecksum(checksum as string, form, pair.publicKey)).toBe(digest)
  })

  it('names the file and the fields as the Capgo CLI does, with its arguments: ZIP CHECKSUM --json', async () => {
    installPlugin(folder, '7.42.0')
    writeFileSync(join(folder, 'capacitor.config.json'), config(pair.publicKey))
    const run = await otaseal(folder, ['capgo', 'encrypt', 'app.zip', digest.toUpperCase(), '-j'])
    expect(run.code).toBe(0)
    expect(json(run)).toMatchObject({ filename: 'app.zip_encrypted.zip', checksumForm: 'V3', pluginVersion: '7.42.0' })
    expect(run.stderr).toContain(join('node_modules', '@capgo', 'capacitor-updater', 'package.json'))
    const { ivSessionKey } = json(run)
    expect(cliDecrypt(read('app.zip_encrypted.zip'), ivSessionKey as string, pair.publicKey).equals(zip)).toBe(true)
    expect(statSync(join(folder, 'app.zip_encrypted.zip')).mode & 0o600).toBe(0o600)
  })

  it('takes the plugin of a folder above, and of --package-json, and the form by name', async () => {
    const below = join(folder, 'packages', 'app')
    mkdirSync(below, { recursive: true })
    const keys = ['--key', '../../.capgo_key_v2', '--public-key', '../../.capgo_key_v2.pub']
    const above = await otaseal(below, ['capgo', 'encrypt', '../../app.zip', ...keys, '-o', 'a.zip', '--json'])
    expect(json(above)).toMatchObject({ ok: true, pluginVersion: '7.42.0' })
    installPlugin(below, '5.29.0')
    writeFileSync(join(below, 'package.json'), '{}')
    const named = await otaseal(folder, ['capgo', 'encrypt', 'app.zip', ...checked, '--package-json', 'packages/app/package.json', '-o', 'b.zip', '--json'])
    expect(json(named)).toMatchObject({ ok: true, pluginVersion: '5.29.0', checksumForm: 'V2' })
    const form = await otaseal(folder, ['capgo', 'encrypt', 'app.zip', ...checked, '--checksum-form', 'V2', '-o', 'c.zip', '--json'])
    expect(form.stderr).toBe('')
    expect(json(form)).not.toHaveProperty('pluginVersion')
    expect(json(form)).toMatchObject({ ok: true, checksumForm: 'V2' })
  })

  it('packs a folder as a ZIP file, always the same', async () => {
    mkdirSync(join(folder, 'dist', 'js'), { recursive: true })
    writeFileSync(join(folder, 'dist', 'index.html'), '<p>hello</p>')
    writeFileSync(join(folder, 'dist', 'js', 'app.js'), 'run()')
    const run = await otaseal(folder, ['capgo', 'encrypt', 'dist/', ...V3, '--json'])
    expect(json(run)).toMatchObject({ ok: true, filename: 'dist_encrypted.zip' })
    const packed = cliDecrypt(read('dist_encrypted.zip'), json(run)['ivSessionKey'] as string, pair.publicKey)
    expect(Object.keys(unzipSync(packed))).toEqual(['index.html', 'js/app.js'])
    expect(cliChecksum(json(run)['checksum'] as string, 'V3', pair.publicKey)).toBe(sha256(packed))
    const again = await otaseal(folder, ['capgo', 'encrypt', 'dist', sha256(packed), ...V3, '-o', 'again.zip', '--json'])
    expect(json(again)).toMatchObject({ ok: true })
  })

  it('takes the private key of the environment, also where newlines were lost, and --key before it', async () => {
    const flat = pair.privateKey.replace(/\n/g, ' ')
    const escaped = pair.privateKey.replace(/\n/g, '\\n')
    for (const text of [pair.privateKey, flat, escaped]) {
      const env = { OTASEAL_CAPGO_PRIVATE_KEY: text }
      const run = await otaseal(folder, ['capgo', 'encrypt', 'app.zip', ...V3, ...checked, '-o', 'env.zip', '--force', '--json'], { env })
      expect(json(run)).toMatchObject({ ok: true, keyId })
    }
    const run = await otaseal(folder, ['capgo', 'encrypt', 'app.zip', ...V3, ...checked, '--key', '.capgo_key_v2', '-o', 'env.zip', '--force', '--json'], {
      env: { OTASEAL_CAPGO_PRIVATE_KEY: 'no key at all' },
    })
    expect(json(run)).toMatchObject({ ok: true, keyId })
  })

  it.runIf(process.platform !== 'win32')('warns of a private key that others can read', async () => {
    writeFileSync(join(folder, 'open'), pair.privateKey, { mode: 0o644 })
    const run = await otaseal(folder, ['capgo', 'encrypt', 'app.zip', '--key', 'open', ...V3, ...checked, '-o', 'open.zip'])
    expect(run).toMatchObject({ code: 0 })
    expect(run.stderr).toContain('chmod 600')
  })

  it('warns of what is no ZIP file', async () => {
    const run = await otaseal(folder, ['capgo', 'encrypt', '-', ...V3, ...checked], { input: Buffer.from('a text') })
    expect(run.code).toBe(0)
    expect(run.stderr).toContain('no ZIP file')
  })
})

describe('otaseal capgo decrypt', () => {
  it.each(['V2', 'V3'] as const)('reads what the Capgo CLI writes: %s', async (form) => {
    const release = cliRelease(zip, pair.privateKey, form)
    writeFileSync(join(folder, `cli-${form}`), release.payload)
    const args = ['capgo', 'decrypt', `cli-${form}`, release.sessionKey, '--checksum', release.checksum, '--key', '.capgo_key_v2.pub', '--json']
    const run = await otaseal(folder, args)
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(json(run)).toEqual({ ok: true, filename: `cli-${form}_decrypted.zip`, sha256: digest, checksumForm: form, keyId, checksumMatches: true })
    expect(read(`cli-${form}_decrypted.zip`).equals(zip)).toBe(true)
  })

  it('finds the public key by itself: the environment, .capgo_key_v2.pub, the configuration', async () => {
    const release = cliRelease(zip, pair.privateKey, 'V3')
    const args = (name: string): string[] => ['capgo', 'decrypt', name, release.sessionKey, '--checksum', release.checksum, '-o', 'found', '--force', '--json']
    const other = capgoFolder()
    writeFileSync(join(other, 'r'), release.payload)
    expect(json(await otaseal(other, args('r')))).toMatchObject({ ok: true, keyId })
    const env = { OTASEAL_CAPGO_PUBLIC_KEY: readFileSync(join(other, 'other.pub'), 'utf8') }
    expect(json(await otaseal(other, args('r'), { env }))).toMatchObject({ ok: false, error: { code: 'bad-signature' } })
    const bare = join(other, 'bare')
    mkdirSync(bare)
    expect(json(await otaseal(bare, args('../r')))).toMatchObject({ ok: false, error: { code: 'usage' } })
    writeFileSync(join(bare, 'capacitor.config.ts'), `export default { plugins: { CapacitorUpdater: { publicKey: ${JSON.stringify(pair.publicKey)} } } }`)
    expect(json(await otaseal(bare, args('../r')))).toMatchObject({ ok: true, keyId })
    writeFileSync(join(bare, 'other.json'), config(env.OTASEAL_CAPGO_PUBLIC_KEY))
    expect(json(await otaseal(bare, [...args('../r'), '--config', 'other.json']))).toMatchObject({ ok: false, error: { code: 'bad-signature' } })
  })

  it('reads through pipes what encrypt wrote to one', async () => {
    const sealed = await otaseal(folder, ['capgo', 'encrypt', '-', ...V3, ...checked], { input: zip })
    expect(sealed.code).toBe(0)
    const field = (name: string): string => new RegExp(`^  ${name} +(\\S+)$`, 'm').exec(sealed.stderr)?.[1] ?? ''
    const opened = await otaseal(folder, ['capgo', 'decrypt', '-', field('ivSessionKey'), '--checksum', field('checksum')], { input: sealed.bytes })
    expect(opened.code).toBe(0)
    expect(opened.bytes.equals(zip)).toBe(true)
    expect(opened.stderr).toContain(digest)
  })

  it('reads the same of files that only --force replaces', async () => {
    const run = await otaseal(folder, ['capgo', 'encrypt', 'app.zip', '--checksum-form', 'V2', '-o', 'mine', '--json'])
    const { ivSessionKey, checksum } = json(run)
    const args = ['capgo', 'decrypt', 'mine', ivSessionKey as string, '--checksum', checksum as string, '--plugin-version', '7.29.0', '-o', 'back.zip', '--json']
    expect(json(await otaseal(folder, args))).toMatchObject({ ok: true, sha256: digest })
    const before = namesIn(folder)
    expect(await otaseal(folder, args)).toMatchObject({ code: 1 })
    expect(await otaseal(folder, [...args, '--force'])).toMatchObject({ code: 0 })
    expect(namesIn(folder)).toEqual(before)
  })
})
