import { x25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { copyBytes } from '../bytes.js'
import { base64urlEncode } from '../text.js'
import { AGREEMENT_SIZE, isPossibleAgreement, isPrivateNumber, rawPoint, secretUnlessZero } from './agreement-shape.js'
import { jwkBytes } from './signature-shape.js'
import type { Bytes } from '../bytes.js'
import type { AgreementCurve, AgreementPrivateJwk, AgreementPublicJwk } from './backend.js'

/** ECDH in pure JavaScript, not in constant time; the library checks that a point of P-256 is on the curve. */
export function nobleSharedSecret(key: AgreementPrivateJwk, peer: AgreementPublicJwk): Bytes | undefined {
  if (!isPossibleAgreement(key, peer)) return undefined
  const [d, point] = [jwkBytes(key.d), rawPoint(peer)]
  try {
    // Of P-256 a compressed point: a byte of the sign, then x.
    const shared = key.crv === 'X25519' ? x25519.getSharedSecret(d, point) : p256.getSharedSecret(d, point).subarray(1)
    return secretUnlessZero(key.crv, copyBytes(shared))
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error
    return undefined
  }
}

/** The public key that belongs to 32 private bytes, or `undefined` where they are no private key. */
export function nobleAgreementPublic(curve: AgreementCurve, d: Bytes): AgreementPublicJwk | undefined {
  if (!isPrivateNumber(curve, d)) return undefined
  if (curve === 'X25519') return { kty: 'OKP', crv: 'X25519', x: base64urlEncode(x25519.getPublicKey(d)) }
  const point = p256.getPublicKey(d, false)
  const x = base64urlEncode(point.subarray(1, 1 + AGREEMENT_SIZE))
  return { kty: 'EC', crv: 'P-256', x, y: base64urlEncode(point.subarray(1 + AGREEMENT_SIZE)) }
}

/** A new private key from random bytes, 32 of them for X25519 and 48 for P-256 (FIPS 186-5 appendix A.2.1). */
export function nobleAgreementKey(curve: AgreementCurve, randomBytes: (length: number) => Bytes): AgreementPrivateJwk {
  const d = curve === 'X25519' ? randomBytes(AGREEMENT_SIZE) : copyBytes(p256.utils.randomSecretKey(randomBytes(48)))
  return { ...(nobleAgreementPublic(curve, d) as AgreementPublicJwk), d: base64urlEncode(d) }
}
