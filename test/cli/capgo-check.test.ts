import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { capgoKeyId } from '../../src/capgo.js'
import { cliRelease } from '../capgo/helpers.js'
import { capgoFolder, digest, expectRefusal, pair, zip } from './capgo.js'
import { json, namesIn, otaseal } from './cli.js'
import type { Run } from './cli.js'

const release = cliRelease(zip, pair.privateKey, 'V3')
const { sessionKey, checksum } = release
const keyId = capgoKeyId(pair.publicKey)
let folder: string

beforeAll(() => {
  folder = capgoFolder()
  const put = (name: string, bytes: Uint8Array | string): void => writeFileSync(join(folder, name), bytes)
  put('payload', release.payload)
  put('damaged', release.payload.map((byte, i) => (i === 1000 ? byte ^ 1 : byte)))
  put('envelope', Buffer.from('\x89OTAV2\n\x1a and more', 'latin1'))
  put('manifest.json', JSON.stringify([{ file_name: 'index.html', file_hash: checksum, download_url: 'https://example.com/1' }]))
  put('answer.json', JSON.stringify({ version: '1', manifest: [{ file_name: '../up', file_hash: checksum, download_url: 'https://example.com/1' }] }))
  put('previous.json', JSON.stringify({ ok: true, filename: 'x', ivSessionKey: sessionKey, checksum }))
  put('list.json', JSON.stringify([{ session_key: cliRelease(zip, pair.privateKey, 'V3').sessionKey, checksum }]))
  put('broken.json', '{')
  put('plain.json', JSON.stringify([{ session_key: null, checksum: digest }, { checksum }, { ivSessionKey: sessionKey, checksum: null }, { session_key: sessionKey }]))
  put('null.json', '\ufeffnull')
  put('null-inside.json', JSON.stringify({ version: '1', manifest: null }))
  for (const [name, value] of Object.entries({ nobody: {}, failed: { ok: false }, number: { session_key: 1, checksum }, inside: [[]], text: ['a'] })) put(`${name}.json`, JSON.stringify(value))
})

const check = async (...args: readonly string[]): Promise<Run> =>
  otaseal(folder, ['capgo', 'check', ...args, '--checksum', checksum, '--json'])

const codes = (run: Run, name: 'problems' | 'warnings'): readonly unknown[] => (json(run)[name] as readonly { readonly code: unknown }[]).map(({ code }) => code)

describe('otaseal capgo check', () => {
  it('finds nothing wrong with a good release', async () => {
    const run = await check('payload', sessionKey, '--plugin-version', '8.51.14', '--plugin-version', '7.42.0', '--key-id', keyId, '--manifest', 'manifest.json')
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(json(run)).toEqual({ ok: true, file: 'payload', problems: [], warnings: [], sha256: digest, checksumForm: 'V3', keyId })
  })

  it('lists every problem, and ends with 1', async () => {
    const run = await check('damaged', sessionKey, '--plugin-version', '7.29.0', '--key-id', 'other')
    expect([run.code, run.stderr]).toEqual([1, ''])
    expect(json(run)).toMatchObject({ ok: false, error: { code: 'bad-key' }, file: 'damaged', warnings: [] })
    expect(codes(run, 'problems')).toEqual(['bad-key', 'unsupported', 'bad-checksum'])
  })

  it('tells people, on stdout what was found, on stderr why it ends with 1', async () => {
    const run = await otaseal(folder, ['capgo', 'check', 'damaged', sessionKey, '--checksum', checksum, '--previous', 'list.json'])
    expect(run.code).toBe(1)
    expect(run.stdout).toContain('NOT TO BE PUBLISHED: damaged')
    expect(run.stdout).toContain('bad-checksum: ')
    expect(run.stderr).toContain('refused (bad-checksum): damaged must not be published')
    expect(run.stderr).toContain('--plugin-version')
    const good = await otaseal(folder, ['capgo', 'check', '-', sessionKey, '--checksum', checksum, '--plugin-version', '8.0.0'], { input: release.payload })
    expect(good).toMatchObject({ code: 0, stderr: '' })
    expect(good.stdout).toContain('no problem found')
  })

  it('warns of what earlier releases have in common with it, in either spelling', async () => {
    const run = await check('payload', sessionKey, '--previous', 'previous.json', '--previous', 'list.json', '--plugin-version', '8.0.0')
    expect(run.code).toBe(0)
    expect(codes(run, 'warnings')).toEqual(['repeated-release', 'repeated-content'])
  })

  it('takes earlier releases that were not encrypted, or of which only one field is known', async () => {
    const run = await check('payload', sessionKey, '--previous', 'plain.json', '--plugin-version', '8.0.0')
    expect([run.code, codes(run, 'warnings')]).toEqual([0, ['repeated-content', 'iv-reused']])
  })

  it('looks at the manifest of an answer of the update endpoint', async () => {
    const run = await check('payload', sessionKey, '--manifest', 'answer.json')
    expect([run.code, codes(run, 'problems')]).toEqual([1, ['malformed-release']])
  })

  it('speaks of flags where it asks for a version', async () => {
    const run = await check('payload', sessionKey, '--plugin-version', 'latest')
    expect(codes(run, 'problems')).toEqual(['unsupported'])
    expect(run.stdout).not.toMatch(/pluginVersion|checksumForm:/)
  })

  it.each([
    ['a public key that is none', 1, 'bad-key', 'envelope', ['payload', sessionKey, '--key', 'envelope']],
    ['a manifest that is no JSON', 1, 'io', 'broken.json is not JSON', ['payload', sessionKey, '--manifest', 'broken.json']],
    ['a manifest that is nothing', 2, 'usage', 'null.json holds no list of files', ['payload', sessionKey, '--manifest', 'null.json']],
    ['an answer whose manifest is nothing', 2, 'usage', '--manifest takes a list of { file_name', ['payload', sessionKey, '--manifest', 'null-inside.json']],
    ...['null', 'nobody', 'failed', 'number', 'inside', 'text'].map(
      (name) => [`an earlier release that is none: ${name}`, 1, 'io', `${name}.json`, ['payload', sessionKey, '--previous', `${name}.json`]] as const,
    ),
    ['a missing file', 1, 'io', 'missing', ['missing', sessionKey]],
    ['a missing session key', 2, 'usage', 'ivsessionkey', ['payload']],
  ] as const)('refuses %s', async (_, exit, code, says, args) => {
    await expectRefusal(folder, ['check', ...args, '--checksum', checksum], { exit, code, says })
  })

  it('writes nothing', async () => {
    const before = namesIn(folder)
    await check('payload', sessionKey)
    expect(namesIn(folder)).toEqual(before)
  })
})

describe('otaseal capgo identify', () => {
  const identify = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const run = await otaseal(folder, ['capgo', 'identify', ...args, '--json'])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    return json(run)
  }

  it('says what a release is, as far as what is given tells it', async () => {
    const fields = ['--session-key', sessionKey, '--checksum', checksum] as const
    expect(await identify('app.zip')).toMatchObject({ ok: true, file: 'app.zip', kind: 'zip' })
    expect(await identify('envelope')).toMatchObject({ kind: 'otaseal' })
    expect(await identify('payload')).toMatchObject({ kind: 'unknown' })
    expect(await identify('payload', ...fields)).toMatchObject({ kind: 'capgo-v2', checksumForm: 'V3', isSigned: false })
    expect(await identify('payload', ...fields, '--key', '.capgo_key_v2.pub')).toMatchObject({ kind: 'capgo-v2', isSigned: true })
    expect(await identify(...fields, '--key', 'other.pub')).toMatchObject({ kind: 'capgo-v2', isSigned: false })
    expect(await identify('payload', '--session-key', sessionKey, '--checksum', 'cafe1234')).toMatchObject({ kind: 'capgo-v1' })
  })

  it('names commands in its advice, not functions', async () => {
    expect((await identify('app.zip'))['advice']).toContain('`otaseal capgo encrypt`')
    expect((await identify('envelope'))['advice']).toContain('`otaseal decrypt`')
    expect((await identify('--session-key', sessionKey, '--checksum', checksum))['advice']).toContain('`otaseal capgo check`')
  })

  it('tells people in words, from stdin too', async () => {
    const run = await otaseal(folder, ['capgo', 'identify', '-'], { input: zip })
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toMatch(/^a ZIP file that is not encrypted: stdin\n {2}advice {2}/)
  })

  it.each([
    ['nothing', 2, 'usage', 'nothing to identify', []],
    ['a missing file', 1, 'io', 'missing', ['missing']],
    ['a private key', 1, 'bad-key', 'other', ['payload', '--key', 'other']],
    ['a folder', 1, 'io', 'folder', ['.']],
  ] as const)('refuses %s', async (_, exit, code, says, args) => expectRefusal(folder, ['identify', ...args], { exit, code, says }))
})
