import { asBytes, copyBytes } from '../bytes.js'
import { checkAborted, closedOnFailure, objectOption } from '../options.js'
import { requireStreams } from '../stream/readable.js'
import { byteStreamOption, isByteStream, streamSource, viewSource } from '../stream/source.js'
import { checkManifest } from './check-release-manifest.js'
import { newNotes } from './check-release-notes.js'
import { checkPayload } from './check-release-payload.js'
import { checkPrevious, previousOption } from './check-release-previous.js'
import { checkVersions, versionsOption } from './check-release-versions.js'
import { openChecksum, parseChecksum } from './checksum.js'
import { isCompressed, manifestSnapshot } from './endpoint-fields.js'
import { readDecryptPlan } from './options.js'
import { openSession } from './session.js'
import type { ByteSource, ByteStreamLike } from '../stream/source.js'
import type { CapgoNote, Notes } from './check-release-notes.js'
import type { CapgoChecksumForm, OpenedChecksum } from './checksum.js'
import type { CapgoManifestEntry } from './endpoint.js'
import type { CapgoDecryptOptions, DecryptPlan } from './options.js'
import type { Session } from './session.js'

/** A release as a publisher uploads it. */
export interface CapgoUpload {
  /** The encrypted ZIP. A stream is read to its end, in bounded memory. */
  readonly payload: Uint8Array | ByteStreamLike
  readonly sessionKey: string
  readonly checksum: string
  /** The public key that the publisher names, by its first 20 characters. */
  readonly keyId?: string | null | undefined
  /** The same release file by file. What its addresses hold is not fetched. */
  readonly manifest?: readonly CapgoManifestEntry[] | undefined
}

/** How an upload is checked. */
export interface CapgoCheckOptions extends Omit<CapgoDecryptOptions, 'sessionKey' | 'checksum' | 'pluginVersion'> {
  /** Versions of the plugin in the field that shall read the release, at most 100,000. */
  readonly pluginVersions?: readonly string[] | undefined
  /** Releases of the app before this one, at most 100,000; those that are not encrypted are passed over. */
  readonly previous?: readonly { readonly sessionKey?: string | null | undefined; readonly checksum?: string | null | undefined }[] | undefined
}

/** What was found. */
export interface CapgoReport {
  /** Whether there are no problems. */
  readonly ok: boolean
  /** What devices would refuse, or nobody should publish. */
  readonly problems: readonly CapgoNote[]
  /** What devices accept, since the format can't rule it out. */
  readonly warnings: readonly CapgoNote[]
  /** Hex SHA-256 of the bundle, where it is the one whose checksum was signed. */
  readonly sha256?: string
  readonly checksumForm?: CapgoChecksumForm
  /** First 20 characters of the app's public key in base64. */
  readonly keyId: string
}

/**
 * Checks an upload before it is published: all that `verifyAndDecryptCapgo` checks, and what devices need besides. It goes on after a problem
 * wherever it can. Of the ZIP, only its beginning and its end are looked at, not the names and the files in it. **The public key decrypts in this format, so a server that can check a bundle can read it**; it can't make one.
 *
 * What is wrong with the release is in the report. Thrown is what is wrong with the call:
 *
 * @throws EnvelopeError `bad-key` for a public key that can't be read, `aborted`, `backend-unavailable`; a stream's own failure as it is
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function checkCapgoRelease(release: CapgoUpload, options: CapgoCheckOptions): Promise<CapgoReport> {
  const { payload, manifest, ...fields } = objectOption('release', release)
  const { pluginVersions, previous, ...others } = objectOption('options', options)
  const open = payloadOption(payload)
  const [versions, history, entries] = [versionsOption(pluginVersions), previousOption(previous), manifestSnapshot(manifest)]
  const plan = await readDecryptPlan({ ...others, pluginVersion: undefined })
  const { source, total } = open()
  return closedOnFailure(source, plan.signal, async () => {
    checkAborted(plan.signal)
    const [problems, warnings] = [newNotes(), newNotes()]
    const { session, checksum, form } = await openUpload(fields, plan, problems)
    const asked = { form, hasManifest: entries !== undefined, hasCompressed: entries?.some(isCompressed) === true }
    await checkVersions(versions, asked, plan, { problems, warnings })
    await checkManifest(entries, form, plan, { problems, warnings })
    const sha256 = await checkPayload({ source, total, session, checksum }, plan, problems)
    await checkPrevious({ ...fields, sha256 }, history, plan, warnings)
    return {
      ok: problems.list().length === 0,
      problems: problems.list(),
      warnings: warnings.list(),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(form === undefined ? {} : { checksumForm: form }),
      keyId: plan.key.keyId,
    }
  })
}

/** What the fields of an upload say, as far as they hold. */
async function openUpload({ sessionKey, checksum, keyId }: Omit<CapgoUpload, 'payload' | 'manifest'>, { open, key }: DecryptPlan, problems: Notes): Promise<OpenedUpload> {
  if (keyId !== undefined && keyId !== null && keyId !== key.keyId) {
    problems.add({ code: 'bad-key', message: `the release says that it is signed for another public key than the app's (${key.keyId}): look which key pair it was encrypted with` })
  }
  const session = await problems.attempt(async () => openSession(sessionKey, open))
  const opened = await problems.attempt(async () => openChecksum(checksum, open))
  return { session, checksum: opened, form: opened?.form ?? (await formByText(checksum)) }
}

interface OpenedUpload {
  readonly session: Session | undefined
  readonly checksum: OpenedChecksum | undefined
  readonly form: CapgoChecksumForm | undefined
}

/** The form of a checksum that nobody of this key signed, where only one has such a text. */
async function formByText(text: unknown): Promise<CapgoChecksumForm | undefined> {
  const parts = await newNotes().attempt(() => parseChecksum(text))
  return parts?.rows.length === 1 ? parts.rows[0]?.form : undefined
}

/** Opens the payload only once the other arguments are known to be right. */
function payloadOption(payload: unknown): () => { readonly source: ByteSource; readonly total: number } {
  if (!isByteStream(payload)) {
    const copy = copyBytes(asBytes(payload, 'payload'))
    return () => ({ source: viewSource(copy), total: copy.length })
  }
  requireStreams()
  const stream = byteStreamOption('payload', payload)
  return () => ({ source: streamSource(stream), total: Infinity })
}
