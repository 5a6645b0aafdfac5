import { asBytes, copyBytes } from '../bytes.js'
import { AES_BLOCK } from '../crypto/password-shape.js'
import { EnvelopeError } from '../errors.js'
import { objectOption, untilAborted } from '../options.js'
import { checkWholeBlocks } from './cbc.js'
import { openReadChecksum } from './decrypt.js'
import { malformedRelease } from './malformed.js'
import { unwrapped } from './manifest-brotli.js'
import { eachOf, filesOption } from './manifest-files.js'
import { COMPRESSED, pathCheck, quoted } from './manifest-path.js'
import { readDecryptPlan } from './options.js'
import { decryptWhole } from './pieces.js'
import { checkReadsDelta } from './plugin-version.js'
import { openSession } from './session.js'
import type { Bytes } from '../bytes.js'
import type { CapgoChecksumForm } from './checksum.js'
import type { CapgoFile, CapgoManifestFile, CapgoFiles } from './manifest-files.js'
import type { CheckPath } from './manifest-path.js'
import type { CapgoDecryptOptions, DecryptPlan } from './options.js'
import type { Session } from './session.js'

/** The most that one file may have, where the caller says nothing: 256 MiB. */
const MAX_SIZE = 2 ** 28
/** The most that Node 20 makes one byte string of. */
const MOST_BYTES = 2 ** 32

/** How the files of a release are checked. */
export interface CapgoManifestDecryptOptions extends Omit<CapgoDecryptOptions, 'checksum' | 'maxSize'> {
  /** The most bytes that each file may have, decompressed. Left out: 256 MiB. */
  readonly maxSize?: number | undefined
}

/**
 * Checks and decrypts the files of a release, as entries of a manifest and what lies at their addresses: for one loop. **Each file is checked before
 * it comes out**, one is in memory at a time, and after a failure nothing more comes; its message names the file.
 *
 * Nothing in the format says which files a release has, nor binds a name to its content: of all files that this key ever signed for this session key,
 * others may be given out under these names, or fewer. Files that came out before a failure were each signed, but are no whole release.
 *
 * A path is the entry's `file_name` without `.br`, taken literally, as devices take it: the Capgo CLI writes it escaped.
 *
 * @throws EnvelopeError from the loop: `bad-key`, `malformed-release`, `bad-signature`, `truncated`, `too-large`, `bad-checksum`, `unsupported`, `aborted`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export function verifyAndDecryptCapgoManifest(
  files: CapgoFiles<CapgoManifestFile>,
  options: CapgoManifestDecryptOptions,
): AsyncIterable<CapgoFile<Uint8Array<ArrayBuffer>>> {
  const source = filesOption(files)
  const opening = openManifest(options)
  // Whoever loops is told.
  opening.catch(() => undefined)
  return decryptEach(source, opening)
}

interface OpenedManifest extends DecryptPlan {
  readonly checkForm: (form: CapgoChecksumForm) => void
  readonly session: Session
}

async function openManifest(options: CapgoManifestDecryptOptions): Promise<OpenedManifest> {
  const { publicKey, sessionKey, pluginVersion, maxSize = MAX_SIZE, backend, signal, onProgress } = objectOption('options', options)
  const plan = await readDecryptPlan({ publicKey, pluginVersion, maxSize, backend, signal, onProgress })
  if (pluginVersion !== undefined) checkReadsDelta(pluginVersion)
  return { ...plan, checkForm: formCheck(), session: await openSession(sessionKey, plan.open) }
}

async function* decryptEach(files: CapgoFiles<CapgoManifestFile>, opening: Promise<OpenedManifest>): AsyncGenerator<CapgoFile<Bytes>, void, undefined> {
  const manifest = await opening
  const { signal, onProgress } = manifest
  const checkPath = pathCheck('read')
  let done = 0
  for await (const file of eachOf(files, signal)) {
    const entry = entryOf(file, checkPath, manifest)
    const bytes = await named(entry.name, async () => openFile(entry, manifest))
    done += bytes.length
    onProgress({ done, total: Infinity })
    yield { path: entry.path, bytes }
  }
}

/** No plugin reads V2 and another form. */
function formCheck(): OpenedManifest['checkForm'] {
  let first: CapgoChecksumForm | undefined
  return (form) => {
    first ??= form
    if ((form === 'V2') !== (first === 'V2')) throw malformedRelease(`its file_hash is of the form ${form}, and the hashes before it of ${first}, and no plugin reads both: publish the release again`)
  }
}

interface Entry {
  readonly name: string
  readonly path: string
  readonly isCompressed: boolean
  readonly hash: string
  readonly payload: Bytes
}

/** Its texts come from a server, its payload from the program. */
function entryOf(file: CapgoManifestFile, checkPath: CheckPath, { maxSize }: OpenedManifest): Entry {
  const { file_name: name, file_hash: hash, payload } = objectOption('each file', file)
  if (typeof name !== 'string') throw malformedRelease('an entry of the manifest has no file_name: pass the entries as the update endpoint gave them')
  const isCompressed = name.endsWith(COMPRESSED)
  const path = isCompressed ? name.slice(0, -COMPRESSED.length) : name
  checkPath(path)
  const view = asBytes(payload, `payload of ${quoted(name)}`)
  if (view.length - AES_BLOCK > maxSize) throw tooLarge(`${quoted(name)}: the payload`, maxSize)
  return { name, path, isCompressed, hash, payload: copyBytes(view) }
}

async function openFile({ isCompressed, hash, payload }: Entry, manifest: OpenedManifest): Promise<Bytes> {
  const { backend, maxSize } = manifest
  const checksum = await openReadChecksum(hash, manifest)
  manifest.checkForm(checksum.form)
  checkWholeBlocks(payload.length)
  const { content, isPadded } = await decryptWhole(payload, manifest.session, manifest)
  const bytes = isCompressed ? await decompressed(content, manifest) : content
  // Until the digest was compared, nothing that is told may depend on the padding, nor how long it takes.
  const isSigned = checksum.matches(await backend.sha256(bytes ?? content))
  if (!isSigned || !isPadded || bytes === undefined) throw badChecksum(isCompressed, maxSize)
  if (bytes.length > maxSize) throw tooLarge('the file', maxSize)
  if (bytes.length === 0) throw malformedRelease('the file is empty, and deployed plugins fail on it: publish without it')
  return bytes
}

/** As devices do it. `undefined` where it is no Brotli, or too much. */
async function decompressed(content: Bytes, { backend: { brotli, name }, maxSize, signal }: OpenedManifest): Promise<Bytes | undefined> {
  if (brotli === undefined) {
    throw new EnvelopeError(
      'unsupported',
      `the file is compressed, and the ${name} backend has no Brotli: check it on Node (nodeCapgoBackend), or publish with compress: false`,
    )
  }
  return unwrapped(content) ?? (await untilAborted(signal, async () => brotli.decompress(content, Math.min(maxSize, MOST_BYTES))))
}

/** One refusal for a wrong padding, wrong Brotli and wrong content. */
function badChecksum(isCompressed: boolean, maxSize: number): EnvelopeError {
  const limit = isCompressed ? `, or the file has more than the ${maxSize} bytes of maxSize` : ''
  return new EnvelopeError(
    'bad-checksum',
    `the payload does not decrypt to the content whose checksum was signed: it was damaged or changed, or it, the checksum or the session key is of another file${limit}`,
  )
}

function tooLarge(what: string, maxSize: number): EnvelopeError {
  return new EnvelopeError('too-large', `${what} has more than the ${maxSize} bytes of maxSize`)
}

/** Puts the name of the file before what refuses it. */
async function named<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof EnvelopeError) || error.code === 'aborted') throw error
    throw new EnvelopeError(error.code, `${quoted(name)}: ${error.message}`, { cause: error })
  }
}
