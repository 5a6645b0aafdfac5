import { asBytes, copyBytes, equalBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { objectOption } from '../options.js'
import { ascii } from '../text.js'
import { openChecksum, parseChecksum } from './checksum.js'
import { readCapgoPublicKey } from './keys.js'
import { backendOf } from './options.js'
import { openSession, parseSession } from './session.js'
import { valueOpener } from './signed-value.js'
import { isUnsignedChecksum } from './v1.js'
import type { Bytes } from '../bytes.js'
import type { CapgoChecksumForm } from './checksum.js'
import type { CapgoKeyInput } from './keys.js'
import type { CapgoCallOptions } from './options.js'
import type { OpenValue } from './signed-value.js'

/** What there is of a release: any of it. */
export interface CapgoClues {
  /** The file, or its first bytes: 8 are enough. */
  readonly payload?: Uint8Array | undefined
  /** `session_key` of the update endpoint. */
  readonly sessionKey?: string | undefined
  readonly checksum?: string | undefined
  /** The public key in the app. Without it, what is signed can't be looked into. */
  readonly publicKey?: CapgoKeyInput | undefined
}

/** What a release is: an envelope of otaseal, a release for Capgo plugins of format V2 or V1, a ZIP that nobody encrypted, or none of them. */
export type CapgoKind = 'otaseal' | 'capgo-v2' | 'capgo-v1' | 'zip' | 'unknown'

/** What {@link identifyRelease} found. */
export interface CapgoIdentity {
  readonly kind: CapgoKind
  /** Of `capgo-v2`, where it can be told: two forms look the same without the public key. */
  readonly checksumForm?: CapgoChecksumForm
  /** Whether all that was given of session key and checksum is signed by the key that was given. The payload is not compared with them. */
  readonly isSigned: boolean
  /** What to do next, in one sentence. */
  readonly advice: string
}

/** First bytes of an envelope of otaseal. */
const ENVELOPE_MAGIC: Bytes = Uint8Array.of(0x89, 0x4f, 0x54, 0x41, 0x56, 0x32, 0x0a, 0x1a)
/** A local file header, or the end of an archive without files (APPNOTE.TXT sections 4.3.7 and 4.3.16). */
const ZIP_MAGICS: readonly Bytes[] = [ascii('PK\u0003\u0004'), ascii('PK\u0005\u0006')]

/** Whether bytes begin as a ZIP does that holds files. */
export function beginsAsZip(bytes: Uint8Array): boolean {
  return beginsWith(bytes, ZIP_MAGICS[0] as Bytes)
}

/**
 * Says what kind of release this is, by what there is of it. It decrypts nothing and proves nothing of the payload: whoever installs a
 * release checks it with what the advice names.
 *
 * @throws EnvelopeError `bad-key` for a public key that can't be read
 * @throws TypeError where the program passes a wrong kind of argument; a malformed release is `unknown`
 */
export async function identifyRelease(clues: CapgoClues, options: Pick<CapgoCallOptions, 'backend'> = {}): Promise<CapgoIdentity> {
  const { payload, sessionKey, checksum, publicKey } = objectOption('clues', clues)
  const backend = backendOf(objectOption('options', options))
  const start = payload === undefined ? undefined : copyBytes(asBytes(payload, 'payload').subarray(0, ENVELOPE_MAGIC.length))
  const key = publicKey === undefined ? undefined : readCapgoPublicKey(publicKey)
  const byStart = start && identifyStart(start, isGiven(sessionKey))
  if (byStart !== undefined) return byStart
  const open = key && (await valueOpener(key, backend))
  return judge(await lookAtSession(sessionKey, open), await lookAtChecksum(checksum, open))
}

function identifyStart(start: Bytes, hasSessionKey: boolean): CapgoIdentity | undefined {
  if (beginsWith(start, ENVELOPE_MAGIC)) return { kind: 'otaseal', isSigned: false, advice: 'an envelope of otaseal: open it with verifyAndDecrypt of otaseal/device' }
  if (!ZIP_MAGICS.some((magic) => beginsWith(start, magic))) return undefined
  const advice = hasSessionKey ? 'a plain ZIP beside a session key: publish the encrypted payload in its place' : 'a ZIP that is not encrypted: encrypt it with encryptForCapgo, or with encryptBundle of otaseal'
  return { kind: 'zip', isSigned: false, advice }
}

/** Missing; of no form that is known; a checksum in clear; of the right form but not looked into; signed by this key; by another. */
type Look = 'missing' | 'other' | 'clear' | 'shaped' | 'signed' | 'foreign'

interface LookAtChecksum {
  readonly look: Look
  readonly form: CapgoChecksumForm | undefined
}

async function lookAtSession(text: unknown, open: OpenValue | undefined): Promise<Look> {
  if (!isGiven(text)) return 'missing'
  if ((await unlessRefused(async () => parseSession(text))) === undefined) return 'other'
  if (open === undefined) return 'shaped'
  return (await unlessRefused(async () => openSession(text, open))) === undefined ? 'foreign' : 'signed'
}

async function lookAtChecksum(text: unknown, open: OpenValue | undefined): Promise<LookAtChecksum> {
  if (!isGiven(text)) return { look: 'missing', form: undefined }
  if (isUnsignedChecksum(text)) return { look: 'clear', form: undefined }
  const parts = await unlessRefused(async () => parseChecksum(text))
  if (parts === undefined) return { look: 'other', form: undefined }
  const onlyForm = parts.rows.length === 1 ? parts.rows[0]?.form : undefined
  if (open === undefined) return { look: 'shaped', form: onlyForm }
  const opened = await unlessRefused(async () => openChecksum(text, open))
  return opened === undefined ? { look: 'foreign', form: onlyForm } : { look: 'signed', form: opened.form }
}

/** Only V2 signs checksums; session keys of V1 and V2 look the same, but for who signed them. */
function judge(session: Look, { look: checksum, form }: LookAtChecksum): CapgoIdentity {
  const known = form === undefined ? {} : { checksumForm: form }
  const isV1 = checksum === 'clear' && (session === 'shaped' || session === 'foreign')
  if (isV1) return { kind: 'capgo-v1', isSigned: false, advice: V1_ADVICE }
  const isV2 = session === 'signed' || ['shaped', 'signed', 'foreign'].includes(checksum)
  if (!isV2) return { kind: 'unknown', isSigned: false, advice: unknownAdvice(session, checksum) }
  const isSigned = [session, checksum].every((look) => look === 'signed' || look === 'missing')
  return { kind: 'capgo-v2', ...known, isSigned, advice: v2Advice(session, checksum) }
}

const V1_ADVICE =
  'a release of the old format V1, in which nothing proves who made it: encrypt its bundle anew with encryptForCapgo, and where only the release is left, ' +
  "read it with decryptCapgoV1 and the app's private key"

function v2Advice(session: Look, checksum: Look): string {
  if (session === 'missing' || session === 'other') return 'a checksum of format V2 without its session key: pass session_key (ivSessionKey of the Capgo CLI) unchanged'
  if (checksum === 'clear') return 'a session key of format V2 beside a checksum that is not signed, which devices refuse: encrypt the bundle anew'
  if (checksum === 'missing' || checksum === 'other') return 'a session key of format V2 without its checksum: pass checksum as the update endpoint gave it, since a release without one is refused'
  if (session === 'shaped') return 'it looks like a release of format V2: pass the public key to be sure, and check the payload with verifyAndDecryptCapgo'
  if (session === 'signed' && checksum === 'signed') return 'a release of format V2 by this key pair: check its payload with verifyAndDecryptCapgo'
  if (session === checksum) return 'a release of format V2 by another key pair, or of V1 with a checksum that is not its own: look for the public key of the app that it was made for'
  const foreign = session === 'foreign' ? 'session key' : 'checksum'
  return `the ${foreign} is not by this key pair, while the rest is: it is of another release or of format V1, or was damaged, so fetch both fields again`
}

function unknownAdvice(session: Look, checksum: Look): string {
  if (session === 'foreign') return 'a session key of format V1, or of V2 by another key pair: pass the checksum too, which tells them apart'
  if (session === 'shaped') return 'a session key of format V1 or V2: pass the checksum and the public key too, which tell them apart'
  if (checksum === 'clear') return 'a checksum that is not signed, and no session key: pass the payload too; if it is a ZIP, nobody encrypted it'
  return 'nothing that is known here: pass session_key and checksum as the update endpoint gave them, since an encrypted payload has no mark of its own'
}

function isGiven(text: unknown): boolean {
  return text !== undefined && text !== null && text !== ''
}

function beginsWith(bytes: Uint8Array, magic: Bytes): boolean {
  return equalBytes(bytes.subarray(0, magic.length), magic)
}

/** What the work gives; `undefined` where it refuses the release. */
async function unlessRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof EnvelopeError && (error.code === 'malformed-release' || error.code === 'bad-signature')) return undefined
    throw error
  }
}
