import { isPossibleAgreement, rawPoint, secretUnlessZero, x25519Der } from './agreement-shape.js'
import { nameOf, supported, unlessRefused, webCrypto } from './web-platform.js'
import type { Bytes } from '../bytes.js'
import type { AgreementCurve, AgreementPrivateJwk, AgreementPublicJwk } from './backend.js'

const READER_INSTEAD =
  "on a device, import { nobleReader } from 'otaseal/noble' and pass its result as `reader`, which leaves the rest to WebCrypto; or "

/** WebCrypto's parameters of each curve. */
export const webCurves: Readonly<Record<AgreementCurve, { readonly name: string; readonly namedCurve?: string }>> = {
  X25519: { name: 'X25519' },
  'P-256': { name: 'ECDH', namedCurve: 'P-256' },
}

/** As {@link supported}, for a curve that WebCrypto may turn out not to have. */
export async function supportedCurve<T>(curve: AgreementCurve, result: Promise<T>): Promise<T> {
  return supported(curve, result, READER_INSTEAD)
}

/** As the backend's method of this name, with a key that WebCrypto holds and that need not be extractable. */
export async function deriveBits(key: CryptoKey, peer: AgreementPublicJwk): Promise<Bytes | undefined> {
  const { subtle } = webCrypto()
  const { crv } = peer
  const imported = await unlessImpossible(crv, subtle.importKey('raw', rawPoint(peer), webCurves[crv], false, []))
  if (imported === undefined) return undefined
  const parameters = { name: webCurves[crv].name, public: imported }
  const secret = await unlessRefused(subtle.deriveBits(parameters, key, 256))
  return secret && secretUnlessZero(crv, new Uint8Array(secret))
}

/** WebCrypto's ECDH on X25519 and P-256. */
export async function deriveSharedSecret(key: AgreementPrivateJwk, peer: AgreementPublicJwk): Promise<Bytes | undefined> {
  if (!isPossibleAgreement(key, peer)) return undefined
  const imported = await unlessImpossible(key.crv, importPrivate(key))
  return imported && deriveBits(imported, peer)
}

async function importPrivate(key: AgreementPrivateJwk): Promise<CryptoKey> {
  const { subtle } = webCrypto()
  const parameters = webCurves[key.crv]
  // A JWK of X25519 would have to hold the public key that belongs to it.
  if (key.kty === 'OKP') return subtle.importKey('pkcs8', x25519Der(key), parameters, false, ['deriveBits'])
  const { kty, crv, x, y, d } = key
  return subtle.importKey('jwk', { kty, crv, x, y, d }, parameters, false, ['deriveBits'])
}

/** `undefined` where the numbers are no key of the curve, in whichever way a platform says so. */
async function unlessImpossible(curve: AgreementCurve, imported: Promise<CryptoKey>): Promise<CryptoKey | undefined> {
  try {
    return await supportedCurve(curve, unlessRefused(imported))
  } catch (error) {
    if (nameOf(error) === 'DataError') return undefined
    throw error
  }
}
