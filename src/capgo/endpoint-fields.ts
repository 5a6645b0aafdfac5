import { EnvelopeError } from '../errors.js'
import { parseChecksum } from './checksum.js'
import { COMPRESSED, MOST_FILES, pathCheck, quoted } from './manifest-path.js'
import type { ErrorCode } from '../errors.js'

/** What is wrong with one thing. */
export interface Objection {
  readonly code: ErrorCode
  readonly message: string
}

const URL_MAX = 8192

/** RFC 3986 without user names and brackets: what Java's and Swift's parsers of addresses read alike. */
const URL_FORM = /^https?:\/\/[A-Za-z0-9._-]+(?::\d{1,5})?(?:[/?#](?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?$/

/** Whether devices of both platforms can download from there. */
export function isDownloadUrl(url: unknown): url is string {
  return typeof url === 'string' && url.length <= URL_MAX && URL_FORM.test(url)
}

/** All that is wrong with the form of a manifest, entry by entry; signatures are not looked into. */
export function* manifestObjections(manifest: unknown): Generator<Objection, void, undefined> {
  if (!Array.isArray(manifest) || manifest.length === 0) return yield malformed('the manifest is no list of files, or an empty one: leave it out where devices shall load the ZIP')
  if (manifest.length > MOST_FILES) return yield { code: 'limit-exceeded', message: `the manifest has more than ${MOST_FILES} files` }
  const checkPath = pathCheck(true)
  for (const [i, entry] of (manifest as readonly unknown[]).entries()) {
    const { file_name, file_hash, download_url } = membersOf(entry)
    const where = nameOf(i, file_name)
    if (typeof file_name !== 'string') yield malformed(`${where} has no file_name: give its path in the bundle`)
    else yield* refused(where, () => checkPath(file_name.endsWith(COMPRESSED) ? file_name.slice(0, -COMPRESSED.length) : file_name))
    yield* refused(where, () => parseChecksum(file_hash))
    if (!isDownloadUrl(download_url)) yield malformed(`${where}: download_url must be an https address, with other characters than those of RFC 3986 percent-encoded`)
  }
}

/** An entry in messages. */
export function nameOf(i: number, fileName: unknown): string {
  return `manifest[${i}]${typeof fileName === 'string' ? ` ${quoted(fileName)}` : ''}`
}

/** Its members, whatever it is. */
export function membersOf(entry: unknown): { readonly file_name?: unknown; readonly file_hash?: unknown; readonly download_url?: unknown } {
  return typeof entry === 'object' && entry !== null ? entry : {}
}

function* refused(where: string, check: () => unknown): Generator<Objection> {
  try {
    check()
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    yield { code: error.code, message: `${where}: ${error.message}` }
  }
}

function malformed(message: string): Objection {
  return { code: 'malformed-release', message }
}
