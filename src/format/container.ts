import { ByteReader, asBytes, bigEndian, concatBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { ascii } from '../text.js'
import { headBytes, headText } from './head.js'
import { HEAD_SIZE_MAX } from './limits.js'
import type { Bytes } from '../bytes.js'
import type { HeadInput } from './head.js'

/** An envelope's two parts, which may travel together as one file or apart. */
export interface EnvelopeParts {
  /** JSON text. */
  readonly head: string
  readonly payload: Bytes
}

const MAGIC: Bytes = Uint8Array.of(0x89, 0x4f, 0x54, 0x41, 0x56, 0x32, 0x0a, 0x1a)
const HEAD_SIZE_FIELD = 4

/** What a file that is no envelope looks like by its first bytes, and what to do about it. */
const LOOKALIKES: readonly (readonly [Bytes, string])[] = [
  [ascii('iU9UQVYy'), 'it is the base64 text of one: decode it first'],
  [ascii('PK\u0003\u0004'), 'it is a plain ZIP file: encrypt it first'],
  [ascii('{'), 'it looks like JSON: a head alone is passed as { head, payload }'],
  [Uint8Array.of(0x89, 0x4f, 0x54, 0x41, 0x56, 0x32, 0x0d, 0x0a), 'a transfer has changed its line ends: transfer it as binary'],
  [Uint8Array.of(0xc2, 0x89, 0x4f, 0x54, 0x41), 'it was stored as text: store it as binary'],
]

/**
 * The bytes of an `.otaseal` file.
 *
 * @throws EnvelopeError `limit-exceeded` for a head above 262,144 bytes, `malformed-head` for one that is not Unicode
 */
export function joinEnvelope(head: HeadInput, payload: Uint8Array): Bytes {
  const bytes = headBytes(headText(head))
  return concatBytes(MAGIC, bigEndian(bytes.length, HEAD_SIZE_FIELD), bytes, asBytes(payload, 'payload'))
}

/**
 * The two parts of an `.otaseal` file; `payload` is a view of `envelope`. Nothing is verified by this.
 *
 * @throws EnvelopeError `not-an-envelope`, `unsupported`, `limit-exceeded`, `truncated`, `malformed-head`
 */
export function splitEnvelope(envelope: Uint8Array): EnvelopeParts {
  const bytes = asBytes(envelope, 'envelope')
  checkMagic(bytes)
  const reader = new ByteReader(bytes.subarray(MAGIC.length))
  const headSize = reader.takeUint(HEAD_SIZE_FIELD, 'truncated', 'the size of the head')
  // R2
  if (headSize > HEAD_SIZE_MAX) {
    throw new EnvelopeError('limit-exceeded', `the head claims ${headSize} bytes; at most ${HEAD_SIZE_MAX} are read`)
  }
  // R3
  const head = headText(reader.take(headSize, 'truncated', 'the head'))
  return { head, payload: asBytes(reader.rest(), 'payload') }
}

// R1
function checkMagic(bytes: Bytes): void {
  if (startsWith(bytes, MAGIC)) return
  const version = bytes[5]
  if (startsWith(bytes, MAGIC.subarray(0, 5)) && version !== undefined && version > 0x32 && version <= 0x39) {
    throw new EnvelopeError('unsupported', 'the envelope is of a later version: update otaseal')
  }
  if (bytes.length < MAGIC.length && startsWith(MAGIC, bytes)) {
    throw new EnvelopeError('truncated', `the envelope ends after ${bytes.length} bytes: download it again`)
  }
  const hint = LOOKALIKES.find(([start]) => startsWith(bytes, start))?.[1] ?? 'check that this is the right file'
  throw new EnvelopeError('not-an-envelope', `this is not an otaseal envelope; ${hint}`)
}

function startsWith(bytes: Bytes, start: Bytes): boolean {
  return bytes.length >= start.length && start.every((byte, i) => byte === bytes[i])
}
