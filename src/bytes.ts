import { EnvelopeError } from './errors.js'
import type { ErrorCode } from './errors.js'

/** Bytes whose memory is an ordinary `ArrayBuffer`: nobody else can write it while a call is running, but the caller. */
export type Bytes = Uint8Array<ArrayBuffer>

/**
 * A plain view of a caller's `Uint8Array` or `Buffer`, without copying. The one place that touches `.buffer`.
 *
 * @throws TypeError where `value` is not a `Uint8Array`, or lies in shared memory
 */
export function asBytes(value: unknown, name: string): Bytes {
  if (!ArrayBuffer.isView(value) || Object.prototype.toString.call(value) !== '[object Uint8Array]') {
    throw new TypeError(`${name} must be a Uint8Array, for example new Uint8Array(await response.arrayBuffer())`)
  }
  if (Object.prototype.toString.call(value.buffer) !== '[object ArrayBuffer]') {
    throw new TypeError(`${name} must not lie in shared memory, which others can change during the call: pass a copy`)
  }
  return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength)
}

/** The memory of bytes that own all of it, to be given away; `undefined` where others lie in it too. */
export function ownMemory(bytes: Bytes): ArrayBuffer | undefined {
  return bytes.length === bytes.buffer.byteLength ? bytes.buffer : undefined
}

/** A copy that the caller can no longer change. */
export function copyBytes(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes)
}

export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  return concatParts(parts)
}

/** The same of any number of parts, of which a function takes only so many. */
export function concatParts(parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}

/** Parts as one byte string: a view of them where they already lie behind each other in memory, else a copy. */
export function joinBytes(first: Bytes, ...others: readonly Bytes[]): Bytes {
  let end = first.byteOffset + first.length
  for (const part of others) {
    if (part.buffer !== first.buffer || part.byteOffset !== end) return concatBytes(first, ...others)
    end += part.length
  }
  return new Uint8Array(first.buffer, first.byteOffset, end - first.byteOffset)
}

const BLOCK = 16_384

/** A byte string that grows at its end, without ever being in memory twice before it is asked for. */
export function growingBytes(): { readonly push: (part: Bytes) => void; readonly bytes: () => Bytes } {
  const full: Bytes[] = []
  let block = new Uint8Array(BLOCK)
  let length = 0
  return {
    push: (part) => {
      if (length + part.length > block.length) {
        full.push(block.subarray(0, length))
        block = new Uint8Array(Math.max(BLOCK, part.length))
        length = 0
      }
      block.set(part, length)
      length += part.length
    },
    bytes: () => concatParts([...full, block.subarray(0, length)]),
  }
}

/** Whether two byte strings are equal, in a time that depends on their lengths only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}

/** `a XOR b`, both of the same length. */
export function xorBytes(a: Uint8Array, b: Uint8Array): Bytes {
  if (a.length !== b.length) throw new RangeError('XOR needs two byte strings of one length')
  const out = new Uint8Array(a)
  for (let i = 0; i < b.length; i++) out[i] = (out[i] as number) ^ (b[i] as number)
  return out
}

/** `value`, a whole number up to 2^53 - 1, as `length` bytes, big-endian; others are a RangeError. */
export function bigEndian(value: number, length: number): Bytes {
  const out = new Uint8Array(length)
  let rest = value
  for (let i = length - 1; i >= 0; i--) {
    out[i] = rest % 256
    // Of a fraction something is left to the end.
    rest = (rest - (out[i] as number)) / 256
  }
  if (rest !== 0) throw new RangeError(`${value} does not fit in ${length} bytes`)
  return out
}

/** Reads a byte string from front to back; whoever calls {@link ByteReader.end} has read all of it. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  /** The next `length` bytes as a view, or an {@link EnvelopeError} with `code` where fewer are left. */
  take(length: number, code: ErrorCode, what: string): Uint8Array {
    if (length > this.remaining) {
      throw new EnvelopeError(code, `${what} takes ${length} bytes, but only ${this.remaining} are left`)
    }
    const view = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return view
  }

  /** The next `length` bytes, at most 6, as an unsigned big-endian number. */
  takeUint(length: number, code: ErrorCode, what: string): number {
    return this.take(length, code, what).reduce((value, byte) => value * 256 + byte, 0)
  }

  /** All bytes that are left, as a view. */
  rest(): Uint8Array {
    return this.take(this.remaining, 'truncated', 'the rest')
  }

  /** Refuses bytes that nobody read. */
  end(code: ErrorCode, what: string): void {
    if (this.remaining > 0) throw new EnvelopeError(code, `${what} is followed by ${this.remaining} bytes that do not belong to it`)
  }
}
