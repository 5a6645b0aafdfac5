import { EnvelopeError } from '../errors.js'
import { parseLink } from '../format/link.js'
import { badKey } from '../keys/bad-key.js'
import { judgeLink } from '../trust/judge.js'
import { readTrust } from '../trust/trust.js'
import { readSigner } from './signer.js'
import type { Link } from '../format/link.js'
import type { PublicKey } from '../keys/types.js'
import type { Trust } from '../trust/trust.js'
import type { Plan } from './options.js'
import type { KeySigner, SignerInput } from './signer.js'

/** The keys that sign a head, and for whom. */
export interface Signers {
  /** Each once, however often it was given. */
  readonly signers: readonly KeySigner[]
  /** The trust-store keys that the signatures stand for: those that signed the links of a delegated key, else the key itself; each once. */
  readonly owners: readonly PublicKey[]
}

/** A link that holds, with the keys on both of its ends. */
interface HeldLink {
  readonly delegate: PublicKey
  readonly root: PublicKey
}

/**
 * Makes ready to sign a head. Every link must hold now, for this very release and for one of the signers: what no device would accept is
 * not published.
 *
 * @throws EnvelopeError `bad-key`, `malformed-head`, `unsupported`, `untrusted-key`, `bad-signature`, `out-of-scope`, `expired`, `not-yet-valid`
 */
export async function readSigners(plan: Plan): Promise<Signers> {
  const [signers, trust] = await Promise.all([readEach(plan.signers, plan), readTrust({ keys: plan.roots }, plan.backend)])
  const held = await Promise.all(plan.chain.map((link, i) => holdLink(parseLink(link, `chain[${i}]`), trust, plan, `chain[${i}]`)))
  checkUse(signers, held, trust)
  const owners = signers.flatMap(({ publicKey }) => ownersOf(publicKey, held))
  return { signers, owners: unique(owners, ({ kid }) => kid) }
}

/** Keys that sign, each once. */
export async function readEach(inputs: readonly SignerInput[], { backend, signal }: Pick<Plan, 'backend' | 'signal'>): Promise<readonly KeySigner[]> {
  const signers = await Promise.all(inputs.map((input) => readSigner(input, backend, signal)))
  return unique(signers, ({ publicKey }) => publicKey.kid)
}

function unique<T>(values: readonly T[], nameOf: (value: T) => string): readonly T[] {
  return [...new Map(values.map((value) => [nameOf(value), value])).values()]
}

function ownersOf(key: PublicKey, held: readonly HeldLink[]): readonly PublicKey[] {
  const roots = held.filter(({ delegate }) => delegate.kid === key.kid).map(({ root }) => root)
  return roots.length === 0 ? [key] : roots
}

async function holdLink(link: Link, trust: Trust, { claims, backend }: Plan, where: string): Promise<HeldLink> {
  const court = { trust, now: claims.created, clockTolerance: 0, backend }
  const { delegate, root, forged, refused } = await judgeLink(link, claims, court)
  if (delegate === undefined) throw badKey(`${where} is for a key that is refused: make a new release key and have a root key sign a link for it`)
  if (root === undefined) throw new EnvelopeError('untrusted-key', `${where} is signed by none of the roots: pass the public key of the root that signed it`)
  const objection = forged ?? refused
  if (objection !== undefined) throw new EnvelopeError(objection.code, `${where} does not hold for this release: ${objection.message}`)
  return { delegate, root }
}

/** Each link is for one of the signers, each root has signed a link, and no root is one of the keys that a chain shows to everyone. */
function checkUse(signers: readonly KeySigner[], held: readonly HeldLink[], { keys }: Trust): void {
  const signing = new Set(signers.map(({ publicKey }) => publicKey.kid))
  const shown = new Set(held.map(({ delegate }) => delegate.kid))
  const rooted = new Set(held.map(({ root }) => root.kid))
  if ([...shown].some((kid) => !signing.has(kid))) throw badKey('a link of the chain is for a key that does not sign: leave it out, or sign with its key')
  if ([...keys.keys()].some((kid) => !rooted.has(kid))) throw badKey('one of the roots has signed none of the links: leave it out, or add its link to the chain')
  // R37
  if ([...rooted].some((kid) => shown.has(kid))) {
    throw badKey('one of the roots is itself named by a link, which shows its public key to everyone: a root must be known to devices alone')
  }
}
