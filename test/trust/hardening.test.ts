import { afterEach, describe, expect, test } from 'vitest'
import { verifyTrustUpdate } from '../../src/index.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { NOW, link, named, storeOf, updateOf } from './signed.js'
import { release, stale, updateVerdict, verdict } from './world.js'

const A = named('A')
const B = named('B')
const R = named('R', freshRsa(3072))
const K = freshEd25519()
const store = storeOf([A, B, R])
const next = { ...store, epoch: 2 }

/** What a polluted prototype could hold: members that a store or a link may lack, and names that the code itself uses. */
const limits = { apps: ['other'], channels: ['other'], notBefore: NOW + 9, notAfter: 1, lastSequence: 1, maxSequence: 1, d: 'x', chain: ['x'] }
const inner = { refused: undefined, forged: undefined, root: { kid: A.kid }, delegate: { kid: K.kid }, store: JSON.stringify(store), status: 'active', threshold: 0 }

const { prototype } = Object

afterEach(() => {
  for (const name of Object.keys({ ...limits, ...inner })) Reflect.deleteProperty(prototype, name)
})

function pollute(name: string, value: unknown): void {
  Object.defineProperty(prototype, name, { value, configurable: true, enumerable: false, writable: true })
}

describe('R8: members on Object.prototype', () => {
  test.each(Object.entries(limits))('%s limits no key and no link', async (name, value) => {
    const direct = release([A])
    const linked = release([K], [link(B, K)])
    const stranger = release([K])
    const update = updateOf(next, [A])
    const strangers = updateOf(next, [K])
    pollute(name, value)
    expect(await verdict(direct, store)).toBe('accepted A')
    expect(await verdict(direct, A.publicKey)).toBe('accepted A')
    expect(await verdict(linked, store)).toBe('accepted B')
    expect(await verdict(stranger, store)).toBe('untrusted-key')
    expect(await updateVerdict(update, store)).toBe('changed A')
    expect(await updateVerdict(strangers, store)).toBe('untrusted-key')
    const { trust } = await verifyTrustUpdate(update, { trust: store, now: NOW })
    expect(JSON.stringify(trust)).toBe(JSON.stringify(next))
  })

  test.each(Object.entries(inner))('%s lets nothing through', async (name, value) => {
    const envelopes = [release([K]), release([K], [link(K, K)]), release([stale(A)]), release([K], [link(B, K, {}, { by: K })])]
    const updates = [updateOf(next, [K]), updateOf(next, [B], { by: K })]
    pollute(name, value)
    for (const envelope of envelopes) {
      for (const trust of [store, A.publicKey]) expect(await verdict(envelope, trust)).not.toMatch(/^accepted/)
    }
    for (const update of updates) expect(await updateVerdict(update, store)).not.toMatch(/^changed/)
  })
})
