import { GeneralSign } from 'jose'
import { describe, expect, test } from 'vitest'
import { signTrustUpdate, verifyTrustUpdate } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { refusal } from '../envelope/helpers.js'
import { base64url } from '../envelope/hostile.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { NOW, entry, jwkOf, link, named, signed, storeOf, updateOf } from './signed.js'
import { updateVerdict } from './world.js'
import type { JwkInput, TrustInput, TrustStore, TrustStoreKey } from '../../src/index.js'
import type { RawUpdate } from './signed.js'
import type { TestSigner } from '../envelope/signers.js'

const A = named('A')
const B = named('B')
const C = named('C')
const D = named('D')
const R = named('R', freshRsa(3072))
const K = freshEd25519()
const X = freshEd25519()
const old = storeOf([A, B, C], { epoch: 5, threshold: 2 })
const next = storeOf([A, B, D], { epoch: 6, threshold: 2 })

const changedBy = (update: RawUpdate, edit: (update: RawUpdate) => unknown): RawUpdate => {
  const copy = structuredClone(update)
  edit(copy)
  return copy
}

/** The keys that sign, against the old store and the new one; what is said of it. */
type Case = readonly [title: string, by: readonly TestSigner[], verdict: string, next?: TrustStore, old?: TrustInput]
type Judged = readonly [title: string, { readonly update: RawUpdate; readonly trust: TrustInput; readonly verdict: string }]

const judged = (cases: readonly Case[]): readonly Judged[] =>
  cases.map(([title, by, verdict, store = next, trust = old]) => [title, { update: updateOf(store, by), trust, verdict }])

describe('R64: who must sign a trust update', () => {
  test.each(judged([
    ['the threshold of both', [A, B], 'changed A B'],
    ['more than that', [A, B, C, D], 'changed A B C'],
    ['the threshold of both, by other keys of each', [A, C, D], 'changed A C'],
    ['the threshold of both, by different keys', [A, B, R], 'changed A B', storeOf([R], { epoch: 6 })],
    ['the threshold of both, beside unknown ones', [X, A, K, B], 'changed A B'],
    ['the old threshold alone', [A, C], 'threshold-not-met'],
    ['the old threshold, of no key of the new store', [A, B], 'untrusted-key', storeOf([R], { epoch: 6 })],
    ['the new threshold alone', [B, D], 'threshold-not-met'],
    ['the new threshold, of no key of the old store', [R], 'untrusted-key', storeOf([R], { epoch: 6 })],
    ['one of each', [C, D], 'threshold-not-met'],
    ['unknown keys', [X, K], 'untrusted-key'],
    ['one key twice', [A, A], 'bad-signature'],
    ['one key twice beside enough others', [A, A, B, C], 'threshold-not-met'],
    ['a higher new threshold that is met', [A, B, D], 'changed A B', { ...next, threshold: 3 }],
    ['a higher new threshold that is not', [A, B], 'threshold-not-met', { ...next, threshold: 3 }],
    ['a lower new threshold, which the old one must allow', [A], 'threshold-not-met', { ...next, threshold: 1 }],
    ['a lower new threshold that the old one allows', [A, B], 'changed A B', { ...next, threshold: 1 }],
    ['a key that it revokes, for the old threshold', [A, C, D], 'changed A C', storeOf([A, D, entry(C, { status: 'revoked' })], { epoch: 6, threshold: 2 })],
    ['a key that it revokes, for the new threshold', [A, C], 'threshold-not-met', storeOf([A, D, entry(C, { status: 'revoked' })], { epoch: 6, threshold: 2 })],
  ]))('%s', async (_, { update, trust, verdict }) => {
    expect(await updateVerdict(update, trust)).toBe(verdict)
    const other = changedBy(update, ({ signatures }) => signatures.reverse())
    const reversed = await updateVerdict(JSON.stringify(other), JSON.stringify(trust))
    expect(reversed.split(' ').sort()).toEqual(verdict.split(' ').sort())
  })

  test.each<readonly [string, Partial<TrustStoreKey>, string]>([
    ['for an app', { apps: ['com.example.app'] }, 'out-of-scope'],
    ['for a channel', { channels: ['production'] }, 'out-of-scope'],
    ['retired', { status: 'retired', lastSequence: Number.MAX_SAFE_INTEGER }, 'out-of-scope'],
    ['revoked', { status: 'revoked' }, 'revoked-key'],
    ['not valid any more', { notAfter: NOW - 1 }, 'expired'],
    ['not valid yet', { notBefore: NOW + 1 }, 'not-yet-valid'],
    ['valid to this second', { notBefore: NOW, notAfter: NOW }, 'changed'],
  ])('a key that is %s: %s', async (_, more, expected) => {
    const limited = storeOf([entry(A, more), B, C], { epoch: 5 })
    const changed = expected === 'changed' ? 'changed A' : expected
    expect(await updateVerdict(updateOf({ ...next, threshold: 1 }, [A]), limited), 'of the old store').toBe(changed)
    expect(await updateVerdict(updateOf({ ...limited, epoch: 6 }, [A]), storeOf([A])), 'of the new store').toBe(expected === 'revoked-key' ? 'threshold-not-met' : changed)
    expect(await updateVerdict(updateOf({ ...next, threshold: 1 }, [A, B]), limited)).toBe(expected === 'changed' ? 'changed A B' : 'changed B')
  })

  test('clockTolerance widens the validity of keys, to the second', async () => {
    const limited = storeOf([entry(A, { notBefore: NOW + 60, notAfter: NOW + 90 })], { epoch: 5 })
    const update = updateOf({ ...next, threshold: 1 }, [A])
    for (const [now, tolerance, expected] of [[NOW, 60, 'changed A'], [NOW, 59, 'not-yet-valid'], [NOW + 100, 10, 'changed A'], [NOW + 101, 10, 'expired']] as const) {
      expect(await updateVerdict(update, limited, { now, clockTolerance: tolerance })).toBe(expected)
    }
  })

  test('links count for nothing: a release key changes no trust store', async () => {
    const linked = changedBy(updateOf(next, [A, K]), (update) => Object.assign(update, { chain: [link(B, K)] }))
    expect(await updateVerdict(linked, old)).toBe('unsupported')
    expect(await updateVerdict(updateOf(next, [A, K]), old)).toBe('threshold-not-met')
  })
})

describe('R63: signatures of a trust update', () => {
  test('must hold, and be of this update', async () => {
    const other = updateOf({ ...next, minSequence: 7 }, [A, B])
    const good = updateOf(next, [A, B])
    expect(await updateVerdict({ ...good, signatures: other.signatures }, old)).toBe('bad-signature')
    expect(await updateVerdict({ ...good, signatures: [good.signatures[0], other.signatures[1]] }, old)).toBe('threshold-not-met')
    expect(await updateVerdict(updateOf(next, [A, B], { by: X }), old)).toBe('bad-signature')
    expect(await updateVerdict(updateOf(next, [A, B], { by: A }), old)).toBe('threshold-not-met')
    expect(await updateVerdict(updateOf(next, [A], { protected: { alg: 'none', kid: A.kid, typ: 'otaseal-trust-v2' } }), old)).toBe('bad-signature')
  })

  test.each(['otaseal-head-v2', 'otaseal-link-v2', 'JWT', ''])('of the typ %j are refused', async (typ) => {
    const [header, , signature] = signed(typ, next, A)
    expect(await updateVerdict({ ...updateOf(next, [A]), signatures: [{ protected: header, signature }] }, old)).toBe('unsupported')
  })

  test('a JOSE library makes are taken', async () => {
    const sign = new GeneralSign(Buffer.from(JSON.stringify(next)))
    for (const { keyObject, alg, kid } of [A, B]) sign.addSignature(keyObject).setProtectedHeader({ alg, kid, typ: 'otaseal-trust-v2' })
    expect(await updateVerdict(await sign.sign(), old)).toBe('changed A B')
  })
})

/** Deeply frozen: what changes it throws. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
  return value
}

test('neither the old store nor the update is changed, whatever is said of it', async () => {
  const trust = frozen(structuredClone(old))
  const good = frozen(updateOf(next, [A, B]))
  expect(await updateVerdict(good, trust)).toBe('changed A B')
  expect(await updateVerdict(frozen(updateOf(next, [A])), trust)).toBe('threshold-not-met')
  const { trust: taken } = await verifyTrustUpdate(good, { trust, now: NOW })
  expect(taken).toEqual(next)
  expect(taken.keys[0]).not.toBe(next.keys[0])
})

describe('R65: the epoch', () => {
  test.each(judged([
    ['higher by one', [A, B], 'changed A B'],
    ['much higher', [A, B], 'changed A B', { ...next, epoch: Number.MAX_SAFE_INTEGER }],
    ['the same, of other content', [A, B], 'rollback', { ...next, epoch: 5 }],
    ['lower', [A, B], 'rollback', { ...next, epoch: 4 }],
    ['lower, with unknown signatures', [X], 'rollback', { ...next, epoch: 4 }],
    ['the same, of the same content', [A, B], 'unchanged', old],
    ['the same, of the same content, whoever signed', [X], 'unchanged', old],
    ['the same, but for the floor', [A, B], 'rollback', { ...old, minSequence: 1 }],
    ['the same, but for the order of its keys', [A, B], 'rollback', { ...old, keys: [...old.keys].reverse() }],
    ['above plain keys', [A], 'changed A', storeOf([A, B], { epoch: 1 }), A.publicKey],
    ['above a list of plain keys', [B], 'changed B', storeOf([A, B], { epoch: 1 }), [A.publicKey, B.publicKey]],
    ['above plain keys that have not signed', [B], 'untrusted-key', storeOf([A, B], { epoch: 1 }), A.publicKey],
  ]))('%s', async (_, { update, trust, verdict }) => {
    expect(await updateVerdict(update, trust)).toBe(verdict)
  })

  test('the same store in another order of members changes nothing', async () => {
    const payload = JSON.stringify(Object.fromEntries(Object.entries(old).reverse()))
    expect(await updateVerdict(updateOf(old, [A], { payload }), JSON.stringify(old, null, 2))).toBe('unchanged')
  })

  test('an older update is refused after a newer one, whatever lies between', async () => {
    const updates = [6, 7, 8].map((epoch) => updateOf({ ...next, epoch }, [A, B]))
    const { trust } = await verifyTrustUpdate(updates[2] as RawUpdate, { trust: old, now: NOW })
    for (const update of updates.slice(0, 2)) expect(await updateVerdict(update, trust)).toBe('rollback')
    expect(await updateVerdict(updates[2] as RawUpdate, trust)).toBe('unchanged')
  })
})

describeEachBackend('signTrustUpdate', (backend) => {
  const store = storeOf([A, R, C], { epoch: 6, threshold: 3, minSequence: 9 })
  const trust = storeOf([A, R, C], { epoch: 5, threshold: 3 })

  test('people who are apart sign one after the other, in any order', async () => {
    for (const order of [[A, R, C], [C, R, A], [R, A, C]]) {
      let update: string | TrustStore = store
      for (const signer of order) {
        if (typeof update === 'string') expect(await updateVerdict(update, trust)).toBe('threshold-not-met')
        update = await signTrustUpdate(update, { signer: signer.privateKey, backend })
      }
      const verified = await verifyTrustUpdate(update, { trust, now: NOW, backend })
      expect(verified).toMatchObject({ trust: store, changed: true, signers: order.map(({ kid }) => kid) })
    }
  })

  test('together as one by one; who signs twice is there once; bytes, text and object are taken', async () => {
    const all = await signTrustUpdate(store, { signer: [A.privateKey, R.privateKey, C.privateKey], backend })
    const again = await signTrustUpdate(JSON.parse(all) as RawUpdate, { signer: [C.privateKey, A.privateKey], backend })
    expect((JSON.parse(again) as RawUpdate).signatures).toHaveLength(3)
    expect(await updateVerdict(new TextEncoder().encode(again), trust)).toBe('changed R C A')
    expect(await updateVerdict(JSON.stringify(JSON.parse(again), null, 2), trust)).toBe('changed R C A')
  })

  test('refuses what no device would take, and reads its keys at the call', async () => {
    for (const [bad, code] of [[{ ...store, threshold: 4 }, 'bad-trust-store'], [{ ...store, later: 1 }, 'unsupported'], [{}, 'bad-trust-store'], ['x', 'bad-trust-store']] as const) {
      expect((await refusal(() => signTrustUpdate(bad, { signer: A.privateKey, backend }))).code).toBe(code)
    }
    const jwk = A.keyObject.export({ format: 'jwk' }) as JwkInput
    const signing = signTrustUpdate(store, { signer: jwk, backend })
    Object.assign(jwk, B.keyObject.export({ format: 'jwk' }))
    const header = (JSON.parse(await signing) as RawUpdate).signatures[0]?.protected ?? ''
    expect(Buffer.from(header, 'base64url').toString()).toContain(A.kid)
  })

  test('takes eight signatures and no more', async () => {
    const keys = Array.from({ length: 9 }, () => freshEd25519())
    const update = await signTrustUpdate(store, { signer: keys.slice(1).map(({ privateKey }) => privateKey), backend })
    await expect(signTrustUpdate(update, { signer: A.privateKey, backend })).rejects.toThrow(RangeError)
    await expect(signTrustUpdate(update, { signer: (keys[1] as TestSigner).privateKey, backend })).resolves.toBeDefined()
  })
})

test('a private key in the new store is refused, and shown nowhere', async () => {
  const key = { ...jwkOf(D), d: D.keyObject.export({ format: 'jwk' }).d }
  const store = { ...next, keys: [...old.keys, { key, status: 'active' }] } as TrustStore
  expect(await updateVerdict(updateOf(store, [A, B]), old)).toBe('bad-key')
  expect(await updateVerdict({ ...updateOf(next, [A, B]), payload: base64url(JSON.stringify(store)) }, old)).toBe('bad-key')
})
