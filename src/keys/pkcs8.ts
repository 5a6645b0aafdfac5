import { equalBytes } from '../bytes.js'
import type { ByteReader, Bytes } from '../bytes.js'
import type { Backend, PrivateJwk, PublicJwk } from '../crypto/backend.js'
import { badDer, der, derTag, readDer, readSequence, takeAny, takeDer, takeInteger, wholeBits } from './der.js'
import { jwkMembers } from './jwk.js'
import { foreignPublicKey, privateRows } from './private-rows.js'
import { publicRow, rowOfIdentifier } from './public-rows.js'
import type { PublicRow } from './public-rows.js'
import { encodeSpki } from './spki.js'

const V1 = Uint8Array.of(0)
const V2 = Uint8Array.of(1)

/** The public half of a private key's canonical numbers. */
export function publicHalf(jwk: PrivateJwk): PublicJwk {
  const members = jwkMembers(jwk)
  return publicRow(members).fromMembers(members)
}

/**
 * The checked, canonical numbers of a DER PrivateKeyInfo or OneAsymmetricKey (RFC 5208 section 5, RFC 5958
 * section 2). Attributes are skipped; a public key that comes along must be the private key's own.
 *
 * @throws EnvelopeError `bad-key`
 */
export async function readPkcs8(pkcs8: Uint8Array, backend: Backend): Promise<PrivateJwk> {
  const { row, octets, claimed } = readSequence(pkcs8, takeOneAsymmetricKey)
  const jwk = await privateRows[row.kty].fromOctets(octets, backend)
  if (claimed !== undefined && !isSameKey(claimed, publicHalf(jwk))) throw foreignPublicKey()
  return jwk
}

/** The one canonical DER PKCS#8 of a canonical key: version 0, without attributes. */
export function encodePkcs8(jwk: PrivateJwk): Bytes {
  const members = jwkMembers(jwk)
  return der(
    derTag.sequence,
    der(derTag.integer, V1),
    der(derTag.sequence, publicRow(members).identifier),
    der(derTag.octetString, privateRows[jwk.kty].toOctets(members)),
  )
}

interface OneAsymmetricKey {
  readonly row: PublicRow
  readonly octets: Uint8Array
  readonly claimed: PublicJwk | undefined
}

function takeOneAsymmetricKey(reader: ByteReader): OneAsymmetricKey {
  const version = takeInteger(reader)
  const isV2 = equalBytes(version, V2)
  if (!isV2 && !equalBytes(version, V1)) throw badDer()
  const row = rowOfIdentifier(takeDer(reader, derTag.sequence))
  const octets = takeDer(reader, derTag.octetString)
  const rest = takeTail(reader, isV2 ? [derTag.attributes, derTag.publicKey] : [derTag.attributes])
  readDer(rest.get(derTag.attributes) ?? new Uint8Array(0), takeAttributes)
  const bits = rest.get(derTag.publicKey)
  return { row, octets, claimed: bits && row.fromBits(wholeBits(bits)) }
}

/** The optional elements at the end, each at most once and in the order of `tags`. */
function takeTail(reader: ByteReader, tags: readonly number[]): ReadonlyMap<number, Uint8Array> {
  const elements: (readonly [number, Uint8Array])[] = []
  while (reader.remaining > 0) elements.push(takeAny(reader))
  const found = elements.map(([tag]) => tag)
  const allowed = tags.filter((tag) => found.includes(tag))
  if (found.join() !== allowed.join()) throw badDer()
  return new Map(elements)
}

function takeAttributes(reader: ByteReader): void {
  while (reader.remaining > 0) {
    readDer(takeDer(reader, derTag.sequence), (attribute) => {
      takeDer(attribute, derTag.objectIdentifier)
      takeDer(attribute, derTag.set)
    })
  }
}

function isSameKey(a: PublicJwk, b: PublicJwk): boolean {
  return equalBytes(encodeSpki(a), encodeSpki(b))
}
