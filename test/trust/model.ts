import fc from 'fast-check'
import { freshEd25519 } from '../envelope/signers.js'
import { protectedText, signatureOver } from '../envelope/hostile.js'
import { NOW, entry, link, named, storeOf } from './signed.js'
import { broken, forgedBy, release, stale } from './world.js'
import type { EnvelopeParts, TrustStore, TrustStoreKey } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'
import type { SignedBy } from './world.js'

/** Keys by number: the first four may be in the trust store, all may sign and be delegated to. */
export const keys: readonly TestSigner[] = Array.from({ length: 6 }, (_, i) => named(`k${i}`))
const thief = freshEd25519()

interface Limits {
  readonly period: readonly [number, number]
  readonly apps: readonly string[] | undefined
  readonly channels: readonly string[] | undefined
}

export interface ModelLink extends Limits {
  readonly root: number
  readonly delegate: number
  readonly maxSequence: number | undefined
  readonly fault: 'none' | 'forged' | 'edited' | 'algorithm'
}

export interface ModelKey extends Limits {
  readonly status: 'active' | 'retired' | 'revoked'
  readonly lastSequence: number
}

/** Whom a device trusts: the key `i` of the store, or none. */
export interface ModelStore {
  readonly store: readonly (ModelKey | undefined)[]
  readonly threshold: number
  readonly minSequence: number
}

export interface ModelSignature {
  readonly key: number
  readonly kind: 'good' | 'broken' | 'stale' | 'forged' | 'algorithm'
}

/** A trust store and a release: all that the rule speaks of, and nothing of how it is written. */
export interface Scene extends ModelStore {
  readonly links: readonly ModelLink[]
  readonly signatures: readonly ModelSignature[]
  readonly app: string
  readonly channel: string | undefined
  readonly sequence: number
  readonly tolerance: number
  /** Left out: {@link NOW}. */
  readonly now?: number
}

export const often = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) })
const sequence = fc.integer({ min: 8, max: 12 })
const limits = {
  period: often<readonly [number, number]>([NOW - 10, NOW + 10], [NOW, NOW], [NOW - 10, NOW - 3], [NOW + 3, NOW + 10], [NOW - 10, NOW - 1], [NOW + 1, NOW + 9]),
  apps: often<readonly string[] | undefined>(undefined, ['app'], ['other'], ['other', 'app']),
  channels: often<readonly string[] | undefined>(undefined, ['beta'], ['production'], ['beta', 'production']),
}
export const modelKey: fc.Arbitrary<ModelKey> = fc.record({
  ...limits, status: often<ModelKey['status']>('active', 'retired', 'revoked'), lastSequence: sequence,
})
export const modelLink: fc.Arbitrary<ModelLink> = fc.record({
  ...limits,
  root: often<number>(0, 1, 2, 3, 4, 5),
  delegate: often<number>(4, 0, 1, 2, 3, 5),
  maxSequence: fc.option(sequence, { nil: undefined }),
  fault: often<ModelLink['fault']>('none', 'forged', 'edited', 'algorithm'),
})

export const modelSignature: fc.Arbitrary<ModelSignature> = fc.record({
  key: fc.oneof({ weight: 2, arbitrary: fc.constant(4) }, { weight: 6, arbitrary: fc.nat(5) }),
  kind: often<ModelSignature['kind']>('good', 'good', 'good', 'broken', 'stale', 'forged', 'algorithm'),
})

export const scene: fc.Arbitrary<Scene> = fc.record({
  store: fc.tuple(modelKey, modelKey, fc.option(modelKey, { nil: undefined }), fc.option(modelKey, { nil: undefined }))
    .filter((all) => all.some((key) => key?.status === 'active')),
  threshold: fc.integer({ min: 1, max: 2 }),
  minSequence: often(0, 9, 10),
  links: fc.array(modelLink, { maxLength: 4 }),
  signatures: fc.array(modelSignature, { minLength: 1, maxLength: 5 }),
  app: often('app', 'third'),
  channel: often<string | undefined>('production', undefined, 'beta'),
  sequence,
  tolerance: often(0, 2, 5),
}).map((all) => ({ ...all, threshold: Math.min(all.threshold, all.store.filter((key) => key?.status === 'active').length) }))

/** The codes of R26, in the order in which one is told. */
const GRAVITY = ['revoked-key', 'bad-signature', 'expired', 'not-yet-valid', 'out-of-scope', 'untrusted-key'] as const
type Code = (typeof GRAVITY)[number]

const gravest = (codes: readonly Code[]): Code | undefined => GRAVITY.find((code) => codes.includes(code))

/** What the limits of a key, or of a link, say against a release. */
function objectionOf({ period: [from, to], apps, channels }: Limits, { app, channel, tolerance, now = NOW }: Scene): Code | undefined {
  if (apps !== undefined && !apps.includes(app)) return 'out-of-scope'
  if (channels !== undefined && (channel === undefined || !channels.includes(channel))) return 'out-of-scope'
  if (now + tolerance < from) return 'not-yet-valid'
  return now - tolerance > to ? 'expired' : undefined
}

/** The number of the key that a signature counts for, or why it counts for none. */
function judged({ key, kind }: ModelSignature, scene: Scene): number | Code {
  const { store, links, signatures, sequence } = scene
  const isTwice = signatures.filter((other) => other.key === key).length > 1
  const once = (code: Code | undefined, counted: number): number | Code => {
    if (isTwice && code !== 'revoked-key') return 'bad-signature'
    return code ?? counted
  }
  const forged = kind === 'good' ? undefined : 'bad-signature'
  const own = store[key]
  const found: (number | Code)[] = []
  if (own !== undefined) {
    const status = own.status === 'revoked' ? 'revoked-key' : own.status === 'retired' && sequence > own.lastSequence ? 'out-of-scope' : undefined
    found.push(once(forged ?? status ?? objectionOf(own, scene), key))
  }
  for (const link of own?.status === 'revoked' ? [] : links.filter(({ delegate }) => delegate === key)) {
    const root = store[link.root]
    if (root === undefined) found.push('untrusted-key')
    else if (link.fault !== 'none') found.push('bad-signature')
    else {
      const isOver = root.status === 'retired' || (link.maxSequence !== undefined && sequence > link.maxSequence)
      const status = root.status === 'revoked' ? 'revoked-key' : isOver ? 'out-of-scope' : undefined
      found.push(once(forged ?? status ?? objectionOf(root, scene) ?? objectionOf(link, scene), link.root))
    }
  }
  return found.find((one) => typeof one === 'number') ?? gravest(found as Code[]) ?? 'untrusted-key'
}

/** The rule of R25, R26 and R57 to R59, written again: the keys that signatures count for in their order, or the code of the refusal. */
export function signersOf(scene: Scene): readonly number[] | string {
  const all = scene.signatures.map((signature) => judged(signature, scene))
  return enough(all, scene.threshold)
}

/** The rule for the signatures of a trust update, by one of the two stores (R64). */
export function updateSignersOf(
  signatures: readonly ModelSignature[], { store, threshold }: ModelStore, { now, tolerance }: { readonly now: number; readonly tolerance: number }, isNew: boolean,
): readonly number[] | string {
  const moment = { app: '', channel: undefined, now, tolerance } as unknown as Scene
  const all = signatures.map(({ key, kind }): number | Code => {
    const own = store[key]
    if (own === undefined) return 'untrusted-key'
    if (kind !== 'good') return 'bad-signature'
    if (own.status === 'revoked') return 'revoked-key'
    if (signatures.filter((other) => other.key === key).length > 1) return 'bad-signature'
    if (own.status === 'retired' || own.apps !== undefined || own.channels !== undefined) return 'out-of-scope'
    return objectionOf(own, moment) ?? key
  })
  return enough(isNew ? all.filter((one) => one !== 'revoked-key') : all, threshold)
}

function enough(all: readonly (number | Code)[], threshold: number): readonly number[] | string {
  const counted = [...new Set(all.filter((one) => typeof one === 'number'))]
  if (counted.length >= threshold) return counted
  const worst = gravest(all.filter((one) => typeof one === 'string'))
  return worst !== undefined && (counted.length === 0 || worst === 'revoked-key') ? worst : 'threshold-not-met'
}

function scopeMembers({ period: [notBefore, notAfter], apps, channels }: Limits): Pick<TrustStoreKey, 'notBefore' | 'notAfter' | 'apps' | 'channels'> {
  return { notBefore, notAfter, ...(apps !== undefined && { apps }), ...(channels !== undefined && { channels }) }
}

const keyOf = (i: number): TestSigner => keys[i] as TestSigner

export function storeOfScene({ store, threshold, minSequence }: ModelStore): TrustStore {
  const entries = store.flatMap((key, i) => {
    if (key === undefined) return []
    const { status, lastSequence } = key
    return [entry(keyOf(i), { status, ...(status === 'retired' && { lastSequence }), ...scopeMembers(key) })]
  })
  return storeOf(entries, { threshold, minSequence })
}

function linkOfScene({ root, delegate, maxSequence, fault, ...limit }: ModelLink): string {
  const { notBefore, notAfter, ...scope } = scopeMembers(limit)
  const claims = { notBefore: notBefore as number, notAfter: notAfter as number, ...scope, ...(maxSequence !== undefined && { maxSequence }) } as object
  if (fault === 'forged') return link(keyOf(root), keyOf(delegate), claims, { by: thief })
  if (fault === 'algorithm') return link(keyOf(root), keyOf(delegate), claims, { protected: { alg: 'PS256', kid: keyOf(root).kid, typ: 'otaseal-link-v2' } })
  const made = link(keyOf(root), keyOf(delegate), claims)
  if (fault === 'none') return made
  const [header, , signature] = made.split('.')
  return [header, link(keyOf(root), keyOf(delegate), { ...claims, notAfter: NOW + 99 }).split('.')[1], signature].join('.')
}

function signedBy({ key, kind }: ModelSignature): SignedBy {
  const signer = keyOf(key)
  if (kind === 'broken') return broken(signer)
  if (kind === 'stale') return stale(signer)
  if (kind === 'forged') return forgedBy(signer, thief)
  if (kind === 'algorithm') return (payload) => signatureOver(payload, signer, { protected: protectedText(signer, { alg: 'PS256' }) })
  return signer
}

export function releaseOfScene({ signatures, links, app, channel, sequence }: Scene): EnvelopeParts {
  return release(signatures.map(signedBy), links.map(linkOfScene), (header) => {
    Object.assign(header, { app, sequence })
    if (channel === undefined) delete header.channel
    else header.channel = channel
  })
}
