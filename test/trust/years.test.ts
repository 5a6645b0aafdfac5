import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  EnvelopeError, checkTrustStore, delegate, encryptBundle, newestTrust, signTrustUpdate, verifyAndDecrypt, verifyTrustUpdate,
} from '../../src/index.js'
import { sameAs } from '../envelope/helpers.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { entry, nameOf, named, storeOf } from './signed.js'
import { bundle } from './world.js'
import type { EncryptOptions, EnvelopeParts, TrustInput, TrustStore } from '../../src/index.js'

// The keys of a publisher: A from the start, the others as they are needed; CI signs with K, the thief with B.
const A = named('A', freshRsa(3072))
const B = named('B')
const C = named('C')
const D = named('D')
const K = freshEd25519()

const yearStart = (year: number): number => Date.UTC(year, 0, 10) / 1000
const DAY = 86_400

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

function itIs(year: number, days = 0): void {
  vi.setSystemTime((yearStart(year) + days * DAY) * 1000)
}

/** A release of now, whose sequence is the time in seconds. */
async function publish(signer: readonly { readonly privateKey: string }[], more: Partial<EncryptOptions> = {}): Promise<EnvelopeParts> {
  return encryptBundle(bundle, { signer: signer.map(({ privateKey }) => privateKey), app: 'com.example.app', version: '1', ...more })
}

const sequenceOf = ({ head }: EnvelopeParts): number =>
  (JSON.parse(Buffer.from((JSON.parse(head) as { payload: string }).payload, 'base64url').toString()) as { sequence: number }).sequence

type Apps = Readonly<Record<string, TrustInput>>
type Releases = Readonly<Record<string, EnvelopeParts>>

async function said(envelope: EnvelopeParts, trust: TrustInput): Promise<string> {
  try {
    const opened = await verifyAndDecrypt(envelope, { trust, app: 'com.example.app', channel: null, lastSequence: null })
    expect(opened.bundle).toSatisfy(sameAs(bundle))
    return `accepted ${opened.signers.map(nameOf).join(' ')}`
  } catch (error) {
    if (error instanceof EnvelopeError) return error.code
    throw error
  }
}

/** What a fresh install of each app says of each release today. */
async function table(apps: Apps, releases: Releases): Promise<Record<string, Record<string, string>>> {
  const rows: Record<string, Record<string, string>> = {}
  for (const [app, trust] of Object.entries(apps)) {
    const row: Record<string, string> = {}
    for (const [name, envelope] of Object.entries(releases)) row[name] = await said(envelope, trust)
    rows[app] = row
  }
  return rows
}

async function updated(update: string, trust: TrustInput): Promise<TrustStore> {
  const verified = await verifyTrustUpdate(update, { trust })
  expect(verified.changed).toBe(true)
  return verified.trust
}

test('R57, R58, R64: the keys of an app in its first five years', async () => {
  // Year 1: one key, embedded as it is.
  itIs(2027)
  const first = await publish([A])
  const apps: Record<string, TrustInput> = { plain: A.publicKey }
  expect(await table(apps, { first })).toEqual({ plain: { first: 'accepted A' } })

  // Year 2: a second key. Every release is signed by both, so that the old app takes it; the new app embeds a trust store.
  itIs(2028)
  const second = await publish([A, B])
  const v1 = (await checkTrustStore(storeOf([A, B], { minSequence: sequenceOf(first) }))).store
  apps['v1'] = v1
  expect(await table(apps, { first, second })).toEqual({
    plain: { first: 'accepted A', second: 'accepted A' },
    v1: { first: 'rollback', second: 'accepted A B' },
  })

  // Year 3: A is retired, C and D come, and two must sign.
  itIs(2029)
  const retired = entry(A, { status: 'retired', lastSequence: sequenceOf(second) })
  const v2 = storeOf([retired, B, C, D], { epoch: 2, threshold: 2, minSequence: sequenceOf(first) })
  apps['v2'] = v2
  const third = await publish([B, C])
  const byRetired = await publish([A])
  expect(await table(apps, { second, third, byRetired })).toEqual({
    plain: { second: 'accepted A', third: 'untrusted-key', byRetired: 'accepted A' },
    v1: { second: 'accepted A B', third: 'accepted B', byRetired: 'accepted A' },
    // A may still have signed what it signed before it was retired.
    v2: { second: 'accepted A B', third: 'accepted B C', byRetired: 'out-of-scope' },
  })

  // Year 4: B is stolen. Who trusts B alone takes what the thief signs; where two must sign, nobody does.
  itIs(2030)
  const thiefs = await publish([B])
  expect(await table(apps, { thiefs })).toEqual({
    plain: { thiefs: 'untrusted-key' },
    v1: { thiefs: 'accepted B' },
    v2: { thiefs: 'threshold-not-met' },
  })

  // So B is revoked, by C and D for those who trust v2, and by A for those who have an older app.
  const v3 = storeOf([retired, entry(B, { status: 'revoked' }), C, D], { epoch: 3, threshold: 2, minSequence: sequenceOf(third) })
  const half = await signTrustUpdate(v3, { signer: C.privateKey })
  await expect(verifyTrustUpdate(half, { trust: v2 })).rejects.toMatchObject({ code: 'threshold-not-met' })
  const update = await signTrustUpdate(await signTrustUpdate(half, { signer: D.privateKey }), { signer: A.privateKey })
  apps['v3'] = v3
  apps['plain, updated'] = await updated(update, A.publicKey)
  apps['v1, updated'] = await updated(update, v1)
  apps['v2, updated'] = await updated(update, v2)
  expect((await verifyTrustUpdate(update, { trust: v3 })).changed).toBe(false)
  expect(newestTrust(apps['v1, updated'], v2), 'a new app over a kept store').toBe(apps['v1, updated'])

  // CI gets a key of its own, which C lets sign for a year; D signs each release beside it. A signs too, for whoever did not update.
  itIs(2030, 1)
  const chain = await delegate(K.publicKey, { signer: C.privateKey, notAfter: yearStart(2031), channels: ['production'] })
  const roots = C.publicKey
  const fourth = await publish([K, D], { channel: 'production', chain, roots })
  itIs(2030, 2)
  const forAll = await publish([K, D, A], { channel: 'production', chain, roots })
  const byCiAlone = await publish([K], { channel: 'production', chain, roots })
  // What B has signed beside A or C is reported for B's sake; it is too old for this store besides.
  const renewed = {
    second: 'revoked-key', third: 'revoked-key', thiefs: 'revoked-key', fourth: 'accepted C D', forAll: 'accepted C D', byCiAlone: 'threshold-not-met',
  }
  expect(await table(apps, { second, third, thiefs, fourth, forAll, byCiAlone })).toEqual({
    plain: { second: 'accepted A', third: 'untrusted-key', thiefs: 'untrusted-key', fourth: 'untrusted-key', forAll: 'accepted A', byCiAlone: 'untrusted-key' },
    v1: { second: 'accepted A B', third: 'accepted B', thiefs: 'accepted B', fourth: 'untrusted-key', forAll: 'accepted A', byCiAlone: 'untrusted-key' },
    v2: { second: 'accepted A B', third: 'accepted B C', thiefs: 'threshold-not-met', fourth: 'accepted C D', forAll: 'accepted C D', byCiAlone: 'threshold-not-met' },
    v3: renewed,
    'plain, updated': renewed,
    'v1, updated': renewed,
    'v2, updated': renewed,
  })

  // Year 5: the link is over. It has to be renewed, and what is to be installed still, to be published again.
  itIs(2031, 1)
  await expect(publish([K, D], { channel: 'production', chain, roots })).rejects.toMatchObject({ code: 'expired' })
  const next = await delegate(K.publicKey, { signer: C.privateKey, notAfter: yearStart(2032), channels: ['production'] })
  const fifth = await publish([K, D], { channel: 'production', chain: next, roots })
  await expect(publish([K, D], { channel: 'beta', chain: next, roots })).rejects.toMatchObject({ code: 'out-of-scope' })
  const both = await publish([K, D], { channel: 'production', chain: [await delegate(K.publicKey, { signer: C.privateKey, notAfter: yearStart(2032) }), next], roots })
  const { v3: newest = A.publicKey, v1: oldest = A.publicKey } = apps
  expect(await table({ newest, oldest }, { fourth, forAll, fifth, both })).toEqual({
    newest: { fourth: 'threshold-not-met', forAll: 'threshold-not-met', fifth: 'accepted C D', both: 'accepted C D' },
    oldest: { fourth: 'untrusted-key', forAll: 'accepted A', fifth: 'untrusted-key', both: 'untrusted-key' },
  })
  itIs(2032, 1)
  expect(await said(fifth, newest)).toBe('threshold-not-met')
})
