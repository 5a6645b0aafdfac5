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

/** Whether an emoji is shown in colours. File systems that ignore case ignore it too. */
const VARIATION_SELECTOR = /[\ufe00-\ufe0f]/g

/** Devices of Windows, with any ending (Naming Files, Paths, and Namespaces, in Microsoft's documentation of Win32). */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]) *(\.|$)/i

/** Why `path` can't be a path of a manifest, in words that follow it; `undefined` where it can. */ // R73
export function pathProblem(path: string): string | undefined {
  if (isLonger(path, PATH_SIZE_MAX)) return `takes more than ${PATH_SIZE_MAX} bytes`
  if (/[\ud800-\udfff]/u.test(path)) return 'holds a lone surrogate'
  if (path.normalize('NFC') !== path) return 'is not in the Unicode form NFC'
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

function nameProblem(name: string): string | undefined {
  if (name === '') return 'has an empty part: it must be relative, with single slashes between its parts'
  if (name === '.' || name === '..') return 'has a part "." or ".."'
  if (/[. ]$/.test(name)) return 'has a part that ends with a dot or a space, which Windows drops'
  if (RESERVED.test(name)) return 'has a part that Windows reserves for a device'
  return isLonger(name, NAME_SIZE_MAX) ? `has a part of more than ${NAME_SIZE_MAX} bytes` : undefined
}

/** Whether text takes more than `most` bytes of UTF-8. A character takes one to three for each of its code units. */
function isLonger(text: string, most: number): boolean {
  return text.length > most || (text.length * 3 > most && (utf8Encode(text)?.length ?? 0) > most)
}

/** What two paths have in common that a file system may take for one: equal but for upper and lower case. */ // R74
export function foldPath(path: string): string {
  // The first step is for capital sharp s, whose upper case is itself.
  return path.replace(VARIATION_SELECTOR, '').toLowerCase().toUpperCase().toLowerCase().normalize('NFC')
}

/** A file or a folder that is there. */
interface Place {
  readonly path: string
  readonly isFile: boolean
}

/** Checks paths one after the other, each against all before it: gives why one can't be added, in words that follow it. */ // R74
export function pathSet(): (path: string) => string | undefined {
  const places = new Map<string, Place>()
  let folders = 0
  const add = (here: Place, folded: string): string | undefined => {
    const there = places.get(folded)
    if (there !== undefined) return conflictOf(here, there)
    // A folder that is there already has all of its own there too.
    const problem = folded.includes('/') ? add({ path: folderOf(here.path), isFile: false }, folderOf(folded)) : undefined
    if (problem !== undefined) return problem
    if (!here.isFile && ++folders > FOLDERS_MAX) return `takes one folder more than the ${FOLDERS_MAX} that a release can have`
    places.set(folded, here)
    return undefined
  }
  return (path) => pathProblem(path) ?? add({ path, isFile: true }, foldPath(path))
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

function conflictOf(here: Place, there: Place): string | undefined {
  if (here.path !== there.path) return `differs from ${there.path} only in upper and lower case`
  if (here.isFile && there.isFile) return 'is there twice'
  return here.isFile || there.isFile ? 'is a file and a folder at once' : undefined
}
