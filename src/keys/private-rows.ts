import { equalBytes } from '../bytes.js'
import type { Bytes } from '../bytes.js'
import type { Awaitable, Backend, PrivateJwk, RsaPrivateJwk } from '../crypto/backend.js'
import { base64urlEncode, hexEncode } from '../text.js'
import { badKey, foreignPublicKey } from './bad-key.js'
import { der, derInteger, derTag, readDer, readSequence, takeDer, takeInteger } from './der.js'
import { jwkNumber } from './jwk.js'
import type { JwkMembers } from './jwk.js'
import { bitLength, rsaPublicJwk, stripZeros } from './public-numbers.js'
import type { RsaSizes } from './public-numbers.js'
import type { PublicRow } from './public-rows.js'

/** All in which the private keys of one algorithm differ from those of the other. */
export interface PrivateRow {
  /** The checked, canonical numbers of a JWK. */
  readonly fromMembers: (members: JwkMembers, backend: Backend) => Awaitable<PrivateJwk>
  /** The checked, canonical numbers of what the OCTET STRING of a PKCS#8 holds. */
  readonly fromOctets: (octets: Uint8Array, backend: Backend) => Awaitable<PrivateJwk>
  /** What the OCTET STRING of a PKCS#8 holds, from the members of a canonical JWK. */
  readonly toOctets: (members: JwkMembers) => Bytes
}

/** In the order of RSAPrivateKey (RFC 8017 appendix A.1.2). */
const RSA_NUMBERS = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const
type RsaNumber = (typeof RSA_NUMBERS)[number]
type RsaNumbers = Readonly<Record<RsaNumber, Uint8Array>>

const TWO_PRIMES = 0
const SEED_BYTES = 32

/** The row of RSA, whose octets are an RSAPrivateKey of PKCS#1 (RFC 8017 appendix A.1.2). */
export const rsaPrivateRow: PrivateRow = {
  fromMembers: (members) => rsaPrivateMembers(members),
  fromOctets: (octets) => readRsaPrivateKey(octets),
  toOctets: (members) =>
    der(
      derTag.sequence,
      der(derTag.integer, Uint8Array.of(TWO_PRIMES)),
      ...RSA_NUMBERS.map((name) => derInteger(jwkNumber(members, name))),
    ),
}

/** The checked, canonical numbers of a DER RSAPrivateKey, of the sizes of the envelope or of another format. */
export function readRsaPrivateKey(pkcs1: Uint8Array, sizes?: RsaSizes): RsaPrivateJwk {
  return readSequence(pkcs1, (reader) => {
    if (!equalBytes(takeInteger(reader), Uint8Array.of(TWO_PRIMES))) throw moreThanTwoPrimes()
    return rsaPrivateJwk(mapNumbers(() => stripZeros(takeInteger(reader))), sizes)
  })
}

/** The same of the members of a JWK. */
export function rsaPrivateMembers(members: JwkMembers, sizes?: RsaSizes): RsaPrivateJwk {
  if (members.has('oth')) throw moreThanTwoPrimes()
  return rsaPrivateJwk(mapNumbers((name) => stripZeros(jwkNumber(members, name))), sizes)
}

/** CurvePrivateKey: an OCTET STRING with the 32-byte seed (RFC 8410 section 7). */
const ed25519PrivateRow: PrivateRow = {
  fromMembers: async (members, backend) => {
    const jwk = await ed25519PrivateJwk(jwkNumber(members, 'd'), backend)
    if (jwk.x !== members.get('x')) throw foreignPublicKey()
    return jwk
  },
  fromOctets: (octets, backend) =>
    ed25519PrivateJwk(readDer(octets, (reader) => takeDer(reader, derTag.octetString)), backend),
  toOctets: (members) => der(derTag.octetString, jwkNumber(members, 'd')),
}

/** The row of each `kty` that a public row has. */
export const privateRows: Readonly<Record<PublicRow['kty'], PrivateRow>> = {
  RSA: rsaPrivateRow,
  OKP: ed25519PrivateRow,
}

function mapNumbers<T>(valueOf: (name: RsaNumber) => T): Record<RsaNumber, T> {
  return Object.fromEntries(RSA_NUMBERS.map((name) => [name, valueOf(name)])) as Record<RsaNumber, T>
}

function rsaPrivateJwk(numbers: RsaNumbers, sizes?: RsaSizes): RsaPrivateJwk {
  rsaPublicJwk(numbers.n, numbers.e, sizes)
  const isHalf = (prime: Uint8Array): boolean => bitLength(prime) * 2 === bitLength(numbers.n)
  if (!isHalf(numbers.p) || !isHalf(numbers.q) || !belongTogether(numbers)) {
    throw badKey('the numbers of the RSA private key do not belong together: export or make the key pair again')
  }
  return { kty: 'RSA', ...mapNumbers((name) => base64urlEncode(numbers[name])) }
}

/** Whether all eight numbers are of one key (RFC 8017 section 3.2); platforms use some and ignore the others. */
function belongTogether(numbers: RsaNumbers): boolean {
  const { n, e, d, p, q, dp, dq, qi } = mapNumbers((name) => BigInt(`0x0${hexEncode(numbers[name])}`))
  const areInverse = (e * dp) % (p - 1n) === 1n && (e * dq) % (q - 1n) === 1n && (qi * q) % p === 1n
  return d < n && qi < p && p !== q && p * q === n && areInverse && d % (p - 1n) === dp && d % (q - 1n) === dq
}

async function ed25519PrivateJwk(seed: Uint8Array, backend: Backend): Promise<PrivateJwk & { readonly kty: 'OKP' }> {
  if (seed.length !== SEED_BYTES) throw badKey('an Ed25519 private key has exactly 32 bytes')
  const x = await backend.ed25519PublicKey(new Uint8Array(seed))
  return { kty: 'OKP', crv: 'Ed25519', x: base64urlEncode(x), d: base64urlEncode(seed) }
}

function moreThanTwoPrimes(): Error {
  return badKey('the RSA private key has more than two primes, which no platform reads: make a new key pair')
}
