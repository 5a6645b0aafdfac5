import { describe, expect, test } from 'vitest'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { NOW, YEAR, entry, jwkOf, link, named, storeOf } from './signed.js'
import { broken, forgedBy, release, stale, verdict } from './world.js'
import type { TrustStoreKey } from '../../src/index.js'
import type { RawLink } from './signed.js'

const A = named('A')
const B = named('B')
const R = named('R', freshRsa(3072))
const K = freshEd25519()
const K2 = freshEd25519()
const KR = freshRsa(3072)
const X = freshEd25519()
const past = { notBefore: NOW - 2 * YEAR, notAfter: NOW - 1 }
const store = storeOf([A, B])
const by = [K]

/** What becomes of a release by K, whose link by A says this. */
const linked = (more: Partial<RawLink>, root: Partial<TrustStoreKey> = {}): Promise<string> =>
  verdict(release(by, [link(A, K, more)]), storeOf([entry(A, root), B]))

describe('R55, R56: a link lets a release key sign for the root that signed it', () => {
  test('whatever the algorithms, and among links of others', async () => {
    expect(await verdict(release(by, [link(A, K)]), store)).toBe('accepted A')
    expect(await verdict(release([KR], [link(A, KR)]), store)).toBe('accepted A')
    expect(await verdict(release([KR, K], [link(R, KR), link(R, K)]), storeOf([A, R]))).toBe('accepted R')
    expect(await verdict(release(by, [link(X, K), link(A, K2), link(A, K)]), store)).toBe('accepted A')
  })

  test('for a plain public key, and each of a list, as for a trust store', async () => {
    expect(await verdict(release(by, [link(A, K)]), A.publicKey)).toBe('accepted A')
    expect(await verdict(release(by, [link(B, K)]), [A.publicKey, B.publicKey])).toBe('accepted B')
    expect(await verdict(release(by, [link(X, K)]), [A.publicKey, B.publicKey])).toBe('untrusted-key')
  })

  test.each<readonly [string, string[], string]>([
    ['no link', [], 'untrusted-key'],
    ['a link for another key', [link(A, K2)], 'untrusted-key'],
    ['a link by a stranger', [link(X, K)], 'untrusted-key'],
    ['a link by the release key itself', [link(K, K)], 'untrusted-key'],
    ['links of links: a delegated key delegates nothing', [link(A, K2), link(K2, K)], 'untrusted-key'],
    ['links of links, in the other order', [link(K2, K), link(A, K2)], 'untrusted-key'],
    ['a link that names the root and is made by a stranger', [link(A, K, {}, { by: X })], 'bad-signature'],
    ['a link that names the root and is made by another root', [link(A, K, {}, { by: B })], 'bad-signature'],
    ['a link of another algorithm than the root', [link(A, K, {}, { protected: { alg: 'PS256', kid: A.kid, typ: 'otaseal-link-v2' } })], 'bad-signature'],
    ['a link of no algorithm', [link(A, K, {}, { protected: { alg: 'none', kid: A.kid, typ: 'otaseal-link-v2' } })], 'bad-signature'],
  ])('%s is refused', async (_, links, code) => {
    expect(await verdict(release(by, links), store)).toBe(code)
    expect(await verdict(release(by, [...links, link(A, K)].slice(-8)), store), 'a good link beside it').toBe('accepted A')
  })

  test('R25: the release key must have signed, and this', async () => {
    const links = [link(A, K)]
    expect(await verdict(release([stale(K)], links), store)).toBe('bad-signature')
    expect(await verdict(release([broken(K)], links), store)).toBe('bad-signature')
    expect(await verdict(release([forgedBy(K, X)], links), store)).toBe('bad-signature')
    expect(await verdict(release([X], links), store)).toBe('untrusted-key')
    expect(await verdict(release([K, K], links), store)).toBe('bad-signature')
    expect(await verdict(release([K, X], links), store)).toBe('accepted A')
  })

  test('a link for a key that is refused names nobody, and harms no other', async () => {
    // Of small order: any message has a signature that its equation accepts.
    const key = { kty: 'OKP', crv: 'Ed25519', x: Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]).toString('base64url') } as const
    const weak = [key, { kty: 'RSA', n: 'AQAB', e: 'AQAB' } as const, { ...jwkOf(R), e: 'Aw' }, { ...key, x: 'AA' }]
    for (const bad of weak) {
      expect(await verdict(release(by, [link(A, K, { key: bad })]), store)).toBe('untrusted-key')
      expect(await verdict(release(by, [link(A, K, { key: bad }), link(A, K)]), store)).toBe('accepted A')
    }
  })
})

describe('R58: a root delegates only while it is active', () => {
  test.each<readonly [string, Partial<TrustStoreKey>, string]>([
    ['active', {}, 'accepted A'],
    ['revoked', { status: 'revoked' }, 'revoked-key'],
    ['retired, however high its lastSequence', { status: 'retired', lastSequence: 1_000_000 }, 'out-of-scope'],
    ['not valid any more', { notAfter: NOW - 1 }, 'expired'],
    ['not valid yet', { notBefore: NOW + 1 }, 'not-yet-valid'],
    ['for another app', { apps: ['com.example.other'] }, 'out-of-scope'],
    ['for another channel', { channels: ['beta'] }, 'out-of-scope'],
    ['for this app and channel', { apps: ['com.example.app'], channels: ['production'] }, 'accepted A'],
  ])('a root that is %s', async (_, root, code) => {
    expect(await linked({}, root)).toBe(code)
  })

  test('a link by a revoked root that the root never signed is a bad signature, not a revoked key', async () => {
    const trust = storeOf([entry(A, { status: 'revoked' }), B])
    expect(await verdict(release(by, [link(A, K, {}, { by: X })]), trust)).toBe('bad-signature')
    expect(await verdict(release([broken(K)], [link(A, K)]), trust)).toBe('bad-signature')
  })
})

describe('R58, R59: what a link is limited to', () => {
  test.each<readonly [string, Partial<RawLink>, string]>([
    ['over', past, 'expired'],
    ['over for a second', { notAfter: NOW - 1 }, 'expired'],
    ['in its last second', { notAfter: NOW }, 'accepted A'],
    ['to begin in a second', { notBefore: NOW + 1 }, 'not-yet-valid'],
    ['in its first second', { notBefore: NOW }, 'accepted A'],
    ['of this second alone', { notBefore: NOW, notAfter: NOW }, 'accepted A'],
    ['for this app', { apps: ['com.example.app'] }, 'accepted A'],
    ['for this app among others', { apps: ['a', 'com.example.app', 'b'] }, 'accepted A'],
    ['for another app', { apps: ['com.example.other'] }, 'out-of-scope'],
    ['for an app whose name begins so', { apps: ['com.example.app2'] }, 'out-of-scope'],
    ['for an app that this one begins with', { apps: ['com.example'] }, 'out-of-scope'],
    ['for an app of other letters', { apps: ['COM.example.app'] }, 'out-of-scope'],
    ['for this channel', { channels: ['production'] }, 'accepted A'],
    ['for another channel', { channels: ['beta'] }, 'out-of-scope'],
    ['for this app and another channel', { apps: ['com.example.app'], channels: ['beta'] }, 'out-of-scope'],
    ['for another app and this channel', { apps: ['b'], channels: ['production'] }, 'out-of-scope'],
    ['up to a sequence above', { maxSequence: 1001 }, 'accepted A'],
    ['up to this sequence', { maxSequence: 1000 }, 'accepted A'],
    ['up to a sequence below', { maxSequence: 999 }, 'out-of-scope'],
    ['up to sequence 0', { maxSequence: 0 }, 'out-of-scope'],
  ])('a link that is %s', async (_, claims, code) => {
    expect(await linked(claims)).toBe(code)
    expect(await verdict(release(by, [link(A, K, claims), link(B, K)]), store), 'with a link of another root').toMatch(
      code === 'accepted A' ? /^accepted A$/ : /^accepted B$/,
    )
  })

  test('a release without a channel is in no channel of a link or root', async () => {
    const unchannelled = (links: string[]): ReturnType<typeof release> => release(by, links, (header) => delete header.channel)
    expect(await verdict(unchannelled([link(A, K)]), store)).toBe('accepted A')
    expect(await verdict(unchannelled([link(A, K, { channels: ['production'] })]), store)).toBe('out-of-scope')
    expect(await verdict(unchannelled([link(A, K, { channels: ['undefined', 'null', '-'] })]), store)).toBe('out-of-scope')
    expect(await verdict(unchannelled([link(A, K)]), storeOf([entry(A, { channels: ['production'] })]))).toBe('out-of-scope')
  })

  test('the scopes of root and link must both hold the release: neither widens the other', async () => {
    const root = { apps: ['com.example.app', 'b'], channels: ['production', 'beta'] }
    expect(await linked({ apps: ['com.example.app'], channels: ['production'] }, root)).toBe('accepted A')
    expect(await linked({ apps: ['com.example.app', 'c'] }, { apps: ['b', 'c'] })).toBe('out-of-scope')
    expect(await linked({ apps: ['b'] }, root)).toBe('out-of-scope')
    expect(await linked({ notAfter: NOW + 9 }, { notAfter: NOW - 1 })).toBe('expired')
    expect(await linked({ notAfter: NOW - 1 }, { notAfter: NOW + 9 })).toBe('expired')
  })

  test('limits of several links do not add up: one link must fit on its own', async () => {
    const wrongApp = link(A, K, { apps: ['b'], channels: ['production'] })
    const wrongChannel = link(A, K, { apps: ['com.example.app'], channels: ['beta'] })
    expect(await verdict(release(by, [wrongApp, wrongChannel]), store)).toBe('out-of-scope')
    expect(await verdict(release(by, [wrongApp, wrongChannel, link(A, K)]), store)).toBe('accepted A')
  })
})
