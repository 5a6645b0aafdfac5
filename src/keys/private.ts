import type { Awaitable, Backend, PrivateJwk } from '../crypto/backend.js'
import { wrongHalf } from './bad-key.js'
import { keyMaterial } from './input.js'
import { checkJwkHalf, checkJwkPurpose } from './jwk.js'
import type { JwkMembers } from './jwk.js'
import { encodePem, parsePem } from './pem.js'
import { encodePkcs8, publicHalf, readPkcs8 } from './pkcs8.js'
import { privateRows, rsaPrivateRow } from './private-rows.js'
import { publicRow } from './public-rows.js'
import { publicKeyOf } from './public.js'
import type { KeyInput, PrivateKey } from './types.js'

type Read = (der: Uint8Array, backend: Backend) => Awaitable<PrivateJwk>

const readers: ReadonlyMap<string, Read> = new Map([
  ['PRIVATE KEY', readPkcs8],
  ['RSA PRIVATE KEY', rsaPrivateRow.fromOctets],
])

const refusals: ReadonlyMap<string, string> = new Map([
  ['PUBLIC KEY', wrongHalf('private').message],
  ['RSA PUBLIC KEY', wrongHalf('private').message],
  ['CERTIFICATE', 'this is a certificate, which holds a public key only: pass the private key that belongs to it'],
  [
    'ENCRYPTED PRIVATE KEY',
    'the private key is encrypted with a passphrase: pass what decryptPrivateKey(pem, passphrase) of otaseal/build ' +
      'gives; `otaseal encrypt --key FILE` asks for the passphrase itself',
  ],
  [
    'OPENSSH PRIVATE KEY',
    'this is an OpenSSH key. One key, one purpose: make a key pair for otaseal with `otaseal keygen`; an RSA key ' +
      'that serves nothing else can be converted with `ssh-keygen -p -m PKCS8 -f COPY_OF_KEY`',
  ],
  [
    'EC PRIVATE KEY',
    'this is an EC key, and envelopes are signed with RSA or Ed25519, since an ECDSA signature gives its public ' +
      'key away: make a key pair with `otaseal keygen`',
  ],
])

/**
 * The private key that a PEM text (PKCS#8 or PKCS#1), a JWK or an extractable `CryptoKey` holds, after every
 * check of its strength and form and that its numbers belong together, encoded anew in its one canonical form.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError where `input` is none of these
 */
export async function readPrivateKey(input: KeyInput, backend: Backend): Promise<PrivateKey> {
  const material = await keyMaterial(input, 'private')
  const jwk = await (typeof material === 'string' ? readPem(material, backend) : readMembers(material, backend))
  const publicKey = await publicKeyOf(publicHalf(jwk), backend)
  return { algorithm: publicKey.algorithm, jwk, pkcs8: encodePkcs8(jwk), publicKey }
}

/** The PEM of a private key: its PKCS#8, not encrypted (RFC 7468 section 10). */
export function privateKeyPem(key: PrivateKey): string {
  return encodePem('PRIVATE KEY', key.pkcs8)
}

function readPem(text: string, backend: Backend): Awaitable<PrivateJwk> {
  const block = parsePem(text, refusalOf)
  const read = readers.get(block.label) as Read
  return read(block.der, backend)
}

function refusalOf(label: string): string | undefined {
  if (readers.has(label)) return undefined
  return refusals.get(label) ?? 'the PEM block is no private key: its label must be PRIVATE KEY or RSA PRIVATE KEY'
}

function readMembers(members: JwkMembers, backend: Backend): Awaitable<PrivateJwk> {
  checkJwkHalf(members, 'private')
  const row = publicRow(members)
  checkJwkPurpose(members, row.jwkAlgorithms, 'private')
  row.fromMembers(members)
  return privateRows[row.kty].fromMembers(members, backend)
}
