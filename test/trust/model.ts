import fc from 'fast-check'
import { freshEd25519 } from '../envelope/signers.js'
import { protectedText, signatureOver } from '../envelope/hostile.js'
import { NOW, entry, link, named, storeOf } from './signed.js'
import { broken, forgedBy, release, stale } from './world.js'
import type { EnvelopeParts, TrustStore, TrustStoreKey } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'
import type { SignedBy } from './world.js'

/** Keys by number: the first four may be in the trust store, all may sign and be delegated to. */
const keys: readonly TestSigner[] = Array.from({ length: 6 }, (_, i) => named(`k${i}`))
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

/** A trust store and a release: all that the rule speaks of, and nothing of how it is written. */
export interface Scene {
  /** The key `i` of the store, or none. */
  readonly store: readonly (ModelKey | undefined)[]
  readonly threshold: number
  readonly minSequence: number
  readonly links: readonly ModelLink[]
  readonly signatures: readonly { readonly key: number; readonly kind: 'good' | 'broken' | 'stale' | 'forged' | 'algorithm' }[]
  readonly app: string
  readonly channel: string | undefined
  readonly sequence: number
  readonly tolerance: number
}

const often = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) })
const sequence = fc.integer({ min: 8, max: 12 })
const limits = {
  period: often<readonly [number, number]>([NOW - 10, NOW + 10], [NOW, NOW], [NOW - 10, NOW - 3], [NOW + 3, NOW + 10], [NOW - 10, NOW - 1], [NOW + 1, NOW + 9]),
  apps: often<readonly string[] | undefined>(undefined, ['app'], ['other'], ['other', 'app']),
  channels: often<readonly string[] | undefined>(undefined, ['beta'], ['production'], ['beta', 'production']),
}
const modelKey: fc.Arbitrary<ModelKey> = fc.record({
  ...limits, status: often<ModelKey['status']>('active', 'retired', 'revoked'), lastSequence: sequence,
})
const modelLink: fc.Arbitrary<ModelLink> = fc.record({
  ...limits,
  root: often<number>(0, 1, 2, 3, 4, 5),
  delegate: often<number>(4, 0, 1, 2, 3, 5),
  maxSequence: fc.option(sequence, { nil: undefined }),
  fault: often<ModelLink['fault']>('none', 'forged', 'edited', 'algorithm'),
})

export const scene: fc.Arbitrary<Scene> = fc.record({
  store: fc.tuple(modelKey, modelKey, fc.option(modelKey, { nil: undefined }), fc.option(modelKey, { nil: undefined }))
    .filter((all) => all.some((key) => key?.status === 'active')),
  threshold: fc.integer({ min: 1, max: 2 }),
  minSequence: often(0, 9, 10),
  links: fc.array(modelLink, { maxLength: 4 }),
  signatures: fc.array(
    fc.record({
      key: fc.oneof({ weight: 2, arbitrary: fc.constant(4) }, { weight: 6, arbitrary: fc.nat(5) }),
      kind: often<Scene['signatures'][0]['kind']>('good', 'good', 'good', 'broken', 'stale', 'forged', 'algorithm'),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  app: often('app', 'third'),
  channel: often<string | undefined>('production', undefined, 'beta'),
  sequence,
  tolerance: often(0, 2, 5),
}).map((all) => ({ ...all, threshold: Math.min(all.threshold, all.store.filter((key) => key?.status === 'active').length) }))

/** The rule, written again: the numbers of the keys that signatures count for, in the order of the signatures. */
export function countedKeys({ store, links, signatures, app, channel, sequence, tolerance }: Scene): readonly number[] {
  const within = ({ period: [from, to], apps, channels }: Limits): boolean => {
    const inTime = NOW >= from - tolerance && NOW <= to + tolerance
    const inApps = apps === undefined || apps.includes(app)
    const inChannels = channels === undefined || (channel !== undefined && channels.includes(channel))
    return inTime && inApps && inChannels
  }
  const counted: number[] = []
  for (const { key, kind } of signatures) {
    if (kind !== 'good' || signatures.filter((other) => other.key === key).length !== 1) continue
    const own = store[key]
    if (own?.status === 'revoked') continue
    let found = own !== undefined && within(own) && (own.status === 'active' || sequence <= own.lastSequence) ? key : undefined
    for (const { root, delegate, maxSequence, fault, ...limit } of links) {
      const signer = store[root]
      const holds = fault === 'none' && delegate === key && signer?.status === 'active' && within(signer) && within(limit)
      if (found === undefined && holds && (maxSequence === undefined || sequence <= maxSequence)) found = root
    }
    if (found !== undefined && !counted.includes(found)) counted.push(found)
  }
  return counted
}

function scopeMembers({ period: [notBefore, notAfter], apps, channels }: Limits): Pick<TrustStoreKey, 'notBefore' | 'notAfter' | 'apps' | 'channels'> {
  return { notBefore, notAfter, ...(apps !== undefined && { apps }), ...(channels !== undefined && { channels }) }
}

const keyOf = (i: number): TestSigner => keys[i] as TestSigner

export function storeOfScene({ store, threshold, minSequence }: Scene): TrustStore {
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

function signedBy({ key, kind }: Scene['signatures'][0]): SignedBy {
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
