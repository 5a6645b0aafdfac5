import { createCipheriv, createHash, createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto'
import { aeskw } from '@noble/ciphers/aes.js'
import { pattern, seal } from '../envelope/helpers.js'
import { base64url, fromBase64url } from '../envelope/hostile.js'
import { keepSecret } from '../envelope/secrets.js'
import { freshEd25519 } from '../envelope/signers.js'
import { sessionKeyOf } from '../envelope/attacker.js'
import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { Envelope, JwkInput } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'

export type Curve = 'X25519' | 'P-256'
export const curves: readonly Curve[] = ['X25519', 'P-256']

/** A reader's key pair in every form, made by node:crypto. */
export interface TestReader {
  readonly curve: Curve
  readonly kid: string
  readonly publicKey: string
  readonly privateKey: string
  readonly publicJwk: JwkInput
  readonly privateJwk: JwkInput
  readonly privateObject: KeyObject
}

export function freshReader(curve: Curve): TestReader {
  const { privateKey } = curve === 'X25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return readerOf(curve, privateKey)
}

function readerOf(curve: Curve, privateObject: KeyObject): TestReader {
  const publicObject = createPublicKey(privateObject)
  const { crv, kty, x, y } = publicObject.export({ format: 'jwk' })
  const publicJwk = (curve === 'X25519' ? { crv, kty, x } : { crv, kty, x, y }) as JwkInput
  const privateKey = privateObject.export({ format: 'pem', type: 'pkcs8' }).toString()
  const privateJwk = privateObject.export({ format: 'jwk' }) as JwkInput
  keepSecret('reader key', [privateKey.split('\n')[1] as string, privateJwk['d'] as string])
  return {
    curve,
    kid: createHash('sha256').update(JSON.stringify(publicJwk)).digest('base64url'),
    publicKey: publicObject.export({ format: 'pem', type: 'spki' }).toString(),
    privateKey,
    publicJwk,
    privateJwk,
    privateObject,
  }
}

const parameters = { X25519: { name: 'X25519' }, 'P-256': { name: 'ECDH', namedCurve: 'P-256' } } as const

/** Its private half as WebCrypto has it. */
export async function privateCryptoKey(
  { curve, privateJwk }: TestReader, extractable: boolean, usages: KeyUsage[] = ['deriveBits'],
): Promise<CryptoKey> {
  return (await webcrypto.subtle.importKey('jwk', privateJwk as JsonWebKey, parameters[curve], extractable, usages))
}

/** Its public half as WebCrypto has it. */
export async function publicCryptoKey({ curve, publicJwk }: TestReader): Promise<CryptoKey> {
  return (await webcrypto.subtle.importKey('jwk', publicJwk as JsonWebKey, parameters[curve], true, []))
}

/** One slot as a publisher in another language would make it, or a hostile one: everything can be changed. */
export interface SlotForm {
  /** The text of the protected header; `epk` is the ephemeral public key. */
  readonly header?: (epk: object, kid: string) => string
  readonly apu?: Uint8Array
  readonly apv?: Uint8Array
  readonly algorithm?: string
  readonly kid?: string
  /** In place of what both keys have in common. */
  readonly secret?: Uint8Array
  /** In place of a fresh one. */
  readonly epk?: object
  readonly contentKeySize?: number
}

export const headerOf = (epk: object, kid: string, more: object = {}): string =>
  JSON.stringify({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid, epk, ...more })

/** A slot by other means than ours. */
export function craftSlot(reader: TestReader, sessionKey: Uint8Array, form: SlotForm = {}): string {
  const ephemeral = freshReader(reader.curve)
  const publicKey = createPublicKey(reader.publicKey)
  const secret = form.secret ?? diffieHellman({ privateKey: ephemeral.privateObject, publicKey })
  const wrappingKey = concatKdf(secret, form)
  const header = base64url((form.header ?? headerOf)(form.epk ?? ephemeral.publicJwk, form.kid ?? reader.kid))
  const contentKey = randomBytes(32)
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', contentKey, iv).setAAD(Buffer.from(header))
  const ciphertext = Buffer.concat([cipher.update(sessionKey), cipher.final()])
  // node:crypto has no AES key wrap in Bun and Deno.
  const wrapped = aeskw(wrappingKey).encrypt(contentKey.subarray(0, form.contentKeySize ?? 32))
  return [header, ...[wrapped, iv, ciphertext, cipher.getAuthTag()].map(base64url)].join('.')
}

/** RFC 7518 section 4.6.2, written again. */
function concatKdf(secret: Uint8Array, { algorithm = 'ECDH-ES+A256KW', apu = Buffer.of(), apv = Buffer.of() }: SlotForm): Buffer {
  const hash = createHash('sha256').update(Buffer.of(0, 0, 0, 1)).update(secret)
  for (const part of [Buffer.from(algorithm), apu, apv]) hash.update(length32(part.length)).update(part)
  return hash.update(length32(256)).digest()
}

function length32(length: number): Buffer {
  const out = Buffer.alloc(4)
  out.writeUInt32BE(length)
  return out
}

/** An envelope whose session key is known, so that slots can be made for it. */
export const signer: TestSigner = freshEd25519()
export const bundle: Uint8Array<ArrayBuffer> = pattern(20_000)
export const sealed: Envelope = await seal(signer, bundle)
export const sessionKey: Uint8Array<ArrayBuffer> = await sessionKeyOf(sealed.head, signer)

/** A slot's protected header. */
export function slotHeader(slot: string): Record<string, unknown> {
  return JSON.parse(fromBase64url(slot.split('.')[0] as string).toString()) as Record<string, unknown>
}

/** PKCS#8 of P-256 that has a public key twice: in the private key, and beside it (RFC 5958). */
export function doubledPem(reader: TestReader, inside: TestReader, beside: TestReader): string {
  const pointOf = ({ publicJwk }: TestReader): Buffer => Buffer.concat([publicJwk['x'], publicJwk['y']].map((number) => fromBase64url(number as string)))
  const der = Buffer.from(reader.privateKey.split('-----')[2] as string, 'base64')
  const content = Buffer.concat([der.subarray(3, -64), pointOf(inside), Buffer.of(0x81, 66, 0, 4), pointOf(beside)])
  content[2] = 1
  return `-----BEGIN PRIVATE KEY-----\n${Buffer.concat([Buffer.of(0x30, 0x81, content.length), content]).toString('base64')}\n-----END PRIVATE KEY-----\n`
}

/** The same numbers as another PEM of node:crypto. */
export function sec1Pem(reader: TestReader): string {
  return createPrivateKey(reader.privateKey).export({ format: 'pem', type: 'sec1' }).toString()
}
