import { randomBytes } from 'node:crypto'
import { zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { checkCapgoRelease, encryptForCapgo } from '../../src/capgo.js'
import { cliKeyPair, cliRelease, describeEachCapgoBackend } from './helpers.js'
import type { CapgoManifestEntry, CapgoReport } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()
const other = cliKeyPair()
const ZIP = zipSync({ 'index.html': randomBytes(100) })
const release = await encryptForCapgo(ZIP, { privateKey, pluginVersion: '8.0.0' })
const hash = (form: 'V2' | 'V3' = 'V3', signer = privateKey): string => cliRelease(randomBytes(10), signer, form).checksum
const entry = (file_name: string, more: object = {}): CapgoManifestEntry => ({ file_name, file_hash: release.checksum, download_url: 'https://cdn.example.com/f?x=1', ...more })

const check = async (manifest: unknown, more: object = {}): Promise<CapgoReport> => checkCapgoRelease({ ...release, manifest: manifest as never }, { publicKey, ...more })
const codesOf = ({ problems, warnings }: CapgoReport): readonly (readonly string[])[] => [problems, warnings].map((notes) => notes.map(({ code }) => code))

describeEachCapgoBackend('a manifest', (backend) => {
  test('whose files are signed and have places of their own is in order', async () => {
    const manifest = [entry('index.html'), entry('assets/app.js.br', { file_hash: hash() }), entry('assets/app.css'), entry('assets.js')]
    expect(codesOf(await check(manifest, { backend }))).toEqual([[], []])
  })

  test('is refused where a file is signed by another key pair, or in another form than the release, which no device reads, whoever asks', async () => {
    const manifest = [entry('a'), entry('b', { file_hash: hash('V3', other.privateKey) }), entry('c', { file_hash: hash('V2') })]
    const report = await check(manifest, { backend })
    expect(codesOf(report)).toEqual([['bad-signature', 'malformed-release'], []])
    expect(report.problems.map(({ message }) => message.slice(0, 15))).toEqual(['manifest[1] "b"', 'manifest[2] "c"'])
  })
})

test.each([
  '', '/index.html', '../index.html', 'a/../../b', 'a/..', './a', 'a//b', 'a/', '.br', 'a/.br', '..br', 'a\\b', 'a\0b', 'a\nb', '\ud800', 'x'.repeat(5000), 5, null, undefined,
])('a file can not have the name of case %#', async (name) => {
  expect(codesOf(await check([entry('fine'), entry('a', { file_name: name })]))).toEqual([['malformed-release'], []])
})

test.each([
  ['the same name', ['a', 'a']],
  ['the same name once compression is undone', ['a.js', 'a.js.br']],
  ['a file where another has its folder', ['a', 'a/b/c']],
  ['the same the other way round', ['a/b/c.br', 'a/b']],
] as const)('two files can not have one place: %s', async (_, names) => {
  expect(codesOf(await check(names.map((name) => entry(name))))).toEqual([['malformed-release'], []])
})

test.each([undefined, null, '', 5, 'cdn.example.com/a', 'ftp://example.com/a', 'https://', 'https:///a', 'https://example.com/a b', 'javascript:alert(1)', 'https://example.com/%', 'https://example.com|a', 'https://user:password@example.com/a', 'https://[::1]/a', `https://example.com/${'a'.repeat(9000)}`])(
  'a file can not come from the address of case %#',
  async (download_url) => {
    expect(codesOf(await check([entry('a', { download_url })]))).toEqual([['malformed-release'], []])
  },
)

test.each([undefined, '', 'deadbeef', 'a'.repeat(64), 5])('a file can not have the digest of case %#', async (file_hash) => {
  expect(codesOf(await check([entry('a', { file_hash })]))).toEqual([['malformed-release'], []])
})

test.each([[[]], ['text'], [{}], [5], [[null]], [[[]]], [['index.html']]])('case %# is no manifest', async (manifest) => {
  const [problems] = codesOf(await check(manifest))
  expect(new Set(problems)).toEqual(new Set(['malformed-release']))
})

test('null, as databases hold it, is no manifest and no problem', async () => {
  expect(codesOf(await check(null))).toEqual([[], []])
})

test('addresses without TLS are a warning, said once', async () => {
  const manifest = ['a', 'b', 'c'].map((name) => entry(name, name === 'c' ? {} : { download_url: 'http://cdn.example.com/f' }))
  const report = await check(manifest)
  expect(codesOf(report)).toEqual([[], ['insecure-url']])
  expect(report.warnings[0]?.message).toMatch(/^2 of the manifest's 3 files/)
})

test('of a great many problems the first are named, and the rest counted', async () => {
  const report = await check(Array.from({ length: 5000 }, () => null))
  expect(report.problems).toHaveLength(101)
  expect(report.problems.at(-1)).toMatchObject({ code: 'limit-exceeded', message: expect.stringMatching(/^and \d+ more/) as string })
  const foreign = entry('a', { file_hash: hash('V3', other.privateKey) })
  expect(codesOf(await check(Array.from({ length: 100_001 }, () => foreign)))).toEqual([['limit-exceeded'], []])
})

test('plugins that load no release file by file are named in a warning', async () => {
  const v2 = await encryptForCapgo(ZIP, { privateKey, checksumForm: 'V2' })
  const options = { publicKey, pluginVersions: ['7.0.20', '7.0.37', '7.29.0'] }
  const report = await checkCapgoRelease({ ...v2, manifest: [entry('a', { file_hash: v2.checksum })] }, options)
  expect(codesOf(report)).toEqual([[], ['unsupported']])
  expect(report.warnings[0]?.message).toMatch(/^"7\.0\.20", "7\.0\.37": .*without the manifest/)
  expect(codesOf(await checkCapgoRelease(v2, options))).toEqual([[], []])
  expect(codesOf(await check([entry('a')], { pluginVersions: ['99.0.0'] }))).toEqual([['unsupported'], []])
})

test('compressed files for plugins that lose them are named in a warning, and where there are none, nothing is', async () => {
  const pluginVersions = ['7.34.3', '7.35.0', '8.0.0', '8.51.23']
  const report = await check([entry('index.html'), entry('assets/app.js.br')], { pluginVersions })
  expect(codesOf(report)).toEqual([[], ['compressed-files-lost']])
  expect(report.warnings[0]?.message).toMatch(/^"7\.34\.3", "8\.0\.0": .*app misses it.*compress: false/)
  expect(codesOf(await check([entry('index.html'), entry('assets/app.br.js')], { pluginVersions }))).toEqual([[], []])
  expect(codesOf(await check([entry('assets/app.js.br')]))).toEqual([[], []])
})

test('a plugin that reads no manifest, or refuses the release, is not said to lose files of it', async () => {
  const v2 = await encryptForCapgo(ZIP, { privateKey, checksumForm: 'V2' })
  const manifest = [entry('a.br', { file_hash: v2.checksum })]
  const report = await checkCapgoRelease({ ...v2, manifest }, { publicKey, pluginVersions: ['7.0.20', '7.20.0', '7.34.3'] })
  expect(codesOf(report)).toEqual([['unsupported'], ['unsupported', 'compressed-files-lost']])
  expect(report.warnings.map(({ message }) => message.slice(0, 9))).toEqual(['"7.0.20":', '"7.20.0":'])
})

test('where nobody knows the form of the release, the files are compared with the first', async () => {
  const manifest = [entry('a'), entry('b', { file_hash: hash('V2') }), entry('c')]
  const report = await checkCapgoRelease({ ...release, checksum: '', manifest }, { publicKey })
  expect(codesOf(report)).toEqual([['malformed-release', 'malformed-release'], []])
  expect(report.problems[1]?.message).toMatch(/^manifest\[1\] "b": .*V2.*those before it.*V3/)
})

test('each member of an entry is read once', async () => {
  const reads: string[] = []
  const watched = new Proxy(entry('a'), { get: (target, name) => (reads.push(String(name)), Reflect.get(target, name) as unknown) })
  expect(codesOf(await check([watched]))).toEqual([[], []])
  expect(reads.sort()).toEqual(['download_url', 'file_hash', 'file_name'])
})
