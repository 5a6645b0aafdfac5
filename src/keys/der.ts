import { bigEndian, ByteReader, concatBytes } from '../bytes.js'
import type { Bytes } from '../bytes.js'
import type { EnvelopeError } from '../errors.js'
import { badKey } from './bad-key.js'

/** The DER tags that keys are made of (ITU-T X.690; the last two from RFC 5958 section 2). */
export const derTag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
  set: 0x31,
  publicKey: 0x81,
  attributes: 0xa0,
} as const

/** The one refusal of malformed DER: lengths and positions in it are not told, since they may be bytes of the key. */
export function badDer(): EnvelopeError {
  return badKey(
    'the key is damaged, or not what its PEM label says (no strict DER): export it again, ' +
      'for example with `openssl pkey -in KEY.pem`, adding `-pubin -pubout` for a public key',
  )
}

/**
 * What `read` makes of all of `bytes`.
 *
 * @throws EnvelopeError `bad-key` where bytes are left over
 */
export function readDer<T>(bytes: Uint8Array, read: (reader: ByteReader) => T): T {
  const reader = new ByteReader(bytes)
  const value = read(reader)
  if (reader.remaining > 0) throw badDer()
  return value
}

/**
 * What `read` makes of the content of the one SEQUENCE that `bytes` are.
 *
 * @throws EnvelopeError `bad-key`
 */
export function readSequence<T>(bytes: Uint8Array, read: (reader: ByteReader) => T): T {
  return readDer(readDer(bytes, (reader) => takeDer(reader, derTag.sequence)), read)
}

/**
 * Tag and content of the next element, whose length must be definite, in its shortest form (X.690 section
 * 10.1), and at most 65,535 bytes.
 *
 * @throws EnvelopeError `bad-key`
 */
export function takeAny(reader: ByteReader): readonly [tag: number, content: Uint8Array] {
  const tag = takeNumber(reader, 1)
  const length = takeLength(reader)
  if (length > reader.remaining) throw badDer()
  return [tag, reader.take(length, 'bad-key', 'the key')]
}

/**
 * The content of the next element, which must have this tag.
 *
 * @throws EnvelopeError `bad-key`
 */
export function takeDer(reader: ByteReader, tag: number): Uint8Array {
  const [found, content] = takeAny(reader)
  if (found !== tag) throw badDer()
  return content
}

function takeLength(reader: ByteReader): number {
  const first = takeNumber(reader, 1)
  if (first < 0x80) return first
  const size = first - 0x80
  if (size !== 1 && size !== 2) throw badDer()
  const length = takeNumber(reader, size)
  if (length < (size === 1 ? 0x80 : 0x100)) throw badDer()
  return length
}

function takeNumber(reader: ByteReader, size: number): number {
  if (size > reader.remaining) throw badDer()
  return reader.takeUint(size, 'bad-key', 'the key')
}

/**
 * The next INTEGER without its sign byte (zero is one byte); it must be minimal (X.690 section 8.3.2) and not negative.
 *
 * @throws EnvelopeError `bad-key`
 */
export function takeInteger(reader: ByteReader): Uint8Array {
  const content = takeDer(reader, derTag.integer)
  const [first, second] = content
  if (first === undefined || first >= 0x80) throw badDer()
  if (first !== 0 || second === undefined) return content
  if (second < 0x80) throw badDer()
  return content.subarray(1)
}

/**
 * The bytes of a BIT STRING's content, of which no bit may be unused.
 *
 * @throws EnvelopeError `bad-key`
 */
export function wholeBits(content: Uint8Array): Uint8Array {
  if (content[0] !== 0) throw badDer()
  return content.subarray(1)
}

/**
 * One element: tag, shortest length, content.
 *
 * @throws RangeError where the content is longer than 65,535 bytes, which no key is
 */
export function der(tag: number, ...content: readonly Uint8Array[]): Bytes {
  const bytes = concatBytes(...content)
  return concatBytes(Uint8Array.of(tag), derLength(bytes.length), bytes)
}

function derLength(length: number): Bytes {
  if (length < 0x80) return bigEndian(length, 1)
  const size = length < 0x100 ? 1 : 2
  return concatBytes(Uint8Array.of(0x80 + size), bigEndian(length, size))
}

/** An INTEGER that is not negative, from its big-endian bytes without leading zeros. */
export function derInteger(number: Uint8Array): Bytes {
  const needsSignByte = (number[0] ?? 0x80) >= 0x80
  return der(derTag.integer, needsSignByte ? Uint8Array.of(0) : new Uint8Array(0), number)
}
