import { describe, expect, test } from 'vitest'
import { createManifest } from '../../src/build.js'
import { pathSet } from '../../src/format/path.js'
import { codeOf, entry, opened, publishing, signedManifest } from './helpers.js'
import type { ManifestInput } from '../../src/build.js'

const filesAt = (paths: readonly string[]): ManifestInput[] => paths.map((path) => ({ path, bytes: Buffer.from(path) }))

/** What a publisher's tool makes of paths, and what a device makes of a signed list of them. */
const publish = async (paths: readonly string[]): Promise<unknown> => createManifest(filesAt(paths), publishing())
const open = async (paths: readonly string[]): Promise<unknown> => opened(await signedManifest({ files: paths.map((path) => entry(path)) }))

async function expectRefusedPath(paths: readonly string[], why: RegExp): Promise<string> {
  const named = JSON.stringify(paths.at(-1))
  const publisher = await codeOf(() => publish(paths))
  expect(publisher).toMatch(/^bad-path: /)
  expect(publisher).toContain(named)
  expect(publisher).toMatch(why)
  expect(publisher).toMatch(/: rename the file$/)
  expect(publisher).not.toContain('undefined')
  const device = await codeOf(() => open(paths))
  if (paths.some((path) => /[\ud800-\udfff]/u.test(path))) {
    // No signed JSON has one (R7).
    expect(device).toMatch(/^bad-manifest: manifest is not JSON in its exact compact form/)
    return publisher
  }
  expect(device).toMatch(/^bad-manifest: a path of the manifest /)
  expect(device).toMatch(why)
  return publisher
}

/** A path of four long names and one that makes it as long as it is to be. */
const long = (bytes: number): string => `${'b'.repeat(200)}/`.repeat(4).padEnd(bytes, 'd')

const refused: readonly (readonly [what: string, path: string, why: RegExp])[] = [
  ['nothing', '', /empty part/],
  ['a slash', '/', /empty part/],
  ['absolute', '/etc/passwd', /relative/],
  ['a home folder of a URL', '//server/share', /relative/],
  ['a share of Windows', '\\\\server\\share', /backslash/],
  ['a long path of Windows', '\\\\?\\C:\\a', /backslash/],
  ['a drive', 'C:/a', /Windows/],
  ['a drive without a slash', 'c:a', /Windows/],
  ['another stream of a file', 'a.txt:hidden', /Windows/],
  ['a folder', 'a/', /empty part/],
  ['two slashes', 'a//b', /empty part/],
  ['here', '.', /"\."/],
  ['here in the middle', 'a/./b', /"\."/],
  ['a step up', '..', /"\.\."/],
  ['a step up first', '../a', /"\.\."/],
  ['a step up in the middle', 'a/../../b', /"\.\."/],
  ['a step up last', 'a/..', /"\.\."/],
  ['a step up with a backslash', '..\\a', /backslash/],
  ['three dots', '.../a', /ends with a dot/],
  ['a dot last', 'a.', /ends with a dot/],
  ['a space last', 'a /b', /ends with a dot or a space/],
  ['a step up for Windows', '.. /a', /ends with a dot or a space/],
  ['a space alone', ' ', /ends with a dot or a space/],
  ['a lone surrogate', 'a\ud800', /lone surrogate/],
  ['a lone surrogate in a long path', `${'a'.repeat(400)}\ud800`, /lone surrogate/],
  ['a surrogate in the wrong order', '\udc00\ud800', /lone surrogate/],
  ['letters and accents apart', 'cafe\u0301', /NFC/],
  ['the Kelvin sign', '\u212a', /NFC/],
  ['the Angstrom sign', '\u212b.js', /NFC/],
  ['Hangul in letters', '\u1112\u1161\u11ab', /NFC/],
  ['1,025 bytes', long(1025), /more than 1024 bytes/],
  ['far more bytes', 'é'.repeat(100_000), /more than 1024 bytes/],
  ['1,026 bytes of 346 characters', `${'日'.repeat(68)}/`.repeat(4) + `${'日'.repeat(68)}ab`, /more than 1024 bytes/],
  ['a name of 256 bytes', 'a'.repeat(256), /part of more than 255 bytes/],
  ['a name of 258 bytes and 86 characters', `a/${'日'.repeat(86)}`, /part of more than 255 bytes/],
  ['65 parts', `${'a/'.repeat(64)}b`, /more than 64 parts/],
  ['what stands for bytes that are no text', 'a\ufffdb', /U\+FFFD/],
  ['a variation selector alone', '\ufe0f', /empty part/],
  ['variation selectors alone as a folder', 'a/\ufe0f\ufe00/b', /empty part/],
  ['a step up behind a variation selector', '\ufe0e../a', /"\.\."/],
  ['a step up before a variation selector', 'a/..\ufe0f', /"\.\."/],
  ['a step up around a variation selector', '.\ufe00./a', /"\.\."/],
  ['a dot last but for a variation selector', 'a.\ufe0f', /ends with a dot/],
  ['a device of Windows but for a variation selector', 'c\ufe0fon.txt', /reserves for a device/],
]

const good: readonly string[] = [
  'index.html', 'a b/c d.js', ' a', '-rf', '~/a', '[id].js', '(group)/page.js', '@scope/x', '.well-known/a', '.a', '..a', '...a', 'a..b', 'a+b,c;d=e&f$g!h#i%20j\'k{l}^m`n',
  'emoji/🚀.png', 'weather/☀️.svg', '❤️', '日本語/ファイル', 'éàü', '한글', 'עברית', 'constructor', '__proto__', 'toString/valueOf', 'console.js', 'common', 'com', 'com10', 'lpt', 'conin', 'aux1', 'nulls',
  'prn-a', 'xcon', 'con-fig/con1', '%2e%2e/%2f', 'a'.repeat(255), '日'.repeat(85), long(1024), `${'a/'.repeat(63)}b`, 'straße', 'ΛΌΓΟΣ', 'ſ', 'ı', 'İ', '\u00a0a', '\ue000',
]

describe('R73: a path', () => {
  test.each(refused)('that is or has %s is in no release', async (_what, path, why) => {
    await expectRefusedPath(['fine', path], why)
  })

  test('has no character that Windows can not have', async () => {
    for (const character of '\\:<>"|?*') await expectRefusedPath([`a${character}b`], /Windows does not allow/)
  })

  test('has no character that nobody sees', async () => {
    const some = ['\0', '\n', '\t', '\u007f', '\u0085', '\u00ad', '\u034f', '\u115f', '\u200b', '\u200d', '\u202e', '\u2028', '\u2066', '\u3164', '\ufeff', '\ufff9', '\u{e0041}', '\u{e0100}']
    for (const character of some) await expectRefusedPath([`a${character}b`], /nobody sees/)
  })

  test('has no character that the Unicode of this engine calls a control, a format, a separator of lines, or ignorable', () => {
    const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
    const wrong: string[] = []
    for (let code = 0; code <= 0xe1000; code = code === 0x1ffff ? 0xe0000 : code + 1) {
      if (code >= 0xd800 && code <= 0xdfff) continue
      const character = String.fromCodePoint(code)
      const isSelector = code >= 0xfe00 && code <= 0xfe0f
      const isUnseen = unseen.test(character) && !isSelector
      const problem = pathSet()(`a${character}b`)?.problem
      if (isUnseen !== (problem === 'has a character that nobody sees')) wrong.push(code.toString(16))
    }
    expect(wrong).toEqual([])
  })

  test('has no name of a device of Windows, in whatever case and with whatever ending', async () => {
    const names = ['con', 'PRN', 'Aux', 'nUL', 'CONIN$', 'conout$', 'CLOCK$', ...'0123456789¹²³'.split('').flatMap((digit) => [`com${digit}`, `LPT${digit}`])]
    for (const name of names) {
      for (const path of [name, `${name}.txt`, `${name}.tar.gz`, `${name} .x`, `a/${name}`, `${name}/a`, `${name}.d/a`]) {
        expect(`${path} ${String(pathSet()(path)?.problem)}`).toBe(`${path} has a part that Windows reserves for a device`)
      }
    }
    await expectRefusedPath(['a/CON.txt'], /reserves for a device/)
    await expectRefusedPath(['com¹'], /reserves for a device/)
  })

  test('may be any other', async () => {
    expect((await createManifest(filesAt(good), publishing())).files.map(({ path }) => path)).toEqual(good)
    const { files } = await opened(await signedManifest({ files: good.map((path) => entry(path)) }))
    expect(files.map(({ path }) => path)).toEqual(good)
  })

  test('is text', async () => {
    for (const path of [undefined, null, 7, ['a'], { toString: () => 'a' }]) {
      await expect(createManifest([{ path, bytes: Buffer.of() } as unknown as ManifestInput], publishing())).rejects.toThrow(TypeError)
    }
  })
})

const conflicts: readonly (readonly [what: string, first: string, second: string, why: RegExp])[] = [
  ['the same', 'a', 'a', /there twice/],
  ['a file and its folder', 'a', 'a/b', /a file and a folder at once/],
  ['a folder and its file', 'a/b/c', 'a/b', /a file and a folder at once/],
  ['a file and its folder in another case', 'a', 'A/b', /differs from another path only in/],
  ['a folder and its file in another case', 'a/B/c', 'a/b', /differs from another path only in/],
  ['capitals', 'Index.html', 'index.html', /differs from another path only in/],
  ['folders of capitals', 'Dir/a', 'dir/b', /differs from another path only in/],
  ['deep folders of capitals', 'a/Dir/b/c', 'a/dir/d/e', /differs from another path only in/],
  ['accents', 'É', 'é', /differs/],
  ['Greek, Cyrillic, Deseret', 'ΑЯ𐐀', 'αя𐐨', /differs/],
  ['long s', 'ſ', 's', /differs/],
  ['sharp s', 'straße', 'STRASSE', /differs/],
  ['capital sharp s', 'STRAẞE', 'straße', /differs/],
  ['both sharp s as a folder', 'ẞ/a', 'ß/b', /differs/],
  ['final sigma', 'λόγος', 'λόγοσ', /differs/],
  ['final sigma in capitals', 'ΛΌΓΟΣ.js', 'λόγος.js', /differs/],
  ['dotless i', 'ı', 'i', /differs/],
  ['dotted i', 'İ', 'i̇', /differs/],
  ['a ligature', 'ﬁ', 'FI', /differs/],
  ['iota below', 'ᾳ', 'ΑΙ', /differs/],
  ['Cherokee', '\u13a0', '\uab70', /differs/],
  ['a variation selector', '☀️', '☀', /differs/],
  ['another variation selector', 'a/☀︎/b', 'a/☀️/c', /differs/],
  ['a variation selector between an accent and its letter', 'e\ufe0f\u0301', '\u00e9', /differs/],
  ['iota below and an accent more', '\u0386\u0301\u0345', '\u1fb4\u0301', /differs/],
  ['iota below, a variation selector and an accent', '\u1fb3\ufe0f\u0301', '\u1fb4', /differs/],
]

describe('R74: the paths of a release', () => {
  test.each(conflicts)('are not told apart by %s alone', async (_what, first, second, why) => {
    const publisher = await expectRefusedPath(['fine', first, 'between', second], why)
    const [, quoted = JSON.stringify(first)] = / \((".*")\): rename the file$/.exec(publisher) ?? []
    expect(publisher.includes(` (${quoted})`)).toBe(publisher.includes('differs'))
    expect(`${first}/`.startsWith(`${JSON.parse(quoted) as string}/`)).toBe(true)
    await expect(codeOf(() => publish([second, first]))).resolves.toMatch(/^bad-path/)
  })

  test('are quoted to their publisher, and never on a device', async () => {
    const paths = ['customers/Acme.json', 'customers/acme.json']
    expect(await codeOf(() => publish(paths))).toContain('"customers/Acme.json"')
    for (const signed of [paths, [...paths].reverse(), ['customers/acme', 'customers/acme/a'], ['customers/acme', 'customers/acme'], ['customers/acme.']]) {
      expect(await codeOf(() => open(signed))).not.toMatch(/customers|acme/i)
    }
  })

  test('may be in the same folders, and begin alike', async () => {
    const paths = ['a/b', 'a/c', 'ab', 'a.b', 'a b', 'a/b.c/d', 'a/b.d', 'a-b/c', 'A-c', 'constructor/a', '__proto__/a', 'ss/a', 'ss/b']
    expect((await createManifest(filesAt(paths), publishing())).files.length).toBe(paths.length)
    await open(paths)
  })

  test('lie in 100,000 folders at most, which bounds time and memory', () => {
    const deep = (i: number, names: number): string => `${`d${i}/`.repeat(names)}a`
    const add = pathSet()
    for (let i = 0; i < 2000; i++) expect(add(deep(i, 50))).toBeUndefined()
    expect(add('d0/d0/b')).toBeUndefined()
    expect(add('more/a')?.problem).toBe('takes one folder more than the 100000 that a release can have')
  })

  test('are checked in a time in proportion to their number, also where all are long', () => {
    const folders = 'abcdefghi/'.repeat(40)
    const start = process.cpuUsage()
    const add = pathSet()
    for (let i = 0; i < 50_000; i++) if (add(`${folders}${i}`) !== undefined) throw new Error('refused')
    expect(process.cpuUsage(start).user).toBeLessThan(10_000_000)
  })
})
