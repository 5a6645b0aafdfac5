import { equalBytes } from '../bytes.js'
import { isPrivateNumber } from '../crypto/agreement-shape.js'
import { base64urlEncode } from '../text.js'
import { AGREEMENT, checkedMembers, exportedMembers, publicNumbers, sharedSecret } from './agreement.js'
import { agreementRow } from './agreement-rows.js'
import { badKey, foreignPublicKey, wrongHalf } from './bad-key.js'
import { materialOf } from './input.js'
import { checkJwkHalf, jwkNumber } from './jwk.js'
import { readOneAsymmetricKey } from './one-asymmetric-key.js'
import { parsePem } from './pem.js'
import type { AgreementPrivateJwk, AgreementPublicJwk, Awaitable, DeviceBackend } from '../crypto/backend.js'
import type { AgreementRow } from './agreement-rows.js'
import type { JwkMembers } from './jwk.js'

/** A private key as it was read: that its public key is its own is not known yet. */
export interface PrivateNumbers {
  readonly row: AgreementRow
  /** base64url of 32 bytes. */
  readonly d: string
  /** `undefined` where none came along, as in the PKCS#8 of X25519. */
  readonly claimed: AgreementPublicJwk | undefined
}

const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['ENCRYPTED PRIVATE KEY', 'the private key is encrypted with a passphrase: decrypt it first, with `openssl pkey -in KEY.pem -out DECRYPTED.pem`'],
  ['EC PRIVATE KEY', 'this is an EC key in SEC 1: write it as PKCS#8, with `openssl pkey -in KEY.pem -out PKCS8.pem`'],
])

/**
 * The private key of a reader, from a PEM text (PKCS#8), a JWK or an extractable `CryptoKey`: at once, but for a `CryptoKey`.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError where `input` is none of these
 */
export function readAgreementPrivate(input: unknown): Awaitable<PrivateNumbers> {
  const material = materialOf(input, 'private', AGREEMENT)
  if (material instanceof Promise) return material.then((members) => privateMembers(exportedMembers(members)))
  return typeof material === 'string' ? privatePem(material) : privateMembers(material)
}

function privatePem(text: string): PrivateNumbers {
  const { der } = parsePem(text, (label) => {
    if (label === 'PRIVATE KEY') return undefined
    if (label === 'PUBLIC KEY') return wrongHalf('private').message
    return REFUSALS.get(label) ?? 'the PEM block is no private key of a reader, X25519 or P-256: its label must be PRIVATE KEY'
  })
  const { identifier, octets, publicBits } = readOneAsymmetricKey(der)
  const row = agreementRow((one) => equalBytes(one.identifier, identifier))
  const inner = row.fromOctets(octets)
  const [claimed, second] = [publicBits, inner.publicBits].filter((bits) => bits !== undefined).map(row.fromBits)
  if (second !== undefined && !isSamePoint(claimed, second)) throw foreignPublicKey()
  return numbersOf(row, inner.d, claimed)
}

function privateMembers(members: JwkMembers): PrivateNumbers {
  checkJwkHalf(members, 'private')
  const claimed = checkedMembers(members, 'private')
  return numbersOf(agreementRow(({ curve }) => curve === claimed.crv), jwkNumber(members, 'd'), claimed)
}

function numbersOf(row: AgreementRow, d: Uint8Array, claimed: AgreementPublicJwk | undefined): PrivateNumbers {
  if (!isPrivateNumber(row.curve, new Uint8Array(d))) throw badKey(`the private number of the ${row.curve} key is none: make a new key pair`)
  return { row, d: base64urlEncode(d), claimed }
}

/**
 * The private key with the public key that is its own.
 *
 * @throws EnvelopeError `bad-key`, `backend-unavailable`
 */ // R86
export async function checkedPrivate({ row, d, claimed }: PrivateNumbers, backend: DeviceBackend): Promise<AgreementPrivateJwk> {
  const { base } = row
  if (base.kty === 'EC' && claimed === undefined) {
    throw badKey('the P-256 private key comes without its public key: export it again, with `openssl pkey -in KEY.pem`')
  }
  const own = await sharedSecret(backend, { ...(claimed ?? base), d }, base)
  if (own === undefined) throw foreignPublicKey()
  const x = base64urlEncode(own)
  if (claimed !== undefined && claimed.x !== x) throw foreignPublicKey()
  return { ...publicNumbers(claimed ?? base), x, d }
}

function isSamePoint(a: AgreementPublicJwk | undefined, b: AgreementPublicJwk): boolean {
  return a !== undefined && JSON.stringify(publicNumbers(a)) === JSON.stringify(publicNumbers(b))
}
