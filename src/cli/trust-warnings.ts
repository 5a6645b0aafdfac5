import type { TrustStore, TrustStoreKey } from '../index.js'
import type { Terminal } from './terminal.js'
import type { CheckedStore } from './trust-file.js'

/** Warns of what a trust store allows, or keeps from happening, that its publisher may not mean. */
export function warnOfStore(checked: CheckedStore, before: TrustStore | undefined, terminal: Terminal): void {
  if (before !== undefined) warnOfFloor(checked.store, before, terminal)
  warnOfFuture(checked.store, terminal)
  const { threshold } = checked.store
  const voters = votersOf(checked).length
  if (voters < threshold) {
    terminal.warn(
      `as it is, no trust update can replace this store: of its active keys that are valid now for every app and channel ${threshold} must sign one, and it has ${voters}`,
    )
  }
}

/** Milliseconds in place of seconds would lock every device, or let a retired key sign for ever. */
export function warnOfFuture({ minSequence, keys }: TrustStore, terminal: Terminal): void {
  const tomorrow = Date.now() / 1000 + 86_400
  const last = Math.max(...keys.map(({ lastSequence }) => lastSequence ?? 0))
  if (minSequence > tomorrow) terminal.warn(`minSequence ${minSequence} is more than a day ahead of the clock: devices would refuse every release below; sequences are whole seconds, not milliseconds, unless you choose your own`)
  if (last > tomorrow) terminal.warn(`the last sequence ${last} of a retired key is more than a day ahead of the clock: the key could sign releases up to it; sequences are whole seconds, not milliseconds, unless you choose your own`)
}

/** A device that has stored no sequence, or forgets it with the update, has no other floor. */
export function warnOfFloor({ minSequence }: TrustStore, before: TrustStore, terminal: Terminal): void {
  if (minSequence > before.minSequence) return
  const moves = minSequence === before.minSequence ? `stays ${minSequence}` : `falls from ${before.minSequence} to ${minSequence}`
  terminal.warn(
    `minSequence ${moves}: devices that have stored no sequence, as after a fresh install, take any release above it, also an old one; ` +
      'raise it to the sequence of the newest release with --min-sequence',
  )
}

/** The kids of those keys that may sign trust updates now: who may sign for one channel must not decide for all. */
export function votersOf({ store, kids }: CheckedStore): readonly string[] {
  return kids.filter((_, i) => isVoter(store.keys[i] as TrustStoreKey, Date.now() / 1000))
}

function isVoter({ status, apps, channels, notBefore = 0, notAfter = Infinity }: TrustStoreKey, now: number): boolean {
  return status === 'active' && apps === undefined && channels === undefined && notBefore <= now && now <= notAfter
}
