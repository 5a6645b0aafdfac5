import type { Bytes } from './bytes.js'

/*
 * Text codecs that need nothing of the platform: the engines that a device may run (QuickJS, Hermes,
 * JavaScriptCore) have no TextEncoder, and Node's own base64url decoder is too lenient for signed data.
 * Each decoder returns `undefined` for what is not in the one canonical form.
 */

/** UTF-8, or `undefined` where `text` holds a lone surrogate. */
export function utf8Encode(text: string): Bytes | undefined {
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

/** The text of well-formed UTF-8 (a BOM is kept), or `undefined`. */
export function utf8Decode(bytes: Uint8Array): string | undefined {
  let escaped = ''
  for (const byte of bytes) escaped += HEX_OF_BYTE[byte] as string
  try {
    return decodeURIComponent(escaped.replace(/../g, '%$&'))
  } catch {
    return undefined
  }
}

/** Bytes of a string that the program itself wrote in ASCII. */
export function ascii(text: string): Bytes {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hex, as `sha256sum` prints it. */
export function hexEncode(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => HEX_OF_BYTE[byte]).join('')
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

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

function encodeSixBits(bytes: Uint8Array, alphabet: string): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3)
    const characters = [a >> 2, ((a & 3) << 4) | (b >> 4), ((b & 15) << 2) | (c >> 6), c & 63]
    const count = Math.min(bytes.length - i, 3) + 1
    for (const value of characters.slice(0, count)) text += alphabet[value] as string
  }
  return text
}

function decodeSixBits(text: string, alphabet: string): Bytes | undefined {
  if (text.length % 4 === 1) return undefined
  const out = new Uint8Array(Math.floor((text.length * 3) / 4))
  let length = 0
  let held = 0
  let bits = 0
  for (const character of text) {
    const value = alphabet.indexOf(character)
    if (value < 0) return undefined
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
