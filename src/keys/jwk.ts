import type { Bytes } from '../bytes.js'
import { base64urlDecode } from '../text.js'
import { badKey, wrongHalf } from './bad-key.js'
import type { Wanted } from './bad-key.js'

/** The members of a JWK that mean something here, read once, and without its prototype. */
export type JwkMembers = ReadonlyMap<string, unknown>

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const
const MEMBERS: readonly string[] = /* @__PURE__ */ ['kty', 'crv', 'alg', 'use', 'key_ops', 'n', 'e', 'x', 'y'].concat(PRIVATE_MEMBERS)

const OPERATION = { public: 'verify', private: 'sign' } as const

/** More than the base64url of 8192 bits, so that a few leading zeros can be stripped. */
const MAX_NUMBER_CHARACTERS = 2048

/** A snapshot of a JWK's own members; one that is `undefined` counts as absent. */
export function jwkMembers(jwk: object): JwkMembers {
  const members = new Map<string, unknown>()
  for (const name of MEMBERS) {
    const value: unknown = Object.hasOwn(jwk, name) ? (jwk as Record<string, unknown>)[name] : undefined
    if (value !== undefined) members.set(name, value)
  }
  return members
}

/**
 * The bytes of a member in canonical base64url (RFC 7515 section 2), at most 1,536.
 *
 * @throws EnvelopeError `bad-key`
 */
export function jwkNumber(members: JwkMembers, name: string): Bytes {
  const value = members.get(name)
  if (typeof value !== 'string') throw badKey(`the JWK lacks its member "${name}": export the whole key again`)
  const bytes = value.length <= MAX_NUMBER_CHARACTERS ? base64urlDecode(value) : undefined
  if (bytes === undefined) {
    throw badKey(`the JWK's member "${name}" is not canonical, unpadded base64url of a sensible length`)
  }
  return bytes
}

/**
 * Refuses what is no JWK, and the other half of a key pair.
 *
 * @throws EnvelopeError `bad-key`
 */
export function checkJwkHalf(members: JwkMembers, wanted: Wanted): void {
  if (!members.has('kty')) {
    throw badKey('the object has no "kty", so it is no JWK; of a key pair, pass its publicKey or privateKey')
  }
  const isPrivate = PRIVATE_MEMBERS.some((name) => members.has(name))
  if (isPrivate !== (wanted === 'private')) throw wrongHalf(wanted)
}

/**
 * Refuses a JWK that says it is for something else than these signatures (RFC 7517 sections 4.2 to 4.4).
 *
 * @throws EnvelopeError `bad-key`
 */
export function checkJwkPurpose(members: JwkMembers, algorithms: readonly unknown[], wanted: Wanted): void {
  const given = (name: string, otherwise: unknown): unknown => (members.has(name) ? members.get(name) : otherwise)
  if (!algorithms.includes(given('alg', algorithms[0]))) {
    throw badKey(
      `the JWK's "alg" must be ${algorithms.join(' or ')}, or absent. ` +
        'One key, one purpose: make a key pair of its own for otaseal, do not change the member',
    )
  }
  const operations = given('key_ops', [OPERATION[wanted]])
  if (given('use', 'sig') !== 'sig') throw badKey('the JWK\'s "use" must be "sig", or absent: one key, one purpose')
  if (!Array.isArray(operations) || !operations.includes(OPERATION[wanted])) {
    throw badKey(`the JWK's "key_ops" must include "${OPERATION[wanted]}", or be absent`)
  }
}
