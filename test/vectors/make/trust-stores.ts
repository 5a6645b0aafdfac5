import { createHash } from 'node:crypto'
import { NOW, backend, base64url, keys } from './publisher.js'
import { accepted, publicOf, publisher, refused, storeOf } from './vectors.js'
import type { ErrorCode } from '../../../src/errors.js'
import type { KeyMember } from '../../../src/format/scope.js'
import type { TrustStore, TrustStoreKey } from '../../../src/trust/store.js'
import type { Vector } from '../vector.js'

/** The thumbprint of a key whose numbers are canonical (RFC 7638). */
export function kidOf(key: KeyMember): string {
  const text = key.kty === 'RSA' ? JSON.stringify({ e: key.e, kty: key.kty, n: key.n }) : JSON.stringify({ crv: key.crv, kty: key.kty, x: key.x })
  return createHash('sha256').update(text).digest('base64url')
}

const bytesOf = (store: unknown): Uint8Array =>
  store instanceof Uint8Array ? store : Buffer.from(typeof store === 'string' ? store : JSON.stringify(store))

export function acceptedStore(name: string, keysOfIt: readonly KeyMember[], store: unknown): Vector {
  const output = keysOfIt.map((key) => `${kidOf(key)}\n`).join('')
  return accepted('trust-store', name, { input: bytesOf(store), output: Buffer.from(output) }, {})
}

export function refusedStore(code: ErrorCode, name: string, store: unknown): Vector {
  return refused('trust-store', [code, name], bytesOf(store), {})
}

export const second: KeyMember = publicOf(keys.second)

/** An honest store of two keys, and its text to be spoilt. */
export const good: TrustStore = storeOf([{ key: publisher }, { key: second }], { epoch: 3, minSequence: 900 })
export const text: string = JSON.stringify(good)

/** The same with members of the store, or of its first entry, that are others; `undefined` takes one out. */
export const storeWith = (more: Partial<Record<keyof TrustStore, unknown>>): unknown => ({ ...good, ...more })
export const entryWith = (more: Partial<Record<keyof TrustStoreKey | 'use', unknown>>): unknown => ({ ...good, keys: [{ ...good.keys[0], ...more }, good.keys[1]] })

/** A key that no one has: good enough for a store that nothing is verified with. */
export const someKey = (): KeyMember => {
  const x = backend.randomBytes(32)
  x[31] = (x[31] ?? 0) & 0x3f
  return { kty: 'OKP', crv: 'Ed25519', x: base64url(x) }
}

/** A modulus of so many bits, which is odd. */
export function modulusOf(bits: number): Uint8Array<ArrayBuffer> {
  const bytes = backend.randomBytes(Math.ceil(bits / 8))
  const top = (bits - 1) % 8
  bytes[0] = ((bytes[0] ?? 0) & ((1 << top) - 1)) | (1 << top)
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) | 1
  return bytes
}

export const rsaOf = (modulus: Uint8Array, e = 'AQAB'): KeyMember => ({ kty: 'RSA', n: base64url(modulus), e })

/** A trust store that white space makes exactly so long. */
const spaced = (length: number): string => `{${' '.repeat(length - text.length)}${text.slice(1)}`

const many = (count: number): KeyMember[] => Array.from({ length: count }, someKey)
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `com.example.app${i}`)
const LAST_SECOND = 253_402_300_799

/** R60 to R62, R10: trust stores that are right, at the edges of what may be. */
export function acceptedStores(): readonly Vector[] {
  const both = [publisher, second]
  const three = many(3) as [KeyMember, KeyMember, KeyMember]
  const scope = { notBefore: NOW, notAfter: NOW, apps: ['com.example.app'], channels: ['production', 'beta'] }
  const rsa = publicOf(keys.rsa4096)
  const bits3072 = modulusOf(3072)
  const most = many(64)
  const eight = many(8)
  const accept = acceptedStore
  return [
    accept('two keys', both, good),
    accept('one key of RSA-4096', [rsa], storeOf([{ key: rsa }])),
    accept('an RSA key of 3072 bits', [rsaOf(bits3072)], storeOf([{ key: rsaOf(bits3072) }])),
    ...[modulusOf(8192)].map((modulus) => accept('an RSA key of 8192 bits', [rsaOf(modulus)], storeOf([{ key: rsaOf(modulus) }]))),
    accept('a modulus with a zero byte before it, which is not of the kid', [rsaOf(bits3072)], storeOf([{ key: rsaOf(Buffer.concat([Buffer.of(0), bits3072])) }])),
    accept('a modulus with so many zero bytes before it that it takes 2,048 characters', [rsaOf(bits3072)], storeOf([{ key: rsaOf(Buffer.concat([Buffer.alloc(1536 - 384), bits3072])) }])),
    accept('an exponent with a zero byte before it, which is not of the kid', [rsaOf(bits3072)], storeOf([{ key: rsaOf(bits3072, 'AAEAAQ') }])),
    accept('all that an entry can have', three, storeOf([
      { key: three[0], ...scope }, { key: three[1], status: 'retired', lastSequence: 0, ...scope }, { key: three[2], status: 'revoked', ...scope },
    ])),
    accept('64 keys, in their order', most, storeOf(most.map((key) => ({ key })))),
    accept('a threshold of 8', eight, storeOf(eight.map((key) => ({ key })), { threshold: 8 })),
    accept('a threshold of all active keys, beside a retired one', three, storeOf([{ key: three[0] }, { key: three[1] }, { key: three[2], status: 'retired', lastSequence: 1 }], { threshold: 2 })),
    accept('the highest numbers', both, entryWith({ status: 'retired', lastSequence: 2 ** 53 - 1, notBefore: LAST_SECOND, notAfter: LAST_SECOND })),
    accept('the highest epoch and minSequence', both, storeWith({ epoch: 2 ** 53 - 1, minSequence: 2 ** 53 - 1 })),
    accept('the lowest numbers', both, { ...good, epoch: 1, minSequence: 0, keys: [{ ...good.keys[0], notBefore: 0, notAfter: 0 }, good.keys[1]] }),
    accept('64 apps and 64 channels', both, entryWith({ apps: names(64), channels: names(64) })),
    accept('names of one and of 128 characters, of all kinds', both, entryWith({ apps: ['a', 'A1._+-'.padEnd(128, 'z')] })),
    accept('the same name twice in apps', both, entryWith({ apps: ['a', 'a'] })),
    accept('white space between all tokens', both, JSON.stringify(good, null, '\t').replaceAll('\n', ' \r\n')),
    accept('white space before and behind it', both, ` \n${text}\r\n\t`),
    accept('its members in another order', both, {
      keys: good.keys.map(({ key, status }) => ({ status, key: Object.fromEntries(Object.entries(key).reverse()) })), minSequence: 900, threshold: 1, epoch: 3,
    }),
    accept('262,144 bytes', both, spaced(262_144)),
    accept('an Ed25519 key that is no point, which verifies nothing', [notOnCurve], storeOf([{ key: notOnCurve }])),
    accept('the highest y of an Ed25519 key that is canonical and not of small order', [highest], storeOf([{ key: highest }])),
  ]
}

/** No point of the curve has y = 2. */
const notOnCurve: KeyMember = { kty: 'OKP', crv: 'Ed25519', x: base64url(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 2 : 0))) }
/** y = p - 2, as RFC 8032 section 5.1.2 has it. */
const highest: KeyMember = { kty: 'OKP', crv: 'Ed25519', x: base64url(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0xeb : i === 31 ? 0x7f : 0xff))) }

/** What is no trust store by its JSON. */
export function jsonVectors(): readonly Vector[] {
  const refuse = (name: string, store: unknown): Vector => refusedStore('bad-trust-store', name, store)
  const replaced = (name: string, from: string, to: string): Vector => {
    if (!text.includes(from)) throw new Error(`nothing to replace: ${from}`)
    return refuse(name, text.replace(from, to))
  }
  return [
    refuse('no bytes', ''),
    refuse('no JSON', 'trust'),
    refuse('null', 'null'),
    refuse('a list of it', [good]),
    refuse('its text as a JSON string', JSON.stringify(text)),
    refuse('a cut at the end', text.slice(0, -1)),
    refuse('two of it', text + text),
    refuse('a comma behind the last member', text.replace(/\}$/, ',}')),
    refuse('a comment', `${text}//`),
    refuse('a byte order mark', `\ufeff${text}`),
    refuse('a no-break space before it', `\u00a0${text}`),
    refuse('UTF-16', Buffer.from(text, 'utf16le')),
    refuse('bytes that are no UTF-8', Buffer.from(text.replace('active', 'activ\u00ff'), 'latin1')),
    replaced('a member twice, of the same value', '"epoch":3', '"epoch":3,"epoch":3'),
    replaced('a member twice, the last of which is right', '"epoch":3', '"epoch":0,"epoch":3'),
    replaced('a member of an entry twice', '"status":"active"', '"status":"revoked","status":"active"'),
    replaced('a member of a key twice', '"crv":"Ed25519"', '"crv":"Ed25519","crv":"Ed25519"'),
    replaced('an escape in a string', '"active"', '"\\u0061ctive"'),
    replaced('an escape in a name', '"epoch"', '"\\u0065poch"'),
    replaced('a number with a fraction of zero', '"epoch":3', '"epoch":3.0'),
    replaced('a number with an exponent', '"minSequence":900', '"minSequence":9e2'),
    replaced('a number with a leading zero', '"epoch":3', '"epoch":03'),
    replaced('minus zero', '"minSequence":900', '"minSequence":-0'),
    replaced('white space in a name', '"epoch"', '"epo ch"'),
    replaced('white space in a value', '"active"', '"active "'),
    replaced('white space in a number', '"minSequence":900', '"minSequence":9 00'),
    replaced('names in single quotes', '"epoch"', "'epoch'"),
    replaced('lists nested 10,000 times', '"epoch":3', `"epoch":${'['.repeat(10_000)}${']'.repeat(10_000)}`),
    refuse('262,145 bytes', spaced(262_145)),
  ]
}

/** R60 to R62: members that are missing, unknown, or of values that can't be. */
export function memberVectors(): readonly Vector[] {
  const bad = (name: string, store: unknown): Vector => refusedStore('bad-trust-store', name, store)
  const unknown = (name: string, store: unknown): Vector => refusedStore('unsupported', name, store)
  const [first, other] = good.keys as [TrustStoreKey, TrustStoreKey]
  const keyWith = (more: object): unknown => entryWith({ key: { ...publisher, ...more } })
  const [third, fourth] = many(2) as [KeyMember, KeyMember]
  const nine = many(9)
  const modulus = modulusOf(3072)
  return [
    ...(['epoch', 'threshold', 'minSequence', 'keys'] as const).map((name) => bad(`no ${name}`, storeWith({ [name]: undefined }))),
    ...[0, -1, 1.5, 2 ** 53, '3', null, true].map((value) => bad(`an epoch of ${JSON.stringify(value)}`, storeWith({ epoch: value }))),
    ...[0, 1.5, '1'].map((value) => bad(`a threshold of ${JSON.stringify(value)}`, storeWith({ threshold: value }))),
    ...[-1, 0.5, 2 ** 53, null].map((value) => bad(`a minSequence of ${JSON.stringify(value)}`, storeWith({ minSequence: value }))),
    bad('a threshold above the number of keys', storeWith({ threshold: 3 })),
    bad('a threshold that only a retired key would reach', storeOf([{ key: publisher }, { key: second, status: 'retired', lastSequence: 9 }], { threshold: 2 })),
    bad('a threshold that only a revoked key would reach', storeOf([{ key: publisher }, { key: second, status: 'revoked' }], { threshold: 2 })),
    bad('a threshold of 9, of nine active keys', storeOf(nine.map((key) => ({ key })), { threshold: 9 })),
    bad('no active key', storeOf([{ key: publisher, status: 'revoked' }])),
    bad('65 keys', storeOf(many(65).map((key) => ({ key })))),
    bad('keys that are no list', storeWith({ keys: { 0: first } })),
    bad('an entry that is null', storeWith({ keys: [first, null] })),
    bad('an entry that is a list', storeWith({ keys: [first, [other]] })),
    bad('an entry without a key', entryWith({ key: undefined })),
    bad('an entry without a status', entryWith({ status: undefined })),
    bad('a key that is text', entryWith({ key: kidOf(publisher) })),
    ...['Active', 'expired', '', 1, null, ['active']].map((value) => bad(`a status of ${JSON.stringify(value)}`, entryWith({ status: value }))),
    bad('a retired key without lastSequence', entryWith({ status: 'retired' })),
    bad('an active key with lastSequence', entryWith({ lastSequence: 9 })),
    bad('a revoked key with lastSequence', entryWith({ status: 'revoked', lastSequence: 9 })),
    ...[-1, 2 ** 53, '9'].map((value) => bad(`a lastSequence of ${JSON.stringify(value)}`, entryWith({ status: 'retired', lastSequence: value }))),
    ...[-1, 0.5, LAST_SECOND + 1, '0'].map((value) => bad(`a notBefore of ${JSON.stringify(value)}`, entryWith({ notBefore: value }))),
    ...[-1, LAST_SECOND + 1].map((value) => bad(`a notAfter of ${JSON.stringify(value)}`, entryWith({ notAfter: value }))),
    bad('a notAfter before its notBefore', entryWith({ notBefore: NOW, notAfter: NOW - 1 })),
    bad('no name in apps', entryWith({ apps: [] })),
    bad('no name in channels', entryWith({ channels: [] })),
    bad('65 apps', entryWith({ apps: names(65) })),
    bad('65 channels', entryWith({ channels: names(65) })),
    bad('apps that are one name', entryWith({ apps: 'com.example.app' })),
    bad('an app that is a number', entryWith({ apps: [7] })),
    ...['', 'a'.repeat(129), 'a/b', 'a*', 'é'].map((name) => bad(`an app of the name ${JSON.stringify(name).slice(0, 12)}, ${name.length} characters`, entryWith({ apps: [name] }))),
    bad('a channel that is no name', entryWith({ channels: ['production', 'a:b'] })),
    bad('the same key twice', storeOf([{ key: publisher }, { key: second }, { key: publisher }])),
    bad('the same key twice, once revoked', storeOf([{ key: publisher }, { key: second }, { key: publisher, status: 'revoked' }])),
    bad('the same RSA key twice, once with a zero byte before its modulus', storeOf([{ key: rsaOf(modulus) }, { key: rsaOf(Buffer.concat([Buffer.of(0), modulus])) }])),
    unknown('an unknown member', { ...good, version: 1 }),
    unknown('a member __proto__', text.replace('{', '{"__proto__":{},')),
    unknown('a member constructor', { ...good, constructor: 1 }),
    unknown('an unknown member of an entry', entryWith({ use: 'sig' })),
    unknown('a member __proto__ of an entry', text.replace('{"status":', '{"__proto__":{},"status":')),
    unknown('a key with its kid', keyWith({ kid: kidOf(publisher) })),
    unknown('a key with an alg', keyWith({ alg: 'Ed25519' })),
    unknown('a key with key_ops', keyWith({ key_ops: ['verify'] })),
    unknown('an RSA key with a crv', storeOf([{ key: { ...rsaOf(modulus), crv: 'Ed25519' } as KeyMember }, { key: third }])),
    unknown('a key for X25519', storeOf([{ key: publicOf(keys.x25519) }, { key: fourth }])),
    unknown('a kind of key that is not known', storeOf([{ key: { kty: 'EC', crv: 'P-256', x: keys.p256.x, y: keys.p256.y } as unknown as KeyMember }, { key: third }])),
  ]
}
