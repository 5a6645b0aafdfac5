import type { Bytes } from './bytes.js'

/*
 * Text codecs that need nothing of the platform: the engines that a device may run (QuickJS, Hermes,
 * JavaScriptCore) have no TextEncoder, and Node's own base64url decoder is too lenient for signed data.
 * Each decoder returns `undefined` for what is not in the one canonical form.
 */

/** UTF-8, or `undefined` where `text` holds a lone surrogate. */
export function utf8Encode(text: string): Bytes | undefined {
  if (/^[\0-\x7f]*$/.test(text)) return ascii(text)
  let escaped: string
  try {
    escaped = encodeURIComponent(text)
  } catch {
    return undefined
  }
  const out = new Uint8Array(escaped.length)
  let length = 0
  for (let i = 0; i < escaped.length; i++) {
    const isEscape = escaped[i] === '%'
    out[length++] = isEscape ? Number.parseInt(escaped.slice(i + 1, i + 3), 16) : escaped.charCodeAt(i)
    if (isEscape) i += 2
  }
  return out.slice(0, length)
}

/** Whether `text` has no lone surrogate, so that UTF-8 can hold it. */
export function isUnicode(text: string): boolean {
  return utf8Encode(text) !== undefined
}

/** Text is decoded in slices of so many bytes: a function takes only so many arguments, and the work takes many times the memory. */
const SLICE = 4096

/** The text of well-formed UTF-8 (a BOM is kept), or `undefined`. */
export function utf8Decode(bytes: Uint8Array): string | undefined {
  let text = ''
  for (let start = 0; start < bytes.length; ) {
    let end = Math.min(start + SLICE, bytes.length)
    // Each slice ends where a character does, if the bytes are UTF-8 at all.
    while (end > start + 1 && isContinuation(bytes[end])) end--
    const slice = decodeSlice(bytes.subarray(start, end))
    if (slice === undefined) return undefined
    text += slice
    start = end
  }
  return text
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

function decodeSlice(bytes: Uint8Array): string | undefined {
  if (bytes.every((byte) => byte < 0x80)) return String.fromCharCode.apply(null, bytes as unknown as number[])
  let escaped = ''
  for (const byte of bytes) escaped += ESCAPE_OF_BYTE[byte] as string
  try {
    return decodeURIComponent(escaped)
  } catch {
    return undefined
  }
}

/** Bytes of a string that the program itself wrote in ASCII. */
export function ascii(text: string): Bytes {
  const out = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i)
  return out
}

const HEX_OF_BYTE: readonly string[] = /* @__PURE__ */ Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const ESCAPE_OF_BYTE: readonly string[] = /* @__PURE__ */ HEX_OF_BYTE.map((hex) => `%${hex}`)

/** Lower-case hex, as `sha256sum` prints it. */
export function hexEncode(bytes: Uint8Array): string {
  // Joined: a string that grew by parts is kept as all of them.
  return Array.from(bytes, (byte) => HEX_OF_BYTE[byte]).join('')
}

/** The bytes of hex in letters of either case, or `undefined`. */
export function hexDecode(text: string): Bytes | undefined {
  if (text.length % 2 !== 0) return undefined
  const out = new Uint8Array(text.length / 2)
  for (let i = 0; i < out.length; i++) {
    const byte = (hexValue(text.charCodeAt(2 * i)) << 4) | hexValue(text.charCodeAt(2 * i + 1))
    if (byte < 0) return undefined
    out[i] = byte
  }
  return out
}

/** What a hex digit stands for, by its character code; -1 where it is none. */
function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const small = code | 0x20
  return small >= 0x61 && small <= 0x66 ? small - 0x57 : -1
}

/** The 64 characters of a base64 alphabet, and the value of each by its character code. */
interface Alphabet {
  readonly characters: string
  readonly values: ReadonlyMap<number, number>
}

function alphabetOf(lastTwo: string): Alphabet {
  const characters = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${lastTwo}`
  return { characters, values: new Map(Array.from(characters, (character, value) => [character.charCodeAt(0), value])) }
}

const BASE64: Alphabet = /* @__PURE__ */ alphabetOf('+/')
const BASE64URL: Alphabet = /* @__PURE__ */ alphabetOf('-_')

/** RFC 4648 section 5, unpadded. */
export function base64urlEncode(bytes: Uint8Array): string {
  return encodeSixBits(bytes, BASE64URL)
}

/** RFC 4648 section 5, unpadded and canonical: zero trailing bits, no other characters. */
export function base64urlDecode(text: string): Bytes | undefined {
  return decodeSixBits(text, BASE64URL)
}

/** RFC 4648 section 4, padded. */
export function base64Encode(bytes: Uint8Array): string {
  const text = encodeSixBits(bytes, BASE64)
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

/** RFC 4648 section 4, padded and canonical. */
export function base64Decode(text: string): Bytes | undefined {
  if (text.length % 4 !== 0) return undefined
  return decodeSixBits(text.replace(/={1,2}$/, ''), BASE64)
}

function encodeSixBits(bytes: Uint8Array, { characters }: Alphabet): string {
  const out: string[] = []
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff
    for (bits += 8; bits >= 6; bits -= 6) out.push(characters[(held >> (bits - 6)) & 63] as string)
  }
  if (bits > 0) out.push(characters[(held << (6 - bits)) & 63] as string)
  return out.join('')
}

function decodeSixBits(text: string, { values }: Alphabet): Bytes | undefined {
  if (text.length % 4 === 1) return undefined
  const out = new Uint8Array(Math.floor((text.length * 3) / 4))
  let length = 0
  let held = 0
  let bits = 0
  for (let i = 0; i < text.length; i++) {
    const value = values.get(text.charCodeAt(i))
    if (value === undefined) return undefined
    held = ((held << 6) | value) & 0xfff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    out[length++] = (held >> bits) & 0xff
  }
  return (held & ((1 << bits) - 1)) === 0 ? out : undefined
}

/** Lines of at most 64 characters, as PEM has them (RFC 7468 section 2). */
export function wrapLines(text: string): string {
  return text.replace(/.{64}(?=.)/g, '$&\n')
}
