import { EnvelopeError } from '../errors.js'
import { anyString, asObject, base64urlOf, constant, integerUpTo, matching, parseExactJson, readObject } from '../json.js'
import { utf8Encode } from '../text.js'
import { chunkSizes, geometryOf } from './geometry.js'
import { COMMITMENT_SIZE, DIGEST_SIZE, META_SIZE_MAX, SALT_SIZE, TIME_MAX } from './limits.js'
import type { Check } from '../json.js'
import type { ChunkSize, Geometry } from './geometry.js'

export const BODY_ALGORITHM = 'AES-256-GCM'

/** What a publisher says of a bundle, and signs. Times are whole seconds since 1970. */
export interface Claims {
  readonly app: string
  readonly version: string
  /** Grows with each release of the app. */
  readonly sequence: number
  readonly channel?: string
  readonly runtime?: string
  readonly created: number
  readonly expires?: number
  /** Free data, readable by everyone who has the head. */
  readonly meta?: Readonly<Record<string, string>>
}

/** The header as it is signed; binary members are base64url. */
export interface Header extends Claims {
  readonly bundle: {
    /** Bytes of plaintext. */
    readonly size: number
    /** Sealed in the signed header (base64url); opened in the header that a device returns (hex SHA-256). */
    readonly checksum: string
    /** Media type. */
    readonly type: string
  }
  readonly body: {
    readonly alg: string
    /** Bytes of plaintext in each chunk but the last. */
    readonly chunk: ChunkSize
    readonly salt: string
    readonly commitment: string
    /** Index digest. */
    readonly index: string
  }
}

/** `app`, `version`, `channel` and `runtime`. */ // R13
export const namePattern: RegExp = /^[A-Za-z0-9._+-]{1,128}$/
/** Media types without parameters (RFC 6838 section 4.2). */ // R15
export const typePattern: RegExp = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/

const name = /* @__PURE__ */ matching(namePattern)
const time = /* @__PURE__ */ integerUpTo(TIME_MAX) // R14

// R16
export const chunkMember: Check<ChunkSize> = (value, where) => {
  const known = chunkSizes.find((size) => size === value)
  if (known === undefined) throw new EnvelopeError('unsupported', `${where} is not one of ${chunkSizes.join(', ')}`)
  return known
}

/** Bytes that `meta` takes as JSON in exact form. */
export function metaSize(meta: unknown): number {
  return utf8Encode(JSON.stringify(meta))?.length ?? Infinity
}

// R17
const meta: Check<Readonly<Record<string, string>>> = (value, where) => {
  for (const text of Object.values(asObject(value, where))) anyString(text, where)
  if (metaSize(value) > META_SIZE_MAX) {
    throw new EnvelopeError('limit-exceeded', `${where} takes more than ${META_SIZE_MAX} bytes of JSON`)
  }
  return value as Record<string, string>
}

const bundle: Check<Header['bundle']> = (value, where) =>
  readObject(
    value,
    where,
    { size: integerUpTo(Number.MAX_SAFE_INTEGER), checksum: base64urlOf(DIGEST_SIZE), type: matching(typePattern) },
    {},
  )

const body: Check<Header['body']> = (value, where) =>
  readObject(
    value,
    where,
    {
      alg: constant(BODY_ALGORITHM),
      chunk: chunkMember,
      salt: base64urlOf(SALT_SIZE),
      commitment: base64urlOf(COMMITMENT_SIZE),
      index: base64urlOf(DIGEST_SIZE),
    },
    {},
  )

/** A header whose form is right; nothing in it is believed yet. */
export interface ParsedHeader {
  readonly header: Header
  readonly geometry: Geometry
}

/**
 * Reads the signed header.
 *
 * @throws EnvelopeError `malformed-head`, `unsupported`, `limit-exceeded`
 */
export function parseHeader(bytes: Uint8Array): ParsedHeader {
  const header: Header = readObject(
    parseExactJson(bytes, 'header'),
    'header',
    { app: name, version: name, sequence: integerUpTo(Number.MAX_SAFE_INTEGER), created: time, bundle, body },
    { channel: name, runtime: name, expires: time, meta },
  )
  return { header, geometry: geometryOf(header.bundle.size, header.body.chunk) }
}
