import { EnvelopeError } from '../errors.js'
import { asObject, constant, integerUpTo, listOf, malformed, matching, anyString, readObject } from '../json.js'
import { namePattern } from './header.js'
import { SCOPE_MAX, TIME_MAX } from './limits.js'
import type { Check } from '../json.js'

/** A public key in signed or trusted JSON: its numbers and nothing else (RFC 7517). */
export type KeyMember =
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }

const rsa: Check<KeyMember> = (value, where) => readObject(value, where, { kty: constant('RSA'), n: anyString, e: anyString }, {})
const ed25519: Check<KeyMember> = (value, where) =>
  readObject(value, where, { kty: constant('OKP'), crv: constant('Ed25519'), x: anyString }, {})

/** A public JWK of exactly the members that RFC 7638 hashes; its numbers are still to be checked. */
export const keyMember: Check<KeyMember> = (value, where) => {
  const source = asObject(value, where)
  if (Object.hasOwn(source, 'd')) {
    throw new EnvelopeError('bad-key', `${where} is a private key, which everyone would get who gets this: pass the public key, and make a new key pair`)
  }
  return (source['kty'] === 'RSA' ? rsa : ed25519)(value, where)
}

/** What a key or a link is limited to; what is left out is not limited. Times are whole seconds since 1970, both inclusive. */
export interface Scope {
  readonly notBefore?: number
  readonly notAfter?: number
  readonly apps?: readonly string[]
  readonly channels?: readonly string[]
}

/** Apps or channels by name, at least one: no name at all would be read as any by some. */
const names = /* @__PURE__ */ listOf(/* @__PURE__ */ matching(namePattern), 1, SCOPE_MAX)
const seconds = /* @__PURE__ */ integerUpTo(TIME_MAX)

/** A number of a release. */
export const sequenceMember: Check<number> = /* @__PURE__ */ integerUpTo(Number.MAX_SAFE_INTEGER)

/** The members of a {@link Scope}. */
export const scopeMembers: {
  readonly notBefore: Check<number>
  readonly notAfter: Check<number>
  readonly apps: Check<readonly string[]>
  readonly channels: Check<readonly string[]>
} = { notBefore: seconds, notAfter: seconds, apps: names, channels: names }

/** @throws EnvelopeError `malformed-head` */
export function checkPeriod({ notBefore = 0, notAfter = Infinity }: Scope, where: string): void {
  if (notAfter < notBefore) throw malformed(where, 'ends before it begins')
}
