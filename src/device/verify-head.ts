import { releaseOf, tellRefusal } from '../events.js'
import { countedSigners, judgeSignatures } from '../trust/judge.js'
import { readTrust } from '../trust/trust.js'
import { checkClaims } from './claims.js'
import { orTell } from './tell.js'
import type { Header } from '../format/header.js'
import type { ParsedHead } from '../format/head.js'
import type { PublicKey } from '../keys/types.js'
import type { Verdict } from '../trust/judge.js'
import type { Policy } from './options.js'

declare const verified: unique symbol

/** A head that a trusted key signed for this device. Only {@link verifyHead} makes one, and only it can be opened. */
export interface VerifiedHead extends ParsedHead {
  readonly [verified]: true
  /** The different trust-store keys that signatures count for. */
  readonly signers: readonly PublicKey[]
}

/**
 * Believes a head: first its signatures, then its claims.
 *
 * @throws EnvelopeError `bad-key`, `bad-trust-store`, `untrusted-key`, `revoked-key`, `bad-signature`, `threshold-not-met`, `out-of-scope`,
 *   `expired`, `not-yet-valid`, and those of {@link checkClaims}
 */
export async function verifyHead(head: ParsedHead, policy: Policy): Promise<VerifiedHead> {
  const { header } = head
  const signers = await orTell(policy, 'head-refused', header, async () => believe(head, policy))
  policy.onEvent({ event: 'head-verified', time: policy.now, ...releaseOf(header), signers: signers.map(({ kid }) => kid) })
  return { ...head, signers } as VerifiedHead
}

async function believe(head: ParsedHead, policy: Policy): Promise<readonly PublicKey[]> {
  const trust = await readTrust(policy.trust, policy.backend)
  const verdicts = await judgeSignatures(head, { ...policy, trust })
  let signers: readonly PublicKey[]
  try {
    signers = countedSigners(verdicts, trust, 'the trust store')
    checkClaims(head.header, policy, trust.minSequence)
  } catch (error) {
    // What the listener throws must not hide why.
    tellVerdicts(verdicts, head.header, { ...policy, onEvent: (event) => tellRefusal(policy.onEvent, event) })
    throw error
  }
  tellVerdicts(verdicts, head.header, policy)
  return signers
}

function tellVerdicts(verdicts: readonly Verdict[], header: Header, { onEvent, now }: Policy): void {
  for (const { kid, root, refused } of verdicts) {
    const record = { time: now, ...releaseOf(header), kid }
    if (refused !== undefined) {
      onEvent({ event: 'signature-refused', ...record, ...(root !== undefined && { root: root.kid }), code: refused.code })
    } else if (root !== undefined) {
      onEvent({ event: 'signature-counted', ...record, root: root.kid })
    }
  }
}
