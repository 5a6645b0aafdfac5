import { asBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import {
  anyString, base64urlBytes, base64urlOf, constant, listOf, malformed, matching, parseExactJson, readObject, textOfObject,
} from '../json.js'
import { ascii, base64urlEncode, utf8Decode, utf8Encode } from '../text.js'
import { DIGEST_SIZE, SIGNATURES_MAX } from './limits.js'
import type { Bytes } from '../bytes.js'
import type { Check } from '../json.js'

/** JSON as callers have it: its text, the UTF-8 bytes of that, or the parsed object. */
export type JsonInput = string | Uint8Array | object

/** A signature whose form is right; whether it counts is decided against the trusted keys. */
export interface JwsSignature {
  readonly alg: string
  readonly kid: string
  readonly signature: Bytes
  /** What was signed: the JWS signing input (RFC 7515 section 5.1). */
  readonly message: Bytes
}

/**
 * The text of a JSON input; its length is bounded before anything is made of it.
 *
 * @throws EnvelopeError `malformed-head`, `limit-exceeded`
 * @throws TypeError where it is neither text, bytes nor an object
 */
export function jsonText(input: unknown, most: number, where: string): string {
  if (ArrayBuffer.isView(input)) {
    const bytes = asBytes(input, where)
    if (bytes.length > most) throw tooLarge(most, where)
    const text = utf8Decode(bytes)
    if (text === undefined) throw malformed(where, 'is not UTF-8')
    return text
  }
  if (typeof input === 'object' && input !== null) return jsonText(textOfObject(input, where), most, where)
  if (typeof input !== 'string') throw new TypeError(`${where} must be JSON text, its bytes, or the parsed JSON object`)
  if (input.length > most || utf8Bytes(input, where).length > most) throw tooLarge(most, where)
  return input
}

function tooLarge(most: number, where: string): EnvelopeError {
  return new EnvelopeError('limit-exceeded', `the ${where} has more than ${most} bytes`)
}

/** @throws EnvelopeError `malformed-head` */
export function utf8Bytes(text: string, where: string): Bytes {
  const bytes = utf8Encode(text)
  if (bytes === undefined) throw malformed(where, 'holds a lone surrogate')
  return bytes
}

/** An element of the member `signatures`, its signature decoded. */
export interface SignatureMember {
  readonly protected: string
  readonly signature: Bytes
}

const signatureMember: Check<SignatureMember> = (value, where) =>
  readObject(value, where, { protected: anyString, signature: base64urlBytes }, {})

/** The member `signatures` of JWS General JSON (RFC 7515 section 7.2.1). */ // R11
export const signatureMembers: Check<readonly SignatureMember[]> = /* @__PURE__ */ listOf(signatureMember, 1, SIGNATURES_MAX)

/**
 * The signatures over `payload`, each of the kind `type`.
 *
 * @throws EnvelopeError `malformed-head`, `unsupported`
 */
export function signaturesOf(members: readonly SignatureMember[], payload: string, type: string, where: string): readonly JwsSignature[] {
  return members.map((member, i) => ({
    ...protectedHeader(member.protected, type, `${where}.signatures[${i}].protected`),
    signature: member.signature,
    message: ascii(`${member.protected}.${payload}`),
  }))
}

/** Reads a JWS protected header, whose `typ` says what is signed. */
export function protectedHeader(text: string, type: string, where: string): { readonly alg: string; readonly kid: string } {
  const { alg, kid } = readObject(
    parseExactJson(base64urlBytes(text, where), where),
    where,
    // R12
    { alg: matching(/^[A-Za-z0-9-]{1,32}$/), kid: base64urlOf(DIGEST_SIZE), typ: constant(type) },
    {},
  )
  return { alg, kid }
}

/** The `protected` member for a signature of the kind `type` by the key `kid`. */
export function protectedMember(alg: string, kid: string, type: string): string {
  return jsonMember({ alg, kid, typ: type })
}

/** The base64url of a value's JSON, as signed parts are carried. */
export function jsonMember(value: unknown): string {
  return base64urlEncode(utf8Bytes(JSON.stringify(value), 'a member'))
}
