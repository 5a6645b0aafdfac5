import { describe, expect, test } from 'vitest'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { NOW, YEAR, entry, link, named, storeOf } from './signed.js'
import { broken, forgedBy, release, stale, verdict } from './world.js'
import type { SignedBy } from './world.js'

const A = named('A')
const B = named('B')
const C = named('C')
const R = named('R', freshRsa(3072))
const K = freshEd25519()
const K2 = freshEd25519()
const X = freshEd25519()

const one = storeOf([A, B, C])
const two = storeOf([A, B, C], { threshold: 2 })
const three = storeOf([A, B, R], { threshold: 3 })

type Case = readonly [title: string, by: readonly SignedBy[], links: string[], verdict: string]

describe('R26: several signatures', () => {
  test.each<Case>([
    ['two of three', [A, B], [], 'accepted A B'],
    ['two of three, the other way round', [C, A], [], 'accepted C A'],
    ['all three', [A, B, C], [], 'accepted A B C'],
    ['a key and the delegate of another', [A, K], [link(B, K)], 'accepted A B'],
    ['delegates of two', [K, K2], [link(A, K), link(B, K2)], 'accepted A B'],
    ['two, beside a bad, a stale and an unknown one', [broken(C), A, X, B], [], 'accepted A B'],
    ['one alone', [A], [], 'threshold-not-met'],
    ['one and a bad one of another key', [A, broken(B)], [], 'threshold-not-met'],
    ['a bad one of another key and one', [stale(B), A], [], 'threshold-not-met'],
    ['one and an unknown one', [A, X], [], 'threshold-not-met'],
    ['one and one that names another trusted key', [A, forgedBy(B, A)], [], 'threshold-not-met'],
    ['bad ones alone', [broken(A), stale(B)], [], 'bad-signature'],
    ['unknown ones alone', [X, K], [], 'untrusted-key'],
  ])('of which two must count: %s', async (_, by, links, expected) => {
    expect(await verdict(release(by, links), two)).toBe(expected)
  })

  test.each<Case>([
    ['a bad signature after a good one', [A, broken(B)], [], 'accepted A'],
    ['a bad signature before a good one', [broken(B), A], [], 'accepted A'],
    ['a stale signature after a good one', [A, stale(B)], [], 'accepted A'],
    ['a stale signature before a good one', [stale(B), A], [], 'accepted A'],
    ['a bad signature of a delegate beside a good one', [broken(K), A], [link(B, K)], 'accepted A'],
    ['a good signature of a delegate beside a bad one of its root', [K, broken(A)], [link(A, K)], 'accepted A'],
  ])('of which one must count: %s', async (_, by, links, expected) => {
    expect(await verdict(release(by, links), one)).toBe(expected)
  })

  test('a threshold of all, of two algorithms', async () => {
    expect(await verdict(release([A, B, R]), three)).toBe('accepted A B R')
    expect(await verdict(release([A, B]), three)).toBe('threshold-not-met')
    expect(await verdict(release([A, B, K]), three)).toBe('threshold-not-met')
  })

  test('a list of plain keys wants one of them', async () => {
    const plain = [A.publicKey, B.publicKey]
    expect(await verdict(release([A]), plain)).toBe('accepted A')
    expect(await verdict(release([A, B]), plain)).toBe('accepted A B')
    expect(await verdict(release([A]), [A.publicKey, A.publicKey])).toBe('accepted A')
  })
})

// What a thief of A's private key can make: signatures and links by A, and by keys of his own.
describe('R26, R56, threshold cheating: one stolen root does not reach a threshold of two', () => {
  test.each<Case>([
    ['alone', [A], [], 'threshold-not-met'],
    ['twice', [A, A], [], 'bad-signature'],
    ['three times, and a delegate', [A, A, A, K], [link(A, K)], 'threshold-not-met'],
    ['with a key that it delegated to', [A, K], [link(A, K)], 'threshold-not-met'],
    ['with two of them', [A, K, K2], [link(A, K), link(A, K2)], 'threshold-not-met'],
    ['by two delegates', [K, K2], [link(A, K), link(A, K2)], 'threshold-not-met'],
    ['by one delegate, linked twice', [K], [link(A, K), link(A, K)], 'threshold-not-met'],
    ['by one delegate, linked twice with other limits', [K], [link(A, K), link(A, K, { notAfter: NOW + YEAR })], 'threshold-not-met'],
    ['by one delegate that signs twice', [K, K], [link(A, K)], 'bad-signature'],
    ['with a link for itself', [A], [link(A, A)], 'threshold-not-met'],
    ['with links of links', [K, K2], [link(A, K), link(K, K2)], 'threshold-not-met'],
    ['with a link that names another root, made by itself', [A, K], [link(B, K, {}, { by: A })], 'threshold-not-met'],
    ['with a link for another root, in whose name it signs', [A, forgedBy(B, A)], [link(A, B)], 'threshold-not-met'],
    ['with a link for another root alone', [A], [link(A, B)], 'threshold-not-met'],
    ['with its delegate signing in the name of another root', [A, forgedBy(B, K)], [link(A, K)], 'threshold-not-met'],
    ['with an older, genuine signature of another root', [A, stale(B)], [], 'threshold-not-met'],
  ])('%s', async (_, by, links, expected) => {
    expect(await verdict(release(by, links), two)).toBe(expected)
    const rest = by.filter((signer) => signer !== A && typeof signer !== 'function')
    expect(await verdict(release([...rest, A, C], links), two), 'with C it would do').toBe('accepted A C')
  })
})

describe('R26: one genuine signature counts for one trust-store key', () => {
  test('a trusted key that other roots delegate to counts for itself', async () => {
    expect(await verdict(release([A], [link(B, A)]), two)).toBe('threshold-not-met')
    expect(await verdict(release([A], [link(B, A), link(C, A)]), two)).toBe('threshold-not-met')
    expect(await verdict(release([A], [link(B, A)]), one)).toBe('accepted A')
    expect(await verdict(release([A, B], [link(B, A), link(A, B)]), two)).toBe('accepted A B')
  })

  test('a release key that two roots delegate to counts for the first link that fits', async () => {
    const links = [link(A, K), link(B, K)]
    expect(await verdict(release([K], links), two)).toBe('threshold-not-met')
    expect(await verdict(release([K], links), one)).toBe('accepted A')
    expect(await verdict(release([K], [...links].reverse()), one)).toBe('accepted B')
    expect(await verdict(release([K], [link(A, K, { maxSequence: 1 }), link(B, K)]), one)).toBe('accepted B')
    expect(await verdict(release([K, C], links), two)).toBe('accepted A C')
    // K counts for A by the order of the links, and A itself is not a second one.
    expect(await verdict(release([K, A], links), two)).toBe('threshold-not-met')
    expect(await verdict(release([K, A], [...links].reverse()), two)).toBe('accepted B A')
  })

  test('a trusted key out of its own scope may sign as the delegate of another', async () => {
    const trust = storeOf([entry(A, { channels: ['beta'] }), B])
    expect(await verdict(release([A]), trust)).toBe('out-of-scope')
    expect(await verdict(release([A], [link(B, A)]), trust)).toBe('accepted B')
    expect(await verdict(release([A, B], [link(B, A)]), { ...trust, threshold: 2 })).toBe('threshold-not-met')
  })

  test('R25: a kid that stands there twice counts for nothing, its own key or a delegated one', async () => {
    for (const by of [[A, A, B], [A, broken(A), B], [broken(A), A, B], [forgedBy(A, X), A, B]]) {
      expect(await verdict(release(by), two)).toBe('threshold-not-met')
      expect(await verdict(release(by), one)).toBe('accepted B')
    }
    expect(await verdict(release([K, K, B], [link(A, K)]), two)).toBe('threshold-not-met')
  })
})
