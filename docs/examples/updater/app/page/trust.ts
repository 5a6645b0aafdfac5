import { verifyTrustUpdate } from 'otaseal/device'
import { ServerError } from './problems.js'
import { askForTrust } from './server.js'
import { kept, keepTrust } from './state.js'
import type { TrustUpdateInput } from 'otaseal/device'

/** No publisher changes keys as often between two starts of an app. */
const MOST_UPDATES = 32

/** Takes the trust updates that there are, in their order; each is kept before the next one is asked for. */
export async function takeTrustUpdates(signal: AbortSignal): Promise<void> {
  for (let i = 0; i < MOST_UPDATES; i++) {
    const { trust } = await kept()
    const update = updateOf(await askForTrust(trust.epoch, signal))
    if (update === null) return
    const verified = await verifyTrustUpdate(update, { trust })
    if (!verified.changed) return
    await keepTrust(verified.trust, verified.forgetAbove)
  }
}

function updateOf(answer: unknown): TrustUpdateInput | null {
  const update = typeof answer === 'object' && answer !== null && Object.hasOwn(answer, 'update') ? (answer as { update: unknown }).update : undefined
  if (update === null) return null
  if (typeof update !== 'object') throw new ServerError('bad-answer', 'the answer names no trust update')
  return update
}
