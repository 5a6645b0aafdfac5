import { createCipheriv, createHash, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { aeskw } from '@noble/ciphers/aes.js'
import { openSlot, secretReader } from '../../../src/keys/slots.js'
import { backend, base64url, fromBase64url, headOf, keys } from './publisher.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { JsonWebKey } from 'node:crypto'

export type Curve = 'X25519' | 'P-256'

/** A slot as a publisher in another language would make it, or a hostile one: everything can be changed. */
export interface SlotForm {
  readonly header: Record<string, unknown>
  readonly wrappingKey: Uint8Array
  readonly sessionKey: Uint8Array
  /** The text of the protected header. */
  readonly text?: (header: string) => string
  readonly ivSize?: number
  readonly contentKeySize?: number
  /** Its five parts, once they are encrypted. */
  readonly parts?: (parts: string[]) => readonly string[]
}

export function slotOf({ header, wrappingKey, sessionKey, text = (same) => same, ivSize = 12, contentKeySize = 32, parts = (same) => same }: SlotForm): string {
  const member = base64url(text(JSON.stringify(header)))
  const contentKey = backend.randomBytes(32)
  const iv = backend.randomBytes(ivSize)
  const cipher = createCipheriv('aes-256-gcm', contentKey, iv).setAAD(Buffer.from(member))
  const ciphertext = Buffer.concat([cipher.update(sessionKey), cipher.final()])
  const wrapped = aeskw(wrappingKey).encrypt(contentKey.subarray(0, contentKeySize))
  return parts([member, ...[wrapped, iv, ciphertext, cipher.getAuthTag()].map(base64url)]).join('.')
}

/** What the holder of the secret gets out of an envelope. */
export async function sessionKeyOf(envelope: EnvelopeParts): Promise<Uint8Array> {
  const reader = await secretReader(fromBase64url(keys.secret), backend)
  const sessionKey = await openSlot(headOf(envelope).keys[0] as string, [reader], backend)
  if (sessionKey === undefined) throw new Error('the first slot is not for the secret')
  return sessionKey
}

/** The readers' own key pairs. */
export const pairs: Readonly<Record<Curve, JsonWebKey>> = { X25519: keys.x25519, 'P-256': keys.p256 }
export const publicPart = ({ kty, crv, x, y }: JsonWebKey): Record<string, unknown> => (y === undefined ? { kty, crv, x } : { kty, crv, x, y })

/** RFC 7518 section 4.6.2. */
export function concatKdf(secret: Uint8Array, algorithm = 'ECDH-ES+A256KW', apu = '', apv = ''): Buffer {
  const hash = createHash('sha256').update(Buffer.of(0, 0, 0, 1)).update(secret)
  for (const part of [algorithm, apu, apv]) hash.update(length32(part.length)).update(part)
  return hash.update(length32(256)).digest()
}

function length32(length: number): Buffer {
  const out = Buffer.alloc(4)
  out.writeUInt32BE(length)
  return out
}

export interface Agreed {
  readonly epk: Record<string, unknown>
  readonly secret: Uint8Array
}

/** A key pair for one slot, and what it has in common with the reader's. */
export function agree(curve: Curve): Agreed {
  const { d, ...epk } = backend.generateAgreementKey?.(curve) as unknown as JsonWebKey
  const privateKey = createPrivateKey({ key: { ...epk, d } as JsonWebKey, format: 'jwk' })
  const publicKey = createPublicKey({ key: publicPart(pairs[curve]), format: 'jwk' })
  return { epk: { ...epk }, secret: diffieHellman({ privateKey, publicKey }) }
}

export function agreementKid(curve: Curve): string {
  const { kty, crv, x, y } = pairs[curve]
  const key = curve === 'X25519' ? { crv, kty, x } : { crv, kty, x, y }
  return createHash('sha256').update(JSON.stringify(key)).digest('base64url')
}

export const agreementHeader = (curve: Curve, epk: unknown, more: object = {}): Record<string, unknown> =>
  ({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: agreementKid(curve), epk, ...more })
