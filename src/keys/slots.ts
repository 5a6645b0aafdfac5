import { concatBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { concatKdf } from '../crypto/concat-kdf.js'
import { hkdf } from '../crypto/hkdf.js'
import { isPossiblePoint } from '../crypto/agreement-shape.js'
import { GCM_NONCE, GCM_TAG } from '../crypto/shape.js'
import { asObject, base64urlBytes, base64urlOf, constant, matching, parseExactJson, readObject } from '../json.js'
import { ascii, base64urlEncode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { AgreementCurve, AgreementPublicJwk, Awaitable, DeviceBackend } from '../crypto/backend.js'
import type { PublicKey } from './types.js'

/** A session key, a shared secret and a key-wrapping key are all 32 bytes. */
export const KEY_SIZE = 32
const WRAPPED_KEY_SIZE = 40

/** The members of a protected header besides its `kid`, where both sides have the wrapping key (RFC 7516, RFC 7518 section 4.4). */
export const SLOT_HEADER: { readonly alg: 'A256KW'; readonly enc: 'A256GCM' } = { alg: 'A256KW', enc: 'A256GCM' }

/** The same where they agree on one, besides `kid` and `epk` (RFC 7518 section 4.6). */
export const AGREEMENT_HEADER: { readonly alg: 'ECDH-ES+A256KW'; readonly enc: 'A256GCM' } = { alg: 'ECDH-ES+A256KW', enc: 'A256GCM' }

/** Who can open a slot: the key that wraps, and the name that the slot carries. */
export interface Reader {
  readonly kid: string
  /** AES-256 key-wrapping key, 32 bytes. */
  readonly wrappingKey: Bytes
}

/** Who can open a slot with a private key. */
export interface AgreementReader {
  /** `undefined` where only the private key is known: every slot of its curve may be its own. */
  readonly kid: string | undefined
  readonly curve: AgreementCurve
  /** What the private key has in common with a slot's; `undefined` where there is nothing. */
  readonly deriveSharedSecret: (ephemeral: AgreementPublicJwk) => Awaitable<Bytes | undefined>
}

/** Who can open a slot, in whichever way. */
export type SlotReader = Reader | AgreementReader

/** The reader that everyone is who holds a publisher's public key: HKDF-SHA-256 over its canonical SPKI. */
export async function signerReader(key: PublicKey, backend: DeviceBackend): Promise<Reader> {
  const info = ascii('otaseal v2 reader') // R34
  return { kid: key.kid, wrappingKey: await hkdf(backend, 'SHA-256', { ikm: key.spki, info }, KEY_SIZE) }
}

/** The reader that everyone is who shares a secret of 32 bytes. */
export async function secretReader(secret: Bytes, backend: Pick<DeviceBackend, 'sha256'>): Promise<Reader> {
  // R35
  const kid = await backend.sha256(concatBytes(ascii('otaseal v2 secret'), secret))
  return { kid: base64urlEncode(kid), wrappingKey: secret }
}

interface ParsedSlot {
  readonly kid: string
  /** The public key that was made for this slot alone, where the slot is for a private key. */
  readonly ephemeral: AgreementPublicJwk | undefined
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
export async function openSlot(slot: string, readers: readonly SlotReader[], backend: DeviceBackend): Promise<Bytes | undefined> {
  const parsed = parseSlot(slot)
  if (parsed === undefined) return undefined
  for (const reader of readers) {
    const wrappingKey = await wrappingKeyOf(parsed, reader, backend)
    const sessionKey = wrappingKey && (await unwrapSessionKey(parsed, wrappingKey, backend))
    if (sessionKey !== undefined) return sessionKey
  }
  return undefined
}

/** The key that wraps in this slot, if it may be this reader's. */
async function wrappingKeyOf({ kid, ephemeral }: ParsedSlot, reader: SlotReader, backend: DeviceBackend): Promise<Bytes | undefined> {
  if ('wrappingKey' in reader) return ephemeral === undefined && reader.kid === kid ? reader.wrappingKey : undefined
  if (ephemeral?.crv !== reader.curve || (reader.kid ?? kid) !== kid) return undefined
  const secret = await reader.deriveSharedSecret(ephemeral)
  return secret && agreedKey(secret, backend)
}

/** The AES-256 key-wrapping key of a shared secret (RFC 7518 section 4.6.2), without PartyUInfo and PartyVInfo. */ // R67
export async function agreedKey(secret: Bytes, backend: DeviceBackend): Promise<Bytes> {
  const nobody = new Uint8Array(0)
  return concatKdf(backend, secret, { algorithm: AGREEMENT_HEADER.alg, apu: nobody, apv: nobody, size: KEY_SIZE })
}

async function unwrapSessionKey(parsed: ParsedSlot, wrappingKey: Bytes, backend: DeviceBackend): Promise<Bytes | undefined> {
  const contentKey = await backend.unwrapKey(wrappingKey, parsed.wrappedKey)
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
  const { kid, ephemeral } = readSlotHeader(parseExactJson(base64urlBytes(header, 'slot'), 'slot'))
  if (more.length > 0) throw new EnvelopeError('malformed-head', 'a slot has too many parts')
  return {
    kid,
    ephemeral,
    additionalData: ascii(header),
    wrappedKey: part(wrappedKey, WRAPPED_KEY_SIZE),
    iv: part(iv, GCM_NONCE),
    ciphertext: part(ciphertext, KEY_SIZE),
    tag: part(tag, GCM_TAG),
  }
}

function readSlotHeader(value: unknown): Pick<ParsedSlot, 'kid' | 'ephemeral'> {
  const both = { enc: constant('A256GCM'), kid: matching(/^[A-Za-z0-9_-]{43}$/) }
  if (asObject(value, 'slot')['alg'] !== AGREEMENT_HEADER.alg) {
    return { kid: readObject(value, 'slot', { ...both, alg: constant(SLOT_HEADER.alg) }, {}).kid, ephemeral: undefined }
  }
  // R66
  const { kid, epk } = readObject(value, 'slot', { ...both, alg: constant(AGREEMENT_HEADER.alg), epk: ephemeralKey }, {})
  return { kid, ephemeral: epk }
}

/** A point of its curve; one of small order shows when a secret is made. No key of a reader ever meets another. */
function ephemeralKey(value: unknown, where: string): AgreementPublicJwk {
  const number = base64urlOf(KEY_SIZE)
  const key =
    asObject(value, where)['kty'] === 'EC'
      ? readObject(value, where, { kty: constant('EC'), crv: constant('P-256'), x: number, y: number }, {})
      : readObject(value, where, { kty: constant('OKP'), crv: constant('X25519'), x: number }, {})
  if (!isPossiblePoint(key)) throw new EnvelopeError('malformed-head', `${where} is no point of its curve`)
  return { ...key }
}

function part(text: string | undefined, length: number): Bytes {
  const bytes = base64urlBytes(text, 'slot')
  if (bytes.length !== length) throw new EnvelopeError('malformed-head', `a part of a slot does not hold ${length} bytes`)
  return bytes
}
