import { EnvelopeError } from '../errors.js'
import { supportedCurve, webCurves } from './web-agree.js'
import { unlessRefused, webCrypto } from './web-platform.js'
import { agreementNumbers } from './private-jwk.js'
import type { AgreementCurve, AgreementPrivateJwk } from './backend.js'

const TRIES = 8

/** A new reader key by WebCrypto; tried again where it fails, as WebKitGTK does for one X25519 key in 256. */
export async function generateAgreementKey(curve: AgreementCurve): Promise<AgreementPrivateJwk> {
  const { subtle } = webCrypto()
  for (let i = 0; i < TRIES; i++) {
    const generated = await supportedCurve(curve, unlessRefused(subtle.generateKey(webCurves[curve], true, ['deriveBits'])))
    if (generated === undefined) continue
    return agreementNumbers({ ...(await subtle.exportKey('jwk', (generated as CryptoKeyPair).privateKey)) })
  }
  throw new EnvelopeError('backend-unavailable', `WebCrypto fails to make a key for ${curve} here: pass another backend`)
}
