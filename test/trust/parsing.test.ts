import { describe, expect, test } from 'vitest'
import { decodeHead, verifyAndDecrypt } from '../../src/index.js'
import { refusal } from '../envelope/helpers.js'
import { base64url, protectedText, signatureOver, withHead } from '../envelope/hostile.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { accepting } from './event-calls.js'
import { NOW, entry, jwkOf, link, named, signed, storeOf, updateOf } from './signed.js'
import { release, secret, updateVerdict, verdict } from './world.js'
import type { TrustStore, TrustUpdateInput } from '../../src/index.js'
import type { SignedForm } from './signed.js'

const A = named('A')
const K = freshEd25519()
const R = freshRsa(3072)
const store = storeOf([A], { epoch: 5 })
const next = { ...store, epoch: 6 }
const claims = { key: jwkOf(K), notBefore: NOW - 9, notAfter: NOW + 9 }
const exact = JSON.stringify(claims)
const without = (value: object, name: string): object => Object.fromEntries(Object.entries(value).filter(([other]) => other !== name))

/** A link by A whose payload has this text, or these members; honestly signed. */
const linkOf = (payload: object | string | Uint8Array, form: SignedForm = {}): string =>
  link(A, K, {}, { payload: typeof payload === 'string' || payload instanceof Uint8Array ? payload : JSON.stringify(payload), ...form })

/** The code that a head with this link is refused with, though a trusted key has signed it directly. */
async function codeOf(chained: string): Promise<string> {
  const envelope = release([A, K], [chained])
  const options = { ...accepting(secret), trust: store }
  const codes = [(await refusal(() => verifyAndDecrypt(envelope, options))).code, (await refusal(() => decodeHead(envelope.head))).code]
  return [...new Set(codes)].join(' or ')
}

type Case = readonly [title: string, payload: object | string | Uint8Array, code: string]

describe('R55: the payload of a link', () => {
  test('of every member is taken', async () => {
    const all = { ...claims, apps: ['com.example.app'], channels: ['production'], maxSequence: 1000 }
    expect(await verdict(release([K], [linkOf(all)]), store)).toBe('accepted A')
    expect(await verdict(release([K], [linkOf(Object.fromEntries(Object.entries(all).reverse()))]), store)).toBe('accepted A')
  })

  test.each<Case>([
    ...Object.keys(claims).map((name): Case => [`without ${name}`, without(claims, name), 'malformed-head']),
    ...['notBefore', 'notAfter', 'maxSequence'].flatMap((name) =>
      ['1', null, true, [1], {}, 1.5, -1, 2 ** 53].map((value): Case => [`with ${name} ${JSON.stringify(value)}`, { ...claims, [name]: value }, 'malformed-head'])),
    ...['apps', 'channels'].flatMap((name) =>
      ['production', null, {}, [], [''], [5], ['*'], ['a b'], [['a']]].map((value): Case => [`with ${name} ${JSON.stringify(value)}`, { ...claims, [name]: value }, 'malformed-head'])),
    ['with 65 apps', { ...claims, apps: Array<string>(65).fill('a') }, 'limit-exceeded'],
    ['with times in milliseconds', { ...claims, notAfter: NOW * 1000 }, 'malformed-head'],
    ['that ends before it begins', { ...claims, notAfter: NOW - 10 }, 'malformed-head'],
    ['with a member of a later version', { ...claims, later: 1 }, 'unsupported'],
    ['with a lastSequence, which trust stores have', { ...claims, lastSequence: 1 }, 'unsupported'],
    ['with a member toString', { ...claims, toString: 1 }, 'unsupported'],
    ['with a member __proto__', `{"__proto__":{"apps":["a"]},${exact.slice(1)}`, 'unsupported'],
    ['with notAfter twice', exact.replace('"notAfter"', '"notAfter":0,"notAfter"'), 'malformed-head'],
    ['with white space', exact.replace(':', ': '), 'malformed-head'],
    ['with white space after it', `${exact}\n`, 'malformed-head'],
    ['with a byte order mark', `\uFEFF${exact}`, 'malformed-head'],
    ['with an escaped letter', exact.replace('notAfter', 'not\\u0041fter'), 'malformed-head'],
    ['with 1.0 for 1', exact.replace(`:${NOW + 9}`, `:${NOW + 9}.0`), 'malformed-head'],
    ['that is not UTF-8', Buffer.concat([Buffer.from(exact), Buffer.from([0xff])]), 'malformed-head'],
    ['that is a list', [claims], 'malformed-head'],
    ['that is a text', '"x"', 'malformed-head'],
    ['that is no JSON', 'x', 'malformed-head'],
    ['whose key has a kid', { ...claims, key: { ...jwkOf(K), kid: K.kid } }, 'unsupported'],
    ['whose key is of another type', { ...claims, key: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } }, 'unsupported'],
    ['whose key is symmetric', { ...claims, key: { kty: 'oct', k: 'AA' } }, 'unsupported'],
    ['whose key is a PEM', { ...claims, key: K.publicKey }, 'malformed-head'],
    ['whose key lacks x', { ...claims, key: without(jwkOf(K), 'x') }, 'malformed-head'],
    ['whose key is private', { ...claims, key: K.keyObject.export({ format: 'jwk' }) }, 'bad-key'],
    ['whose RSA key is private', { ...claims, key: R.keyObject.export({ format: 'jwk' }) }, 'bad-key'],
  ])('%s is refused', async (_, payload, code) => {
    expect(await codeOf(linkOf(payload))).toBe(code)
  })

  test('of 64 apps and channels is taken', async () => {
    const apps = [...Array.from({ length: 63 }, (_, i) => `a${i}`), 'com.example.app']
    expect(await verdict(release([K], [linkOf({ ...claims, apps, channels: apps.map(() => 'production') })]), store)).toBe('accepted A')
  })

  test('whose RSA key has a leading zero names the key all the same', async () => {
    const key = jwkOf(R) as { kty: 'RSA'; n: string; e: string }
    const n = base64url(Buffer.concat([Buffer.alloc(1), Buffer.from(key.n, 'base64url')]))
    expect(await verdict(release([R], [linkOf({ ...claims, key: { ...key, n } })]), store)).toBe('accepted A')
  })
})

/** Protected headers that are not exact, or not of the right kind; each text is signed as it is. */
function badHeaders(typ: string): readonly (readonly [string, string, string])[] {
  const right = JSON.stringify({ alg: A.alg, kid: A.kid, typ })
  const members = (more: object): string => JSON.stringify({ alg: A.alg, kid: A.kid, typ, ...more })
  return [
    ['white space', right.replace(',', ', '), 'malformed-head'],
    ['alg twice', right.replace('{', '{"alg":"none",'), 'malformed-head'],
    ['an escaped letter', right.replace('alg', '\\u0061lg'), 'malformed-head'],
    ['no typ', JSON.stringify({ alg: A.alg, kid: A.kid }), 'malformed-head'],
    ['no kid', JSON.stringify({ alg: A.alg, typ }), 'malformed-head'],
    ['no alg', JSON.stringify({ kid: A.kid, typ }), 'malformed-head'],
    ['a kid of another length', members({ kid: 'AA' }), 'malformed-head'],
    ['a kid that is no text', members({ kid: 5 }), 'malformed-head'],
    ['crit', members({ crit: ['exp'] }), 'unsupported'],
    ['a key', members({ jwk: jwkOf(A) }), 'unsupported'],
    ['the URL of keys', members({ jku: 'https://example.com' }), 'unsupported'],
    ['b64', members({ b64: false }), 'unsupported'],
    ['a member __proto__', right.replace('{', '{"__proto__":{},'), 'unsupported'],
    ['a typ in other letters', members({ typ: typ.toUpperCase() }), 'unsupported'],
    ['the typ of the first version', members({ typ: typ.replace('v2', 'v1') }), 'unsupported'],
    ['a list', `[${right}]`, 'malformed-head'],
  ]
}

describe('R12, R55, R63: protected headers', () => {
  test.each(badHeaders('otaseal-link-v2'))('of a link with %s are refused', async (_, header, code) => {
    expect(await codeOf(linkOf(claims, { protected: header }))).toBe(code)
  })

  test.each(badHeaders('otaseal-trust-v2'))('of a trust update with %s are refused', async (_, header, code) => {
    const expected = code === 'malformed-head' ? 'bad-trust-store' : code
    expect(await updateVerdict(updateOf(next, [A], { protected: header }), store)).toBe(expected)
  })
})

describe('each kind of signature is for its own kind of text', () => {
  const types = { head: 'otaseal-head-v2', link: 'otaseal-link-v2', update: 'otaseal-trust-v2' } as const

  test.each(Object.entries(types))('R12: only a %s is signed as %s', async (kind, typ) => {
    const asHead = release([(payload) => signatureOver(payload, A, { protected: protectedText(A, { typ }) })])
    const asLink = release([K], [signed(typ, claims, A).join('.')])
    expect(await verdict(asHead, store)).toBe(kind === 'head' ? 'accepted A' : 'unsupported')
    expect(await verdict(asLink, store)).toBe(kind === 'link' ? 'accepted A' : 'unsupported')
    expect(await updateVerdict(updateOf(next, [A], { protected: { alg: A.alg, kid: A.kid, typ } }), store)).toBe(kind === 'update' ? 'changed A' : 'unsupported')
  })

  test('R12: a payload of one kind is none of another, whoever signed it', async () => {
    const header = JSON.parse(Buffer.from((JSON.parse(release([A]).head) as { payload: string }).payload, 'base64url').toString()) as object
    expect(await codeOf(linkOf(header))).toBe('unsupported')
    expect(await codeOf(linkOf(next))).toBe('unsupported')
    for (const payload of [header, claims]) expect(await updateVerdict(updateOf(next, [A], { payload: JSON.stringify(payload) }), store)).toBe('unsupported')
    for (const payload of [next, claims]) {
      const member = base64url(JSON.stringify(payload))
      const envelope = withHead(release([A]), (head) => Object.assign(head, { payload: member, signatures: [signatureOver(member, A)] }))
      expect(await verdict(envelope, store)).toBe('unsupported')
    }
  })
})

describe('R63: the form of a trust update', () => {
  const good = updateOf(next, [A])
  const text = JSON.stringify(next)
  const payload = (changed: string | Uint8Array): object => updateOf(next, [A], { payload: changed })
  const padded = (size: number): string => JSON.stringify(good) + ' '.repeat(size - JSON.stringify(good).length)

  test.each<readonly [string, TrustUpdateInput, string]>([
    ['without payload', without(good, 'payload'), 'bad-trust-store'],
    ['without signatures', without(good, 'signatures'), 'bad-trust-store'],
    ['with no signature', { ...good, signatures: [] }, 'bad-trust-store'],
    ['with nine signatures', { ...good, signatures: Array(9).fill(good.signatures[0]) }, 'bad-trust-store'],
    ['with a member of a later version', { ...good, later: 1 }, 'unsupported'],
    ['with an unprotected header', { ...good, signatures: [{ ...good.signatures[0], header: {} }] }, 'unsupported'],
    ['with payload twice', JSON.stringify(good).replace('{', '{"payload":"AA",'), 'bad-trust-store'],
    ['with a byte order mark', `\uFEFF${JSON.stringify(good)}`, 'bad-trust-store'],
    ['whose payload is an object', { ...good, payload: next }, 'bad-trust-store'],
    ['whose payload is padded', { ...good, payload: `${good.payload}=` }, 'bad-trust-store'],
    ['in which a signature is no text', { ...good, signatures: [{ ...good.signatures[0], signature: 5 }] }, 'bad-trust-store'],
    ['JWS compact', [good.signatures[0]?.protected, good.payload, good.signatures[0]?.signature].join('.'), 'bad-trust-store'],
    ['a trust store, unsigned', next, 'unsupported'],
    ['an empty text', '', 'bad-trust-store'],
    ['bytes that are not UTF-8', new Uint8Array([0xff]), 'bad-trust-store'],
    ['of 524,289 bytes', padded(524_289), 'bad-trust-store'],
    ['of a store with white space', payload(text.replace(':', ': ')), 'bad-trust-store'],
    ['of a store with epoch twice', payload(text.replace('{', '{"epoch":9,')), 'bad-trust-store'],
    ['of a store with 6.0 for 6', payload(text.replace(':6', ':6.0')), 'bad-trust-store'],
    ['of a store with __proto__', payload(text.replace('{', '{"__proto__":{},')), 'unsupported'],
    ['of a store of a later version', payload(text.replace('{', '{"later":1,')), 'unsupported'],
    ['of a store of 262,145 bytes', payload(' '.repeat(262_145)), 'bad-trust-store'],
    ['of a list of stores', payload(`[${text}]`), 'bad-trust-store'],
  ])('%s is refused', async (_, update, code) => {
    expect(await updateVerdict(update, store)).toBe(code)
  })

  test('is bounded by the bytes of its store, which may be 262,144', async () => {
    const names = (length: number): string[] => Array.from({ length }, (_, i) => `${i}`.padStart(128, 'a'))
    const wide = Array.from({ length: 15 }, () => entry(freshEd25519(), { apps: names(64), channels: names(64) }))
    const last = freshEd25519()
    const withLast = (apps: string[], channels: string[]): TrustStore =>
      ({ ...next, keys: [entry(A), ...wide, entry(last, { apps, channels })] })
    /** Names of the last key fill it up to the byte: each takes 131 with its quotation marks and comma. */
    const ofSize = (bytes: number): TrustStore => {
      const room = bytes - JSON.stringify(withLast(['b'], ['c'])).length
      const count = Math.floor(room / 131)
      const rest = room % 131
      const apps = ['b'.repeat(1 + Math.min(rest, 100)), ...names(Math.min(count, 60))]
      return withLast(apps, ['c'.repeat(1 + Math.max(rest - 100, 0)), ...names(Math.max(count - 60, 0))])
    }
    for (const [size, expected] of [[262_144, 'changed A'], [262_145, 'bad-trust-store']] as const) {
      expect(JSON.stringify(ofSize(size))).toHaveLength(size)
      expect(await updateVerdict(updateOf(ofSize(size), [A]), store)).toBe(expected)
      const given = verdict(release([A]), { ...ofSize(size), epoch: 1 })
      expect(await given).toBe(expected === 'changed A' ? 'accepted A' : expected)
    }
  })

  test('is free in its layout, and text, bytes or an object', async () => {
    const forms = [good, padded(524_288), Buffer.from(JSON.stringify(good, null, 2)), JSON.stringify(Object.fromEntries(Object.entries(good).reverse()))]
    for (const update of forms) expect(await updateVerdict(update, store)).toBe('changed A')
    for (const wrong of [5, undefined, null, true]) await expect(updateVerdict(wrong as unknown as string, store)).rejects.toThrow(TypeError)
  })
})
