import { describe, expect, test } from 'vitest'
import { verifyAndDecrypt, verifyTrustUpdate } from '../../src/index.js'
import { refusal, seal } from '../envelope/helpers.js'
import { base64url, protectedText, signatureOver, withHead } from '../envelope/hostile.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { accepting } from './event-calls.js'
import { NOW, entry, jwkOf, link, named, storeOf, updateOf } from './signed.js'
import { broken, bundle, forgedBy, release, secret, updateVerdict, verdict } from './world.js'
import type { EnvelopeParts } from '../../src/index.js'

const A = named('A')
const B = named('B')
const K = named('K')
const R = named('R', freshRsa(3072))
const thief = freshEd25519()
const one = storeOf([A, B, R])
const two = storeOf([A, B, R], { threshold: 2 })
const device = { app: 'com.example.app', channel: 'production', lastSequence: 999 }
const good = release([A])

/** The same text of JSON in base64url, changed. */
const edited = (text: string, from: string, to: string): string =>
  base64url(Buffer.from(text, 'base64url').toString().replace(from, to))

function withPart(text: string, i: number, edit: (part: string) => string): string {
  return text.split('.').map((part, at) => (at === i ? edit(part) : part)).join('.')
}

async function codeOf(envelope: EnvelopeParts): Promise<string> {
  return (await refusal(() => verifyAndDecrypt(envelope, { ...accepting(secret), trust: one }))).code
}

/** Each: what an attacker does, what it is refused with, and beside it what is accepted. `docs/security.md` cites the titles. */
describe('docs/security.md: attacks on keys and trust', () => {
  test('rollback: rollback', async () => {
    expect(await verdict(good, one, { ...device, lastSequence: 1000 })).toBe('rollback')
    expect(await verdict(good, one, { ...device, lastSequence: 1001 })).toBe('rollback')
    expect(await verdict(good, { ...one, minSequence: 1000 }, { ...device, lastSequence: null })).toBe('rollback')
    expect(await verdict(good, { ...one, minSequence: 999 }, device)).toBe('accepted A')
    expect(await updateVerdict(updateOf({ ...one, epoch: 4 }, [A, B]), { ...one, epoch: 5 })).toBe('rollback')
  })

  test('replay: rollback', async () => {
    expect(await verdict(good, one, device)).toBe('accepted A')
    expect(await verdict(good, one, { ...device, lastSequence: 1000 }), 'the same release again').toBe('rollback')
    const update = updateOf({ ...one, epoch: 2 }, [A])
    expect(await updateVerdict(update, one)).toBe('changed A')
    expect(await updateVerdict(update, { ...one, epoch: 2 }), 'the same update again').toBe('unchanged')
    expect(await updateVerdict(update, { ...one, epoch: 3 }), 'after a later one').toBe('rollback')
  })

  test('rollback, by a trust update that was held back: rollback', async () => {
    const { trust, forgetAbove } = await verifyTrustUpdate(updateOf({ ...one, epoch: 2 }, [A]), { trust: one, now: NOW })
    const kept = (stored: number): number | null => (stored > forgetAbove ? null : stored)
    expect(await verdict(good, trust, { ...device, lastSequence: kept(1000) })).toBe('rollback')
    expect(await verdict(good, trust, { ...device, lastSequence: kept(NOW * 1000) }), 'milliseconds, by a slip').toBe('accepted A')
  })

  test('freeze: expired', async () => {
    const until = (expires: number): EnvelopeParts => release([A], [], (header) => (header.expires = expires))
    expect(await verdict(until(NOW + 1), one, device)).toBe('accepted A')
    expect(await verdict(until(NOW), one, device)).toBe('expired')
  })

  test('mix and match, the payload of another release: bad-index', async () => {
    const options = { readers: [secret], sequence: 1000 }
    const [first, second] = [await seal(A, bundle, options), await seal(A, bundle, options)]
    expect(await codeOf({ head: first.head, payload: second.payload })).toBe('bad-index')
    expect(await verdict(first, one)).toBe('accepted A')
  })

  test('mix and match, the signature of another release: bad-signature', async () => {
    const other = release([A], [], (header) => (header.sequence = 2000))
    expect(await codeOf(withHead(good, (head) => (head.payload = (JSON.parse(other.head) as typeof head).payload)))).toBe('bad-signature')
  })

  test('mix and match, the link of another root: bad-signature', async () => {
    const [byA, byB] = [link(A, K), link(B, K)]
    const mixed = withPart(byA, 2, () => byB.split('.')[2] ?? '')
    expect(await verdict(release([K], [mixed]), one)).toBe('bad-signature')
    expect(await verdict(release([K], [withPart(byA, 0, () => byB.split('.')[0] ?? '')]), one)).toBe('bad-signature')
    expect(await verdict(release([K], [byA]), one)).toBe('accepted A')
  })

  test('mix and match, the trust update of another app: untrusted-key', async () => {
    const other = storeOf([thief], { epoch: 9 })
    expect(await updateVerdict(updateOf(other, [thief]), one)).toBe('untrusted-key')
    expect(await updateVerdict(updateOf(other, [thief, A]), one)).toBe('changed A')
  })

  test('other app: wrong-app', async () => {
    const other = release([A], [], (header) => (header.app = 'com.example.other'))
    expect(await verdict(other, one, device)).toBe('wrong-app')
    expect(await verdict(other, storeOf([entry(A, { apps: ['com.example.app'] })]), device)).toBe('out-of-scope')
    expect(await verdict(good, one, device)).toBe('accepted A')
  })

  test('other channel: wrong-channel', async () => {
    const beta = release([A], [], (header) => (header.channel = 'beta'))
    expect(await verdict(beta, one, device)).toBe('wrong-channel')
    expect(await verdict(release([A], [], (header) => delete header.channel), one, device)).toBe('wrong-channel')
    expect(await verdict(beta, storeOf([entry(A, { channels: ['production'] })]), device)).toBe('out-of-scope')
  })

  test('key confusion: bad-signature', async () => {
    // Whose key it is says the kid, and the kid alone: a signature by another key under it counts for neither.
    expect(await verdict(release([forgedBy(A, B)]), one)).toBe('bad-signature')
    expect(await verdict(release([forgedBy(A, thief)]), one)).toBe('bad-signature')
    expect(await verdict(release([forgedBy(thief, A)]), one)).toBe('untrusted-key')
    const ownKey = JSON.stringify({ alg: 'Ed25519', kid: A.kid, typ: 'otaseal-head-v2', jwk: jwkOf(thief) })
    expect(await codeOf(release([(payload) => signatureOver(payload, thief, { protected: ownKey })]))).toBe('unsupported')
  })

  test('algorithm confusion: bad-signature', async () => {
    for (const [signer, alg] of [[A, 'PS256'], [R, 'Ed25519'], [A, 'none'], [A, 'HS256'], [R, 'RS256'], [R, 'PS512'], [A, 'EdDSA']] as const) {
      const confused = release([(payload) => signatureOver(payload, signer, { protected: protectedText(signer, { alg }) })])
      expect(await verdict(confused, one), alg).toBe('bad-signature')
      const header = { alg, kid: signer.kid, typ: 'otaseal-link-v2' }
      expect(await verdict(release([K], [link(signer, K, {}, { protected: header })]), one), alg).toBe('bad-signature')
    }
  })

  test('typ confusion: unsupported', async () => {
    const store = { ...one, epoch: 2 }
    const update = updateOf(store, [A])
    const asHead = withHead(good, (head) => Object.assign(head, update))
    expect((await refusal(() => verifyAndDecrypt(asHead, { ...accepting(secret), trust: one }))).code).toMatch(/^(malformed-head|unsupported)$/)
    const [header = '', payload = '', signature = ''] = link(A, K).split('.')
    expect(await updateVerdict({ payload: update.payload, signatures: [{ protected: header, signature }] }, one)).toBe('unsupported')
    expect(await codeOf(withHead(good, (head) => (head.signatures = [{ protected: header, signature }])))).toBe('unsupported')
    const { protected: headHeader } = signatureOver(payload, A)
    expect(await codeOf(release([K], [`${headHeader}.${payload}.${signature}`]))).toBe('unsupported')
  })

  test('signature stripping: threshold-not-met', async () => {
    const both = release([A, B])
    const stripped = (keep: number): EnvelopeParts => withHead(both, (head) => (head.signatures = head.signatures.filter((_, i) => i === keep)))
    expect(await verdict(both, two)).toBe('accepted A B')
    expect(await verdict(stripped(0), two)).toBe('threshold-not-met')
    expect(await verdict(stripped(1), two)).toBe('threshold-not-met')
    expect(await codeOf(withHead(both, (head) => (head.signatures = [])))).toBe('malformed-head')
  })

  test('threshold cheating: threshold-not-met', async () => {
    expect(await verdict(release([A, K], [link(A, K)]), two)).toBe('threshold-not-met')
    expect(await verdict(release([K], [link(A, K), link(B, K)]), two)).toBe('threshold-not-met')
    expect(await verdict(release([A], [link(B, A)]), two)).toBe('threshold-not-met')
    expect(await verdict(release([A, broken(B)]), two)).toBe('threshold-not-met')
    expect(await verdict(release([A, A]), two)).toBe('bad-signature')
    expect(await verdict(release([A, K], [link(B, K)]), two)).toBe('accepted A B')
  })

  test('chain widening, a wider link by the release key: untrusted-key', async () => {
    const narrow = link(A, K, { channels: ['beta'] })
    expect(await verdict(release([K], [narrow, link(K, K)]), one)).toBe('out-of-scope')
    expect(await verdict(release([thief], [link(A, K), link(K, thief)]), one)).toBe('untrusted-key')
    expect(await verdict(release([K], [link(A, K)]), one)).toBe('accepted A')
  })

  test('chain widening, an edited link: bad-signature', async () => {
    const narrow = link(A, K, { channels: ['beta'], maxSequence: 1 })
    const wider = withPart(narrow, 1, (payload) => edited(payload, ',"channels":["beta"],"maxSequence":1', ''))
    expect(wider.length).toBeLessThan(narrow.length)
    expect(await verdict(release([K], [wider]), one)).toBe('bad-signature')
    expect(await verdict(release([K], [withPart(link(A, K), 1, (payload) => edited(payload, jsonX(K), jsonX(thief)))]), one)).toBe('untrusted-key')
  })

  test('revoked key: revoked-key', async () => {
    const store = storeOf([entry(A, { status: 'revoked' }), B])
    expect(await verdict(release([A]), store)).toBe('revoked-key')
    expect(await verdict(release([A], [link(B, A)]), store)).toBe('revoked-key')
    expect(await verdict(release([A, B]), store)).toBe('accepted B')
    expect(await updateVerdict(updateOf({ ...one, epoch: 2 }, [A]), store)).toBe('revoked-key')
  })

  test('stolen release key, revoked in the trust store: revoked-key', async () => {
    const release1 = release([K], [link(A, K)])
    expect(await verdict(release1, one)).toBe('accepted A')
    expect(await verdict(release1, storeOf([A, B, entry(K, { status: 'revoked' })]))).toBe('revoked-key')
  })

  test('stolen release key, whose link ends: expired', async () => {
    const release1 = release([K], [link(A, K, { notAfter: NOW })])
    expect(await verdict(release1, one)).toBe('accepted A')
    expect(await verdict(release1, one, { now: NOW + 1 })).toBe('expired')
  })

  test('stolen release key, whose root is revoked: revoked-key', async () => {
    expect(await verdict(release([K], [link(A, K)]), storeOf([entry(A, { status: 'revoked' }), B]))).toBe('revoked-key')
    expect(await verdict(release([K], [link(A, K), link(B, K)]), storeOf([entry(A, { status: 'revoked' }), B]))).toBe('accepted B')
  })
})

const jsonX = (key: typeof K): string => `"x":"${(jwkOf(key) as { x: string }).x}"`
