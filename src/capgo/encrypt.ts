import { asBytes } from '../bytes.js'
import { AES_128_KEY } from '../crypto/cbc-shape.js'
import { AES_BLOCK } from '../crypto/password-shape.js'
import { checkAborted, closedOnFailure, onAbort } from '../options.js'
import { makePause } from '../pause.js'
import { readableOf, requireStreams } from '../stream/readable.js'
import { byteStreamOption, streamSource, viewSource } from '../stream/source.js'
import { withEnd } from '../stream/with-end.js'
import { cbcEncryptor, paddedSize } from './cbc.js'
import { encodeChecksum } from './checksum.js'
import { malformedRelease } from './malformed.js'
import { readEncryptPlan } from './options.js'
import { drain, filler, PIECE } from './pieces.js'
import { encodeSession } from './session.js'
import type { Bytes } from '../bytes.js'
import type { Pieces } from '../stream/pieces.js'
import type { ReadableStreamOf } from '../stream/readable.js'
import type { ByteSource, ByteStreamLike } from '../stream/source.js'
import type { WrittenChecksumForm } from './checksum.js'
import type { CapgoEncryptOptions, EncryptPlan } from './options.js'
import type { PieceHash, PieceWork } from './pieces.js'
import type { Session } from './session.js'

/** What the update endpoint answers with, besides the address of the payload. */
export interface CapgoFields {
  /** `session_key` of the update endpoint: base64 of the initialisation vector, a colon, base64 of the signed session key. */
  readonly sessionKey: string
  /** The signed SHA-256 of the bundle, in the form that the plugin reads. */
  readonly checksum: string
  readonly checksumForm: WrittenChecksumForm
  /** First 20 characters of the public key in base64, for people. */
  readonly keyId: string
}

/** A release for deployed Capgo plugins. */
export interface CapgoRelease extends CapgoFields {
  /** The encrypted ZIP: 1 to 16 bytes longer than the bundle. */
  readonly payload: Uint8Array<ArrayBuffer>
}

/** The same as streams: `checksum` is known when the payload has ended. */
export interface CapgoReleaseStream extends Omit<CapgoFields, 'checksum'> {
  readonly payload: ReadableStreamOf<Bytes>
  /** Settles when `payload` was read to its end, or failed. */
  readonly checksum: Promise<string>
}

/**
 * Encrypts and signs a ZIP for deployed Capgo plugins. It is copied at the call, so its memory may be re-used at once.
 *
 * @throws EnvelopeError `bad-key`, `unsupported`, `malformed-release` for an empty bundle, `aborted`, `backend-unavailable`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function encryptForCapgo(bundle: Uint8Array, options: CapgoEncryptOptions): Promise<CapgoRelease> {
  const { payload, copy } = roomFor(asBytes(bundle, 'bundle'))
  const plan = await readEncryptPlan(options)
  const { session, sessionKey } = await newSession(plan)
  const digest = await plan.backend.sha256(copy)
  const hash: PieceHash = { update: () => undefined, digest: () => digest }
  const { pieces, checksum } = await encryptSource(viewSource(copy), session, plan, { hash, total: copy.length })
  await drain(pieces, plan, filler(payload))
  return { payload, sessionKey, checksum: await checksum, ...namesOf(plan) }
}

/** Memory for the payload, in which each piece of the copy is replaced by its ciphertext. */
function roomFor(bundle: Bytes): { readonly payload: Bytes; readonly copy: Bytes } {
  const payload = new Uint8Array(paddedSize(bundle.length))
  payload.set(bundle)
  return { payload, copy: payload.subarray(0, bundle.length) }
}

/**
 * The same of a bundle of any size, in bounded memory. A payload whose stream failed must not be published.
 *
 * @throws EnvelopeError the codes of {@link encryptForCapgo}, from the call, the stream, or `checksum`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function encryptForCapgoStream(bundle: ByteStreamLike, options: CapgoEncryptOptions): Promise<CapgoReleaseStream> {
  requireStreams()
  const stream = byteStreamOption('bundle', bundle)
  const plan = await readEncryptPlan(options)
  const source = streamSource(stream)
  return closedOnFailure(source, plan.signal, async () => {
    checkAborted(plan.signal)
    const { session, sessionKey } = await newSession(plan)
    const { pieces, checksum } = await encryptSource(source, session, plan)
    return { payload: readableOf(pieces), sessionKey, checksum, ...namesOf(plan) }
  })
}

/** What a release says of the key and form that it was made with. */
export function namesOf({ form, key }: EncryptPlan): Pick<CapgoFields, 'checksumForm' | 'keyId'> {
  return { checksumForm: form, keyId: key.publicKey.keyId }
}

/** A session key and initialisation vector of its own for each release. */
export async function newSession({ backend, sign }: Pick<EncryptPlan, 'backend' | 'sign'>): Promise<{ readonly session: Session; readonly sessionKey: string }> {
  const session = { key: backend.randomBytes(AES_128_KEY), iv: backend.randomBytes(AES_BLOCK) }
  return { session, sessionKey: await encodeSession(session, sign) }
}

/** Encrypted pieces, and the signed checksum that follows from them. */
export interface EncryptedSource {
  readonly pieces: Pieces<Bytes>
  readonly checksum: Promise<string>
}

/** Encrypts what a source holds, piece by piece. */
export async function encryptSource(source: ByteSource, session: Session, plan: EncryptPlan, work: PieceWork = {}): Promise<EncryptedSource> {
  const { backend, form, sign, signal, onProgress } = plan
  const { hash = backend.hasher(), total = Infinity } = work
  const encrypt = await cbcEncryptor(session, backend)
  const memory = source.isView === true ? undefined : new Uint8Array(PIECE)
  const pause = makePause()
  let done = 0
  let ended = false
  const next = async (): Promise<Bytes | undefined> => {
    checkAborted(signal)
    if (ended) return undefined
    const plaintext = await source.take(PIECE, memory)
    ended = plaintext.length < PIECE
    done += plaintext.length
    if (done === 0) throw malformedRelease('the bundle is empty, and deployed plugins refuse an empty one: check what was built')
    hash.update(plaintext)
    const ciphertext = await encrypt(plaintext, ended)
    onProgress({ done, total })
    await pause()
    return ciphertext
  }
  const finish = async (): Promise<string> => encodeChecksum(form, await hash.digest(), sign)
  const { pieces, end: checksum } = withEnd(source, (fail) => onAbort(signal, fail), next, finish, 'the payload')
  return { pieces, checksum }
}
