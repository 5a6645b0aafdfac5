import { EnvelopeError } from '../errors.js'
import { booleanOption, objectOption, textOption } from '../options.js'
import { parseChecksum } from './checksum.js'
import { entryCheck, isCompressed, isDownloadUrl, manifestSnapshot, nameOf, sizeObjection } from './endpoint-fields.js'
import { checkKeepsCompressed, checkReadsForm, checkReadsManifest } from './endpoint-plugin.js'
import { malformedRelease } from './malformed.js'
import { quoted } from './manifest-path.js'
import { parseSession } from './session.js'
import type { CapgoChecksumForm } from './checksum.js'
import type { EntryMembers, Objection } from './endpoint-fields.js'
import type { CapgoUpdateRequest } from './endpoint-request.js'

/** One file of a release that devices fetch file by file. */
export interface CapgoManifestEntry {
  /** Path in the bundle, with slashes; it ends in `.br` where the file is compressed. */
  readonly file_name: string
  /** The signed SHA-256 of the file, in the form of the release's checksum. */
  readonly file_hash: string
  readonly download_url: string
}

/** Answer of an update endpoint that has an encrypted release, as JSON with status 200. */
export interface CapgoUpdateAnswer {
  readonly version: string
  /** Address of the payload; devices take no answer without one, not even with a manifest. */
  readonly url: string
  readonly checksum: string
  /** With an underscore: iOS reads no other spelling, and a device that finds none takes the payload for a plain ZIP. */
  readonly session_key: string
  readonly manifest?: readonly CapgoManifestEntry[]
  /** For people: an address with more about the release. */
  readonly link?: string
  readonly comment?: string
  /** Makes the plugin tell the app that this release needs a new version from the store. */
  readonly breaking?: boolean
}

/** Why there is nothing for a device: it has the latest release, it may not have it, or the server could not say. */
export type CapgoNoUpdateKind = 'up_to_date' | 'blocked' | 'failed'

/** Answer of an update endpoint that has nothing, as JSON with status 200. */
export interface CapgoNoUpdate {
  readonly message: string
  readonly kind: CapgoNoUpdateKind
  /** A short code for programs. */
  readonly error?: string
}

/** What an answer is made of. */
export interface CapgoAnswerInput {
  /** Name of the release. Not `builtin`, which has devices go back to what the store delivered. */
  readonly version: string
  readonly url: string
  /** What `encryptForCapgo` gave, or as much of it as was stored. */
  readonly release: { readonly sessionKey: string; readonly checksum: string; readonly keyId?: string | null | undefined; readonly checksumForm?: CapgoChecksumForm | undefined }
  readonly manifest?: readonly CapgoManifestEntry[] | undefined
  readonly link?: string | undefined
  readonly comment?: string | undefined
  readonly breaking?: boolean | undefined
  /** Who asked. If given, a release that this device can't read is refused here, before it is downloaded. */
  readonly request?: Pick<CapgoUpdateRequest, 'plugin_version' | 'key_id'> | undefined
}

/** Without control characters and lone surrogates; where people read it, lines may break. */
const TEXT = /^[^\p{Cc}\p{Cs}]{1,512}$/u
const LONG_TEXT = /^(?:[^\p{Cc}\p{Cs}]|[\t\n\r]){1,8192}$/u
const RESERVED = ['builtin', 'unknown']
const kinds: readonly CapgoNoUpdateKind[] = ['up_to_date', 'blocked', 'failed']

/**
 * The answer that has a device download a release. It has neither `error` nor `kind` nor `message`, by which devices know answers without one.
 *
 * All entries of a manifest are checked at once, without a turn for others: 3,000 take some 15 to 50 ms, 100,000 half a second. So build an answer
 * with a large manifest once for many devices. Without `request` it is the same for all; with it, what is checked depends on `plugin_version` and
 * `key_id` alone (which anyone can make up: bound what you keep for them), and that is checked before the entries are.
 *
 * @throws EnvelopeError `malformed-release` where the release or its manifest lacks its form, or the two have different forms; with `request`,
 *   `bad-key` where the device holds another public key, and `unsupported` where its plugin reads another form of checksum or no manifest, or loses
 *   compressed files of one: choose another release, answer without the manifest, or answer {@link noCapgoUpdate}
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export function capgoUpdateAnswer(input: CapgoAnswerInput): CapgoUpdateAnswer {
  const { version, url, release, manifest, link, comment, breaking, request } = objectOption('answer', input)
  const { sessionKey, checksum, keyId, checksumForm } = objectOption('release', release)
  parseSession(sessionKey)
  // Of two forms that look the same, publishers write the first.
  const form = parseChecksum(checksum).rows.find((row) => checksumForm === undefined || row.form === checksumForm)?.form
  if (form === undefined) throw malformedRelease('the checksum is not of the form that checksumForm says: store both together')
  const entries = manifest === undefined ? undefined : (manifestSnapshot(manifest) ?? [])
  if (request !== undefined) checkDevice(objectOption('request', request), { keyId, form, entries })
  return {
    version: versionOption(version),
    url: urlOption('url', url),
    checksum,
    session_key: sessionKey,
    ...(entries === undefined ? {} : { manifest: manifestOf(entries, checksum) }),
    ...(link === undefined ? {} : { link: urlOption('link', link) }),
    ...(comment === undefined ? {} : { comment: textOption('comment', comment, LONG_TEXT) }),
    ...(breaking === undefined ? {} : { breaking: booleanOption('breaking', breaking) }),
  }
}

/**
 * The answer that has a device stay with what it has. Without a `kind`, plugins of today would take it for a failure, so it is always there.
 *
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export function noCapgoUpdate(input: { readonly message: string; readonly kind?: CapgoNoUpdateKind | undefined; readonly error?: string | undefined }): CapgoNoUpdate {
  const { message, kind = 'up_to_date', error } = objectOption('answer', input)
  if (!kinds.includes(kind)) throw new RangeError(`kind must be ${kinds.join(', ')}`)
  return { message: textOption('message', message, LONG_TEXT), kind, ...(error === undefined ? {} : { error: textOption('error', error, TEXT) }) }
}

interface Offer {
  readonly keyId: string | null | undefined
  readonly form: CapgoChecksumForm
  readonly entries: readonly EntryMembers[] | undefined
}

/** Whether this device holds the public key, and reads what it is given. */
function checkDevice(device: NonNullable<CapgoAnswerInput['request']>, { keyId, form, entries }: Offer): void {
  const { key_id, plugin_version } = device
  // Early plugins told only the first 4 characters.
  if (typeof key_id === 'string' && typeof keyId === 'string' && !keyId.startsWith(key_id)) {
    throw new EnvelopeError('bad-key', `the device holds the public key ${quoted(key_id)}, and the release is signed for ${keyId}: it would refuse it, so choose a release for its key`)
  }
  checkReadsForm(plugin_version, form)
  if (entries !== undefined) checkReadsManifest(plugin_version)
  if (entries?.some(isCompressed) === true) checkKeepsCompressed(plugin_version)
}

function versionOption(version: string): string {
  if (RESERVED.includes(textOption('version', version, TEXT))) throw new RangeError(`version must not be ${version}, which means no release to devices`)
  return version
}

function urlOption(name: string, url: string): string {
  if (typeof url !== 'string') throw new TypeError(`${name} must be a string`)
  if (!isDownloadUrl(url)) throw new RangeError(`${name} must be an https address, with other characters than those of RFC 3986 percent-encoded`)
  return url
}

/** The entries, after each was checked, also against the checksum of the release. */
function manifestOf(entries: readonly EntryMembers[], checksum: string): readonly CapgoManifestEntry[] {
  const checkEntry = entryCheck()
  const objection = sizeObjection(entries)
  if (objection !== undefined) refuse(objection)
  for (const [i, entry] of entries.entries()) {
    checkEntry(entry, i).forEach(refuse)
    // Of two texts that are in order, the lengths tell the forms apart.
    if (String(entry.file_hash).length === checksum.length) continue
    throw malformedRelease(`${nameOf(i, entry.file_name)}: file_hash is of another form than the release's checksum: encrypt the release and all its files for the same plugins`)
  }
  return entries as readonly CapgoManifestEntry[]
}

function refuse({ code, message }: Objection): never {
  throw new EnvelopeError(code, message)
}
