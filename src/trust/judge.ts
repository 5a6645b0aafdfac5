import { isPossibleSignature } from '../crypto/signature-shape.js'
import { EnvelopeError } from '../errors.js'
import { readPublicKey } from '../keys/public.js'
import { linkObjection, ownObjection, refusalFor } from './objections.js'
import type { DeviceBackend } from '../crypto/backend.js'
import type { ParsedHead } from '../format/head.js'
import type { JwsSignature } from '../format/jws.js'
import type { Link } from '../format/link.js'
import type { PublicKey } from '../keys/types.js'
import type { Moment, Release } from './objections.js'
import type { Trust } from './trust.js'

/** What signatures are judged with. */
export interface Court extends Moment {
  readonly trust: Trust
  readonly backend: DeviceBackend
}

/** What became of a signature: it counts for a key of the trust store, or why it doesn't. */
export interface Verdict {
  /** Of the key that signed, as the signature says. */
  readonly kid: string
  /** The trust-store key that it counts for, or would. */
  readonly root?: PublicKey
  readonly refused?: EnvelopeError
}

/**
 * Judges each signature of a head. It counts for one trust-store key: its own, or the signer of the first link that fits.
 * Signatures by revoked keys are verified as well: that one holds says that the key is in somebody's hands.
 */
export async function judgeSignatures(head: ParsedHead, court: Court): Promise<readonly Verdict[]> {
  const links = await Promise.all(head.links.map((link) => judgeLink(link, head.header, court)))
  return Promise.all(head.signatures.map((signature) => judge(signature, links, head, court)))
}

async function judge(signature: JwsSignature, links: readonly JudgedLink[], head: ParsedHead, court: Court): Promise<Verdict> {
  const { kid } = signature
  const holds = async (key: PublicKey): Promise<EnvelopeError | undefined> => signatureObjection(signature, key, court.backend)
  const verdicts: Verdict[] = []
  const own = court.trust.keys.get(kid)
  if (own !== undefined) {
    const refused = (await holds(own.key)) ?? ownObjection(own, head.header, court)
    verdicts.push(verdictOf(kid, own.key, onlyOnce(signature, head.signatures, refused)))
  }
  // R57: a key that is revoked is revoked, whoever delegates to it.
  if (own?.status !== 'revoked') {
    for (const { root, delegate, forged, refused } of links.filter((link) => link.delegate?.kid === kid)) {
      const objection = (await holds(delegate as PublicKey)) ?? refused
      verdicts.push(verdictOf(kid, root, forged ?? onlyOnce(signature, head.signatures, objection)))
    }
  }
  return verdicts.find(({ refused }) => refused === undefined) ?? gravest(verdicts) ?? verdictOf(kid, undefined, refusalFor('unknown'))
}

function verdictOf(kid: string, root: PublicKey | undefined, refused: EnvelopeError | undefined): Verdict {
  return { kid, ...(root !== undefined && { root }), ...(refused !== undefined && { refused }) }
}

/** Two signatures of one key count for nobody; that a revoked key made one of them is told all the same. */ // R25
export function onlyOnce({ kid }: JwsSignature, all: readonly JwsSignature[], refused: EnvelopeError | undefined): EnvelopeError | undefined {
  const isOnly = all.filter((other) => other.kid === kid).length === 1
  return isOnly || refused?.code === 'revoked-key' ? refused : refusalFor('twice')
}

/** A link after all that doesn't depend on the signature that leans on it. */
export interface JudgedLink {
  readonly delegate?: PublicKey
  readonly root?: PublicKey
  /** No trusted key has signed the link. */
  readonly forged?: EnvelopeError
  /** It is a trusted key's, and not for this. */
  readonly refused?: EnvelopeError
}

/** Judges a link for a release. */
export async function judgeLink(link: Link, header: Release, court: Court): Promise<JudgedLink> {
  const delegate = await delegateOf(link, court.backend)
  // R56: a key that is only delegated is not in the trust store, so its links count for nothing.
  const root = court.trust.keys.get(link.kid)
  if (delegate === undefined) return {}
  if (root === undefined) return { delegate, forged: refusalFor('unknown') }
  const forged = await signatureObjection(link, root.key, court.backend)
  const refused = linkObjection(link.claims, root, header, court)
  return { delegate, root: root.key, ...(forged !== undefined && { forged }), ...(refused !== undefined && { refused }) }
}

/** The key that a link names; one that is refused can sign nothing, and then nothing leans on the link. */
async function delegateOf({ claims }: Link, backend: DeviceBackend): Promise<PublicKey | undefined> {
  try {
    return await readPublicKey(claims.key, backend)
  } catch (error) {
    if (error instanceof EnvelopeError && error.code === 'bad-key') return undefined
    throw error
  }
}

/** Why a signature is not by this key, or `undefined`. A platform without the algorithm must not hide a signature by another key. */
export async function signatureObjection(signature: JwsSignature, key: PublicKey, backend: DeviceBackend): Promise<EnvelopeError | undefined> {
  if (signature.alg !== key.algorithm) return refusalFor('algorithm') // R24
  try {
    // The library's own backends ask this as well; an app's own may have forgotten to.
    const verdict: unknown = isPossibleSignature(key, signature.signature) && (await backend.verify(key, signature.signature, signature.message))
    return verdict === true ? undefined : refusalFor('signature')
  } catch (error) {
    if (error instanceof EnvelopeError && error.code === 'backend-unavailable') return error
    throw error
  }
}

/** In the order of what a person should know first. */
const GRAVITY = ['revoked-key', 'backend-unavailable', 'bad-signature', 'expired', 'not-yet-valid', 'out-of-scope', 'untrusted-key'] as const

/** The refused verdict that tells most. */
function gravest(verdicts: readonly Verdict[]): Verdict | undefined {
  return GRAVITY.map((code) => verdicts.find(({ refused }) => refused?.code === code)).find((verdict) => verdict !== undefined)
}

/** What tells more than that too few signatures count. */
const TELLS_MORE: ReadonlySet<string> = new Set(['revoked-key', 'backend-unavailable'])

/**
 * The different keys of a trust store that signatures count for, each once: as many as it demands.
 *
 * @param whose which trust store it is, for the message
 * @throws EnvelopeError `threshold-not-met`, or what the gravest refused signature is refused for
 */ // R26
export function countedSigners(verdicts: readonly Verdict[], { threshold }: Trust, whose: string): readonly PublicKey[] {
  const counted = verdicts.flatMap(({ root, refused }) => (root !== undefined && refused === undefined ? [root] : []))
  const signers = [...new Map(counted.map((root) => [root.kid, root])).values()]
  if (signers.length >= threshold) return signers
  const { refused } = gravest(verdicts) ?? {}
  if (refused !== undefined && (signers.length === 0 || TELLS_MORE.has(refused.code))) throw refused
  throw new EnvelopeError('threshold-not-met', `signatures count for ${signers.length} of the ${threshold} different keys of ${whose} that must have signed`)
}
