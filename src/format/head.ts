import { asBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import {
  anyString,
  base64urlBytes,
  base64urlOf,
  constant,
  isExactForm,
  listOf,
  malformed,
  matching,
  parseExactJson,
  parseJson,
  readObject,
} from '../json.js'
import { ascii, base64urlEncode, utf8Decode, utf8Encode } from '../text.js'
import { parseHeader } from './header.js'
import { DIGEST_SIZE, HEAD_SIZE_MAX, LINKS_MAX, SIGNATURES_MAX, SLOTS_MAX } from './limits.js'
import type { Bytes } from '../bytes.js'
import type { Check } from '../json.js'
import type { ParsedHeader } from './header.js'

export const HEAD_TYPE = 'otaseal-head-v2'

/** A head as callers have it: JSON text, its UTF-8 bytes, or the parsed JSON object of an update server's answer. */
export type HeadInput = string | Uint8Array | object

/** A signature of the head; whether it counts is decided against the trusted keys. */
export interface HeadSignature {
  readonly alg: string
  readonly kid: string
  readonly signature: Bytes
  /** What was signed: the JWS signing input (RFC 7515 section 5.1). */
  readonly message: Bytes
}

/** A head whose form is right; nothing in it is believed yet. */
export interface ParsedHead extends ParsedHeader {
  /** The signed member `payload`, base64url of the header, as it stands in the head. */
  readonly payload: string
  readonly signatures: readonly HeadSignature[]
  /** Session key slots, JWE compact, unchecked: one that is broken fits no reader. */
  readonly slots: readonly string[]
}

const compactJws: Check<string> = (value, where) => {
  const parts = anyString(value, where).split('.')
  if (parts.length !== 3 || parts.includes('')) throw malformed(where, 'does not have three parts')
  for (const part of parts) base64urlBytes(part, where)
  return value as string
}

const signatureMember: Check<{ readonly protected: string; readonly signature: Bytes }> = (value, where) =>
  readObject(value, where, { protected: anyString, signature: base64urlBytes }, {})

/**
 * Reads a head: a strict subset of JWS General JSON (RFC 7515 section 7.2.1) with session key slots.
 *
 * @throws EnvelopeError `malformed-head`, `unsupported`, `limit-exceeded`
 * @throws TypeError where the head is neither text, bytes nor an object
 */
export function parseHead(input: HeadInput): ParsedHead {
  const { payload, signatures, keys } = readObject(
    parseHeadJson(headText(input)),
    'head',
    {
      payload: anyString,
      // R11
      signatures: listOf(signatureMember, 1, SIGNATURES_MAX),
      keys: listOf(anyString, 0, SLOTS_MAX),
    },
    { chain: listOf(compactJws, 1, LINKS_MAX) },
  )
  return {
    ...parseHeader(base64urlBytes(payload, 'head.payload')),
    payload,
    signatures: signatures.map((entry, i) => parseSignature(entry, payload, `head.signatures[${i}]`)),
    slots: keys,
  }
}

/** The head's JSON text; its length is bounded before anything is made of it. */
export function headText(input: unknown): string {
  if (ArrayBuffer.isView(input)) {
    const bytes = asBytes(input, 'head')
    if (bytes.length > HEAD_SIZE_MAX) throw headTooLarge()
    const text = utf8Decode(bytes)
    if (text === undefined) throw malformed('head', 'is not UTF-8')
    return text
  }
  if (typeof input === 'object' && input !== null) return headText(objectText(input))
  if (typeof input !== 'string') throw new TypeError('head must be JSON text, its bytes, or the parsed JSON object')
  if (input.length > HEAD_SIZE_MAX || headBytes(input).length > HEAD_SIZE_MAX) throw headTooLarge()
  return input
}

function objectText(head: object): string {
  try {
    return JSON.stringify(head)
  } catch (cause) {
    throw malformed('head', `is no JSON object (${cause instanceof RangeError ? 'nested too deeply' : 'not serialisable'})`)
  }
}

export function headBytes(text: string): Bytes {
  const bytes = utf8Encode(text)
  if (bytes === undefined) throw malformed('head', 'holds a lone surrogate')
  return bytes
}

function headTooLarge(): EnvelopeError {
  return new EnvelopeError('limit-exceeded', `the head has more than ${HEAD_SIZE_MAX} bytes`)
}

/**
 * The head itself is not signed, so storage may lay it out anew: order of members and white space between
 * tokens are free. Its strings hold neither white space nor escapes, so what is left must be the exact form,
 * which leaves no room for a duplicate member.
 */
function parseHeadJson(text: string): unknown {
  const value = parseJson(text, 'head')
  // R10
  if (text.includes('\\') || !isExactForm(text.replace(/[ \t\r\n]+/g, ''), value)) throw malformed('head', 'has duplicate members or escaped strings')
  return value
}

function parseSignature(entry: ReturnType<typeof signatureMember>, payload: string, where: string): HeadSignature {
  const { alg, kid } = readObject(
    parseExactJson(base64urlBytes(entry.protected, `${where}.protected`), `${where}.protected`),
    `${where}.protected`,
    // R12
    { alg: matching(/^[A-Za-z0-9-]{1,32}$/), kid: base64urlOf(DIGEST_SIZE), typ: constant(HEAD_TYPE) },
    {},
  )
  return { alg, kid, signature: entry.signature, message: ascii(`${entry.protected}.${payload}`) }
}

/** The `protected` member for a signature by the key `kid`. */
export function protectedMember(alg: string, kid: string): string {
  return jsonMember({ alg, kid, typ: HEAD_TYPE })
}

/** The base64url of a value's JSON, as the head carries its signed parts. */
export function jsonMember(value: unknown): string {
  return base64urlEncode(headBytes(JSON.stringify(value)))
}
