import { EnvelopeError } from '../errors.js'
import { booleanOption, objectOption, textOption } from '../options.js'
import { parseChecksum } from './checksum.js'
import { isDownloadUrl, manifestObjections } from './endpoint-fields.js'
import { checkReadsForm, checkReadsManifest } from './endpoint-plugin.js'
import { malformedRelease } from './malformed.js'
import { quoted } from './manifest-path.js'
import { parseSession } from './session.js'
import type { CapgoChecksumForm } from './checksum.js'
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

const TEXT = /^[^]{1,512}$/
const LONG_TEXT = /^[^]{1,8192}$/
const RESERVED = ['builtin', 'unknown']
const kinds: readonly CapgoNoUpdateKind[] = ['up_to_date', 'blocked', 'failed']

/**
 * The answer that has a device download a release. It has neither `error` nor `kind` nor `message`, by which devices know answers without one.
 *
 * @throws EnvelopeError `malformed-release` where the release or its manifest lacks its form; with `request`, `bad-key` where the device holds
 *   another public key, and `unsupported` where its plugin reads another form of checksum or no manifest: choose another release, answer without
 *   the manifest, or answer {@link noCapgoUpdate}
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export function capgoUpdateAnswer(input: CapgoAnswerInput): CapgoUpdateAnswer {
  const { version, url, release, manifest, link, comment, breaking, request } = objectOption('answer', input)
  const { sessionKey, checksum, keyId, checksumForm } = objectOption('release', release)
  parseSession(sessionKey)
  // Of two forms that look the same, publishers write the first.
  const form = parseChecksum(checksum).rows.find((row) => checksumForm === undefined || row.form === checksumForm)?.form
  if (form === undefined) throw malformedRelease('the checksum is not of the form that checksumForm says: store both together')
  if (request !== undefined) checkDevice(objectOption('request', request), { keyId, form, hasManifest: manifest !== undefined })
  return {
    version: versionOption(version),
    url: urlOption(url),
    checksum,
    session_key: sessionKey,
    ...(manifest === undefined ? {} : { manifest: manifestOf(manifest) }),
    ...(link === undefined ? {} : { link: textOption('link', link, LONG_TEXT) }),
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
  readonly hasManifest: boolean
}

/** Whether this device holds the public key, and reads what it is given. */
function checkDevice(device: NonNullable<CapgoAnswerInput['request']>, { keyId, form, hasManifest }: Offer): void {
  const { key_id, plugin_version } = device
  // Early plugins told only the first 4 characters.
  if (typeof key_id === 'string' && typeof keyId === 'string' && !keyId.startsWith(key_id)) {
    throw new EnvelopeError('bad-key', `the device holds the public key ${quoted(key_id)}, and the release is signed for ${keyId}: it would refuse it, so choose a release for its key`)
  }
  checkReadsForm(plugin_version, form)
  if (hasManifest) checkReadsManifest(plugin_version)
}

function versionOption(version: string): string {
  if (RESERVED.includes(textOption('version', version, TEXT))) throw new RangeError(`version must not be ${version}, which means no release to devices`)
  return version
}

function urlOption(url: string): string {
  if (typeof url !== 'string') throw new TypeError('url must be a string, also beside a manifest')
  if (!isDownloadUrl(url)) throw new RangeError('url must be an https address, with other characters than those of RFC 3986 percent-encoded')
  return url
}

function manifestOf(manifest: readonly CapgoManifestEntry[]): readonly CapgoManifestEntry[] {
  for (const { code, message } of manifestObjections(manifest)) throw new EnvelopeError(code, message)
  return manifest.map(({ file_name, file_hash, download_url }) => ({ file_name, file_hash, download_url }))
}
