import { releaseOf } from '../events.js'
import { sealSlots } from './readers.js'
import { signHead } from './sign-head.js'
import type { Bytes } from '../bytes.js'
import type { Header } from '../format/header.js'
import type { Plan } from './options.js'
import type { Signers } from './signers.js'

/** The head of a body that is known by now: signed, and with the session key for its readers. */
export async function sealHead(
  described: Pick<Header, 'bundle' | 'body'>,
  sessionKey: Bytes,
  { signers, owners }: Signers,
  plan: Plan,
): Promise<string> {
  const slots = await sealSlots(sessionKey, plan.readers, owners, plan.backend)
  const tell = (kid: string): void => plan.onEvent({ event: 'head-signed', time: plan.claims.created, ...releaseOf(plan.claims), kid })
  return signHead({ ...plan.claims, ...described }, signers, slots, plan.chain, tell)
}
