import { equalBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { base64Decode, base64Encode, hexDecode, hexEncode } from '../text.js'
import { RSA_SIZE } from './keys.js'
import { malformedRelease } from './malformed.js'
import type { Bytes } from '../bytes.js'
import type { OpenValue, SignValue } from './signed-value.js'

/** The forms that publishers write. */
export type WrittenChecksumForm = 'V2' | 'V3'

/** All forms that some plugin reads; the third is written by nobody. */
export type CapgoChecksumForm = WrittenChecksumForm | 'V3-base64'

/** A row for each form: the text of its signed bytes, and what is signed of a SHA-256. */
interface FormRow {
  readonly form: CapgoChecksumForm
  readonly encode: (signature: Bytes) => string
  readonly valueOf: (digest: Bytes) => Bytes
  /** Bytes of that value, which tell two forms of one text apart. */
  readonly valueSize: number
}

/** In V2 the hex text of the digest was taken for base64: 64 characters, 48 bytes. */
const v2Value = (digest: Bytes): Bytes => base64Decode(hexEncode(digest)) as Bytes
const v3Value = (digest: Bytes): Bytes => digest

const V2: FormRow = { form: 'V2', encode: base64Encode, valueOf: v2Value, valueSize: 48 }
const V3: FormRow = { form: 'V3', encode: hexEncode, valueOf: v3Value, valueSize: 32 }
const V3_BASE64: FormRow = { form: 'V3-base64', encode: base64Encode, valueOf: v3Value, valueSize: 32 }

const written: ReadonlyMap<WrittenChecksumForm, FormRow> = new Map([['V2', V2], ['V3', V3]])

/** The forms that publishers write. */
export const checksumForms: readonly WrittenChecksumForm[] = [...written.keys()]

/** Whether a plugin that reads checksums of one form takes one of another. */
export function readsForm(read: WrittenChecksumForm, form: CapgoChecksumForm): boolean {
  return form === read || (form === 'V3-base64' && read === 'V3')
}

/** A checksum whose signature holds, of content that is still to come. */
export interface OpenedChecksum {
  readonly form: CapgoChecksumForm
  /** Whether this is the SHA-256 that was signed, in constant time. */
  readonly matches: (digest: Bytes) => boolean
}

/** The text of a signed SHA-256 for the update endpoint: 512 characters in V3, 344 in V2. */
export async function encodeChecksum(form: WrittenChecksumForm, digest: Bytes, sign: SignValue): Promise<string> {
  const { encode, valueOf } = written.get(form) as FormRow
  return encode(await sign(valueOf(digest)))
}

/** The forms that a checksum's text may have, and its signed bytes. */
export interface ChecksumParts {
  readonly rows: readonly FormRow[]
  readonly signature: Bytes
}

/**
 * Takes the text apart without looking into what is signed.
 *
 * @throws EnvelopeError `malformed-release`
 */
export function parseChecksum(text: unknown): ChecksumParts {
  const hex = typeof text === 'string' && text.length === 2 * RSA_SIZE ? hexDecode(text) : undefined
  if (hex !== undefined) return { rows: [V3], signature: hex }
  const bytes = typeof text === 'string' && text.length <= 1024 ? base64Decode(text) : undefined
  if (bytes?.length === RSA_SIZE) return { rows: [V2, V3_BASE64], signature: bytes }
  throw malformedRelease(checksumAdvice(text))
}

/**
 * What was signed.
 *
 * @throws EnvelopeError `malformed-release`, `bad-signature`
 */
export async function openChecksum(text: unknown, open: OpenValue): Promise<OpenedChecksum> {
  const { rows, signature } = parseChecksum(text)
  for (const { form, valueSize, valueOf } of rows) {
    const value = await open(signature, valueSize)
    if (value !== undefined) return { form, matches: (digest) => equalBytes(value, valueOf(digest)) }
  }
  throw new EnvelopeError(
    'bad-signature',
    'the checksum is not signed by the private key that belongs to this public key: check which key pair the release was encrypted with',
  )
}

/** What a text that is no signed checksum most often is. */
function checksumAdvice(text: unknown): string {
  if (text === undefined || text === null || text === '') return 'the release has no checksum: nothing says that its content is the publisher\'s'
  if (typeof text === 'string' && /^[0-9a-f]{8}$/i.test(text)) return 'the checksum is a CRC32, as releases of the format V1 have it, and proves nothing: publish again, encrypted in V2'
  if (typeof text === 'string' && /^[0-9a-f]{64}$/i.test(text)) return 'the checksum is a SHA-256 that nobody signed: publish again, encrypted'
  return 'the checksum is neither 512 characters of hex nor base64 of 256 bytes: pass it as the update endpoint gave it'
}
