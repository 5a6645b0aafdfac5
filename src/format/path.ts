import { utf8Encode } from '../text.js'
import { FOLDERS_MAX, NAME_SIZE_MAX, PATH_NAMES_MAX, PATH_SIZE_MAX } from './limits.js'

/** What Windows can't have in a name, `\` first, which it reads as a slash. */
const FORBIDDEN = /[\\:<>"|?*]/

/**
 * Characters that nobody sees: of the general categories Cc, Cf, Zl and Zp, and those with the property
 * Default_Ignorable_Code_Point, some of which file systems ignore. All but the variation selectors of emoji. Without property
 * escapes, which not every engine of a device has.
 */
const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{110bd}\u{110cd}\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u

/** What systems show in the place of bytes of a name that are no text: two names may read the same. */
const NO_TEXT = '\ufffd'

/** Whether an emoji is shown in colours. File systems that ignore case ignore it too. */
const VARIATION_SELECTOR = /[\ufe00-\ufe0f]/g

/** Devices of Windows, with any ending (Naming Files, Paths, and Namespaces, in Microsoft's documentation of Win32). */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]) *(\.|$)/i

/** Why `path` can't be a path of a manifest, in words that follow it; `undefined` where it can. */ // R73
export function pathProblem(path: string): string | undefined {
  if (isLonger(path, PATH_SIZE_MAX)) return `takes more than ${PATH_SIZE_MAX} bytes`
  if (/[\ud800-\udfff]/u.test(path)) return 'holds a lone surrogate'
  if (path.normalize('NFC') !== path) return 'is not in the Unicode form NFC'
  if (path.includes(NO_TEXT)) return 'has the character U+FFFD, which stands for bytes that are no text'
  if (FORBIDDEN.test(path)) return 'has a character that Windows does not allow: a backslash, or one of : < > " | ? *'
  if (INVISIBLE.test(path)) return 'has a character that nobody sees'
  const names = path.split('/')
  if (names.length > PATH_NAMES_MAX) return `has more than ${PATH_NAMES_MAX} parts`
  for (const name of names) {
    const problem = nameProblem(name)
    if (problem !== undefined) return problem
  }
  return undefined
}

function nameProblem(written: string): string | undefined {
  const name = written.replace(VARIATION_SELECTOR, '')
  if (name === '') return 'has an empty part: it must be relative, with single slashes between its parts'
  if (name === '.' || name === '..') return 'has a part "." or ".."'
  if (/[. ]$/.test(name)) return 'has a part that ends with a dot or a space, which Windows drops'
  if (RESERVED.test(name)) return 'has a part that Windows reserves for a device'
  return isLonger(written, NAME_SIZE_MAX) ? `has a part of more than ${NAME_SIZE_MAX} bytes` : undefined
}

/** Whether text takes more than `most` bytes of UTF-8. A character takes one to three for each of its code units. */
function isLonger(text: string, most: number): boolean {
  return text.length > most || (text.length * 3 > most && (utf8Encode(text)?.length ?? 0) > most)
}

/** What two paths have in common that a file system may take for one: equal but for upper and lower case. */ // R74
export function foldPath(path: string): string {
  // Upper case makes a letter of iota below, which must stand behind all accents before that.
  const ordered = path.replace(VARIATION_SELECTOR, '').normalize('NFD')
  // The first step is for capital sharp s, whose upper case is itself.
  return ordered.toLowerCase().toUpperCase().toLowerCase().normalize('NFD')
}

/** A file or a folder that is there. */
interface Place {
  readonly path: string
  readonly isFile: boolean
}

/** Why a path can't be added to others. */
export interface PathProblem {
  /** In words that follow the path, and quote none: a device tells nobody what a release holds. */
  readonly problem: string
  /** The path, or folder, that is there already. */
  readonly other?: string
}

/** The same for the publisher, who is to find the other path. */
export function quotingOther({ problem, other }: PathProblem): string {
  return other === undefined ? problem : `${problem} (${JSON.stringify(other)})`
}

/** Checks paths one after the other, each against all before it: gives why one can't be added. */ // R74
export function pathSet(): (path: string) => PathProblem | undefined {
  const places = new Map<string, Place>()
  let folders = 0
  const add = (here: Place, folded: string): PathProblem | undefined => {
    const there = places.get(folded)
    if (there !== undefined) return conflictOf(here, there)
    // A folder that is there already has all of its own there too.
    const problem = folded.includes('/') ? add({ path: folderOf(here.path), isFile: false }, folderOf(folded)) : undefined
    if (problem !== undefined) return problem
    if (!here.isFile && ++folders > FOLDERS_MAX) return { problem: `takes one folder more than the ${FOLDERS_MAX} that a release can have` }
    places.set(folded, here)
    return undefined
  }
  return (path) => {
    const problem = pathProblem(path)
    return problem === undefined ? add({ path, isFile: true }, foldPath(path)) : { problem }
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

function conflictOf(here: Place, there: Place): PathProblem | undefined {
  if (here.path !== there.path) return { problem: 'differs from another path only in upper and lower case', other: there.path }
  if (here.isFile && there.isFile) return { problem: 'is there twice' }
  return here.isFile || there.isFile ? { problem: 'is a file and a folder at once' } : undefined
}
