import { EnvelopeError, verifyTrustUpdate } from '../index.js'
import { isVoter, warnOfFloor } from './trust-warnings.js'
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

function votes(signatures: readonly string[], { store, kids }: CheckedStore): Votes {
  const now = Date.now() / 1000
  const voters = store.keys.flatMap((entry, i) => {
    const { notBefore = 0, notAfter = Infinity } = entry
    return isVoter(entry) && notBefore <= now && now <= notAfter ? [kids[i]] : []
  })
  return { signed: voters.filter((kid) => kid !== undefined && signatures.includes(kid)).length, threshold: store.threshold }
}

/** For people. */
export function tellState({ newStore, oldStore }: SigningState): readonly string[] {
  const line = ({ signed, threshold }: Votes, whose: string): string =>
    `  ${Math.min(signed, threshold)} of ${threshold} signatures that the ${whose} store demands${signed < threshold ? `: ${threshold - signed} missing` : ''}`
  return [...(oldStore === undefined ? [] : [line(oldStore, 'old')]), line(newStore, 'new')]
}

/**
 * Warns of what devices that have the store `before` would refuse. Signatures that are only missing yet are no reason.
 *
 * @returns the code with which they refuse the update, if they do
 */
export async function warnOfOld(update: string, file: UpdateFile, before: StoreFile, state: SigningState, terminal: Terminal): Promise<string | undefined> {
  warnOfFloor(file.store, before.store, terminal)
  try {
    await verifyTrustUpdate(update, { trust: before.text })
    return undefined
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    const isUnfinished = Object.values(state).some(({ signed, threshold }: Votes) => signed < threshold)
    if (error.code === 'rollback') terminal.warn(`devices with ${before.path} would refuse it: the epoch ${file.store.epoch} is not above ${before.store.epoch}`)
    else if (!isUnfinished) terminal.warn(`devices with ${before.path} would refuse it (${error.code}): ${error.message}`)
    return error.code
  }
}
