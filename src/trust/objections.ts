import { EnvelopeError } from '../errors.js'
import type { ErrorCode } from '../errors.js'
import type { Claims } from '../format/header.js'
import type { LinkClaims } from '../format/link.js'
import type { Scope } from '../format/scope.js'
import type { TrustedKey } from './trust.js'

/** When something is judged. */
export interface Moment {
  /** Whole seconds since 1970. */
  readonly now: number
  /** Seconds by which the clock may be wrong. */
  readonly clockTolerance: number
}

/** What scopes are held against. */
export type Release = Pick<Claims, 'app' | 'channel' | 'sequence'>

/** Why a signature doesn't count. */
export type Reason =
  | 'unknown'
  | 'signature'
  | 'algorithm'
  | 'twice'
  | 'revoked'
  | 'retired'
  | 'retiredRoot'
  | 'notYet'
  | 'over'
  | 'scope'
  | 'sequence'

const reasons: Readonly<Record<Reason, readonly [ErrorCode, string]>> = {
  unknown: ['untrusted-key', 'no trusted key has signed this: check that the app embeds the right public key or trust store'],
  signature: ['bad-signature', 'no signature by a trusted key holds: what was signed, or a link of its chain, was changed afterwards'],
  algorithm: ['bad-signature', 'a signature names another algorithm than its key is for'],
  twice: ['bad-signature', 'two signatures name the same key, so neither counts'],
  revoked: ['revoked-key', 'a key that has been revoked has signed this: do not install it, and tell the publisher'],
  retired: ['out-of-scope', 'the key that signed is retired, and this sequence is above the last that it may have signed'],
  retiredRoot: ['out-of-scope', 'the release key was named by a root key that is retired, and a retired key delegates nothing'],
  notYet: ['not-yet-valid', 'the key that signed, or its link, is not valid yet: check the clock of this device'],
  over: ['expired', 'the key that signed, or its link, is no longer valid: sign with another key or a new link, or check the clock of this device'],
  scope: ['out-of-scope', 'the key that signed, or its link, is not for this app and channel'],
  sequence: ['out-of-scope', 'the link of the key that signed does not reach to this sequence'],
}

/** The refusal of a signature, which others beside it may outvote. */
export function refusalFor(reason: Reason): EnvelopeError {
  return new EnvelopeError(...reasons[reason])
}

/** Why a key of the trust store may not have signed this itself, or `undefined`. */
export function ownObjection(key: TrustedKey, release: Release, moment: Moment): EnvelopeError | undefined {
  // R57
  if (key.status === 'revoked') return refusalFor('revoked')
  if (key.lastSequence !== undefined && release.sequence > key.lastSequence) return refusalFor('retired')
  return scopeObjection(key, release, moment)
}

/** Why a key of the trust store may not have another one sign this, or `undefined`. */
export function linkObjection(link: LinkClaims, root: TrustedKey, release: Release, moment: Moment): EnvelopeError | undefined {
  // R58
  if (root.status === 'revoked') return refusalFor('revoked')
  if (root.status === 'retired') return refusalFor('retiredRoot')
  if (link.maxSequence !== undefined && release.sequence > link.maxSequence) return refusalFor('sequence')
  return scopeObjection(root, release, moment) ?? scopeObjection(link, release, moment)
}

function scopeObjection(scope: Scope, { app, channel }: Release, moment: Moment): EnvelopeError | undefined {
  // R59
  if (scope.apps?.includes(app) === false) return refusalFor('scope')
  if (scope.channels !== undefined && (channel === undefined || !scope.channels.includes(channel))) return refusalFor('scope')
  return periodObjection(scope, moment)
}

/** Why something is not valid now, or `undefined`; both ends of its time belong to it. */
export function periodObjection({ notBefore, notAfter }: Scope, { now, clockTolerance }: Moment): EnvelopeError | undefined {
  if (notBefore !== undefined && now + clockTolerance < notBefore) return refusalFor('notYet')
  if (notAfter !== undefined && now - clockTolerance > notAfter) return refusalFor('over')
  return undefined
}
