import { ByteReader, asBytes, bigEndian, concatBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { ascii } from '../text.js'
import { headText } from './head.js'
import { utf8Bytes } from './jws.js'
import { HEAD_SIZE_MAX } from './limits.js'
import type { Bytes } from '../bytes.js'
import type { HeadInput } from './head.js'

/** An envelope's two parts, which may travel together as one file or apart. */
export interface EnvelopeParts {
  /** JSON text. */
  readonly head: string
  readonly payload: Bytes
}

const MAGIC_SIZE = 8
const MAGIC: Bytes = Uint8Array.of(0x89, 0x4f, 0x54, 0x41, 0x56, 0x32, 0x0a, 0x1a)
const HEAD_SIZE_FIELD = 4

/** Bytes of a file before its head: the magic and the head's size. */
export const START_SIZE: number = MAGIC_SIZE + HEAD_SIZE_FIELD

/** What a file that is no envelope looks like by its first bytes, and what to do about it. */
const LOOKALIKES: readonly (readonly [Bytes, string])[] = [
  [/* @__PURE__ */ ascii('iU9UQVYy'), 'it is the base64 text of one: decode it first'],
  [/* @__PURE__ */ ascii('PK\u0003\u0004'), 'it is a plain ZIP file: encrypt it first'],
  [/* @__PURE__ */ ascii('{'), 'it looks like JSON: a head alone is passed as { head, payload }'],
  [Uint8Array.of(0x89, 0x4f, 0x54, 0x41, 0x56, 0x32, 0x0d, 0x0a), 'a transfer has changed its line ends: transfer it as binary'],
  [Uint8Array.of(0xc2, 0x89, 0x4f, 0x54, 0x41), 'it was stored as text: store it as binary'],
]

/**
 * The bytes of an `.otaseal` file.
 *
 * @throws EnvelopeError `limit-exceeded` for a head above 262,144 bytes, `malformed-head` for one that is not Unicode
 */
export function joinEnvelope(head: HeadInput, payload: Uint8Array): Bytes {
  const bytes = utf8Bytes(headText(head), 'head')
  return concatBytes(MAGIC, bigEndian(bytes.length, HEAD_SIZE_FIELD), bytes, asBytes(payload, 'payload'))
}

/**
 * The two parts of an `.otaseal` file; `payload` is a view of `envelope`. Nothing is verified by this.
 *
 * @throws EnvelopeError `not-an-envelope`, `unsupported`, `limit-exceeded`, `truncated`, `malformed-head`
 */
export function splitEnvelope(envelope: Uint8Array): EnvelopeParts {
  const bytes = asBytes(envelope, 'envelope')
  const headSize = headSizeOf(bytes.subarray(0, START_SIZE))
  const end = START_SIZE + headSize
  return { head: readHead(bytes.subarray(START_SIZE, end), headSize), payload: bytes.subarray(end) }
}

/**
 * How many bytes the head of a file has, by the file's first {@link START_SIZE} bytes, or fewer where it ends before.
 *
 * @throws EnvelopeError `not-an-envelope`, `unsupported`, `limit-exceeded`, `truncated`
 */
export function headSizeOf(start: Bytes): number {
  checkMagic(start)
  const headSize = new ByteReader(start.subarray(MAGIC_SIZE)).takeUint(HEAD_SIZE_FIELD, 'truncated', 'the size of the head')
  // R2
  if (headSize > HEAD_SIZE_MAX) {
    throw new EnvelopeError('limit-exceeded', `the head claims ${headSize} bytes; at most ${HEAD_SIZE_MAX} are read`)
  }
  return headSize
}

/**
 * The text of a file's head, of which `bytes` were there.
 *
 * @throws EnvelopeError `truncated`, `malformed-head`
 */
export function readHead(bytes: Bytes, headSize: number): string {
  // R3
  return headText(new ByteReader(bytes).take(headSize, 'truncated', 'the head'))
}

// R1
function checkMagic(bytes: Bytes): void {
  if (startsWith(bytes, MAGIC)) return
  const version = bytes[5] ?? 0
  if (startsWith(bytes, MAGIC.subarray(0, 5)) && version > 0x32 && version <= 0x39) {
    throw new EnvelopeError('unsupported', 'the envelope is of a later version: update otaseal')
  }
  if (startsWith(MAGIC, bytes)) {
    throw new EnvelopeError('truncated', `the envelope ends after ${bytes.length} bytes: download it again`)
  }
  const hint = LOOKALIKES.find(([start]) => startsWith(bytes, start))?.[1] ?? 'check that this is the right file'
  throw new EnvelopeError('not-an-envelope', `this is not an otaseal envelope; ${hint}`)
}

function startsWith(bytes: Bytes, start: Bytes): boolean {
  return start.every((byte, i) => byte === bytes[i])
}
