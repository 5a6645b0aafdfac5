import type { Bytes } from '../bytes.js'
import type { PublicJwk } from '../crypto/backend.js'
import { der, derTag, readSequence, takeDer, wholeBits } from './der.js'
import { jwkMembers } from './jwk.js'
import { publicRow, rowOfIdentifier } from './public-rows.js'

/**
 * The checked, canonical numbers of a DER SubjectPublicKeyInfo (RFC 5280 section 4.1).
 *
 * @throws EnvelopeError `bad-key`
 */
export function readSpki(spki: Uint8Array): PublicJwk {
  return readSequence(spki, (reader) => {
    const row = rowOfIdentifier(takeDer(reader, derTag.sequence))
    return row.fromBits(wholeBits(takeDer(reader, derTag.bitString)))
  })
}

/** The one canonical DER SubjectPublicKeyInfo of a canonical key. */
// R21
export function encodeSpki(jwk: PublicJwk): Bytes {
  const members = jwkMembers(jwk)
  const row = publicRow(members)
  const bits = row.toBits(members)
  return der(derTag.sequence, der(derTag.sequence, row.identifier), der(derTag.bitString, Uint8Array.of(0), bits))
}
