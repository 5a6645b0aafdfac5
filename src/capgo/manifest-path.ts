import { isUnicode, utf8Encode } from '../text.js'
import { malformedRelease } from './malformed.js'

/** What the name of a compressed file ends in; devices cut it off and decompress. */
export const COMPRESSED = '.br'

/** How many files a release may have. */
export const MOST_FILES: number = 100_000
const MOST_CHARACTERS = 1024
/** Folders above a file, and its name. */
const MOST_PARTS = 32
/** Devices put 64 digits, `_` and `.br` around a file's name, in file systems whose names have at most 255 bytes. */
const MOST_PART_BYTES = 255 - 65 - COMPRESSED.length

const ASCII_ESCAPE = /%[0-7][0-9a-f]/gi
const ESCAPES = /%[0-9a-f]{2}/gi

/** What no path may be, and what to do about it. */
type Objection = readonly [holds: (path: string) => boolean, advice: string]

const shape: readonly Objection[] = [
  [(path) => path === '', 'is empty: name the file'],
  [(path) => /\p{Cc}/u.test(path), 'holds a control character: rename the file'],
  [(path) => path.includes('\\'), 'holds a backslash: separate folders by /'],
  [(path) => path.startsWith('/') || /^[a-z]:/i.test(path), 'is absolute: make it relative to the folder that holds index.html'],
  [(path) => path.split('/').some((part) => ['', '.', '..'].includes(part)), 'has an empty part, . or .. in it: write it without'],
]

const form: readonly Objection[] = [
  // Escapes, as the Capgo CLI writes them, count as one character each.
  [(path) => path.length > 9 * MOST_CHARACTERS || path.replace(ESCAPES, '.').length > MOST_CHARACTERS, `has more than ${MOST_CHARACTERS} characters: shorten it`],
  [(path) => !isUnicode(path), 'holds half a character (a lone surrogate): rename the file'],
  ...shape,
  [(path) => path.split('/').length > MOST_PARTS, `has more than ${MOST_PARTS} parts: put the file less deep`],
  [(path) => path.endsWith(COMPRESSED), 'ends in .br, which devices cut off to decompress the file: rename it, or leave it out where it is a compressed copy'],
  // What a server may make of the name must be harmless too.
  [(path) => shape.some(([holds]) => holds(unescaped(path))), 'holds escapes of a separator, a control character or a dot part: rename the file'],
]

/** What some device or file system does not keep. */
const kept: readonly Objection[] = [
  [(path) => path.startsWith('~'), 'begins with ~, which plugins on iOS from 8.45.11 on take for the place of a user: rename the folder or file'],
  [
    (path) => path.split('/').some((part) => (utf8Encode(part)?.length ?? 0) > MOST_PART_BYTES),
    `has a part of more than ${MOST_PART_BYTES} bytes, which devices can't keep beside its digest: shorten it`,
  ],
  [
    (path) => path.normalize('NFC') !== path,
    "is not in Unicode's form NFC, and would be another name on some file systems: rename the file to path.normalize('NFC')",
  ],
]

/** What servers may change: a file would come to lie under another name. */
const unchanged: readonly Objection[] = [
  [(path) => /\s/u.test(path), 'holds a space, which the Capgo CLI refuses too: rename the file'],
  [
    (path) => path.search(ESCAPES) >= 0,
    'holds % and two hex digits, which some servers turn into a character: pass the name as the file has it, unescaped, or rename the file',
  ],
]

/** Refuses a path that no file of the release may have, or not besides the ones before. */
export type CheckPath = (path: string) => void

/** Whose paths these are: those of files that are published here, that others will publish, or that others have published. */
export type PathUse = 'written' | 'judged' | 'read'

const uses: Readonly<Record<PathUse, readonly Objection[]>> = { written: [...form, ...kept, ...unchanged], judged: [...form, ...kept], read: form }

/** For the paths of one release. */
export function pathCheck(use: PathUse): CheckPath {
  const files = new Set<string>()
  const folders = new Set<string>()
  const objections = uses[use]
  return (path) => {
    const advice = objections.find(([holds]) => holds(path))?.[1]
    if (advice !== undefined) throw malformedRelease(`the path ${quoted(path)} ${advice}`)
    if (files.size >= MOST_FILES) throw malformedRelease(`the release has more than ${MOST_FILES} files: publish it as a ZIP`)
    const name = folded(path)
    if (files.has(name)) throw malformedRelease(`the path ${quoted(path)} comes twice, or differs from another in small and capital letters alone: leave one out`)
    if (folders.has(name)) throw malformedRelease(`the path ${quoted(path)} is the folder of another file: rename one`)
    for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
      const folder = name.slice(0, end)
      if (files.has(folder)) throw malformedRelease(`the path ${quoted(path)} lies in a folder that is another file: rename one`)
      if (folders.has(folder)) break
      folders.add(folder)
    }
    files.add(name)
  }
}

/** A name of others for a message: short, and nothing in it that moves text about. */
export function quoted(name: string): string {
  const text = name.length > 120 ? `${name.slice(0, 120)}...` : name
  return JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`)
}

/** The same for all names that some file system takes for one. */
function folded(path: string): string {
  // Twice: the capital of a small letter may have another small letter.
  return path.normalize('NFC').toLowerCase().toUpperCase().toLowerCase().normalize('NFC')
}

function unescaped(path: string): string {
  return path.replace(ASCII_ESCAPE, (escape) => String.fromCharCode(Number.parseInt(escape.slice(1), 16)))
}
