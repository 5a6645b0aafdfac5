import { EnvelopeError } from '../errors.js'
import { isUnicode } from '../text.js'
import { parseChecksum } from './checksum.js'
import type { ErrorCode } from '../errors.js'

/** What is wrong with one thing. */
export interface Objection {
  readonly code: ErrorCode
  readonly message: string
}

/** The most files that a manifest may have. */
const MANIFEST_MAX = 65_536
const NAME_MAX = 1024
const URL_MAX = 8192

/** RFC 3986 without user names and brackets: what Java's and Swift's parsers of addresses read alike. */
const URL_FORM = /^https?:\/\/[A-Za-z0-9._-]+(?::\d{1,5})?(?:[/?#](?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?$/

/** Whether devices of both platforms can download from there. */
export function isDownloadUrl(url: unknown): url is string {
  return typeof url === 'string' && url.length <= URL_MAX && URL_FORM.test(url)
}

/** Where devices put a file of this name: without the `.br` of a compressed one. */
export function targetOf(fileName: string): string {
  return fileName.replace(/\.br$/, '')
}

/** All that is wrong with the form of a manifest, entry by entry; signatures are not looked into. */
export function* manifestObjections(manifest: unknown): Generator<Objection, void, undefined> {
  if (!Array.isArray(manifest) || manifest.length === 0) return yield malformed('the manifest is no list of files, or an empty one: leave it out where devices shall load the ZIP')
  if (manifest.length > MANIFEST_MAX) return yield { code: 'limit-exceeded', message: `the manifest has more than ${MANIFEST_MAX} files` }
  const targets = new Set<string>()
  for (const [i, entry] of (manifest as readonly unknown[]).entries()) {
    const { file_name, file_hash, download_url } = membersOf(entry)
    const where = nameOf(i, file_name)
    if (!isFileName(file_name)) yield malformed(`${where}: file_name must be a relative path with slashes, without empty, . and .. parts`)
    else if (targets.has(targetOf(file_name))) yield malformed(`${where}: another entry has the same path`)
    else targets.add(targetOf(file_name))
    yield* hashObjection(file_hash, where)
    if (!isDownloadUrl(download_url)) yield malformed(`${where}: download_url must be an https address`)
  }
  yield* nestedTargets(targets)
}

/** An entry in messages. */
export function nameOf(i: number, fileName: unknown): string {
  return `manifest[${i}]${typeof fileName === 'string' ? ` ${JSON.stringify(fileName.slice(0, 100))}` : ''}`
}

/** Its members, whatever it is. */
export function membersOf(entry: unknown): { readonly file_name?: unknown; readonly file_hash?: unknown; readonly download_url?: unknown } {
  return typeof entry === 'object' && entry !== null ? entry : {}
}

function isFileName(name: unknown): name is string {
  if (typeof name !== 'string' || name.length > NAME_MAX || !isUnicode(name)) return false
  if (/[\0-\x1f\x7f\\]/.test(name)) return false
  return targetOf(name).split('/').every((part) => !['', '.', '..'].includes(part))
}

function* hashObjection(hash: unknown, where: string): Generator<Objection> {
  try {
    parseChecksum(hash)
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    yield { code: error.code, message: `${where}: ${error.message}` }
  }
}

/** A path can't be a file and a folder. */
function* nestedTargets(targets: ReadonlySet<string>): Generator<Objection> {
  for (const target of targets) {
    for (let end = target.indexOf('/'); end >= 0; end = target.indexOf('/', end + 1)) {
      if (targets.has(target.slice(0, end))) yield malformed(`the manifest has ${JSON.stringify(target.slice(0, Math.min(end, 100)))} both as a file and as a folder`)
    }
  }
}

function malformed(message: string): Objection {
  return { code: 'malformed-release', message }
}
