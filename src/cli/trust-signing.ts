import { EnvelopeError, verifyTrustUpdate } from '../index.js'
import { votersOf, warnOfFloor, warnOfFuture } from './trust-warnings.js'
import type { Terminal } from './terminal.js'
import type { CheckedStore, StoreFile, UpdateFile } from './trust-file.js'

/** How many keys have signed, and must have. */
interface Votes {
  readonly signed: number
  readonly threshold: number
}

/** How far the signing of a trust update has come. */
export interface SigningState {
  /** By keys of the new store. */
  readonly newStore: Votes
  /** By keys of the store that devices have, where that is known. */
  readonly oldStore?: Votes
}

/** The signatures are counted by the kid that they claim. */
export function signingState(file: UpdateFile, before: CheckedStore | undefined): SigningState {
  return { newStore: votes(file.signatures, file), ...(before !== undefined && { oldStore: votes(file.signatures, before) }) }
}

function votes(signatures: readonly string[], checked: CheckedStore): Votes {
  const signed = votersOf(checked).filter((kid) => signatures.includes(kid)).length
  return { signed, threshold: checked.store.threshold }
}

/** For people. */
export function tellState({ newStore, oldStore }: SigningState): readonly string[] {
  const line = ({ signed, threshold }: Votes, whose: string): string => {
    const missing = Math.max(threshold - signed, 0)
    return `  ${threshold - missing} of ${threshold} signatures that the ${whose} store demands${missing > 0 ? `: ${missing} missing` : ''}`
  }
  return [...(oldStore === undefined ? [] : [line(oldStore, 'old')]), line(newStore, 'new')]
}

/**
 * Warns of what devices that have the store `before` would refuse. Signatures that are only missing yet are no reason.
 *
 * @returns the code with which they refuse the update as it is, if they do
 */
export async function warnOfOld(update: string, file: UpdateFile, before: StoreFile, terminal: Terminal): Promise<string | undefined> {
  warnOfFloor(file.store, before.store, terminal)
  warnOfFuture(file.store, terminal)
  const voters = new Set([...votersOf(before), ...votersOf(file)])
  for (const kid of file.signatures.filter((one) => !voters.has(one))) {
    terminal.warn(`the signature of ${kid} counts for neither store: the key is not there, not active, not valid now, or only for some apps or channels`)
  }
  try {
    await verifyTrustUpdate(update, { trust: before.text })
    return undefined
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    const isUnfinished = Object.values(signingState(file, before)).some(({ signed, threshold }: Votes) => signed < threshold)
    if (error.code === 'rollback' || !isUnfinished) terminal.warn(`devices with ${before.path} refuse this (${error.code}): ${error.message}`)
    return error.code
  }
}
