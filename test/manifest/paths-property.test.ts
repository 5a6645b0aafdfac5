import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve, sep } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { foldPath, pathSet } from '../../src/format/path.js'

/** Pieces of names of which many are refused, and many are the same to some file system. */
const tricky = fc.constantFrom(
  'a', 'A', 'b', 'dir', 'DIR', '/', '/', '//', '.', '..', ' ', '\\', ':', 'con', 'NUL', 'com¹', '.txt', 's', 'S', 'ſ', 'ß', 'ẞ', 'ss', 'SS', 'σ', 'ς', 'Σ', 'k', 'K', '\u212a', 'i', 'I', 'ı', 'İ', '\u0307',
  'é', 'É', 'e\u0301', '\u0301', '\u0345', '\u0386', 'ᾴ', '\ufffd', '\ufe00', 'ᾳ', 'ﬁ', 'fi', 'Ω', '\u2126', '한', '\u1112\u1161\u11ab', 'Ꭰ', 'ꭰ', 'ǅ', 'ǆ', '𐐀', '𐐨', '\ufe0f', '☀', '🚀', '\u200d', '\0', '\n', '\ud800', '\udc00', '__proto__', 'constructor',
)
const anyCharacter = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code))
const anyPath = fc.array(fc.oneof({ weight: 6, arbitrary: tricky }, { weight: 1, arbitrary: anyCharacter }), { minLength: 1, maxLength: 7 }).map((parts) => parts.join(''))
const anyPaths = fc.array(anyPath, { minLength: 1, maxLength: 12 })

/** Those that a release can have, in their order. */
function accepted(paths: readonly string[]): string[] {
  const kept: string[] = []
  for (const path of paths) {
    // A refusal ends the work on a release, so that what comes after it is not defined.
    const add = pathSet()
    if ([...kept, path].every((each) => add(each) === undefined)) kept.push(path)
  }
  return kept
}

const views: readonly (readonly [string, (path: string) => string])[] = [
  ['lower case', (path) => path.toLowerCase()],
  ['upper case', (path) => path.toUpperCase()],
  ['NFC', (path) => path.normalize('NFC')],
  ['NFD', (path) => path.normalize('NFD')],
  ['lower case of NFD', (path) => path.normalize('NFD').toLowerCase().normalize('NFD')],
  ['upper case of NFD', (path) => path.normalize('NFD').toUpperCase().normalize('NFD')],
  ['upper case of single characters', (path) => Array.from(path, (character) => (character.toUpperCase().length === character.length ? character.toUpperCase() : character)).join('')],
  ['lower case without variation selectors', (path) => path.replace(/[\ufe00-\ufe0f]/g, '').toLowerCase()],
  ['upper case of NFD without variation selectors', (path) => path.replace(/[\ufe00-\ufe0f]/g, '').normalize('NFD').toUpperCase().normalize('NFD')],
]

/** A path, and every folder that it lies in. */
function places(path: string): string[] {
  const names = path.split('/')
  return names.map((_, i) => names.slice(0, i + 1).join('/'))
}

describe('R74: whatever paths are accepted', () => {
  test.each(views)('files and folders stay apart in %s', (_name, view) => {
    let most = 0
    fc.assert(
      fc.property(anyPaths, (paths) => {
        const kept = accepted(paths)
        const all = new Set(kept.flatMap(places))
        most = Math.max(most, all.size)
        expect(new Set([...all].map(view)).size).toBe(all.size)
      }),
      { numRuns: 1000 },
    )
    expect(most).toBeGreaterThan(6)
  })

  test.each(views)('letters with accents stay apart in %s', (_name, view) => {
    const accented = fc.array(fc.constantFrom('\u0391', '\u03b1', '\u0386', '\u03ac', '\u1fb3', '\u1fb4', '\u0301', '\u0313', '\u0345', '\u0323', '\ufe0f'), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.array(accented.map((letters) => letters.join('').normalize('NFC')), { minLength: 2, maxLength: 30 }), (paths) => {
        const kept = accepted(paths)
        expect(new Set(kept.map(view)).size).toBe(kept.length)
      }),
      { numRuns: 1000 },
    )
  })

  test('no file is a folder', () => {
    fc.assert(
      fc.property(anyPaths, (paths) => {
        const kept = accepted(paths)
        const folders = new Set(kept.flatMap((path) => places(path).slice(0, -1)).map(foldPath))
        expect(kept.filter((path) => folders.has(foldPath(path)))).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })

  test('are accepted in any order', () => {
    fc.assert(
      fc.property(anyPaths.chain((paths) => fc.tuple(fc.constant(accepted(paths)), fc.shuffledSubarray(accepted(paths)))), ([, shuffled]) => {
        const add = pathSet()
        expect(shuffled.map((path) => add(path)).filter((problem) => problem !== undefined)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})

describe('R73: whatever paths are accepted', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'otaseal-paths-'))
  })
  afterEach(async () => rm(folder, { recursive: true, force: true }))

  test('are files below the folder that they are put into, and these alone', async () => {
    let run = 0
    let files = 0
    await fc.assert(
      fc.asyncProperty(anyPaths, async (paths) => {
        const root = join(folder, String(run++), 'root')
        await mkdir(root, { recursive: true })
        const kept = accepted(paths)
        for (const path of kept) {
          const file = join(root, path)
          expect(resolve(root, path)).toBe(file)
          expect(file.startsWith(root + sep)).toBe(true)
          await mkdir(dirname(file), { recursive: true })
          await writeFile(file, path, { flag: 'wx' })
        }
        expect(await filesIn(root)).toEqual(new Map(kept.map((path): [string, string] => [path, path]).sort(byPath)))
        expect(await readdir(dirname(root))).toEqual(['root'])
        files += kept.length
      }),
      { numRuns: 150 },
    )
    expect(files).toBeGreaterThan(200)
  })
})

const byPath = ([a = '']: readonly string[], [b = '']: readonly string[]): number => (a < b ? -1 : 1)

async function filesIn(root: string): Promise<Map<string, string>> {
  const all = await readdir(root, { recursive: true, withFileTypes: true })
  const read = all.filter((each) => each.isFile()).map(async ({ name, parentPath }): Promise<[string, string]> => {
    const file = join(parentPath, name)
    return [relative(root, file), await readFile(file, 'utf8')]
  })
  return new Map((await Promise.all(read)).sort(byPath))
}

describe('folding', () => {
  /** Planes 0 and 1: no other has letters with a case. */
  const characters = Array.from({ length: 0x20000 }, (_, code) => code).filter((code) => code < 0xd800 || code > 0xdfff).map((code) => String.fromCodePoint(code))
  const folds = new Map(characters.map((character) => [character, foldPath(character)]))

  test.each(views)('makes one of all characters that are one in %s', (_name, view) => {
    const known = new Map<string, string>()
    const wrong = characters.filter((character) => {
      const [viewed, folded] = [view(character), folds.get(character) ?? '']
      const other = known.get(viewed) ?? folded
      known.set(viewed, folded)
      return other !== folded
    })
    expect(wrong).toEqual([])
  })

  test('makes one of what is canonically caseless equal, in the way that the Unicode Standard has it', () => {
    const pairs = [['\u0386\u0301\u0345', '\u1fb4\u0301'], ['\u1fb3\ufe0f\u0301', '\u1fb4'], ['e\ufe0f\u0301', '\u00c9']] as const
    for (const [one, other] of pairs) expect(foldPath(one)).toBe(foldPath(other))
  })

  test('is done once: what is folded folds to itself', () => {
    expect([...folds.values()].filter((folded) => foldPath(folded) !== folded)).toEqual([])
  })

  test('leaves no two characters with different letters one', () => {
    expect(new Set(folds.values()).size).toBeGreaterThan(125_000)
  })
})
