import type { TrustStore, TrustStoreKey } from '../index.js'
import type { Terminal } from './terminal.js'

/** Warns of what a trust store allows, or keeps from happening, that its publisher may not mean. */
export function warnOfStore(store: TrustStore, before: TrustStore | undefined, terminal: Terminal): void {
  if (before !== undefined) warnOfFloor(store, before, terminal)
  const { threshold, keys } = store
  const voters = keys.filter(isVoter).length
  if (voters < threshold) {
    terminal.warn(
      `no trust update can replace this store: ${threshold} active keys without an app or channel must sign one, and it has ${voters}`,
    )
  }
}

/** A device that replaces its store forgets its stored sequences. */
export function warnOfFloor({ minSequence }: TrustStore, before: TrustStore, terminal: Terminal): void {
  if (minSequence > before.minSequence) return
  const moves = minSequence === before.minSequence ? `stays ${minSequence}` : `falls from ${before.minSequence} to ${minSequence}`
  terminal.warn(
    `minSequence ${moves}: devices that take this store as a trust update forget which release they have, and would take any release ` +
      'above it, also an old one; raise it to the sequence of the newest release with --min-sequence',
  )
}

/** Whether a key may sign trust updates: who may sign for one channel must not decide for all. */
export function isVoter({ status, apps, channels }: TrustStoreKey): boolean {
  return status === 'active' && apps === undefined && channels === undefined
}
