import { anyString, base64urlBytes, malformed, parseExactJson, readObject } from '../json.js'
import { ascii } from '../text.js'
import { protectedHeader } from './jws.js'
import { checkPeriod, keyMember, scopeMembers, sequenceMember } from './scope.js'
import type { Check } from '../json.js'
import type { JwsSignature } from './jws.js'
import type { KeyMember, Scope } from './scope.js'

/** The `typ` of a link's signature. */
export const LINK_TYPE = 'otaseal-link-v2'

/** What a link says, once it is signed. */
export interface LinkClaims extends Scope {
  /** The key that may sign. */
  readonly key: KeyMember
  readonly notBefore: number
  readonly notAfter: number
  /** The highest sequence that the key may sign. */
  readonly maxSequence?: number
}

/** A link whose form is right; that a trusted key signed it is still to be shown. */
export interface Link extends JwsSignature {
  readonly claims: LinkClaims
}

/**
 * Reads a link: JWS compact (RFC 7515 section 7.1) by which a trusted key delegates to another.
 *
 * @throws EnvelopeError `malformed-head`, `unsupported`, `bad-key` for a private key
 */ // R55
export const parseLink: Check<Link> = (value, where) => {
  const [header = '', payload = '', signature = '', ...more] = anyString(value, where).split('.')
  if (more.length > 0 || signature === '') throw malformed(where, 'does not have three parts')
  const { notBefore, notAfter, apps, channels } = scopeMembers
  const claims: LinkClaims = readObject(
    parseExactJson(base64urlBytes(payload, where), where),
    where,
    { key: keyMember, notBefore, notAfter },
    { apps, channels, maxSequence: sequenceMember },
  )
  checkPeriod(claims, where)
  return {
    ...protectedHeader(header, LINK_TYPE, where),
    signature: base64urlBytes(signature, where),
    message: ascii(`${header}.${payload}`),
    claims,
  }
}
