import { utf8Encode } from '../text.js'
import { NAME_SIZE_MAX, PATH_NAMES_MAX, PATH_SIZE_MAX } from './limits.js'

/**
 * What some system that unpacks files can't have in a name, or reads as something else: control characters, `\`, and what Windows
 * reserves. Then characters that nobody sees (general categories Cf, Zl and Zp), some of which file systems ignore. Without
 * property escapes, which not every engine of a device has.
 */
const FORBIDDEN =
  /[\u0000-\u001f\u007f-\u009f\\:<>"|?*\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{110bd}\u{110cd}\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u

/** Devices of Windows, with any ending (Naming Files, Paths, and Namespaces, in Microsoft's documentation of Win32). */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]) *(\.|$)/i

/** Why `path` can't be a path of a manifest, in words that follow it; `undefined` where it can. */ // R73
export function pathProblem(path: string): string | undefined {
  const size = utf8Encode(path)?.length
  if (size === undefined) return 'holds a lone surrogate'
  if (size > PATH_SIZE_MAX) return `takes more than ${PATH_SIZE_MAX} bytes`
  if (path.normalize('NFC') !== path) return 'is not in the Unicode form NFC'
  if (FORBIDDEN.test(path)) return 'has a character that is not allowed: a backslash, one of : < > " | ? *, or one that nobody sees'
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
  return (utf8Encode(name) as Uint8Array).length > NAME_SIZE_MAX ? `has a part of more than ${NAME_SIZE_MAX} bytes` : undefined
}

/** What two paths have in common that a file system may take for one: equal but for upper and lower case. */ // R74
export function foldPath(path: string): string {
  return path.toUpperCase().toLowerCase().normalize('NFC')
}

/** What is there under a folded path: a file, or a folder of one. */
interface Known {
  readonly path: string
  readonly isFile: boolean
}

/** Checks paths one after the other, each against all before it: gives why one can't be added, in words that follow it. */ // R74
export function pathSet(): (path: string) => string | undefined {
  const known = new Map<string, Known>()
  return (path) => {
    const problem = pathProblem(path)
    if (problem !== undefined) return problem
    const folded = foldPath(path)
    const names = path.split('/')
    let length = 0
    let foldedLength = 0
    for (const [i, name] of names.entries()) {
      length += name.length + (i === 0 ? 0 : 1)
      foldedLength = i === names.length - 1 ? folded.length : folded.indexOf('/', foldedLength + 1)
      const here = { path: path.slice(0, length), isFile: i === names.length - 1 }
      const key = folded.slice(0, foldedLength)
      const there = known.get(key)
      const conflict = there && conflictOf(here, there)
      if (conflict !== undefined) return conflict
      if (there === undefined) known.set(key, here)
    }
    return undefined
  }
}

function conflictOf(here: Known, there: Known): string | undefined {
  if (here.path !== there.path) return `differs from ${there.path} only in upper and lower case`
  if (here.isFile && there.isFile) return 'is there twice'
  return here.isFile || there.isFile ? 'is a file and a folder at once' : undefined
}
