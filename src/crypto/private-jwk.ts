import { concatBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import type { Bytes } from '../bytes.js'
import type { AgreementPrivateJwk, PrivateJwk } from './backend.js'

/** DER of a PKCS#8 Ed25519 key up to its 32-byte seed (RFC 8410 section 7). */
const ED25519_PKCS8_PREFIX: Bytes = Uint8Array.of(
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
)

/** DER PKCS#8 of a 32-byte Ed25519 seed: 48 bytes. */
export function ed25519Pkcs8(seed: Bytes): Bytes {
  checkSeed(seed)
  return concatBytes(ED25519_PKCS8_PREFIX, seed)
}

/** Refuses a seed that isn't of 32 bytes. */
export function checkSeed(seed: Bytes): void {
  if (seed.length !== 32) throw new RangeError(`an Ed25519 seed takes 32 bytes, not ${seed.length}`)
}

/** The numbers of a private JWK that a platform exported, without what else it put there. */
export function privateNumbers(jwk: Readonly<Record<string, unknown>>): PrivateJwk {
  const number = (member: string): string => exported(jwk, member)
  if (jwk['kty'] === 'OKP') return { kty: 'OKP', crv: 'Ed25519', x: number('x'), d: number('d') }
  return {
    kty: 'RSA',
    n: number('n'),
    e: number('e'),
    d: number('d'),
    p: number('p'),
    q: number('q'),
    dp: number('dp'),
    dq: number('dq'),
    qi: number('qi'),
  }
}

/** The same of a reader key. */
export function agreementNumbers(jwk: Readonly<Record<string, unknown>>): AgreementPrivateJwk {
  const number = (member: string): string => exported(jwk, member)
  if (jwk['kty'] === 'OKP') return { kty: 'OKP', crv: 'X25519', x: number('x'), d: number('d') }
  return { kty: 'EC', crv: 'P-256', x: number('x'), y: number('y'), d: number('d') }
}

function exported(jwk: Readonly<Record<string, unknown>>, member: string): string {
  const value = jwk[member]
  if (typeof value === 'string') return value
  throw new EnvelopeError('bad-key', `The platform exported a private key without its member ${member}`)
}
