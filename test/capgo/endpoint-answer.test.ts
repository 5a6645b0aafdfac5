import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capgoUpdateAnswer, encryptForCapgo } from '../../src/capgo.js'
import { cliKeyPair, codeOf } from './helpers.js'
import type { CapgoAnswerInput, CapgoManifestEntry } from '../../src/capgo.js'

const { privateKey } = cliKeyPair()
const v3 = await encryptForCapgo(randomBytes(100), { privateKey, checksumForm: 'V3' })
const v2 = await encryptForCapgo(randomBytes(100), { privateKey, checksumForm: 'V2' })
const input: CapgoAnswerInput = { version: '1.2.3', url: 'https://cdn.example.com/1.zip', release: v3 }
const manifest: readonly CapgoManifestEntry[] = [
  { file_name: 'index.html', file_hash: v3.checksum, download_url: 'https://cdn.example.com/1' },
  { file_name: 'assets/app.js.br', file_hash: v3.checksum, download_url: 'https://cdn.example.com/2' },
]

describe('capgoUpdateAnswer with a manifest', () => {
  const at = (...entries: readonly object[]): string => codeOf(() => capgoUpdateAnswer({ ...input, manifest: entries as never }))
  const [first = {}, second = {}] = manifest

  test('is malformed-release, whoever asks, where its form differs from that of the release: no device can read it', () => {
    expect(at({ ...first, file_hash: v2.checksum })).toBe('malformed-release')
    expect(at(first, { ...second, file_hash: v2.checksum })).toBe('malformed-release')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, release: v2, manifest }))).toBe('malformed-release')
    const inV2 = manifest.map((entry) => ({ ...entry, file_hash: v2.checksum }))
    expect(codeOf(() => capgoUpdateAnswer({ ...input, release: v2, manifest: inV2 }))).toBe('none')
    expect(codeOf(() => capgoUpdateAnswer({ ...input, release: v2, manifest: [...inV2, { ...first, file_name: 'c' } as CapgoManifestEntry] }))).toBe('malformed-release')
  })

  test('takes for a file_hash what can be one, and nothing else', () => {
    const base64 = fc.uint8Array({ minLength: 254, maxLength: 258 }).map((bytes) => Buffer.from(bytes).toString('base64'))
    const edited = fc.tuple(base64, fc.nat(350), fc.constantFrom('', 'A', 'B', 'g', 'h', '=', '-', ' ', '\n')).map(([text, i, put]) => text.slice(0, i) + put + text.slice(i + 1))
    fc.assert(
      fc.property(fc.oneof(base64, edited), (file_hash) => {
        const bytes = Buffer.from(file_hash, 'base64')
        const isOne = bytes.length === 256 && bytes.toString('base64') === file_hash
        expect(codeOf(() => capgoUpdateAnswer({ ...input, release: v2, manifest: [{ ...manifest[1], file_hash } as CapgoManifestEntry] }))).toBe(isOne ? 'none' : 'malformed-release')
      }),
      { numRuns: 500 },
    )
    for (const file_hash of [v3.checksum.toUpperCase(), 'aB'.repeat(256)]) expect(at({ ...first, file_hash })).toBe('none')
    for (const file_hash of [v3.checksum.slice(2), `${v3.checksum}00`, v3.checksum.replace(/.$/, 'g'), `${v3.checksum.slice(0, -1)}\n`]) expect(at({ ...first, file_hash })).toBe('malformed-release')
  })

  test('with compressed files is refused for a device that loses them, and not without them', () => {
    const answer = (plugin_version: string, entries: readonly CapgoManifestEntry[]): string => codeOf(() => capgoUpdateAnswer({ ...input, manifest: entries, request: { plugin_version } }))
    expect(['7.34.3', '7.35.0', '8.0.0', '8.51.23'].map((version) => answer(version, manifest))).toEqual(['unsupported', 'none', 'unsupported', 'none'])
    for (const version of ['7.34.3', '8.0.0']) expect(answer(version, manifest.slice(0, 1))).toBe('none')
  })

  test('gives what was checked, also where a member would be another thing on a second read', () => {
    let reads = 0
    const entry = { ...manifest[0], get download_url() { return reads++ === 0 ? 'https://cdn.example.com/1' : 'javascript:alert(1)' } } as CapgoManifestEntry
    const answer = capgoUpdateAnswer({ ...input, manifest: [entry] })
    expect([answer, reads]).toMatchObject([{ manifest: [{ download_url: 'https://cdn.example.com/1' }] }, 1])
  })

  test.each([
    'https://a..b/x', 'https://.../x', 'https://./x', 'https://.a/x', 'https://a../x', 'https://a:0/x', 'https://a:65536/x', 'https://a:99999/x', 'https://a:/x', 'https://a:123456/x',
  ])('has no file at %s, and no release either', (address) => {
    expect(at({ ...first, download_url: address })).toBe('malformed-release')
    for (const name of ['url', 'link']) expect(codeOf(() => capgoUpdateAnswer({ ...input, [name]: address }))).toBe('RangeError')
  })

  test.each(['https://a/x', 'http://a.b', 'https://a.b.:1/x', 'https://192.168.1.1:65535/x?y#z', 'https://my_host-1.example.com:8443/%20'])('may have a file at %s', (address) => {
    expect(at({ ...first, download_url: address })).toBe('none')
    for (const name of ['url', 'link']) expect(codeOf(() => capgoUpdateAnswer({ ...input, [name]: address }))).toBe('none')
  })
})

test.each(['version', 'comment'])('%s holds no control characters and no halves of characters', (name) => {
  for (const text of ['\ud800', 'a\udc00b', '\0', 'a\u0007', '\u001b[31m', '\u0085', '\u007f']) expect(codeOf(() => capgoUpdateAnswer({ ...input, [name]: text }))).toBe('RangeError')
  for (const text of ['1.0.0-béta', '\u{1f600}']) expect(codeOf(() => capgoUpdateAnswer({ ...input, [name]: text }))).toBe('none')
})

test('only what people read has lines, and a link is an address', () => {
  expect(codeOf(() => capgoUpdateAnswer({ ...input, comment: 'new:\r\n\t- one\n\t- two' }))).toBe('none')
  expect(codeOf(() => capgoUpdateAnswer({ ...input, version: '1.0\n' }))).toBe('RangeError')
  for (const link of ['javascript:alert(1)', 'notes', 'ftp://example.com/', 'https://example.com/a\nb', 'https://example.com/\ud800', '']) {
    expect(codeOf(() => capgoUpdateAnswer({ ...input, link }))).toBe('RangeError')
  }
})
