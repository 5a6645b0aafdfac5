import { base64url } from './data.js'
import { hexMember } from './vectors.js'
import type { Backend } from '../../src/build.js'
import type { Group } from './vectors.js'

/** What backends verify with. */
export type VerifyingKey = Parameters<Backend['verify']>[0]

/** The public key of a group, which need not be any that an honest owner would have. */
export function verifyingKeyOf(group: Group): VerifyingKey {
  const spki = hexMember(group, 'publicKeyDer')
  if (group['type'] === 'EddsaVerify') return { algorithm: 'Ed25519', jwk: { kty: 'OKP', crv: 'Ed25519', x: base64url(spki.subarray(-32)) }, spki }
  const { modulus, publicExponent } = group['publicKey'] as { readonly modulus: string; readonly publicExponent: string }
  return { algorithm: 'PS256', jwk: { kty: 'RSA', n: numberOf(modulus), e: numberOf(publicExponent) }, spki }
}

/** Vectors write numbers with a sign byte, and JWKs without. */
function numberOf(number: string): string {
  return base64url(hexMember({ tests: [], number: number.replace(/^(00)+/, '') }, 'number'))
}
