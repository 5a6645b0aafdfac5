import { agreementNumbers } from './agreement-shape.js'
import { supportedCurve, webCurves } from './web-agree.js'
import { webCrypto } from './web-platform.js'
import type { AgreementCurve, AgreementPrivateJwk } from './backend.js'

/** A new reader key by WebCrypto. */
export async function generateAgreementKey(curve: AgreementCurve): Promise<AgreementPrivateJwk> {
  const { subtle } = webCrypto()
  const generated = await supportedCurve(curve, subtle.generateKey(webCurves[curve], true, ['deriveBits']))
  return agreementNumbers({ ...(await subtle.exportKey('jwk', (generated as CryptoKeyPair).privateKey)) })
}
