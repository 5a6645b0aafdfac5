import { describe, expect, test } from 'vitest'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { NOW, entry, link, named, storeOf } from './signed.js'
import { broken, forgedBy, release, stale, verdict } from './world.js'
import type { TrustStoreKey } from '../../src/index.js'

const A = named('A')
const B = named('B')
const C = named('C')
const R = named('R', freshRsa(3072))
const K = freshEd25519()
const X = freshEd25519()

const at = (sequence: number) => (header: { sequence: number }): unknown => (header.sequence = sequence)

describe('R57: retired keys', () => {
  const trust = storeOf([entry(A, { status: 'retired', lastSequence: 1000 }), entry(R, { status: 'retired', lastSequence: 1000 }), B])

  test.each([
    [0, 'rollback'], [1, 'accepted'], [999, 'accepted'], [1000, 'accepted'], [1001, 'out-of-scope'], [Number.MAX_SAFE_INTEGER, 'out-of-scope'],
  ])('have signed sequence %i: %s', async (sequence, code) => {
    for (const [name, key] of [['A', A], ['R', R]] as const) {
      const expected = code === 'accepted' ? `accepted ${name}` : code
      expect(await verdict(release([key], [], at(sequence)), trust)).toBe(expected)
    }
  })

  test('count towards the threshold as active ones do, up to their lastSequence', async () => {
    const both = storeOf([entry(A, { status: 'retired', lastSequence: 1000 }), B, C], { threshold: 2 })
    expect(await verdict(release([A, B], [], at(1000)), both)).toBe('accepted A B')
    expect(await verdict(release([A, B], [], at(1001)), both)).toBe('threshold-not-met')
    expect(await verdict(release([A, B, C], [], at(1001)), both)).toBe('accepted B C')
  })

  test('delegate nothing, and their signature must hold', async () => {
    expect(await verdict(release([K], [link(A, K)], at(1)), trust)).toBe('out-of-scope')
    expect(await verdict(release([broken(A)], [], at(1001)), trust)).toBe('bad-signature')
  })

  test('may be release keys of an active root, above their lastSequence too', async () => {
    expect(await verdict(release([A], [link(B, A)], at(1001)), trust)).toBe('accepted B')
    expect(await verdict(release([A], [link(B, A)], at(1000)), trust)).toBe('accepted A')
  })

  test('keep their validity and their scope', async () => {
    const limited = (more: Partial<TrustStoreKey>): Promise<string> =>
      verdict(release([A]), storeOf([entry(A, { status: 'retired', lastSequence: 1000, ...more }), B]))
    expect(await limited({ notAfter: NOW })).toBe('accepted A')
    expect(await limited({ notAfter: NOW - 1 })).toBe('expired')
    expect(await limited({ notBefore: NOW + 1 })).toBe('not-yet-valid')
    expect(await limited({ apps: ['b'] })).toBe('out-of-scope')
    expect(await limited({ channels: ['beta'] })).toBe('out-of-scope')
  })
})

describe('R57: revoked keys', () => {
  const revoked = storeOf([entry(A, { status: 'revoked' }), B, C])
  const twoOf = { ...revoked, threshold: 2 }

  test('sign nothing, of whatever sequence', async () => {
    for (const sequence of [1, 1000, Number.MAX_SAFE_INTEGER]) {
      expect(await verdict(release([A], [], at(sequence)), revoked)).toBe('revoked-key')
    }
    const rsa = storeOf([entry(R, { status: 'revoked' }), B])
    expect(await verdict(release([R]), rsa)).toBe('revoked-key')
  })

  test('are ignored beside as many good ones as it takes', async () => {
    expect(await verdict(release([A, B]), revoked)).toBe('accepted B')
    expect(await verdict(release([B, A]), revoked)).toBe('accepted B')
    expect(await verdict(release([A, B, C]), twoOf)).toBe('accepted B C')
  })

  test('are what is told of, where it takes more good ones', async () => {
    expect(await verdict(release([A, B]), twoOf)).toBe('revoked-key')
    expect(await verdict(release([B, A, X]), twoOf)).toBe('revoked-key')
    expect(await verdict(release([broken(A), B]), twoOf)).toBe('threshold-not-met')
  })

  test('are told of only where they really signed: anyone can write their kid', async () => {
    expect(await verdict(release([broken(A)]), revoked)).toBe('bad-signature')
    expect(await verdict(release([stale(A)]), revoked)).toBe('bad-signature')
    expect(await verdict(release([forgedBy(A, X)]), revoked)).toBe('bad-signature')
    expect(await verdict(release([A, A]), revoked), 'both of them hold').toBe('revoked-key')
    expect(await verdict(release([forgedBy(A, X), B]), revoked)).toBe('accepted B')
  })

  test('are revoked as release keys too, whoever delegates to them', async () => {
    expect(await verdict(release([A], [link(B, A)]), revoked)).toBe('revoked-key')
    expect(await verdict(release([A, C], [link(B, A)]), twoOf)).toBe('revoked-key')
    expect(await verdict(release([stale(A)], [link(B, A)]), revoked)).toBe('bad-signature')
    expect(await verdict(release([K], [link(B, K)]), revoked), 'another release key').toBe('accepted B')
  })

  test('take the release keys with them that they delegated to, and no others', async () => {
    expect(await verdict(release([K], [link(A, K)]), revoked)).toBe('revoked-key')
    expect(await verdict(release([K], [link(A, K), link(B, K)]), revoked)).toBe('accepted B')
    expect(await verdict(release([K], [link(B, K), link(A, K)]), revoked)).toBe('accepted B')
  })

  test('are revoked though their validity is over or their scope another', async () => {
    const more = { status: 'revoked', notAfter: NOW - 1, apps: ['b'] } as const
    expect(await verdict(release([A]), storeOf([entry(A, more), B]))).toBe('revoked-key')
  })
})

describe('R59: validity and scope of a trusted key', () => {
  test.each<readonly [string, Partial<TrustStoreKey>, string]>([
    ['over for a second', { notAfter: NOW - 1 }, 'expired'],
    ['in its last second', { notAfter: NOW }, 'accepted A'],
    ['in its first second', { notBefore: NOW }, 'accepted A'],
    ['to begin in a second', { notBefore: NOW + 1 }, 'not-yet-valid'],
    ['for this app', { apps: ['b', 'com.example.app'] }, 'accepted A'],
    ['for other apps', { apps: ['b', 'c'] }, 'out-of-scope'],
    ['for this channel', { channels: ['beta', 'production'] }, 'accepted A'],
    ['for other channels', { channels: ['beta', 'Production'] }, 'out-of-scope'],
  ])('a key that is %s', async (_, more, expected) => {
    const trust = storeOf([entry(A, more), B])
    expect(await verdict(release([A]), trust)).toBe(expected)
    expect(await verdict(release([A, B]), trust)).toBe(expected === 'accepted A' ? 'accepted A B' : 'accepted B')
    if (expected !== 'accepted A') expect(await verdict(release([A, B]), { ...trust, threshold: 2 })).toBe('threshold-not-met')
  })

  test('of several reasons the gravest is told, in any order of signatures', async () => {
    const trust = storeOf([entry(A, { status: 'revoked' }), entry(B, { notAfter: NOW - 1 }), entry(C, { notBefore: NOW + 1 }), entry(K, { apps: ['b'] })])
    const order = [[A, 'revoked-key'], [broken(C), 'bad-signature'], [B, 'expired'], [C, 'not-yet-valid'], [K, 'out-of-scope'], [X, 'untrusted-key']] as const
    for (let i = 0; i < order.length; i++) {
      // The key C stands there once: as a bad signature, or as one that is not valid yet.
      const by = order.slice(i).map(([signer]) => signer).filter((signer) => i > 1 || signer !== C)
      expect(await verdict(release(by), trust)).toBe(order[i]?.[1])
      expect(await verdict(release([...by].reverse()), trust)).toBe(order[i]?.[1])
    }
  })
})
