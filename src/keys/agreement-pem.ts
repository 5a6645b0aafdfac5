import { concatBytes } from '../bytes.js'
import { rawPoint } from '../crypto/agreement-shape.js'
import { jwkBytes } from '../crypto/signature-shape.js'
import { agreementRow } from './agreement-rows.js'
import { der, derTag } from './der.js'
import { encodePem } from './pem.js'
import type { Bytes } from '../bytes.js'
import type { AgreementPrivateJwk, AgreementPublicJwk } from '../crypto/backend.js'

const NO_UNUSED_BITS = Uint8Array.of(0)
const VERSION_0 = Uint8Array.of(0)
const VERSION_1 = Uint8Array.of(1)
const EC_PUBLIC_KEY = 0xa1

/** The PEM of a reader's public key: its SPKI (RFC 8410 section 4, RFC 5480 section 2). */
export function agreementPublicPem(key: AgreementPublicJwk): string {
  return encodePem('PUBLIC KEY', der(derTag.sequence, identifierOf(key), publicBits(key)))
}

/** The PEM of a reader's private key: its PKCS#8, not encrypted; that of P-256 holds the public key (RFC 5915). */
export function agreementPrivatePem(key: AgreementPrivateJwk): string {
  const d = der(derTag.octetString, jwkBytes(key.d))
  const octets =
    key.kty === 'OKP' ? d : der(derTag.sequence, der(derTag.integer, VERSION_1), d, der(EC_PUBLIC_KEY, publicBits(key)))
  const info = [der(derTag.integer, VERSION_0), identifierOf(key), der(derTag.octetString, octets)]
  return encodePem('PRIVATE KEY', der(derTag.sequence, ...info))
}

function identifierOf({ crv }: AgreementPublicJwk): Bytes {
  return der(derTag.sequence, agreementRow(({ curve }) => curve === crv).identifier)
}

function publicBits(key: AgreementPublicJwk): Bytes {
  return der(derTag.bitString, concatBytes(NO_UNUSED_BITS, rawPoint(key)))
}
