import { asBytes, copyBytes, equalBytes } from '../bytes.js'
import { AGREEMENT_SIZE, secretUnlessZero } from '../crypto/agreement-shape.js'
import { EnvelopeError } from '../errors.js'
import { ascii, base64urlEncode } from '../text.js'
import { agreementRow } from './agreement-rows.js'
import { badKey, wrongHalf } from './bad-key.js'
import { derTag, readSequence, takeDer, wholeBits } from './der.js'
import { materialOf } from './input.js'
import { checkJwkHalf, jwkNumber } from './jwk.js'
import { parsePem } from './pem.js'
import type { Bytes } from '../bytes.js'
import type { AgreementPrivateJwk, AgreementPublicJwk, Awaitable, DeviceBackend } from '../crypto/backend.js'
import type { Wanted } from './bad-key.js'
import type { KeyPurpose } from './input.js'
import type { JwkMembers } from './jwk.js'

/** What a `CryptoKey` of a reader must be for. */
export const AGREEMENT: KeyPurpose = { algorithms: ['X25519', 'ECDH P-256'], words: 'X25519, or for ECDH with P-256' }

/** The last is no name of JOSE, but what Deno exports. */
const JWK_ALGORITHMS: readonly unknown[] = ['ECDH-ES+A256KW', 'ECDH-ES', 'ECDH']
const OPERATIONS: readonly unknown[] = ['deriveBits', 'deriveKey']

/**
 * The public key of a reader, from a PEM text (SPKI), a JWK or a `CryptoKey`: at once, but for a `CryptoKey`. That it is a point
 * of its curve shows when a secret is made with it.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError where `input` is none of these
 */
export function readAgreementPublic(input: unknown): Awaitable<AgreementPublicJwk> {
  const material = materialOf(input, 'public', AGREEMENT)
  if (material instanceof Promise) return material.then((members) => publicMembers(exportedMembers(members)))
  return typeof material === 'string' ? publicPem(material) : publicMembers(material)
}

function publicPem(text: string): AgreementPublicJwk {
  const { der } = parsePem(text, (label) => {
    if (label === 'PUBLIC KEY') return undefined
    if (label.endsWith('PRIVATE KEY')) return wrongHalf('public').message
    return 'the PEM block is no public key of a reader, X25519 or P-256: its label must be PUBLIC KEY'
  })
  return readSequence(der, (reader) => {
    const identifier = takeDer(reader, derTag.sequence)
    const row = agreementRow((one) => equalBytes(one.identifier, identifier))
    return row.fromBits(wholeBits(takeDer(reader, derTag.bitString)))
  })
}

/** The members of a JWK that a platform exported: what the `CryptoKey` is for has been checked, and Deno names a wrong `alg`. */
export function exportedMembers(members: JwkMembers): JwkMembers {
  return new Map([...members].filter(([name]) => name !== 'alg'))
}

function publicMembers(members: JwkMembers): AgreementPublicJwk {
  checkJwkHalf(members, 'public')
  return checkedMembers(members, 'public')
}

/**
 * The public numbers of a JWK for readers.
 *
 * @throws EnvelopeError `bad-key`
 */
export function checkedMembers(members: JwkMembers, wanted: Wanted): AgreementPublicJwk {
  const row = agreementRow(({ kty, curve }) => kty === members.get('kty') && curve === members.get('crv'))
  checkPurpose(members, wanted)
  return row.fromCoordinates(...row.coordinates.map((name) => jwkNumber(members, name)))
}

/** RFC 7517 sections 4.2 to 4.4; a public key may name no operation, as WebCrypto exports it. */
function checkPurpose(members: JwkMembers, wanted: Wanted): void {
  const operations = members.get('key_ops') ?? OPERATIONS
  if ((members.get('use') ?? 'enc') !== 'enc') throw badKey('the JWK\'s "use" must be "enc", or absent: one key, one purpose')
  if (!JWK_ALGORITHMS.includes(members.get('alg') ?? JWK_ALGORITHMS[0])) {
    throw badKey(`the JWK's "alg" must be ${JWK_ALGORITHMS.join(' or ')}, or absent: make a key pair of its own for otaseal`)
  }
  const isFit = (given: readonly unknown[]): boolean =>
    wanted === 'public' ? given.every((name) => OPERATIONS.includes(name)) : given.some((name) => OPERATIONS.includes(name))
  if (!Array.isArray(operations) || !isFit(operations)) {
    throw badKey('the JWK\'s "key_ops" must be "deriveBits" or "deriveKey", or absent')
  }
}

/** The numbers of a public key alone, whatever they came with. */
export function publicNumbers(key: AgreementPublicJwk): AgreementPublicJwk {
  const { x } = key
  return key.kty === 'OKP' ? { kty: 'OKP', crv: 'X25519', x } : { kty: 'EC', crv: 'P-256', x, y: key.y }
}

/** The SHA-256 JWK thumbprint of a reader's key (RFC 7638 section 3, RFC 8037 section 2): base64url, 43 characters. */
export async function agreementKid(key: AgreementPublicJwk, backend: Pick<DeviceBackend, 'sha256'>): Promise<string> {
  const { crv, kty, x } = key
  const members = key.kty === 'OKP' ? { crv, kty, x } : { crv, kty, x, y: key.y }
  return base64urlEncode(await backend.sha256(ascii(JSON.stringify(members))))
}

/**
 * What two keys have in common, if anything.
 *
 * @throws EnvelopeError `backend-unavailable`
 */
export async function sharedSecret(
  backend: DeviceBackend, key: AgreementPrivateJwk, peer: AgreementPublicJwk,
): Promise<Bytes | undefined> {
  if (typeof backend.deriveSharedSecret !== 'function') {
    throw new EnvelopeError(
      'backend-unavailable',
      `the backend ${backend.name} has no deriveSharedSecret, which readers with X25519 and P-256 keys take: pass another backend, ` +
        "or on a device what nobleReader of 'otaseal/noble' makes of the key",
    )
  }
  return checkSecret(await backend.deriveSharedSecret(key, peer), peer)
}

/**
 * A shared secret that somebody else computed.
 *
 * @throws TypeError, RangeError where it is no such thing
 */
export function checkSecret(given: unknown, peer: AgreementPublicJwk): Bytes | undefined {
  if (given === undefined) return undefined
  const secret = copyBytes(asBytes(given, 'what deriveSharedSecret gives'))
  if (secret.length !== AGREEMENT_SIZE) {
    throw new RangeError(`what deriveSharedSecret gives must have ${AGREEMENT_SIZE} bytes, not ${secret.length}: the bare secret, x or u, without a KDF`)
  }
  return secretUnlessZero(peer.crv, secret)
}
