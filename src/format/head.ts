import { anyString, base64urlBytes, listOf, parseLaidOutJson, readObject } from '../json.js'
import { parseHeader } from './header.js'
import { jsonText, signatureMembers, signaturesOf } from './jws.js'
import { HEAD_SIZE_MAX, LINKS_MAX, SLOTS_MAX } from './limits.js'
import { parseLink } from './link.js'
import type { ParsedHeader } from './header.js'
import type { JsonInput, JwsSignature } from './jws.js'
import type { Link } from './link.js'

/** The `typ` of a head's signatures. */
export const HEAD_TYPE = 'otaseal-head-v2'

/** A head as callers have it: JSON text, its UTF-8 bytes, or the parsed JSON object of an update server's answer. */
export type HeadInput = JsonInput

/** A head whose form is right; nothing in it is believed yet. */
export interface ParsedHead extends ParsedHeader {
  /** The signed member `payload`, base64url of the header, as it stands in the head. */
  readonly payload: string
  readonly signatures: readonly JwsSignature[]
  /** Session key slots, JWE compact, unchecked: one that is broken fits no reader. */
  readonly slots: readonly string[]
  /** What delegates; that a trusted key signed it is still to be shown. */
  readonly links: readonly Link[]
}

/**
 * Reads a head: a strict subset of JWS General JSON (RFC 7515 section 7.2.1) with session key slots. The head itself is not
 * signed, so storage may lay it out anew.
 *
 * @throws EnvelopeError `malformed-head`, `unsupported`, `limit-exceeded`
 * @throws TypeError where the head is neither text, bytes nor an object
 */
export function parseHead(input: HeadInput): ParsedHead {
  const { payload, signatures, keys, chain = [] } = readObject(
    parseLaidOutJson(headText(input), 'head'),
    'head',
    // R11
    { payload: anyString, signatures: signatureMembers, keys: listOf(anyString, 0, SLOTS_MAX) },
    { chain: listOf(parseLink, 1, LINKS_MAX) },
  )
  return {
    ...parseHeader(base64urlBytes(payload, 'head.payload')),
    payload,
    signatures: signaturesOf(signatures, payload, HEAD_TYPE, 'head'),
    slots: keys,
    links: chain,
  }
}

/**
 * The head's JSON text.
 *
 * @throws EnvelopeError `malformed-head`, `limit-exceeded`; TypeError
 */
export function headText(input: unknown): string {
  return jsonText(input, HEAD_SIZE_MAX, 'head')
}
