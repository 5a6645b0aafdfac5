import { equalBytes } from '../bytes.js'
import type { Bytes } from '../bytes.js'
import type { PublicJwk, RsaPublicJwk, SignatureAlgorithm } from '../crypto/backend.js'
import { badKey } from './bad-key.js'
import { der, derInteger, derTag, readSequence, takeInteger } from './der.js'
import { jwkNumber } from './jwk.js'
import type { JwkMembers } from './jwk.js'
import { ed25519PublicJwk, rsaPublicJwk } from './public-numbers.js'
import type { RsaSizes } from './public-numbers.js'

/** All in which the public keys of one algorithm differ from those of the other. */
export interface PublicRow {
  readonly kty: PublicJwk['kty']
  readonly algorithm: SignatureAlgorithm
  /** The values of a JWK's `alg` that mean this algorithm. */
  readonly jwkAlgorithms: readonly string[]
  /** The content of the AlgorithmIdentifier in SPKI and PKCS#8. */
  readonly identifier: Uint8Array
  /** The checked, canonical numbers of a JWK. */
  readonly fromMembers: (members: JwkMembers) => PublicJwk
  /** The checked, canonical numbers of the key that an SPKI's BIT STRING holds. */
  readonly fromBits: (bits: Uint8Array) => PublicJwk
  /** What the BIT STRING of an SPKI holds, from the members of a canonical JWK. */
  readonly toBits: (members: JwkMembers) => Bytes
  /** The members that RFC 7638 section 3.2 hashes, in its order. */
  readonly thumbprintMembers: readonly string[]
}

/** The row of RSA, whose bits are an RSAPublicKey of PKCS#1 (RFC 8017 appendix A.1.1). */
export const rsaPublicRow: PublicRow = {
  kty: 'RSA',
  algorithm: 'PS256',
  jwkAlgorithms: ['PS256'],
  // rsaEncryption, 1.2.840.113549.1.1.1, with NULL parameters (RFC 3279 section 2.3.1)
  identifier: Uint8Array.of(6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0),
  fromMembers: (members) => rsaPublicJwk(jwkNumber(members, 'n'), jwkNumber(members, 'e')),
  fromBits: (bits) => readRsaPublicKey(bits),
  toBits: (members) =>
    der(derTag.sequence, derInteger(jwkNumber(members, 'n')), derInteger(jwkNumber(members, 'e'))),
  thumbprintMembers: ['e', 'kty', 'n'],
}

/** The checked, canonical numbers of a DER RSAPublicKey, of the sizes of the envelope or of another format. */
export function readRsaPublicKey(pkcs1: Uint8Array, sizes?: RsaSizes): RsaPublicJwk {
  return readSequence(pkcs1, (reader) => rsaPublicJwk(takeInteger(reader), takeInteger(reader), sizes))
}

/** The 32 bytes of RFC 8032 section 5.1.5, in an SPKI of 44 (RFC 8410 section 4). */
const ed25519: PublicRow = {
  kty: 'OKP',
  algorithm: 'Ed25519',
  jwkAlgorithms: ['Ed25519', 'EdDSA'],
  // id-Ed25519, 1.3.101.112, without parameters (RFC 8410 section 3)
  identifier: Uint8Array.of(6, 3, 0x2b, 0x65, 0x70),
  fromMembers: (members) => {
    if (members.get('crv') !== 'Ed25519') throwUnsupported()
    return ed25519PublicJwk(jwkNumber(members, 'x'))
  },
  fromBits: ed25519PublicJwk,
  toBits: (members) => jwkNumber(members, 'x'),
  // RFC 8037 section 2
  thumbprintMembers: ['crv', 'kty', 'x'],
}

const rows: readonly PublicRow[] = [rsaPublicRow, ed25519]

/**
 * The row of a JWK's `kty`.
 *
 * @throws EnvelopeError `bad-key`
 */
export function publicRow(members: JwkMembers): PublicRow {
  return rows.find((row) => row.kty === members.get('kty')) ?? throwUnsupported()
}

/**
 * The row of an AlgorithmIdentifier's content.
 *
 * @throws EnvelopeError `bad-key`
 */
export function rowOfIdentifier(identifier: Uint8Array): PublicRow {
  return rows.find((row) => equalBytes(row.identifier, identifier)) ?? throwUnsupported()
}

function throwUnsupported(): never {
  throw badKey(
    'the key is neither RSA (rsaEncryption) nor Ed25519, the two kinds that sign envelopes: make a key pair ' +
      'with `otaseal keygen`',
  )
}
