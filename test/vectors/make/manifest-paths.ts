import { inTurn } from './in-turn.js'
import { accept, entry, refusePaths } from './manifests.js'
import type { ManifestVector } from './manifests.js'

/** A path of four long names and one that makes it as long as it is to be. */
const long = (bytes: number): string => `${'b'.repeat(200)}/`.repeat(4).padEnd(bytes, 'd')

/** Neighbours of what nobody sees: characters that a path may have. None is younger than Unicode 13. */
const SEEN = [
  0xa0, 0xac, 0xae, 0x34e, 0x350, 0x606, 0x61b, 0x61e, 0x6dc, 0x6de, 0x710, 0x8e3, 0x115e, 0x1161, 0x17b3, 0x17b6, 0x180a, 0x1810, 0x200a, 0x2010, 0x2027, 0x202f, 0x205f, 0x2070, 0x3163, 0x3165,
  0xe000, 0xf8ff, 0xfe10, 0xfefc, 0xff9f, 0xffa1, 0xfffc, 0x110bc, 0x110be, 0x110d0, 0x1342e, 0x1bc9f, 0x1d172, 0x1d17b, 0x10fffd,
]

/** R73: paths that a release may have. */
export async function acceptedPaths(): Promise<readonly ManifestVector[]> {
  const paths = async (name: string, ...all: readonly string[]): Promise<ManifestVector> => accept(`paths: ${name}`, all.map((path) => entry(path)))
  return [
    await paths('1,024 bytes, 64 parts, and parts of 255 bytes', long(1024), `${'a/'.repeat(63)}b`, 'a'.repeat(255), '日'.repeat(85), `${'é'.repeat(127)}a`),
    await paths('dots and spaces where they may be', '.a', '..a', '...a', 'a..b', ' a', 'a b/c d.js', '.well-known/a', 'a. b'),
    await paths('characters that mean something elsewhere', '-rf', '~/a', '[id].js', '(group)/page.js', '@scope/x', "a+b,c;d=e&f$g!h#i%20j'k{l}^m`n", '%2e%2e/%2f', '$HOME'),
    await paths('names of members that objects have', 'constructor', '__proto__', 'toString/valueOf'),
    await paths('names that begin as those of devices of Windows, or end so', 'console.js', 'common', 'com', 'com10', 'lpt', 'conin', 'aux1', 'nulls', 'prn-a', 'xcon', 'con-fig/con1', 'a.con', 'clock', 'com⁴', 'com٣', 'conın$', 'lpt４'),
    await paths('scripts of all kinds', '日本語/ファイル', 'éàü', '한글', 'עברית', 'العربية', 'ไทย', 'हिन्दी', 'ελληνικά', 'кириллица'),
    await paths('emoji, with variation selectors and without', 'emoji/🚀.png', 'weather/☀️.svg', '❤️', '☎'),
    await paths('the neighbours of characters that nobody sees', ...SEEN.map((code) => `a${String.fromCodePoint(code)}b`)),
  ]
}

/** R74: paths that look alike, and are apart in every system. */
export async function acceptedFolds(): Promise<readonly ManifestVector[]> {
  const apart = async (name: string, ...all: readonly string[]): Promise<ManifestVector> => accept(`apart: ${name}`, all.map((path) => entry(path)))
  return [
    await apart('letters with accents and without', 'é', 'e', 'è', 'ø', 'o', 'đ', 'd'),
    await apart('letters of different scripts', 'a', 'а', 'α', 'o', 'о', 'ο'),
    await apart('forms that only compatibility makes one', 'Ａ', 'a', '²', '2', '①', '1', 'ª'),
    await apart('one and two letters', 's', 'ss', 'ſſſ', 'f', 'ﬁ', 'ij', 'ĳ'),
    await apart('letters that have a case in one language alone', 'straße', 'strasse2', 'ı', 'l', 'j'),
    await apart('folders that are spelled the same, and names that begin alike', 'Dir/a', 'Dir/b', 'dir2/a', 'a/b', 'a/c', 'ab', 'a.b', 'a b', 'a/b.c/d', 'a/b.d', 'a-b/c', 'A-c'),
  ]
}

/** R73: one path that is in no release. */
export async function pathVectors(): Promise<readonly ManifestVector[]> {
  const refused: readonly (readonly [what: string, path: string])[] = [
    ['nothing', ''],
    ['a slash', '/'],
    ['an absolute path', '/etc/passwd'],
    ['two slashes first', '//server/share'],
    ['a slash last', 'a/'],
    ['two slashes in the middle', 'a//b'],
    ['a backslash', 'a\\b'],
    ['a share of Windows', '\\\\server\\share'],
    ['a drive of Windows', 'C:/a'],
    ['a drive without a slash', 'c:a'],
    ['another stream of a file', 'a.txt:hidden'],
    ...Array.from('<>"|?*', (character): readonly [string, string] => [`the character ${character}`, `a${character}b`]),
    ['the part . alone', '.'],
    ['the part . in the middle', 'a/./b'],
    ['the part .. alone', '..'],
    ['the part .. first', '../a'],
    ['the part .. in the middle', 'a/../../b'],
    ['the part .. last', 'a/..'],
    ['three dots', '.../a'],
    ['a dot last', 'a.'],
    ['a space last', 'a /b'],
    ['two dots and a space', '.. /a'],
    ['a space alone', ' '],
    ['half of a surrogate pair', 'a\ud800'],
    ['a surrogate pair in the wrong order', '\udc00\ud800'],
    ['a letter and its accent apart', 'cafe\u0301'],
    ['accents in the wrong order', 'a\u0301\u0323'],
    ['the Kelvin sign', '\u212a'],
    ['the Ångström sign', '\u212b.js'],
    ['Hangul in letters', '\u1112\u1161\u11ab'],
    ['a composed character that NFC takes apart', '\u0958'],
    ['an ideograph that stands for another', '\uf900'],
    ['1,025 bytes', long(1025)],
    ['1,026 bytes of 346 characters', `${'日'.repeat(68)}/`.repeat(4) + `${'日'.repeat(68)}ab`],
    ['a part of 256 bytes', 'a'.repeat(256)],
    ['a part of 258 bytes and 86 characters', `a/${'日'.repeat(86)}`],
    ['a folder of 256 bytes', `${'a'.repeat(256)}/b`],
    ['65 parts', `${'a/'.repeat(64)}b`],
    ['what stands for bytes that are no text', 'a\ufffdb'],
    ['a variation selector alone', '\ufe0f'],
    ['variation selectors alone as a folder', 'a/\ufe0f\ufe00/b'],
    ['the part .. behind a variation selector', '\ufe0e../a'],
    ['the part .. before a variation selector', 'a/..\ufe0f'],
    ['the part .. around a variation selector', '.\ufe00./a'],
    ['a dot last but for a variation selector', 'a.\ufe0f'],
    ['a space last but for a variation selector', 'a \ufe0f/b'],
    ['a device of Windows but for a variation selector', 'c\ufe0fon.txt'],
    ...['con', 'CON', 'PRN.txt', 'Aux', 'nUL.tar.gz', 'a/nul', 'nul/a', 'com1.d/a', 'CONIN$', 'conout$.txt', 'CLOCK$', 'com0', 'COM9', 'lpt0', 'LPT9.x', 'com¹', 'com².txt', 'lpt³', 'con .txt', 'aux  .x']
      .map((path): readonly [string, string] => [`the device of Windows ${path}`, path]),
  ]
  return inTurn(refused, async ([what, path]) => refusePaths(`a path that is or has ${what}`, path))
}

/** The first and the last of each range of R73. */
const HIDDEN = [
  0x00, 0x09, 0x0a, 0x1f, 0x7f, 0x85, 0x9f, 0xad, 0x34f, 0x600, 0x605, 0x61c, 0x6dd, 0x70f, 0x890, 0x891, 0x8e2, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180f, 0x200b, 0x200d, 0x200f, 0x2028, 0x202e, 0x2060, 0x206f, 0x3164,
  0xfeff, 0xffa0, 0xfff0, 0xfffb, 0x110bd, 0x110cd, 0x13430, 0x1343f, 0x1bca0, 0x1bca3, 0x1d173, 0x1d17a, 0xe0000, 0xe0041, 0xe0100, 0xe0fff,
]

/** R73: characters that nobody sees. */
export async function hiddenVectors(): Promise<readonly ManifestVector[]> {
  return inTurn(HIDDEN, async (code) => refusePaths(`a path with U+${code.toString(16).toUpperCase().padStart(4, '0')}`, `a${String.fromCodePoint(code)}b`))
}

/** R74: paths that some system takes for one. */
export async function foldVectors(): Promise<readonly ManifestVector[]> {
  const conflicts: readonly (readonly [what: string, first: string, second: string])[] = [
    ['the same path', 'a', 'a'],
    ['a file and its folder', 'a', 'a/b'],
    ['a folder and its file', 'a/b/c', 'a/b'],
    ['a file and its folder in another case', 'a', 'A/b'],
    ['a folder and its file in another case', 'a/B/c', 'a/b'],
    ['capitals', 'Index.html', 'index.html'],
    ['folders in capitals', 'Dir/a', 'dir/b'],
    ['deep folders in capitals', 'a/Dir/b/c', 'a/dir/d/e'],
    ['capitals with accents', 'É', 'é'],
    ['Greek in capitals', 'Α', 'α'],
    ['Cyrillic in capitals', 'Я', 'я'],
    ['Deseret in capitals', '𐐀', '𐐨'],
    ['Adlam in capitals', '𞤀', '𞤢'],
    ['Georgian in capitals', 'Ა', 'ა'],
    ['Cherokee in capitals', '\u13a0', '\uab70'],
    ['full-width letters in capitals', 'Ａ', 'ａ'],
    ['long s', 'ſ', 's'],
    ['sharp s', 'straße', 'STRASSE'],
    ['capital sharp s', 'STRAẞE', 'straße'],
    ['both sharp s as a folder', 'ẞ/a', 'ß/b'],
    ['final sigma', 'λόγος', 'λόγοσ'],
    ['final sigma in capitals', 'ΛΌΓΟΣ.js', 'λόγος.js'],
    ['dotless i', 'ı', 'i'],
    ['dotless i and a capital', 'ı', 'I'],
    ['dotted capital i', 'İ', 'i̇'],
    ['a ligature', 'ﬁ', 'FI'],
    ['n with an apostrophe', 'ŉ', 'ʼn'],
    ['a letter in title case', 'ǅ', 'ǆ'],
    ['the micro sign', 'µ', 'μ'],
    ['beta in another form', 'ϐ', 'β'],
    ['a Cyrillic letter in another form', '\u1c80', 'в'],
    ['long s with a dot', 'ẛ', 'ṡ'],
    ['iota below', 'ᾳ', 'ΑΙ'],
    ['iota below and an accent more', '\u0386\u0301\u0345', '\u1fb4\u0301'],
    ['a variation selector', '☀️', '☀'],
    ['another variation selector, of folders', 'a/☀︎/b', 'a/☀️/c'],
    ['a variation selector in a name of letters', 'a\ufe0fb', 'ab'],
    ['a variation selector between a letter and its accent', 'e\ufe0f\u0301', '\u00e9'],
    ['iota below, a variation selector and an accent', '\u1fb3\ufe0f\u0301', '\u1fb4'],
  ]
  return inTurn(conflicts, async ([what, first, second]) => refusePaths(`two paths: ${what}`, first, 'between', second))
}
