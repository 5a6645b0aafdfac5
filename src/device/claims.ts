import { EnvelopeError } from '../errors.js'
import type { Header } from '../format/header.js'
import type { Policy } from './options.js'

/**
 * Holds a signed header against the device's policy, and the built-in release's sequence of its trust store.
 *
 * @throws EnvelopeError `wrong-app`, `wrong-channel`, `wrong-runtime`, `wrong-type`, `rollback`, `expired`, `too-large`
 */
export function checkClaims(header: Header, policy: Policy, minSequence: number | null): void {
  // R87: in this order. R44, R45, R46
  if (differs(header.app, policy.app)) throw new EnvelopeError('wrong-app', 'the bundle is for another app')
  if (differs(header.channel, policy.channel)) throw new EnvelopeError('wrong-channel', 'the bundle is for another channel')
  if (differs(header.runtime, policy.runtime)) throw new EnvelopeError('wrong-runtime', 'the bundle is for another runtime')
  if (differs(header.bundle.type, policy.type)) throw new EnvelopeError('wrong-type', 'the bundle is of another media type')
  // R47
  if (policy.lastSequence !== null && header.sequence <= policy.lastSequence) {
    throw new EnvelopeError('rollback', `sequence ${header.sequence} is not above the installed ${policy.lastSequence}`)
  }
  if (policy.freshness && minSequence !== null && header.sequence <= minSequence) {
    throw new EnvelopeError('rollback', `sequence ${header.sequence} is not above the trust store's minSequence, ${minSequence}`)
  }
  // R48
  if (policy.freshness && header.expires !== undefined && policy.now - policy.clockTolerance >= header.expires) {
    throw new EnvelopeError('expired', 'the release has expired: publish a new one, or check the clock of this device')
  }
  // R49
  if (header.bundle.size > policy.maxSize) {
    throw new EnvelopeError('too-large', `the bundle has ${header.bundle.size} bytes; maxSize is ${policy.maxSize}`)
  }
}

function differs(claimed: string | undefined, wanted: string | null): boolean {
  return wanted !== null && claimed !== wanted
}
