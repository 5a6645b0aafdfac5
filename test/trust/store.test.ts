import { createPrivateKey } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkTrustStore, newestTrust, verifyAndDecrypt, verifyTrustUpdate } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { refusal } from '../envelope/helpers.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { accepting } from './event-calls.js'
import { NOW, entry, jwkOf, named, storeOf, updateOf } from './signed.js'
import { release, secret, verdict } from './world.js'
import type { TrustInput, TrustStore, TrustStoreKey } from '../../src/index.js'

const A = named('A')
const B = named('B')
const R = named('R', freshRsa(3072))
const good = storeOf([entry(A, { notBefore: 1, notAfter: NOW, apps: ['com.example.app'], channels: ['production'] }), B, R], { threshold: 2 })
const signed = release([A, B])
const text = (store: unknown): string => JSON.stringify(store)
const withKey = (more: object): object => ({ ...good, keys: [{ ...entry(A), ...more }, entry(B), entry(R)] })
const withJwk = (key: unknown): object => withKey({ key })
const without = (value: object, name: string): object => Object.fromEntries(Object.entries(value).filter(([other]) => other !== name))

/** What every door says of a store, as text, as an object and as the new store of an update; they must agree. */
async function codeOf(store: object | string): Promise<string> {
  const codes = new Set<string>()
  const forms = typeof store === 'string' ? [store] : [store, text(store)]
  for (const form of forms) {
    const trust = form as TrustInput
    codes.add((await refusal(() => verifyAndDecrypt(signed, { ...accepting(secret), trust }))).code)
    codes.add((await refusal(() => checkTrustStore(form))).code)
    codes.add((await refusal(() => verifyTrustUpdate(updateOf(storeOf([B], { epoch: 9 }), [B]), { trust, now: NOW }))).code)
  }
  if (typeof store === 'object') {
    const update = updateOf({ ...store, ...('epoch' in store && store.epoch === 1 && { epoch: 9 }) } as TrustStore, [A, B])
    codes.add((await refusal(() => verifyTrustUpdate(update, { trust: storeOf([A, B]), now: NOW }))).code)
  }
  return [...codes].join(' or ')
}

type Case = readonly [title: string, store: object | string, code: string]

describe('R60: a trust store', () => {
  test('is taken as object, text, text with white space and in any order of members', async () => {
    const forms = [good, text(good), JSON.stringify(good, null, '\t'), `\n ${text(good)}\r\n`, text(Object.fromEntries(Object.entries(good).reverse()))]
    for (const trust of forms) expect(await verdict(signed, trust)).toBe('accepted A B')
    const { store, kids } = await checkTrustStore(JSON.stringify(good, null, 2))
    expect(text(store)).toBe(text((await checkTrustStore(new TextEncoder().encode(text(good)))).store))
    expect(kids).toEqual([A.kid, B.kid, R.kid])
  })

  test.each<Case>([
    ...Object.keys(good).filter((name) => name !== 'keys').map((name): Case => [`without ${name}`, without(good, name), 'bad-trust-store']),
    ...['epoch', 'threshold', 'minSequence'].flatMap((name) =>
      ['1', null, true, [1], {}, 1.5, -1, 2 ** 53].map((value): Case => [`with ${name} ${text(value)}`, { ...good, [name]: value }, 'bad-trust-store'])),
    ...[{}, [], 'x', null, 5, [null], ['x'], [[]], [5]].map((keys): Case => [`with keys ${text(keys)}`, { ...good, keys }, 'bad-trust-store']),
    ['with epoch 0', { ...good, epoch: 0 }, 'bad-trust-store'],
    ['with threshold 0', { ...good, threshold: 0 }, 'bad-trust-store'],
    ['with a member of a later version', { ...good, later: 1 }, 'unsupported'],
    ['with a member toString', { ...good, toString: 1 }, 'unsupported'],
    ['with a member constructor', { ...good, constructor: {} }, 'unsupported'],
    ['with a member __proto__', `{"__proto__":{},${text(good).slice(1)}`, 'unsupported'],
    ['whose __proto__ has its members', `{"__proto__":${text(good)},"keys":[]}`, 'unsupported'],
    ['with epoch twice', `{"epoch":9,${text(good).slice(1)}`, 'bad-trust-store'],
    ['with keys twice', `{"keys":[],${text(good).slice(1)}`, 'bad-trust-store'],
    ['with an escaped letter', text(good).replace('production', '\\u0070roduction'), 'bad-trust-store'],
    ['with 1.0 for 1', text(good).replace('"epoch":1', '"epoch":1.0'), 'bad-trust-store'],
    ['with 1e0 for 1', text(good).replace('"epoch":1', '"epoch":1e0'), 'bad-trust-store'],
    ['with -0', text(good).replace('"minSequence":0', '"minSequence":-0'), 'bad-trust-store'],
    ['with white space in a name', text(good).replace('production', 'pro duction'), 'bad-trust-store'],
  ])('%s is refused', async (_, store, code) => {
    expect(await codeOf(store)).toBe(code)
  })

  test('R60: whose threshold no set of its active keys reaches is refused', async () => {
    const active = (count: number): TrustStore => storeOf([A, entry(B, { status: 'revoked' }), entry(R, { status: 'retired', lastSequence: 1 })], { threshold: count })
    expect((await checkTrustStore(active(1))).kids).toHaveLength(3)
    expect(await codeOf(active(2))).toBe('bad-trust-store')
    expect(await codeOf(storeOf([A, B], { threshold: 3 }))).toBe('bad-trust-store')
    expect(await codeOf(storeOf([entry(A, { status: 'revoked' })]))).toBe('bad-trust-store')
    const nine = Array.from({ length: 9 }, () => freshEd25519())
    expect((await checkTrustStore(storeOf(nine, { threshold: 8 }))).kids).toHaveLength(9)
    expect(await codeOf(storeOf(nine, { threshold: 9 })), 'a head has 8 signatures at most').toBe('bad-trust-store')
  })

  test('is refused above its limits, and taken at them', async () => {
    const keys = Array.from({ length: 65 }, () => entry(freshEd25519()))
    expect((await checkTrustStore(storeOf(keys.slice(1)))).kids).toHaveLength(64)
    expect(await codeOf(storeOf(keys))).toBe('bad-trust-store')
    const names = Array.from({ length: 65 }, (_, i) => `app${i}`)
    for (const scope of ['apps', 'channels']) {
      expect((await checkTrustStore(withKey({ [scope]: names.slice(1) }) as TrustStore)).kids).toHaveLength(3)
      expect(await codeOf(withKey({ [scope]: names }))).toBe('bad-trust-store')
      expect(await codeOf(withKey({ [scope]: [] }))).toBe('bad-trust-store')
    }
    expect((await checkTrustStore(withKey({ notBefore: 2, notAfter: 2 }) as TrustStore)).kids).toHaveLength(3)
    const padded = (size: number): string => text(good) + ' '.repeat(size - text(good).length)
    expect(await verdict(signed, padded(262_144))).toBe('accepted A B')
    expect(await codeOf(padded(262_145))).toBe('bad-trust-store')
  })
})

describe('R61: a key of a trust store', () => {
  const { key } = entry(A)
  test.each<Case>([
    ['without key', withKey({ key: undefined }), 'bad-trust-store'],
    ['without status', withKey({ status: undefined }), 'bad-trust-store'],
    ...['Active', '', 'stolen', 5, null, ['active']].map((status): Case => [`with status ${text(status)}`, withKey({ status }), 'bad-trust-store']),
    ['retired without lastSequence', withKey({ status: 'retired' }), 'bad-trust-store'],
    ['active with lastSequence', withKey({ lastSequence: 1 }), 'bad-trust-store'],
    ['revoked with lastSequence', withKey({ status: 'revoked', lastSequence: 1 }), 'bad-trust-store'],
    ['retired with a lastSequence that is no number', withKey({ status: 'retired', lastSequence: '1' }), 'bad-trust-store'],
    ['that ends before it begins', withKey({ notBefore: 2, notAfter: 1 }), 'bad-trust-store'],
    ['with a time in milliseconds', withKey({ notAfter: NOW * 1000 }), 'bad-trust-store'],
    ['with a negative time', withKey({ notBefore: -1 }), 'bad-trust-store'],
    ['with a time that is a text', withKey({ notBefore: '2030-01-01' }), 'bad-trust-store'],
    ['with apps that are no list', withKey({ apps: 'com.example.app' }), 'bad-trust-store'],
    ['with an app of other characters', withKey({ apps: ['*'] }), 'bad-trust-store'],
    ['with an empty name', withKey({ channels: [''] }), 'bad-trust-store'],
    ['with a channel null', withKey({ channels: [null] }), 'bad-trust-store'],
    ['with a member of a later version', withKey({ later: 1 }), 'unsupported'],
    ['with a maxSequence, which links have', withKey({ maxSequence: 1 }), 'unsupported'],
    ['with a kid in its JWK', withJwk({ ...key, kid: 'x' }), 'unsupported'],
    ['with an alg in its JWK', withJwk({ ...key, alg: 'Ed25519' }), 'unsupported'],
    ['of another type', withJwk({ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }), 'unsupported'],
    ['of another curve', withJwk({ ...key, crv: 'X25519' }), 'unsupported'],
    ['that is symmetric', withJwk({ kty: 'oct', k: 'AA' }), 'unsupported'],
    ['that is a PEM', withJwk(A.publicKey), 'bad-trust-store'],
    ['that is null', withJwk(null), 'bad-trust-store'],
    ['without x', withJwk(without(key, 'x')), 'bad-trust-store'],
    ['whose x is no string', withJwk({ ...key, x: 5 }), 'bad-trust-store'],
    ['whose x is too short', withJwk({ ...key, x: 'AA' }), 'bad-key'],
    ['of small order', withJwk({ ...key, x: Buffer.alloc(32).toString('base64url') }), 'bad-key'],
    ['of e = 3', withJwk({ ...jwkOf(R), e: 'Aw' }), 'bad-key'],
    ['of few bits', withJwk(jwkOf(freshRsa(2048))), 'bad-key'],
    ['whose JWK has __proto__', JSON.stringify(good).replace('"kty"', '"__proto__":{},"kty"'), 'unsupported'],
  ])('%s is refused', async (_, store, code) => {
    expect(await codeOf(store)).toBe(code)
  })

  test('that is private is refused, and no part of it is shown', async () => {
    for (const { keyObject } of [A, R]) {
      const jwk = keyObject.export({ format: 'jwk' })
      for (const key of [jwk, { ...jwkOf(A), d: jwk.d }, { ...jwkOf(R), d: jwk.d }]) expect(await codeOf(withJwk(key))).toBe('bad-key')
    }
    const trust = JSON.parse(text(storeOf([A]))) as TrustStore
    Object.assign(trust.keys[0]?.key as object, { p: createPrivateKey(R.privateKey).export({ format: 'jwk' }).p })
    expect(await codeOf(trust)).toBe('unsupported')
  })
})

describeEachBackend('R62: the same key twice', (backend) => {
  const leadingZero = (key: TrustStoreKey['key']): object =>
    'n' in key ? { ...key, n: Buffer.concat([Buffer.alloc(1), Buffer.from(key.n, 'base64url')]).toString('base64url') } : key

  test.each<readonly [string, object[]]>([
    ['Ed25519', [entry(A), entry(A)]],
    ['RSA', [entry(R), entry(B), entry(R)]],
    ['with another status', [entry(A), entry(A, { status: 'revoked' }), entry(B)]],
    ['with another scope', [entry(A, { apps: ['a'] }), entry(A, { apps: ['b'] })]],
    ['RSA with a leading zero', [entry(R), { ...entry(R), key: leadingZero(jwkOf(R)) }]],
  ])('%s is refused', async (_, keys) => {
    const store = { ...storeOf([]), keys } as TrustStore
    expect((await refusal(() => checkTrustStore(store, { backend }))).code).toBe('bad-trust-store')
    const options = { ...accepting(secret), backend, trust: store }
    const error = await refusal(() => verifyAndDecrypt(signed, options))
    expect(`${error.code}: ${error.message}`).toMatch(/^bad-trust-store: .*same key twice/)
    expect((await checkTrustStore({ ...store, keys: store.keys.slice(1) }, { backend })).kids.length).toBeGreaterThan(0)
  })
})

describe('what is no trust store', () => {
  test.each<readonly [string, unknown, string]>([
    ['a JWKS', { keys: [{ ...jwkOf(A), kid: 'a', use: 'sig' }] }, 'bad-trust-store'],
    ['a JWKS of private keys', { keys: [A.keyObject.export({ format: 'jwk' })] }, 'bad-trust-store'],
    ['an empty JWKS', { keys: [] }, 'bad-trust-store'],
    ['a trust store in a list', [good], 'bad-key'],
    ['the text of one in a list', [text(good)], 'bad-key'],
    ['a trust store beside a key', [B.publicKey, good], 'bad-key'],
    ['a text with a byte order mark', `\uFEFF${text(good)}`, 'bad-key'],
    ['a text that breaks off', text(good).slice(0, -1), 'bad-key'],
    ['a store without keys', without(good, 'keys'), 'bad-key'],
    ['a signed trust update', updateOf(good, [A, B]), 'bad-key'],
    ['a private PEM', A.privateKey, 'bad-key'],
    ['a JWK with keys besides', { ...jwkOf(A), keys: good.keys }, 'accepted'],
  ])('%s', async (_, trust, expected) => {
    expect(await verdict(release([A]), trust as TrustInput)).toBe(expected === 'accepted' ? 'accepted A' : expected)
  })

  test('any change of one place of its text leaves a store that is refused, or another one, never an exception', async () => {
    const compact = text(good)
    await fc.assert(fc.asyncProperty(fc.nat(compact.length - 1), fc.constantFrom(...Array.from('{}[]",:0-9.e\\ \u0000\u00e9A')), async (at, letter) => {
      const changed = compact.slice(0, at) + letter + compact.slice(at + 1)
      fc.pre(changed !== compact)
      expect(await verdict(signed, changed)).toMatch(/^(accepted|bad-trust-store|bad-key|unsupported|threshold-not-met|untrusted-key|expired|rollback|out-of-scope|not-yet-valid)/)
    }), { numRuns: 60 })
  })

  test('an object is read once, at the call', async () => {
    let reads = 0
    const store = JSON.parse(text(good)) as { keys: TrustStoreKey[] }
    const { keys } = store
    Object.defineProperty(store, 'keys', { enumerable: true, get: () => (reads++, keys) })
    const opening = verifyAndDecrypt(signed, { ...accepting(secret), trust: store as unknown as TrustStore })
    keys.splice(0, 3, entry(R))
    Object.assign(store, { threshold: 1 })
    expect((await opening).signers).toEqual([A.kid, B.kid])
    expect(reads).toBe(1)
  })

  test('newestTrust takes the highest epoch, and of two the first', () => {
    const [one, two] = [storeOf([A]), storeOf([A], { epoch: 2 })]
    expect(newestTrust(A.publicKey, one, text(two), undefined, null)).toBe(text(two))
    expect(newestTrust(null, two, { ...two })).toBe(two)
    expect(newestTrust(undefined, A.publicKey)).toBe(A.publicKey)
    expect(newestTrust([A.publicKey], one)).toBe(one)
    expect(() => newestTrust(undefined, null)).toThrow(TypeError)
    expect(() => newestTrust(one, { ...two, epoch: 0 })).toThrow(/epoch/)
  })
})
