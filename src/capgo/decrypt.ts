import { asBytes, copyBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { checkAborted, closedOnFailure, objectOption, onAbort } from '../options.js'
import { makePause } from '../pause.js'
import { hexEncode } from '../text.js'
import { readableOf, requireStreams } from '../stream/readable.js'
import { byteStreamOption, streamSource, viewSource } from '../stream/source.js'
import { withEnd } from '../stream/with-end.js'
import { cbcDecryptor, checkWholeBlocks, sizeOfPadding } from './cbc.js'
import { openChecksum, readsForm } from './checksum.js'
import { malformedRelease } from './malformed.js'
import { readDecryptPlan } from './options.js'
import { drain, filler, PIECE } from './pieces.js'
import { openSession } from './session.js'
import type { Bytes } from '../bytes.js'
import type { Pieces } from '../stream/pieces.js'
import type { ReadableStreamOf } from '../stream/readable.js'
import type { ByteSource, ByteStreamLike } from '../stream/source.js'
import type { CapgoChecksumForm, OpenedChecksum } from './checksum.js'
import type { CapgoDecryptOptions, DecryptPlan } from './options.js'
import type { PieceHash, PieceWork } from './pieces.js'
import type { Session } from './session.js'

const NOTHING: Bytes = new Uint8Array(0)

/** What was found of a release whose signatures hold. */
export interface CapgoFindings {
  readonly checksumForm: CapgoChecksumForm
  /** First 20 characters of the public key in base64, for people. */
  readonly keyId: string
}

/** A release that was checked, and the ZIP in it. */
export interface CapgoBundle extends CapgoFindings {
  /** Lies in memory that is 1 to 16 bytes longer: use the view, not its `buffer`. */
  readonly bundle: Uint8Array<ArrayBuffer>
  /** Hex SHA-256 of the bundle, as `sha256sum` prints it. */
  readonly sha256: string
}

/** A release of which only the signatures of the session key and the checksum are checked yet. */
export interface CapgoBundleStream extends CapgoFindings {
  /**
   * The ZIP as it is decrypted. **Nothing of it is verified before the stream has closed without an error**: the format has one digest, of
   * the whole. Its last piece is held back until that digest was compared. Write it to a temporary file, and rename that then.
   */
  readonly unverified: ReadableStreamOf<Bytes>
  /** The hex SHA-256, once `unverified` was read to its end; rejects with what refuses the release. */
  readonly sha256: Promise<string>
}

/**
 * Checks and decrypts a release for deployed Capgo plugins: all that they check, and what they leave out. A release without
 * session key or checksum is refused.
 *
 * @param payload the encrypted ZIP
 * @throws EnvelopeError `bad-key`, `malformed-release`, `bad-signature`, `truncated`, `too-large`, `bad-checksum`, `unsupported`, `aborted`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function verifyAndDecryptCapgo(payload: Uint8Array, options: CapgoDecryptOptions): Promise<CapgoBundle> {
  const copy = copyBytes(asBytes(payload, 'payload'))
  const fields = fieldsOf(options)
  const plan = await readDecryptPlan(options)
  const opened = await openFields(fields, plan)
  checkWholeBlocks(copy.length)
  // Each piece of the copy is replaced by its plaintext: memory of its own would cost more than decrypting.
  const bundle = copy.subarray(0, copy.length - Math.max(1, await sizeOfPadding(copy, opened.session, plan.backend)))
  const hash: PieceHash = { update: filler(bundle), digest: () => plan.backend.sha256(bundle) }
  const { pieces, sha256 } = await decryptSource(viewSource(copy), opened, plan, { hash, total: copy.length })
  await drain(pieces, plan, () => undefined)
  return { bundle, sha256: await sha256, ...findingsOf(opened, plan) }
}

/**
 * The same of a payload of any size, in bounded memory. Resolves once the signatures of the session key and the checksum hold, before
 * anything of the payload is read. After a failure nothing more comes.
 *
 * @throws EnvelopeError the codes of {@link verifyAndDecryptCapgo}, from the call, the stream, or `sha256`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function verifyAndDecryptCapgoStream(payload: ByteStreamLike, options: CapgoDecryptOptions): Promise<CapgoBundleStream> {
  requireStreams()
  const stream = byteStreamOption('payload', payload)
  const fields = fieldsOf(options)
  const plan = await readDecryptPlan(options)
  const source = streamSource(stream)
  return closedOnFailure(source, plan.signal, async () => {
    checkAborted(plan.signal)
    const opened = await openFields(fields, plan)
    const { pieces, sha256 } = await decryptSource(source, opened, plan)
    return { unverified: readableOf(pieces), sha256, ...findingsOf(opened, plan) }
  })
}

/** The two fields that say what the payload holds. */
export type SignedFields = Pick<CapgoDecryptOptions, 'sessionKey' | 'checksum'>

/** A snapshot of them. */
export function fieldsOf(options: SignedFields): SignedFields {
  const { sessionKey, checksum } = objectOption('options', options)
  return { sessionKey, checksum }
}

/** A release whose session key and checksum are signed by the app's key. */
export interface OpenedFields {
  readonly session: Session
  readonly checksum: OpenedChecksum
}

/** Both signatures of a release, and the form that the plugin reads. */
export async function openFields({ sessionKey, checksum }: SignedFields, plan: DecryptPlan): Promise<OpenedFields> {
  return { session: await openSession(sessionKey, plan.open), checksum: await openReadChecksum(checksum, plan) }
}

/**
 * A checksum in a form that the plugin reads.
 *
 * @throws EnvelopeError `malformed-release`, `bad-signature`, `unsupported`
 */
export async function openReadChecksum(checksum: unknown, { open, form }: DecryptPlan): Promise<OpenedChecksum> {
  const opened = await openChecksum(checksum, open)
  if (form === undefined || readsForm(form, opened.form)) return opened
  throw new EnvelopeError('unsupported', `the checksum is of the form ${opened.form}, and this plugin reads ${form}: encrypt again for its version`)
}

export function findingsOf({ checksum }: OpenedFields, { key }: DecryptPlan): CapgoFindings {
  return { checksumForm: checksum.form, keyId: key.keyId }
}

/** Decrypted pieces, the last of which comes only if the digest of all is the signed one. */
export interface DecryptedSource {
  readonly pieces: Pieces<Bytes>
  readonly sha256: Promise<string>
}

/** Decrypts what a source holds, piece by piece. */
export async function decryptSource(source: ByteSource, opened: OpenedFields, plan: DecryptPlan, work: PieceWork = {}): Promise<DecryptedSource> {
  const { backend, signal, onProgress } = plan
  const { hash = backend.hasher(), total = Infinity } = work
  const decrypt = await cbcDecryptor(opened.session, backend)
  const reader = lookahead(source)
  const pause = makePause()
  let size = 0
  let sha256 = ''
  const next = async (): Promise<Bytes | undefined> => {
    checkAborted(signal)
    const piece = await reader()
    if (piece === undefined) return undefined
    const { plaintext, isPadded } = await decrypt(piece.bytes, piece.isLast)
    size += plaintext.length
    hash.update(plaintext)
    if (piece.isLast) sha256 = compared(await hash.digest(), isPadded, size, opened)
    // Not before: how long the last piece is depends on its padding, of which nothing is told until the digest was compared.
    checkBundleSize(size, plan)
    onProgress({ done: piece.end, total })
    await pause()
    return plaintext
  }
  const { pieces, end } = withEnd(source, (fail) => onAbort(signal, fail), next, async () => sha256, 'the bundle')
  return { pieces, sha256: end }
}

interface PayloadPiece {
  readonly bytes: Bytes
  readonly isLast: boolean
  /** Bytes of the payload up to here. */
  readonly end: number
}

/** Pieces of the payload, each of which knows whether it is the last: its padding must not come out. Good until the next is asked for. */
function lookahead(source: ByteSource): () => Promise<PayloadPiece | undefined> {
  const memory = source.isView === true ? [] : [new Uint8Array(PIECE), new Uint8Array(PIECE)]
  let taken = 0
  const take = async (): Promise<Bytes> => source.take(PIECE, memory[taken++ % 2])
  let ahead: Bytes | undefined
  let end = 0
  return async () => {
    const bytes = ahead ?? (await take())
    ahead = bytes.length < PIECE ? NOTHING : await take()
    if (bytes.length === 0 && end > 0) return undefined
    end += bytes.length
    const isLast = ahead.length === 0
    if (isLast) checkWholeBlocks(end)
    return { bytes, isLast, end }
  }
}

/** One refusal for a wrong padding and for wrong content, so that nobody can ask which it was. */
function compared(digest: Bytes, isPadded: boolean, size: number, { checksum }: OpenedFields): string {
  if (!checksum.matches(digest) || !isPadded) {
    throw new EnvelopeError(
      'bad-checksum',
      'the payload does not decrypt to the content whose checksum was signed: it was damaged or changed, or the session key or the checksum is of another release',
    )
  }
  if (size === 0) throw malformedRelease('the bundle is empty, and deployed plugins refuse an empty one: publish again')
  return hexEncode(digest)
}

function checkBundleSize(size: number, { maxSize }: DecryptPlan): void {
  if (size > maxSize) throw new EnvelopeError('too-large', `the bundle has more than the ${maxSize} bytes of maxSize`)
}
