import { concatBytes, equalBytes } from '../bytes.js'
import { AGREEMENT_SIZE, isPossiblePoint } from '../crypto/agreement-shape.js'
import { base64urlEncode } from '../text.js'
import { badKey } from './bad-key.js'
import { badDer, derTag, readDer, readSequence, takeDer, takeInteger, wholeBits } from './der.js'
import { takeTail } from './one-asymmetric-key.js'
import type { AgreementCurve, AgreementPublicJwk } from '../crypto/backend.js'

/** What the OCTET STRING of a PKCS#8 holds. */
export interface PrivateOctets {
  readonly d: Uint8Array
  /** The public key that comes along. */
  readonly publicBits?: Uint8Array | undefined
}

/** All in which the reader keys of one curve differ from those of the other. */
export interface AgreementRow {
  readonly kty: AgreementPublicJwk['kty']
  readonly curve: AgreementCurve
  /** The content of the AlgorithmIdentifier in SPKI and PKCS#8. */
  readonly identifier: Uint8Array
  /** The members of a JWK that hold the coordinates. */
  readonly coordinates: readonly ('x' | 'y')[]
  /** The checked numbers of coordinates of any length. */
  readonly fromCoordinates: (...coordinates: readonly Uint8Array[]) => AgreementPublicJwk
  /** The checked numbers of the key that an SPKI's BIT STRING holds. */
  readonly fromBits: (bits: Uint8Array) => AgreementPublicJwk
  readonly fromOctets: (octets: Uint8Array) => PrivateOctets
  /** What a private key has in common with this point is its own public key: u, or x. */
  readonly base: AgreementPublicJwk
}

const x25519: AgreementRow = {
  kty: 'OKP',
  curve: 'X25519',
  // id-X25519, 1.3.101.110, without parameters (RFC 8410 section 3)
  identifier: Uint8Array.of(6, 3, 0x2b, 0x65, 0x6e),
  coordinates: ['x'],
  fromCoordinates: x25519PublicJwk,
  fromBits: x25519PublicJwk,
  fromOctets: (octets) => ({ d: readDer(octets, (reader) => takeDer(reader, derTag.octetString)) }),
  // RFC 7748 section 6.1: u = 9
  base: { kty: 'OKP', crv: 'X25519', x: 'CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
}

/** The parameters and the public key in an ECPrivateKey (RFC 5915 section 3). */
const EC_PARAMETERS = 0xa0
const EC_PUBLIC_KEY = 0xa1

const UNCOMPRESSED = 4
const PRIME256V1 = Uint8Array.of(6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7)

const p256: AgreementRow = {
  kty: 'EC',
  curve: 'P-256',
  // id-ecPublicKey, 1.2.840.10045.2.1, with the curve as its parameters (RFC 5480 section 2.1.1)
  identifier: /* @__PURE__ */ concatBytes(Uint8Array.of(6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1), PRIME256V1),
  coordinates: ['x', 'y'],
  fromCoordinates: p256PublicJwk,
  fromBits: (bits) => {
    if (bits[0] !== UNCOMPRESSED) throw badKey('the P-256 key is compressed: export it with its point uncompressed')
    return p256PublicJwk(bits.subarray(1, 1 + AGREEMENT_SIZE), bits.subarray(1 + AGREEMENT_SIZE))
  },
  fromOctets: (octets) =>
    readSequence(octets, (reader) => {
      if (!equalBytes(takeInteger(reader), Uint8Array.of(1))) throw badDer()
      const d = takeDer(reader, derTag.octetString)
      const tail = takeTail(reader, [EC_PARAMETERS, EC_PUBLIC_KEY])
      if (!equalBytes(tail.get(EC_PARAMETERS) ?? PRIME256V1, PRIME256V1)) throw badDer()
      const point = tail.get(EC_PUBLIC_KEY)
      return { d, publicBits: point && wholeBits(readDer(point, (bits) => takeDer(bits, derTag.bitString))) }
    }),
  // SEC 2 section 2.4.2
  base: {
    kty: 'EC',
    crv: 'P-256',
    x: 'axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY',
    y: 'T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU',
  },
}

const rows: readonly AgreementRow[] = [x25519, p256]

/**
 * The row that fits.
 *
 * @throws EnvelopeError `bad-key`
 */
export function agreementRow(fits: (row: AgreementRow) => boolean): AgreementRow {
  const row = rows.find(fits)
  if (row !== undefined) return row
  throw badKey(
    'the key is neither X25519 nor P-256, the two kinds of keys that readers have: keys that sign (RSA, Ed25519) are others. ' +
      "Make a key pair with generateKeyPair('X25519')",
  )
}

/** A small order shows only when a secret is made. */
function x25519PublicJwk(u: Uint8Array = new Uint8Array(0)): AgreementPublicJwk {
  return checkPoint({ kty: 'OKP', crv: 'X25519', x: numberText(u) })
}

function p256PublicJwk(x: Uint8Array = new Uint8Array(0), y: Uint8Array = new Uint8Array(0)): AgreementPublicJwk {
  return checkPoint({ kty: 'EC', crv: 'P-256', x: numberText(x), y: numberText(y) })
}

function numberText(number: Uint8Array): string {
  if (number.length !== AGREEMENT_SIZE) throw badKey(`each number of an X25519 or P-256 key has exactly ${AGREEMENT_SIZE} bytes`)
  return base64urlEncode(number)
}

function checkPoint(key: AgreementPublicJwk): AgreementPublicJwk {
  if (isPossiblePoint(key)) return key
  throw badKey(`the ${key.crv} public key is not on its curve, or not in its canonical encoding: export it again`)
}
