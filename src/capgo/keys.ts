import { equalBytes } from '../bytes.js'
import { badKey, foreignPublicKey } from '../keys/bad-key.js'
import { derTag, readSequence, takeDer, wholeBits } from '../keys/der.js'
import { isCryptoKey, materialOf } from '../keys/input.js'
import { checkJwkHalf, jwkMembers, jwkNumber } from '../keys/jwk.js'
import { readOneAsymmetricKey } from '../keys/one-asymmetric-key.js'
import { encodePem, parsePem } from '../keys/pem.js'
import { encodePkcs8 } from '../keys/pkcs8.js'
import { readRsaPrivateKey, rsaPrivateMembers, rsaPrivateRow } from '../keys/private-rows.js'
import { rsaPublicJwk } from '../keys/public-numbers.js'
import { readRsaPublicKey, rsaPublicRow } from '../keys/public-rows.js'
import { encodeSpki } from '../keys/spki.js'
import { base64Encode } from '../text.js'
import { notRsa, refusalOf, repairedText, wrongCapgoHalf } from './key-text.js'
import type { RsaPrivateJwk, RsaPublicJwk } from '../crypto/backend.js'
import type { Wanted } from '../keys/bad-key.js'
import type { KeyPurpose } from '../keys/input.js'
import type { JwkMembers } from '../keys/jwk.js'
import type { RsaSizes } from '../keys/public-numbers.js'
import type { JwkInput } from '../keys/types.js'

/** A key as callers give it: PEM text (PKCS#1, PKCS#8 or SPKI, also where newlines were lost), or a JWK. */
export type CapgoKeyInput = string | JwkInput

/** How the PEM of a public key is encoded. */
export type PublicKeyFormat = 'pkcs1' | 'spki'

/** How the PEM of a private key is encoded. */
export type PrivateKeyFormat = 'pkcs1' | 'pkcs8'

/** The public key of an app: RSA-2048. */
export interface CapgoPublicKey {
  readonly jwk: RsaPublicJwk
  /** DER of its RSAPublicKey (RFC 8017 appendix A.1.1). */
  readonly pkcs1: Uint8Array
  /** The first 20 characters of its PKCS#1 in base64, for people: 48 bits of the modulus tell keys apart. */
  readonly keyId: string
}

/** The private key that belongs to it. */
export interface CapgoPrivateKey {
  readonly jwk: RsaPrivateJwk
  readonly publicKey: CapgoPublicKey
}

/** Bytes of the modulus, and so of everything that is signed. */
export const RSA_SIZE = 256
const KEY_ID_CHARACTERS = 20

const SIZES: RsaSizes = {
  least: 8 * RSA_SIZE,
  most: 8 * RSA_SIZE,
  advice: 'deployed Capgo plugins read RSA-2048 with exponent 65537 alone: make a key pair with `otaseal capgo keygen`',
}

/** A `CryptoKey` is refused before. */
const NO_CRYPTO_KEY: KeyPurpose = { algorithms: [], words: 'nothing here' }

const publicReaders: ReadonlyMap<string, (der: Uint8Array) => RsaPublicJwk> = new Map([
  ['RSA PUBLIC KEY', (der: Uint8Array) => readRsaPublicKey(der, SIZES)],
  ['PUBLIC KEY', readSpki],
])

const privateReaders: ReadonlyMap<string, (der: Uint8Array) => RsaPrivateJwk> = new Map([
  ['RSA PRIVATE KEY', (der: Uint8Array) => readRsaPrivateKey(der, SIZES)],
  ['PRIVATE KEY', readPkcs8],
])

/**
 * The app's public key, after every check of its form.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError where `input` is no key at all
 */
export function readCapgoPublicKey(input: CapgoKeyInput): CapgoPublicKey {
  return publicKeyOf(read(input, 'public', publicReaders, (members) => rsaPublicJwk(jwkNumber(members, 'n'), jwkNumber(members, 'e'), SIZES)))
}

/**
 * The publisher's private key, after every check that its numbers belong together.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError where `input` is no key at all
 */
export function readCapgoPrivateKey(input: CapgoKeyInput): CapgoPrivateKey {
  const jwk = read(input, 'private', privateReaders, (members) => rsaPrivateMembers(members, SIZES))
  return { jwk, publicKey: publicKeyOf({ kty: 'RSA', n: jwk.n, e: jwk.e }) }
}

/** Refuses a private key that is not of this public key. */
export function checkSamePair({ publicKey }: CapgoPrivateKey, expected: CapgoPublicKey): void {
  if (equalBytes(publicKey.pkcs1, expected.pkcs1)) return
  throw badKey(
    `the private key belongs to another public key (${publicKey.keyId}) than the app's (${expected.keyId}): devices would refuse the release`,
  )
}

const publicEncoders: ReadonlyMap<PublicKeyFormat, (key: CapgoPublicKey) => string> = new Map([
  ['pkcs1', ({ pkcs1 }: CapgoPublicKey) => encodePem('RSA PUBLIC KEY', pkcs1)],
  ['spki', ({ jwk }: CapgoPublicKey) => encodePem('PUBLIC KEY', encodeSpki(jwk))],
])

const privateEncoders: ReadonlyMap<PrivateKeyFormat, (key: CapgoPrivateKey) => string> = new Map([
  ['pkcs1', ({ jwk }: CapgoPrivateKey) => encodePem('RSA PRIVATE KEY', rsaPrivateRow.toOctets(jwkMembers(jwk)))],
  ['pkcs8', ({ jwk }: CapgoPrivateKey) => encodePem('PRIVATE KEY', encodePkcs8(jwk))],
])

/** PEM in lines of 64 characters; deployed apps hold PKCS#1. */
export function capgoPublicPem(key: CapgoPublicKey, format: PublicKeyFormat = 'pkcs1'): string {
  return encoderOf(publicEncoders, format)(key)
}

/** PEM in lines of 64 characters; the Capgo CLI reads PKCS#1. */
export function capgoPrivatePem(key: CapgoPrivateKey, format: PrivateKeyFormat = 'pkcs1'): string {
  return encoderOf(privateEncoders, format)(key)
}

function encoderOf<Format extends string, Key>(encoders: ReadonlyMap<Format, (key: Key) => string>, format: Format): (key: Key) => string {
  const encode = encoders.get(format)
  if (encode === undefined) throw new TypeError(`format must be ${[...encoders.keys()].join(' or ')}`)
  return encode
}

function publicKeyOf(jwk: RsaPublicJwk): CapgoPublicKey {
  const pkcs1 = rsaPublicRow.toBits(jwkMembers(jwk))
  return { jwk, pkcs1, keyId: base64Encode(pkcs1).slice(0, KEY_ID_CHARACTERS) }
}

function read<Jwk>(
  input: CapgoKeyInput,
  wanted: Wanted,
  readers: ReadonlyMap<string, (der: Uint8Array) => Jwk>,
  fromMembers: (members: JwkMembers) => Jwk,
): Jwk {
  const material = materialIn(input, wanted)
  if (typeof material !== 'string') {
    if (material.has('kty') && material.has('d') !== (wanted === 'private')) throw wrongCapgoHalf(wanted)
    checkJwkHalf(material, wanted)
    if (material.get('kty') !== 'RSA') throw notRsa()
    return fromMembers(material)
  }
  const { label, der } = parsePem(material, (found) => refusalOf(found, material, wanted, readers.has(found)))
  return (readers.get(label) as (der: Uint8Array) => Jwk)(der)
}

function materialIn(input: unknown, wanted: Wanted): string | JwkMembers {
  if (typeof input === 'string') return materialOf(repairedText(input), wanted, NO_CRYPTO_KEY) as string | JwkMembers
  if (typeof input !== 'object' || input === null) throw new TypeError('a key must be PEM text or a JWK: read its file as text, for example with readFile(path, "utf8")')
  if (Object.hasOwn(input, 'kty') || !isCryptoKey(input)) return materialOf(input, wanted, NO_CRYPTO_KEY) as JwkMembers
  throw badKey('a CryptoKey is not taken here, since WebCrypto has no RSA without padding: pass PEM, or what exportKey(\'jwk\', key) gives')
}

function readSpki(spki: Uint8Array): RsaPublicJwk {
  return readSequence(spki, (reader) => {
    checkIdentifier(takeDer(reader, derTag.sequence))
    return readRsaPublicKey(wholeBits(takeDer(reader, derTag.bitString)), SIZES)
  })
}

function readPkcs8(pkcs8: Uint8Array): RsaPrivateJwk {
  const { identifier, octets, publicBits } = readOneAsymmetricKey(pkcs8)
  checkIdentifier(identifier)
  const jwk = readRsaPrivateKey(octets, SIZES)
  if (publicBits !== undefined && readRsaPublicKey(publicBits, SIZES).n !== jwk.n) throw foreignPublicKey()
  return jwk
}

function checkIdentifier(identifier: Uint8Array): void {
  if (!equalBytes(identifier, rsaPublicRow.identifier)) throw notRsa()
}
