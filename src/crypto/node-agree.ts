import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { copyBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { isPossibleAgreement, secretUnlessZero, x25519Der } from './agreement-shape.js'
import { jwkInput } from './node-jwk.js'
import type { KeyObject } from 'node:crypto'
import type { Bytes } from '../bytes.js'
import type { AgreementCurve, AgreementPrivateJwk, AgreementPublicJwk } from './backend.js'

/** ECDH of node:crypto on X25519 and P-256. */
export function deriveSharedSecret(key: AgreementPrivateJwk, peer: AgreementPublicJwk): Bytes | undefined {
  if (!isPossibleAgreement(key, peer)) return undefined
  try {
    const publicKey = createPublicKey(jwkInput(peer))
    const secret = diffieHellman({ privateKey: importPrivate(key), publicKey })
    return secretUnlessZero(peer.crv, copyBytes(secret))
  } catch (error) {
    checkImpossible(error, peer.crv)
    return undefined
  }
}

function importPrivate(key: AgreementPrivateJwk): KeyObject {
  if (key.kty === 'OKP') return createPrivateKey({ key: Buffer.from(x25519Der(key)), format: 'der', type: 'pkcs8' })
  const { kty, crv, x, y, d } = key
  return createPrivateKey(jwkInput({ kty, crv, x, y, d }))
}

/** Lets pass only what is said of numbers that are no key: OpenSSL has no one code for that, but one for each other failure. */
function checkImpossible(error: unknown, curve: AgreementCurve): void {
  const { code = '' } = error as { readonly code?: unknown }
  if (/UNSUPPORTED|UNKNOWN_(CURVE|GROUP)/.test(String(code))) {
    throw new EnvelopeError('backend-unavailable', `node:crypto has no ${curve} here: pass another backend`, { cause: error })
  }
  if (error instanceof RangeError || /MALLOC|MEMORY/.test(String(code))) throw error
}
