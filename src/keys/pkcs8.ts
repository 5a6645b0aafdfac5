import { equalBytes } from '../bytes.js'
import type { Bytes } from '../bytes.js'
import type { Backend, PrivateJwk, PublicJwk } from '../crypto/backend.js'
import { foreignPublicKey } from './bad-key.js'
import { der, derTag } from './der.js'
import { jwkMembers } from './jwk.js'
import { readOneAsymmetricKey } from './one-asymmetric-key.js'
import { privateRows } from './private-rows.js'
import { publicRow, rowOfIdentifier } from './public-rows.js'
import { encodeSpki } from './spki.js'

const V1 = Uint8Array.of(0)

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
  const { identifier, octets, publicBits } = readOneAsymmetricKey(pkcs8)
  const row = rowOfIdentifier(identifier)
  const claimed = publicBits && row.fromBits(publicBits)
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

function isSameKey(a: PublicJwk, b: PublicJwk): boolean {
  return equalBytes(encodeSpki(a), encodeSpki(b))
}
