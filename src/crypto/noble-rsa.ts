import { I2OSP, mod, OS2IP, pow } from 'micro-rsa-dsa-dh/utils.js'
import { copyBytes, equalBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { jwkBytes } from './signature-shape.js'
import type { RsaPrivateJwk, RsaPublicJwk } from './backend.js'
import type { Bytes } from '../bytes.js'

/** RSA without padding in pure JavaScript, which WebCrypto has not either. Not constant time. */

/** RSAVP1 (RFC 8017 section 5.2.2). */
export function nobleRsaPublic(jwk: RsaPublicJwk): (signature: Bytes) => Bytes | undefined {
  const size = jwkBytes(jwk.n).length
  const [n, e] = [numberOf(jwk.n), numberOf(jwk.e)]
  return (signature) => {
    const s = OS2IP(signature)
    return s < n ? copyBytes(I2OSP(pow(s, e, n), size)) : undefined
  }
}

/** RSASP1 by the second form of RFC 8017 section 5.2.1, the result of which is verified: one wrong number would give away the primes. */
export function nobleRsaPrivate(jwk: RsaPrivateJwk): (block: Bytes) => Bytes {
  const [p, q, dp, dq, qi] = [jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi].map(numberOf) as [bigint, bigint, bigint, bigint, bigint]
  const publicOperation = nobleRsaPublic(jwk)
  return (block) => {
    const m = OS2IP(block)
    const [s1, s2] = [pow(mod(m, p), dp, p), pow(mod(m, q), dq, q)]
    const signature = copyBytes(I2OSP(s2 + q * mod((s1 - s2) * qi, p), block.length))
    if (equalBytes(publicOperation(signature) ?? new Uint8Array(0), block)) return signature
    throw new EnvelopeError('bad-key', 'the RSA private key computes a wrong result: export or make the key pair again')
  }
}

function numberOf(member: string): bigint {
  return OS2IP(jwkBytes(member))
}
