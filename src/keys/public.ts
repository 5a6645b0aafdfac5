import type { DeviceBackend, PublicJwk } from '../crypto/backend.js'
import { wrongHalf } from './bad-key.js'
import { keyMaterial } from './input.js'
import { checkJwkHalf, checkJwkPurpose, jwkMembers } from './jwk.js'
import type { JwkMembers } from './jwk.js'
import { thumbprint } from './kid.js'
import { encodePem, parsePem } from './pem.js'
import { publicRow, readRsaPublicKey } from './public-rows.js'
import { encodeSpki, readSpki } from './spki.js'
import type { KeyInput, PublicKey } from './types.js'

const readers: ReadonlyMap<string, (der: Uint8Array) => PublicJwk> = new Map([
  ['PUBLIC KEY', readSpki],
  ['RSA PUBLIC KEY', readRsaPublicKey],
])

const refusals: ReadonlyMap<string, string> = new Map([
  [
    'CERTIFICATE',
    'this is a certificate, and otaseal takes bare public keys: pass what ' +
      '`openssl x509 -in CERTIFICATE.pem -noout -pubkey` prints',
  ],
])

/**
 * The public key that a PEM text (SPKI or PKCS#1), a JWK or a `CryptoKey` holds, after every check of its
 * strength and form, encoded anew in its one canonical form.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError where `input` is none of these
 */
export async function readPublicKey(input: KeyInput, backend: DeviceBackend): Promise<PublicKey> {
  const material = await keyMaterial(input, 'public')
  return publicKeyOf(typeof material === 'string' ? readPem(material) : readMembers(material), backend)
}

/** The public key of canonical numbers, as {@link publicRow} makes them. */
export async function publicKeyOf(jwk: PublicJwk, backend: DeviceBackend): Promise<PublicKey> {
  const { algorithm } = publicRow(jwkMembers(jwk))
  return { algorithm, jwk, spki: encodeSpki(jwk), kid: await thumbprint(jwk, backend) }
}

/** The PEM of a public key: its SPKI (RFC 7468 section 13). */
export function publicKeyPem(key: PublicKey): string {
  return encodePem('PUBLIC KEY', key.spki)
}

function readPem(text: string): PublicJwk {
  const block = parsePem(text, refusalOf)
  const read = readers.get(block.label) as (der: Uint8Array) => PublicJwk
  return read(block.der)
}

function refusalOf(label: string): string | undefined {
  if (readers.has(label)) return undefined
  if (label.endsWith('PRIVATE KEY')) return wrongHalf('public').message
  return refusals.get(label) ?? 'the PEM block is no public key: its label must be PUBLIC KEY or RSA PUBLIC KEY'
}

function readMembers(members: JwkMembers): PublicJwk {
  checkJwkHalf(members, 'public')
  const row = publicRow(members)
  checkJwkPurpose(members, row.jwkAlgorithms, 'public')
  return row.fromMembers(members)
}
