import { EnvelopeError } from '../errors.js'
import { readPublicKey } from '../keys/public.js'
import { checkClaims } from './claims.js'
import type { DeviceBackend } from '../crypto/backend.js'
import type { HeadSignature, ParsedHead } from '../format/head.js'
import type { PublicKey } from '../keys/types.js'
import type { Policy } from './options.js'

declare const verified: unique symbol

/** A head that a trusted key signed for this device. Only {@link verifyHead} makes one, and only it can be opened. */
export interface VerifiedHead extends ParsedHead {
  readonly [verified]: true
  /** The trusted keys whose signatures count. */
  readonly signers: readonly PublicKey[]
}

/**
 * Believes a head: first its signatures, then its claims.
 *
 * @throws EnvelopeError `bad-key`, `untrusted-key`, `bad-signature`, and those of {@link checkClaims}
 */
export async function verifyHead(head: ParsedHead, policy: Policy): Promise<VerifiedHead> {
  const trusted = await readTrustedKeys(policy)
  const signers = await countSigners(head, trusted, policy.backend)
  if (signers.length === 0) throw refusal(head, trusted) // R26
  checkClaims(head.header, policy)
  return { ...head, signers } as VerifiedHead
}

/** The trusted keys, each once however often it was given. */
async function readTrustedKeys({ trust, backend }: Policy): Promise<ReadonlyMap<string, PublicKey>> {
  const keys = await Promise.all(trust.map((key) => readPublicKey(key, backend)))
  return new Map(keys.map((key) => [key.kid, key]))
}

async function countSigners(
  head: ParsedHead,
  trusted: ReadonlyMap<string, PublicKey>,
  backend: DeviceBackend,
): Promise<readonly PublicKey[]> {
  const signers: PublicKey[] = []
  let unavailable: EnvelopeError | undefined
  for (const key of trusted.values()) {
    try {
      if (await counts(head, key, backend)) signers.push(key)
    } catch (error) {
      // A platform without one algorithm must not hide a signature by another key (R26).
      if (!(error instanceof EnvelopeError) || error.code !== 'backend-unavailable') throw error
      unavailable = error
    }
  }
  if (signers.length === 0 && unavailable !== undefined) throw unavailable
  return signers
}

async function counts(head: ParsedHead, key: PublicKey, backend: DeviceBackend): Promise<boolean> {
  const [signature, second] = signaturesBy(head, key)
  if (signature === undefined || second !== undefined) return false // R25
  if (signature.alg !== key.algorithm) return false // R24
  const verdict: unknown = await backend.verify(key, signature.signature, signature.message)
  return verdict === true
}

function signaturesBy(head: ParsedHead, key: PublicKey): readonly HeadSignature[] {
  return head.signatures.filter(({ kid }) => kid === key.kid)
}

function refusal(head: ParsedHead, trusted: ReadonlyMap<string, PublicKey>): EnvelopeError {
  const known = head.signatures.some(({ kid }) => trusted.has(kid))
  return known
    ? new EnvelopeError('bad-signature', 'no signature by a trusted key holds: the head was changed after it was signed')
    : new EnvelopeError('untrusted-key', 'the head is signed by other keys than the trusted ones: check that the app embeds the right public key')
}
