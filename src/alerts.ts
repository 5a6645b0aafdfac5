import { checkedKids, createAlertMemory, kidPattern } from './alert-memory.js'
import { errorCodes } from './errors.js'
import { integerOption, objectOption } from './options.js'
import type { AlertMemory, AlertOptions } from './alert-memory.js'
import type { EnvelopeEvent } from './events.js'

export type { AlertOptions } from './alert-memory.js'

/** How bad it is, from `low` to `critical`. */
export type AlertLevel = 'low' | 'medium' | 'high' | 'critical'

/** Which rule of {@link createAlertPolicy} applied. */
export type AlertReason =
  | 'new-key'
  | 'revoked-co-signature'
  | 'repeated-failures'
  | 'revoked-key-signed'
  | 'revoked-key-used'
  | 'revoked-key-repeated'
  | 'trust-update-refused'

/** What somebody should look at; serialisable as JSON, and as free of secrets as the record. */
export interface Alert {
  readonly level: AlertLevel
  readonly reason: AlertReason
  /** For people. */
  readonly message: string
  /** That of the record. */
  readonly time: number
  /** The record that caused it. */
  readonly event: EnvelopeEvent
  /** How many such records there were within the window, with this one; at most 1000. */
  readonly count?: number
}

/** The records of some names. */
type Of<Name extends EnvelopeEvent['event']> = Extract<EnvelopeEvent, { readonly event: Name }>

type Finding = Pick<Alert, 'level' | 'reason' | 'message' | 'count'> | undefined

/**
 * Turns records, one after the other, into alerts. Of the rules that apply to a record, that of the highest level counts:
 *
 * - `critical`: a trust update was refused (`trust-update-refused`, once within `revokedWindow` for each code); or a revoked key's
 *   signature is, within `revokedWindow`, at least the `repeated`th (`revoked-key-repeated`, once within it: after that only releases
 *   that were not told of are, as `high`).
 * - `high`: a head was refused because a revoked key signed it (`revoked-key-signed`); or a record tells that a private key signed
 *   which is one of `revokedKeys` (`revoked-key-used`).
 * - `medium`: within `window` there were at least `failures` refusals of heads, bundles, objects or readers (`repeated-failures`); told
 *   once for as long as that goes on.
 * - `low`: a key was used that is not among `knownKeys` and not remembered (`new-key`); or a revoked key signed a head for which
 *   the other signatures were enough, as is usual after a rotation (`revoked-co-signature`, once for each release).
 *
 * Times are those of the records, and no clock is asked. Records may come in any order: counts are the same, but the alert
 * comes with the record that completes it. Only those of one call must stay in theirs: what a signature was refused for is
 * judged with its head. The policy remembers at most 1000 each of keys, releases and times, and forgets what came first: a
 * flood of forged records can make it repeat an alert, or miss one of the lower levels, but never grow.
 *
 * @throws TypeError, RangeError where an option is wrong; TypeError, from the policy too, where it is given something else than a record
 */
export function createAlertPolicy(options: AlertOptions = {}): (event: EnvelopeEvent) => Alert | undefined {
  const memory = createAlertMemory(options)
  return (event) => {
    integerOption('event.time', objectOption('event', event).time, Number.MAX_SAFE_INTEGER)
    const finding = judge(event, memory)
    return finding && { ...finding, time: event.time, event }
  }
}

function judge(event: EnvelopeEvent, memory: AlertMemory): Finding {
  switch (event.event) {
    case 'trust-refused':
      return event.code === 'aborted' ? undefined : refusedUpdate(event, memory)
    case 'signature-refused':
      if (event.code === 'revoked-key') noteRevoked(event, memory)
      return undefined
    case 'head-refused':
      return refusedHead(event, memory)
    case 'bundle-refused':
    case 'object-refused':
    case 'reader-refused':
      return event.code === 'aborted' ? undefined : failure(event.time, memory)
    case 'head-verified':
      return coSignature(event, memory)
    case 'head-signed':
    case 'link-signed':
    case 'trust-signed':
      if (!memory.isRevoked(event.kid)) return newKeys(event, memory)
      return revokedUse({ reason: 'revoked-key-used', message: `the revoked key ${kidText(event.kid)} made a signature`, isNews: true }, event.time, memory)
    default:
      return newKeys(event, memory)
  }
}

/** The release is remembered for its head's own record. */
function noteRevoked(event: Of<'signature-refused'>, { coSigned }: AlertMemory): void {
  const release = nameOf(event)
  coSigned.set(release, coSigned.get(release) ?? false)
}

const REVOKED_HEAD = 'a head signed by a revoked key was refused: somebody has the key, or serves a release of before it was revoked; its sequence tells'

function refusedHead(event: Of<'head-refused'>, memory: AlertMemory): Finding {
  const { code, time } = event
  if (code === 'aborted') return undefined
  // What came with another head of this release says nothing of this one, which anybody may have made.
  if (code !== 'revoked-key') return failure(time, memory) ?? coSignature(event, memory)
  memory.failures(time)
  const isNews = memory.isNewRelease(nameOf(event), time)
  return revokedUse({ reason: 'revoked-key-signed', message: REVOKED_HEAD, isNews }, time, memory)
}

/** What a revoked key did; `isNews`: whether it is to be told after it was told that such keys go on. */
interface RevokedUse {
  readonly reason: 'revoked-key-signed' | 'revoked-key-used'
  readonly message: string
  readonly isNews: boolean
}

function revokedUse({ reason, message, isNews }: RevokedUse, time: number, memory: AlertMemory): Finding {
  const count = memory.revokedUses(time)
  const isRepeated = count >= memory.limits.repeated
  if (isRepeated && memory.isNewRepeat(time)) {
    return { level: 'critical', reason: 'revoked-key-repeated', message: `${message}; it keeps happening`, count }
  }
  return isRepeated && !isNews ? undefined : { level: 'high', reason, message, count }
}

/** Each code by itself: anybody can cause some of them, and must not hide the others so. */
function refusedUpdate(event: Of<'trust-refused'>, memory: AlertMemory): Finding {
  const { time } = event
  const code = codeText(event.code)
  const count = memory.refusedUpdates(code, time)
  if (!memory.isNewRefusal(code, time)) return undefined
  return { level: 'critical', reason: 'trust-update-refused', message: `a trust update was refused (${code}): find out who sends it`, count }
}

function failure(time: number, { failures, isNewRun, limits }: AlertMemory): Finding {
  const count = failures(time)
  if (count < limits.failures || !isNewRun(time)) return undefined
  return { level: 'medium', reason: 'repeated-failures', message: `${count} refusals within ${limits.window} seconds`, count }
}

function coSignature(event: Of<'head-verified' | 'head-refused'>, { coSigned }: AlertMemory): Finding {
  const release = nameOf(event)
  if (coSigned.get(release) !== false) return undefined
  coSigned.set(release, true)
  return { level: 'low', reason: 'revoked-co-signature', message: 'a revoked key signed a head that others signed as well' }
}

function newKeys(event: EnvelopeEvent, { seen }: AlertMemory): Finding {
  const news = checkedKids(keysOf(event)).filter((kid) => !seen(kid))
  if (news.length === 0) return undefined
  const more = news.length > 3 ? ` and ${news.length - 3} more` : ''
  return { level: 'low', reason: 'new-key', message: `first use of a key: ${news.slice(0, 3).map(kidText).join(', ')}${more}` }
}

/** The keys that were used, or given a right. Those of a verified head are told before it, one by one. */
function keysOf(event: EnvelopeEvent): readonly string[] {
  switch (event.event) {
    case 'head-signed':
    case 'trust-signed':
    case 'reader-used':
      return [event.kid]
    case 'link-signed':
      return [event.kid, event.delegate]
    case 'signature-counted':
      return [event.kid, event.root]
    case 'readers-added':
      return event.kids
    case 'trust-updated':
      return event.signers
    default:
      return []
  }
}

/** What a record calls its release. */
function nameOf({ app, version, sequence, channel }: Of<'head-refused' | 'head-verified' | 'signature-refused'>): string {
  return JSON.stringify([app, version, sequence, channel])
}

/** Records may be anybody's: what is no kid could steer the terminal that shows a message. */
function kidText(kid: string): string {
  return kidPattern.test(kid) ? kid : 'a malformed kid'
}

function codeText(code: string): string {
  return (errorCodes as readonly string[]).includes(code) ? code : 'unknown code'
}
