import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  EnvelopeError, delegate, encryptBundle, joinEnvelope, openEnvelope, signTrustUpdate, verifyAndDecrypt, verifyEnvelope, verifyTrustUpdate,
} from '../../src/index.js'
import { decryptFile } from '../../src/node.js'
import { accepting, bundleOptions, expectRefused } from './event-calls.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { NOW, YEAR, entry, jwkOf, link, storeOf, updateOf } from './signed.js'
import { broken, bundle, release, secret } from './world.js'
import type { EnvelopeEvent, TrustInput, TrustStore } from '../../src/index.js'
import type { EnvelopeParts } from '../../src/index.js'

const A = freshEd25519()
const B = freshEd25519()
const K = freshEd25519()
const R = freshRsa(3072)
const X = freshEd25519()
const device = accepting(secret)
const of = { time: NOW, app: 'com.example.app', version: '1.4.0', sequence: 1000, channel: 'production' }
const two = storeOf([A, B, entry(R, { status: 'revoked' })], { threshold: 2 })
const next: TrustStore = { ...two, epoch: 2 }

/** What a call tells, whatever becomes of it. */
async function told(work: (onEvent: (event: EnvelopeEvent) => void) => Promise<unknown>): Promise<readonly EnvelopeEvent[]> {
  const events: EnvelopeEvent[] = []
  await work((event) => events.push(event)).catch((error: unknown) => {
    if (!(error instanceof EnvelopeError)) throw error
  })
  return events
}

const opening = (envelope: EnvelopeParts, trust: TrustInput, more: object = {}): Promise<readonly EnvelopeEvent[]> =>
  told((onEvent) => verifyAndDecrypt(envelope, { ...device, trust, ...more, onEvent }))

const counted = (kid: string, root = kid): object => ({ event: 'signature-counted', ...of, kid, root })
const refused = (code: string, kid: string, root?: string): object => ({ event: 'signature-refused', ...of, kid, ...(root !== undefined && { root }), code })
const headRefused = (code: string): object => ({ event: 'head-refused', ...of, code })

describe('records of a release, in their order', () => {
  const accepted = [counted(A.kid), counted(K.kid, B.kid), { event: 'head-verified', ...of, signers: [A.kid, B.kid] }]
  const good = release([A, K], [link(B, K)])

  test('that is accepted', async () => {
    const events = await opening(good, two)
    expect(events).toEqual([...accepted, { event: 'reader-used', ...of, kid: expect.any(String) as unknown }, { event: 'bundle-accepted', ...of }])
    expect(await told((onEvent) => verifyEnvelope(good, { trust: two, now: NOW, onEvent }))).toEqual([...accepted, events[4]])
    expect(await told((onEvent) => openEnvelope(good.head, { ...device, trust: two, onEvent }))).toEqual(events.slice(0, 4))
  })

  test('that is accepted beside signatures that do not count', async () => {
    const events = await opening(release([R, X, broken(K), A, B], [link(A, K)]), two)
    expect(events.slice(0, 6)).toEqual([
      refused('revoked-key', R.kid, R.kid), refused('untrusted-key', X.kid), refused('bad-signature', K.kid, A.kid),
      counted(A.kid), counted(B.kid), { event: 'head-verified', ...of, signers: [A.kid, B.kid] },
    ])
  })

  test('that is read twice, for a function that takes the bundle, are told once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'otaseal-events-'))
    try {
      const path = join(folder, 'envelope')
      const { head, payload } = release([R, X, A, B])
      await writeFile(path, joinEnvelope(head, payload))
      const events = await told((onEvent) => decryptFile(path, async () => undefined, { ...device, trust: two, onEvent }))
      expect(events).toEqual(await opening({ head, payload }, two))
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('whose head is refused for its signatures', async () => {
    expect(await opening(release([X]), two)).toEqual([refused('untrusted-key', X.kid), headRefused('untrusted-key')])
    expect(await opening(release([A]), two)).toEqual([counted(A.kid), headRefused('threshold-not-met')])
    expect(await opening(release([A, R]), two)).toEqual([counted(A.kid), refused('revoked-key', R.kid, R.kid), headRefused('revoked-key')])
    const over = [link(B, K, { notAfter: NOW - 1 })]
    expect(await opening(release([K], over), two)).toEqual([refused('expired', K.kid, B.kid), headRefused('expired')])
    expect(await opening(release([A, A]), two)).toEqual([
      refused('bad-signature', A.kid, A.kid), refused('bad-signature', A.kid, A.kid), headRefused('bad-signature'),
    ])
  })

  test('whose head is refused for what it claims, and whose signatures count all the same', async () => {
    const both = [counted(A.kid), counted(B.kid)]
    const envelope = release([A, B])
    expect(await opening(envelope, { ...two, minSequence: 1000 })).toEqual([...both, headRefused('rollback')])
    expect(await opening(envelope, two, { app: 'b' })).toEqual([...both, headRefused('wrong-app')])
  })

  test('of which nothing is known: the head is no head, or the trust store none', async () => {
    expect(await opening({ ...good, head: '{}' }, two)).toEqual([{ event: 'head-refused', time: NOW, code: 'malformed-head' }])
    expect(await opening(release([A], ['a.b.c']), two)).toEqual([{ event: 'head-refused', time: NOW, code: 'malformed-head' }])
    expect(await opening(good, { ...two, threshold: 3 })).toEqual([headRefused('bad-trust-store')])
  })

  test('whose payload or reader is refused', async () => {
    const other = new Uint8Array(good.payload)
    other[0] = (other[0] ?? 0) ^ 1
    const before = (await opening(good, two)).slice(0, 4)
    expect(await opening({ ...good, payload: other }, two)).toEqual([...before, { event: 'bundle-refused', ...of, code: 'bad-index' }])
    expect(await opening(good, two, { reader: new Uint8Array(32) })).toEqual([...accepted, { event: 'reader-refused', ...of, code: 'no-reader-key' }])
  })
})

describe('records of a trust update and of the keys that sign', () => {
  const updating = (update: object, trust: TrustInput): Promise<readonly EnvelopeEvent[]> =>
    told((onEvent) => verifyTrustUpdate(update, { trust, now: NOW, onEvent }))

  test('accepted, refused, and the very store that is there', async () => {
    expect(await updating(updateOf(next, [A, B]), two)).toEqual([{ event: 'trust-updated', time: NOW, epoch: 2, signers: [A.kid, B.kid] }])
    expect(await updating(updateOf(two, []), two)).toEqual([{ event: 'trust-refused', time: NOW, code: 'bad-trust-store' }])
    expect(await updating(updateOf(two, [X]), two)).toEqual([])
    expect(await updating(updateOf(next, [A]), two)).toEqual([{ event: 'trust-refused', time: NOW, epoch: 2, code: 'threshold-not-met' }])
    expect(await updating(updateOf(two, [A, B]), next)).toEqual([{ event: 'trust-refused', time: NOW, epoch: 1, code: 'rollback' }])
  })

  test('a head, a link and an update that are signed', async () => {
    const time = expect.any(Number) as unknown
    const events = await told(async (onEvent) => {
      const notAfter = Math.floor(Date.now() / 1000) + YEAR
      const chain = await delegate(K.publicKey, { signer: A.privateKey, notAfter, onEvent })
      await encryptBundle(bundle, { ...bundleOptions, signer: [K.privateKey, R.privateKey], chain, roots: A.publicKey, onEvent })
      await signTrustUpdate(next, { signer: [A.privateKey, B.privateKey], onEvent })
    })
    expect(events).toEqual([
      { event: 'link-signed', time, kid: A.kid, delegate: K.kid },
      { event: 'head-signed', ...of, time, kid: K.kid }, { event: 'head-signed', ...of, time, kid: R.kid },
      { event: 'trust-signed', time, kid: A.kid, epoch: 2 }, { event: 'trust-signed', time, kid: B.kid, epoch: 2 },
    ])
  })
})

describe('a listener that throws', () => {
  const fails = (): never => {
    throw new Error('the disk is full')
  }
  const failsAt = (name: string) => ({ event }: EnvelopeEvent): void => (event === name ? fails() : undefined)
  const good = release([A, B])

  test.each(['signature-counted', 'head-verified', 'reader-used', 'bundle-accepted'])('at %s ends what would succeed', async (name) => {
    await expect(verifyAndDecrypt(good, { ...device, trust: two, onEvent: failsAt(name) })).rejects.toThrow('the disk is full')
    await expect(verifyAndDecrypt(good, { ...device, trust: two, onEvent: failsAt('head-refused') })).resolves.toBeDefined()
  })

  test('ends a trust update, and what signs', async () => {
    await expect(verifyTrustUpdate(updateOf(next, [A, B]), { trust: two, now: NOW, onEvent: fails })).rejects.toThrow('disk')
    await expect(signTrustUpdate(next, { signer: A.privateKey, onEvent: fails })).rejects.toThrow('disk')
    await expect(delegate(K.publicKey, { signer: A.privateKey, notAfter: 4_000_000_000, onEvent: fails })).rejects.toThrow('disk')
    await expect(encryptBundle(bundle, { ...bundleOptions, signer: A.privateKey, onEvent: fails })).rejects.toThrow('disk')
  })

  test.each<readonly [string, EnvelopeParts, TrustInput]>([
    ['untrusted-key', release([X]), two],
    ['threshold-not-met', release([A]), two],
    ['rollback', good, { ...two, minSequence: 1000 }],
    ['bad-trust-store', good, { ...two, threshold: 9 }],
    ['malformed-head', release([A], ['a.b.c']), two],
  ])('hides no refusal: %s', async (code, envelope, trust) => {
    await expectRefused(code, () => verifyAndDecrypt(envelope, { ...device, trust, onEvent: fails }))
  })

  test('hides no refusal of a trust update', async () => {
    await expectRefused('threshold-not-met', () => verifyTrustUpdate(updateOf(next, [A]), { trust: two, now: NOW, onEvent: fails }))
    await expectRefused('bad-trust-store', () => verifyTrustUpdate('{}', { trust: two, now: NOW, onEvent: fails }))
  })
})

test('records are frozen, equal to what their JSON gives, and hold no number of a key', async () => {
  const events = [
    ...(await opening(release([R, X, A, K], [link(B, K)]), two)), ...(await opening(release([R]), two)),
    ...(await told((onEvent) => verifyTrustUpdate(updateOf(next, [A, B]), { trust: two, now: NOW, onEvent }))),
    ...(await told((onEvent) => signTrustUpdate(next, { signer: [A.privateKey, R.privateKey], onEvent }))),
  ]
  expect(events.length).toBeGreaterThan(10)
  const text = JSON.stringify(events)
  expect(JSON.parse(text)).toEqual(events)
  for (const key of [A, B, K, R, X].map(jwkOf)) {
    for (const number of 'n' in key ? [key.n] : [key.x]) expect(text).not.toContain(number)
  }
  for (const { keyObject } of [A, B, K, R, X]) expect(text).not.toContain(keyObject.export({ format: 'jwk' }).d)
  for (const event of events) {
    for (const value of [event, ...(Object.values(event) as unknown[])]) expect(Object.isFrozen(value), JSON.stringify(event)).toBe(true)
  }
})
