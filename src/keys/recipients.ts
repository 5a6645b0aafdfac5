import { secretOption } from '../options.js'
import { agreementKid, readAgreementPublic } from './agreement.js'
import { secretReader } from './slots.js'
import type { Bytes } from '../bytes.js'
import type { AgreementPublicJwk, Awaitable, DeviceBackend } from '../crypto/backend.js'
import type { Recipient } from './seal-slot.js'
import type { KeyInput } from './types.js'

/** Who may read an envelope: a 32-byte secret shared with them, or their X25519 or P-256 public key as PEM, JWK or `CryptoKey`. */
export type ReaderInput = Uint8Array | KeyInput

/** The same, read at the call: a copied secret, or a public key, which a `CryptoKey` still has to be exported for. */
export type ReaderOption = { readonly secret: Bytes } | { readonly publicKey: Awaitable<AgreementPublicJwk> }

/**
 * A list of readers as a caller gives it.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError, RangeError
 */
export function recipientsOption(readers: readonly ReaderInput[], most: number): readonly ReaderOption[] {
  if (!Array.isArray(readers)) throw new TypeError('readers must be an array of 32-byte secrets and of X25519 and P-256 public keys')
  if (readers.length === 0) throw new RangeError('readers is empty, so nobody could read: leave it out, or name readers')
  if (readers.length > most) throw new RangeError(`at most ${most} readers fit in an envelope`)
  return Array.from(readers as readonly ReaderInput[], (reader, i) => recipientOption(`readers[${i}]`, reader))
}

/**
 * One of them.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError, RangeError
 */
export function recipientOption(name: string, reader: ReaderInput): ReaderOption {
  if (ArrayBuffer.isView(reader)) return { secret: secretOption(name, reader) }
  if (!isKeyInput(reader)) {
    throw new TypeError(`${name} must be a Uint8Array of 32 bytes, or an X25519 or P-256 public key as PEM, JWK or CryptoKey`)
  }
  const publicKey = readAgreementPublic(reader)
  // Who waits for it is told; until then the failure is nobody's.
  if (publicKey instanceof Promise) publicKey.catch(() => undefined)
  return { publicKey }
}

/** Whether a reader is to be read as a key: an object, or text that may be a PEM or a JWK; a secret is never taken as text. */
export function isKeyInput(reader: unknown): reader is KeyInput {
  if (typeof reader === 'string') return /^\s*\{|-----BEGIN /.test(reader)
  return typeof reader === 'object' && reader !== null && !ArrayBuffer.isView(reader)
}

/**
 * Whom slots are sealed for, each once however often it was given.
 *
 * @throws EnvelopeError `bad-key`
 */
export async function readRecipients(readers: readonly ReaderOption[], backend: DeviceBackend): Promise<readonly Recipient[]> {
  const recipients = await Promise.all(readers.map(async (reader) => readRecipient(reader, backend)))
  return [...new Map(recipients.map((recipient) => [recipient.kid, recipient])).values()]
}

/**
 * Whom a slot is sealed for.
 *
 * @throws EnvelopeError `bad-key`
 */
export async function readRecipient(reader: ReaderOption, backend: Pick<DeviceBackend, 'sha256'>): Promise<Recipient> {
  if ('secret' in reader) return secretReader(reader.secret, backend)
  const publicKey = await reader.publicKey
  return { kid: await agreementKid(publicKey, backend), publicKey }
}
