import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capgoUpdateAnswer, checksumFormOf, encryptForCapgo, noCapgoUpdate, readCapgoUpdateRequest, verifyAndDecryptCapgo } from '../../src/capgo.js'
import { android, ios } from './endpoint-devices.js'
import { cliKeyPair, codeOf } from './helpers.js'
import type { CapgoAnswerInput, CapgoManifestEntry, CapgoUpdateRequest } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()
const BUNDLE = randomBytes(1000)
const url = 'https://cdn.example.com/com.example.app/1.2.3.zip?signature=a%20b'
const v3 = await encryptForCapgo(BUNDLE, { privateKey, pluginVersion: '8.0.0' })
const v2 = await encryptForCapgo(BUNDLE, { privateKey, pluginVersion: '7.29.0' })
const input: CapgoAnswerInput = { version: '1.2.3', url, release: v3 }
const manifest: readonly CapgoManifestEntry[] = [
  { file_name: 'index.html', file_hash: v3.checksum, download_url: 'https://cdn.example.com/1' },
  { file_name: 'assets/app.js.br', file_hash: v3.checksum, download_url: 'https://cdn.example.com/2' },
]

/** What iPhones of today send. */
const REQUEST = {
  platform: 'ios', device_id: '6a4b2d2c-0b0e-4f5a-9c62-0d6b6f6f8a11', app_id: 'com.example.app', custom_id: '', version_build: '1.0.0', version_code: '1', version_os: '18.1',
  version_name: 'builtin', plugin_version: '8.51.23', is_emulator: false, is_prod: true, install_source: 'app_store', defaultChannel: '', key_id: v3.keyId,
}

/** The answer as devices get it. */
const sent = (answer: object): unknown => JSON.parse(JSON.stringify(answer))

describe('capgoUpdateAnswer', () => {
  test('gives what devices of both platforms take for an encrypted release', async () => {
    const answer = sent(capgoUpdateAnswer(input))
    expect(answer).toEqual({ version: '1.2.3', url, checksum: v3.checksum, session_key: v3.sessionKey })
    for (const device of [ios, android]) {
      expect(device(answer)).toEqual({ does: 'download', version: '1.2.3', url, checksum: v3.checksum, sessionKey: v3.sessionKey })
    }
  })

  test('gives a manifest beside the address of the whole, and what people read', () => {
    const answer = sent(capgoUpdateAnswer({ ...input, manifest, link: 'https://example.com/notes', comment: 'fixes', breaking: true }))
    expect(answer).toMatchObject({ url, manifest, link: 'https://example.com/notes', comment: 'fixes', breaking: true })
    for (const device of [ios, android]) expect(device(answer)).toMatchObject({ does: 'download', manifest })
  })

  test('says nothing more of a manifest than devices read', () => {
    const stored = manifest.map((entry) => ({ ...entry, secret_path: 's3://bucket' }))
    expect(sent(capgoUpdateAnswer({ ...input, manifest: stored }))).toHaveProperty('manifest', manifest)
  })

  test.each([undefined, null, '', 'a:b', v3.checksum])('makes no answer of the session key %#, which devices would take for none', (sessionKey) => {
    expect(codeOf(() => capgoUpdateAnswer({ ...input, release: { ...v3, sessionKey: sessionKey as never } }))).toBe('malformed-release')
  })

  test('has the spelling that iOS reads: without it, or with null, devices take the payload for a plain ZIP or fail', () => {
    const { session_key: sessionKey, ...rest } = capgoUpdateAnswer(input)
    expect(ios(sent({ ...rest, sessionKey }))).toMatchObject({ sessionKey: '' })
    expect(android(sent({ ...rest, sessionKey }))).toMatchObject({ sessionKey: v3.sessionKey })
    expect(ios(sent({ ...rest, session_key: null }))).toMatchObject({ does: 'download', sessionKey: '' })
    expect(android(sent({ ...rest, session_key: null }))).toMatchObject({ does: 'download', sessionKey: null })
    expect(android(sent(rest))).toMatchObject({ does: 'download', sessionKey: '' })
  })

  test.each(['', 'deadbeef', 'a'.repeat(64), null, undefined])('makes no answer of the checksum %#, which nobody signed', (checksum) => {
    expect(codeOf(() => capgoUpdateAnswer({ ...input, release: { ...v3, checksum: checksum as never } }))).toBe('malformed-release')
  })

  test.each([
    [{ ...manifest[0], file_name: '../index.html' }],
    [{ ...manifest[0], file_name: '' }],
    [{ ...manifest[0], file_hash: 'a'.repeat(64) }],
    [{ ...manifest[0], download_url: 'ftp://example.com/1' }],
    [{ ...manifest[0], download_url: undefined }],
    [null],
    [],
    [manifest[0], manifest[0]],
  ])('makes no answer of the manifest %#', (...entries) => {
    expect(codeOf(() => capgoUpdateAnswer({ ...input, manifest: entries as never }))).toBe('malformed-release')
  })

  test.each([
    [{ version: '' }, 'RangeError'],
    [{ version: 'builtin' }, 'RangeError'],
    [{ version: 1 }, 'TypeError'],
    [{ url: undefined }, 'TypeError'],
    [{ url: 'cdn.example.com/1.zip' }, 'RangeError'],
    [{ url: 'file:///etc/passwd' }, 'RangeError'],
    [{ url: 'https://example.com/a b' }, 'RangeError'],
    [{ url: 'https://example.com/%zz' }, 'RangeError'],
    [{ release: undefined }, 'TypeError'],
    [{ breaking: 'yes' }, 'TypeError'],
    [{ comment: 5 }, 'TypeError'],
  ])('refuses %j as misuse', (more, name) => {
    expect(codeOf(() => capgoUpdateAnswer({ ...input, ...(more as object) }))).toBe(name)
  })

  test('refuses a device that holds another public key, or reads another form, where it is told who asked', () => {
    const request = readCapgoUpdateRequest(REQUEST)
    const key = cliKeyPair().publicKey.split('\n')[1]?.slice(0, 20)
    expect(codeOf(() => capgoUpdateAnswer({ ...input, request }))).toBe('none')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, request: { ...request, key_id: key as string } }))).toBe('bad-key')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, request: { ...request, key_id: 'MIIB' } }))).toBe('none')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, release: { ...v3, keyId: null }, request: { ...request, key_id: key as string } }))).toBe('none')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, request: { plugin_version: '8.0.0' } }))).toBe('none')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, request: { plugin_version: '7.29.0' } }))).toBe('unsupported')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, release: v2, request }))).toBe('unsupported')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, request: { plugin_version: '99.0.0' } }))).toBe('unsupported')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, manifest, request }))).toBe('none')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, release: v2, request: { plugin_version: '7.0.20' } }))).toBe('none')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, release: v2, manifest, request: { plugin_version: '7.0.20' } }))).toBe('unsupported')
    const base64 = Buffer.from(v3.checksum, 'hex').toString('base64')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, release: { ...v3, checksum: base64, checksumForm: 'V3-base64' }, request }))).toBe('none')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, release: { ...v3, checksumForm: 'V2' } }))).toBe('malformed-release')
  })
})

describe('noCapgoUpdate', () => {
  test.each(['up_to_date', 'blocked', 'failed'] as const)('with the kind %s is what devices of both platforms take for it', (kind) => {
    const answer = sent(noCapgoUpdate({ message: 'nothing', kind, error: 'no_release' }))
    for (const device of [ios, android]) expect(device(answer)).toEqual({ does: kind, message: 'nothing' })
  })

  test('is up to date where nothing else is said, and never a failure by accident', () => {
    const answer = sent(noCapgoUpdate({ message: 'nothing new' }))
    expect(answer).toEqual({ message: 'nothing new', kind: 'up_to_date' })
    for (const device of [ios, android]) expect(device(answer)).toMatchObject({ does: 'up_to_date' })
  })

  test('refuses wrong arguments as misuse', () => {
    expect(codeOf(() => noCapgoUpdate({ message: '' }))).toBe('RangeError')
    expect(codeOf(() => noCapgoUpdate({ message: 'a', kind: 'no' as never }))).toBe('RangeError')
    expect(codeOf(() => noCapgoUpdate(null as never))).toBe('TypeError')
  })
})

describe('readCapgoUpdateRequest', () => {
  test('gives the members that are known, and no others', () => {
    expect(readCapgoUpdateRequest({ ...REQUEST, more: 1, custom_id: null })).toEqual({ ...REQUEST, custom_id: undefined })
    expect(Object.keys(readCapgoUpdateRequest({ ...REQUEST, more: 1, custom_id: null }))).not.toContain('custom_id')
  })

  test.each(['platform', 'device_id', 'app_id', 'version_name', 'plugin_version'])('refuses a request without %s', (name) => {
    for (const value of [undefined, null, '', 5, 'x'.repeat(513)]) {
      expect(() => readCapgoUpdateRequest({ ...REQUEST, [name]: value })).toThrow(expect.objectContaining({ code: 'malformed-release', message: expect.stringContaining(name) as string }) as Error)
    }
  })

  test.each([
    { version_os: 18 }, { is_prod: 'true' }, { is_emulator: 1 }, { key_id: 'x'.repeat(513) }, { custom_id: ['a'] }, { custom_id: '\ud800' },
  ])('refuses %j', (more) => {
    expect(codeOf(() => readCapgoUpdateRequest({ ...REQUEST, ...more }))).toBe('malformed-release')
  })

  test('finds no member on a prototype, and sets none', () => {
    expect(codeOf(() => readCapgoUpdateRequest(Object.create(REQUEST)))).toBe('malformed-release')
    const request = readCapgoUpdateRequest(JSON.parse(`{"__proto__":{"key_id":"polluted"},${JSON.stringify({ ...REQUEST, key_id: null }).slice(1)}`))
    expect(request.key_id).toBeUndefined()
    expect(Object.getPrototypeOf(request)).toBe(Object.prototype)
  })

  test('throws nothing but its refusal, whatever is sent', () => {
    const any = fc.oneof(fc.jsonValue(), fc.record(Object.fromEntries(Object.keys(REQUEST).map((name) => [name, fc.oneof(fc.jsonValue(), fc.string(), fc.boolean())])), { requiredKeys: [] }))
    fc.assert(
      fc.property(any, (json) => {
        expect(['none', 'malformed-release']).toContain(codeOf(() => readCapgoUpdateRequest(json)))
      }),
      { numRuns: 1000 },
    )
  })
})

test('a server that stores a release in both forms gives each device the one that it reads', async () => {
  const stored = [v2, v3]
  const serve = (body: unknown): object => {
    const request = readCapgoUpdateRequest(body)
    const form = checksumFormOf(request.plugin_version)
    const release = stored.find(({ checksumForm }) => checksumForm === form)
    return release === undefined ? noCapgoUpdate({ message: 'nothing for this plugin', kind: 'blocked' }) : capgoUpdateAnswer({ ...input, release, request })
  }
  for (const plugin_version of ['5.29.1', '6.30.0', '7.29.0', '7.30.0', '8.51.23']) {
    const answer = sent(serve({ ...REQUEST, plugin_version } satisfies CapgoUpdateRequest)) as { readonly session_key: string; readonly checksum: string }
    const payload = answer.session_key === v2.sessionKey ? v2.payload : v3.payload
    const opened = await verifyAndDecryptCapgo(payload, { publicKey, sessionKey: answer.session_key, checksum: answer.checksum, pluginVersion: plugin_version })
    expect(BUNDLE.equals(opened.bundle)).toBe(true)
  }
})
