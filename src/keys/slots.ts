import { concatBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { hkdf } from '../crypto/hkdf.js'
import { GCM_NONCE, GCM_TAG } from '../crypto/shape.js'
import { base64urlBytes, constant, matching, parseExactJson, readObject } from '../json.js'
import { ascii, base64urlEncode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { DeviceBackend } from '../crypto/backend.js'
import type { PublicKey } from './types.js'

/** A session key, a shared secret and a key-wrapping key are all 32 bytes. */
export const KEY_SIZE = 32
const WRAPPED_KEY_SIZE = 40

/** The members of every slot's protected header besides its `kid` (RFC 7516, RFC 7518 section 4.4). */
export const SLOT_HEADER: { readonly alg: 'A256KW'; readonly enc: 'A256GCM' } = { alg: 'A256KW', enc: 'A256GCM' }

/** Who can open a slot: the key that wraps, and the name that the slot carries. */
export interface Reader {
  readonly kid: string
  /** AES-256 key-wrapping key, 32 bytes. */
  readonly wrappingKey: Bytes
}

/** The reader that everyone is who holds a publisher's public key: HKDF-SHA-256 over its canonical SPKI. */
export async function signerReader(key: PublicKey, backend: DeviceBackend): Promise<Reader> {
  const info = ascii('otaseal v2 reader') // R34
  return { kid: key.kid, wrappingKey: await hkdf(backend, 'SHA-256', { ikm: key.spki, info }, KEY_SIZE) }
}

/** The reader that everyone is who shares a secret of 32 bytes. */
export async function secretReader(secret: Bytes, backend: DeviceBackend): Promise<Reader> {
  // R35
  const kid = await backend.sha256(concatBytes(ascii('otaseal v2 secret'), secret))
  return { kid: base64urlEncode(kid), wrappingKey: secret }
}

interface ParsedSlot {
  readonly kid: string
  /** The protected header as it travels: the additional data of the inner encryption. */
  readonly additionalData: Bytes
  readonly wrappedKey: Bytes
  readonly iv: Bytes
  readonly ciphertext: Bytes
  readonly tag: Bytes
}

/**
 * The session key of a slot, or `undefined` where the slot is none of this reader's, broken, or of a kind that
 * this version does not know. That it fits is known only when its commitment is the signed one.
 */
export async function openSlot(slot: string, readers: readonly Reader[], backend: DeviceBackend): Promise<Bytes | undefined> {
  const parsed = parseSlot(slot)
  const reader = readers.find(({ kid }) => kid === parsed?.kid)
  if (parsed === undefined || reader === undefined) return undefined
  const contentKey = await backend.unwrapKey(reader.wrappingKey, parsed.wrappedKey)
  if (contentKey?.length !== KEY_SIZE) return undefined
  const opener = await backend.gcmOpener(contentKey)
  const sessionKey = await opener.open(parsed.iv, parsed.ciphertext, parsed.tag, parsed.additionalData)
  return sessionKey?.length === KEY_SIZE ? sessionKey : undefined
}

/** The strict subset of JWE compact (RFC 7516 section 7.1); `undefined` for everything else. */ // R33
export function parseSlot(slot: string): ParsedSlot | undefined {
  try {
    return readSlot(slot)
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined
    throw error
  }
}

function readSlot(slot: string): ParsedSlot {
  const [header = '', wrappedKey, iv, ciphertext, tag, ...more] = slot.split('.')
  const { kid } = readObject(
    parseExactJson(base64urlBytes(header, 'slot'), 'slot'),
    'slot',
    { alg: constant(SLOT_HEADER.alg), enc: constant(SLOT_HEADER.enc), kid: matching(/^[A-Za-z0-9_-]{43}$/) },
    {},
  )
  if (more.length > 0) throw new EnvelopeError('malformed-head', 'a slot has too many parts')
  return {
    kid,
    additionalData: ascii(header),
    wrappedKey: part(wrappedKey, WRAPPED_KEY_SIZE),
    iv: part(iv, GCM_NONCE),
    ciphertext: part(ciphertext, KEY_SIZE),
    tag: part(tag, GCM_TAG),
  }
}

function part(text: string | undefined, length: number): Bytes {
  const bytes = base64urlBytes(text, 'slot')
  if (bytes.length !== length) throw new EnvelopeError('malformed-head', `a part of a slot does not hold ${length} bytes`)
  return bytes
}
