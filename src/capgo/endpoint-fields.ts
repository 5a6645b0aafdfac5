import { EnvelopeError } from '../errors.js'
import { parseChecksum } from './checksum.js'
import { COMPRESSED, MOST_FILES, pathCheck, quoted } from './manifest-path.js'
import type { ErrorCode } from '../errors.js'
import type { CheckPath } from './manifest-path.js'

/** What is wrong with one thing. */
export interface Objection {
  readonly code: ErrorCode
  readonly message: string
}

/** The members of an entry, whatever they are. */
export interface EntryMembers {
  readonly file_name?: unknown
  readonly file_hash?: unknown
  readonly download_url?: unknown
}

const URL_MAX = 8192

/** RFC 3986 without user names and brackets: what Java's and Swift's parsers of addresses read alike. */
const HOST = /[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?/.source
/** 1 to 65535. */
const PORT = /(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])/.source
const REST = /[/?#](?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*/.source
const URL_FORM = new RegExp(`^https?://${HOST}(?::${PORT})?(?:${REST})?$`)

/** What `parseChecksum` takes, which is 256 bytes, without decoding them: the one form in hex, and those in base64. */
const HEX_FORM = /^[0-9A-Fa-f]{512}$/
const BASE64_FORM = /^[A-Za-z0-9+/]{341}[AQgw]==$/

/** Whether devices of both platforms can download from there. */
export function isDownloadUrl(url: unknown): url is string {
  return typeof url === 'string' && url.length <= URL_MAX && URL_FORM.test(url)
}

/** Whether a text has the form of a signed checksum; its length then tells V3 from the others. */
export function isChecksumText(text: unknown): text is string {
  return typeof text === 'string' && (HEX_FORM.test(text) || BASE64_FORM.test(text))
}

/**
 * A copy of a manifest, whatever it is, in which each member was read once; `undefined` where there is none. Of one with too many files there are as
 * many as it takes to see that.
 */
export function manifestSnapshot(manifest: unknown): readonly EntryMembers[] | undefined {
  if (manifest === undefined || manifest === null) return undefined
  if (!Array.isArray(manifest)) return []
  return Array.from(manifest.slice(0, MOST_FILES + 1), (entry: unknown) => {
    const { file_name, file_hash, download_url } = (typeof entry === 'object' && entry !== null ? entry : {}) as EntryMembers
    return { file_name, file_hash, download_url }
  })
}

/** What is wrong with the number of a manifest's files, if anything. */
export function sizeObjection(entries: readonly EntryMembers[]): Objection | undefined {
  if (entries.length === 0) return malformed('the manifest is no list of files, or an empty one: leave it out where devices shall load the ZIP')
  return entries.length > MOST_FILES ? { code: 'limit-exceeded', message: `the manifest has more than ${MOST_FILES} files` } : undefined
}

/** Gives all that is wrong with the form of an entry beside those before it; signatures are not looked into. */
export type CheckEntry = (entry: EntryMembers, i: number) => readonly Objection[]

/** For the entries of one manifest. */
export function entryCheck(): CheckEntry {
  const checkPath = pathCheck('judged')
  return ({ file_name, file_hash, download_url }, i) => {
    const found = [nameObjection(file_name, checkPath), hashObjection(file_hash), urlObjection(download_url)].filter((objection) => objection !== undefined)
    return found.map(({ code, message }) => ({ code, message: `${nameOf(i, file_name)}: ${message}` }))
  }
}

/** An entry in messages. */
export function nameOf(i: number, fileName: unknown): string {
  return `manifest[${i}]${typeof fileName === 'string' ? ` ${quoted(fileName)}` : ''}`
}

/** Whether devices decompress this file. */
export function isCompressed({ file_name: name }: EntryMembers): boolean {
  return typeof name === 'string' && name.endsWith(COMPRESSED)
}

function nameObjection(name: unknown, checkPath: CheckPath): Objection | undefined {
  if (typeof name !== 'string') return malformed('file_name is missing: give the path of the file in the bundle')
  return refusal(() => checkPath(name.endsWith(COMPRESSED) ? name.slice(0, -COMPRESSED.length) : name))
}

function hashObjection(hash: unknown): Objection | undefined {
  return isChecksumText(hash) ? undefined : refusal(() => parseChecksum(hash))
}

function urlObjection(url: unknown): Objection | undefined {
  return isDownloadUrl(url) ? undefined : malformed('download_url must be an https address, with other characters than those of RFC 3986 percent-encoded')
}

function refusal(check: () => unknown): Objection | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    return { code: error.code, message: error.message }
  }
}

function malformed(message: string): Objection {
  return { code: 'malformed-release', message }
}
