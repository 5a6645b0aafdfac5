import { withOrder, withTorsion } from './ed25519.js'
import { jwk, pemOf, publicOf, publisher, refusedEnvelope as refused, serverAccepts, storeOf } from './vectors.js'
import {
  CREATED, NOW, base64url, fileOf, flipped, fromBase64url, headOf, keys, link, seal, signatureBy, resigned, signed, withHead, withHeader, withSignature,
} from './publisher.js'
import type { ErrorCode } from '../../../src/errors.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { TrustStoreKey } from '../../../src/trust/store.js'
import type { RawHead } from './publisher.js'
import type { DeviceVectorOptions, Vector } from '../vector.js'

const SIZE = 10

/** What is wrong with a file or with the form of its head. */
export async function formVectors(): Promise<readonly Vector[]> {
  const sealed = await seal(SIZE)
  const file = fileOf(sealed)
  const edited = (edit: (head: string) => string): EnvelopeParts => ({ head: edit(sealed.head), payload: sealed.payload })
  return [
    refused('not-an-envelope', 'another first byte', flipped(file, 0)),
    refused('not-an-envelope', 'its base64 text', Buffer.from(Buffer.from(file.subarray(0, 60)).toString('base64'))),
    refused('unsupported', 'the next version', file.map((byte, i) => (i === 5 ? 0x33 : byte))),
    refused('unsupported', 'an unknown member of the head', withHead(sealed, (head) => Object.assign(head, { crit: [] }))),
    refused('unsupported', 'an unknown member of the signed header', await withHeader(sealed, (header) => Object.assign(header, { crit: 1 }))),
    refused('unsupported', 'a cipher that is not known', await withHeader(sealed, (header) => (header.body.alg = 'AES-128-GCM'))),
    refused('unsupported', 'a typ of something else', withSignature(sealed, signed, { typ: 'JWT' })),
    refused('malformed-head', 'no JSON', { head: 'head', payload: sealed.payload }),
    refused('malformed-head', 'a member twice', edited((head) => head.replace('{', '{"keys":[],'))),
    refused('malformed-head', 'white space in the signed header', await resigned(sealed, (header) => header.replace(',', ', '))),
    refused('malformed-head', 'no version', await withHeader(sealed, (header) => delete (header as Partial<typeof header>).version)),
    refused('limit-exceeded', 'a head that claims 4 GiB', file.map((byte, i) => (i >= 8 && i < 12 ? 0xff : byte))),
    refused('limit-exceeded', 'nine signatures', withHead(sealed, (head) => (head.signatures = Array.from({ length: 9 }, () => head.signatures).flat()))),
    refused('limit-exceeded', 'too many chunks', await withHeader(sealed, (header) => (header.bundle.size = 2 ** 40))),
  ]
}

/** Whom a device doesn't believe. */
export async function signatureVectors(): Promise<readonly Vector[]> {
  const sealed = await seal(SIZE)
  const rsa = await seal(SIZE, { signer: keys.rsa4096 })
  const second = await seal(SIZE, { signer: keys.second })
  const byStranger = await signatureBy(keys.stranger, headOf(sealed).payload)
  const flipSignature = (envelope: EnvelopeParts): EnvelopeParts =>
    withHead(envelope, ({ signatures: [first] }) => Object.assign(first as object, { signature: base64url(flipped(fromBase64url((first as { signature: string }).signature), 40)) }))
  return [
    refused('untrusted-key', 'signed by another key', withHead(sealed, (head) => (head.signatures = [byStranger]))),
    refused('bad-signature', 'a flipped bit in a signature of Ed25519', flipSignature(sealed)),
    refused('bad-signature', 'a header changed after it was signed by RSA-4096', withHead(rsa, raiseVersion), { trust: publicOf(keys.rsa4096) }),
    refused('bad-signature', 'a header changed after it was signed by Ed25519', withHead(sealed, raiseVersion)),
    refused('bad-signature', 'by another key under the name of the trusted one', withHead(sealed, ({ signatures: [first] }) =>
      Object.assign(first as object, { signature: byStranger.signature }))),
    refused('bad-signature', 'alg none', withSignature(sealed, () => new Uint8Array(0), { alg: 'none' })),
    refused('bad-signature', 'the algorithm of another kind of key', withSignature(sealed, signed, { alg: 'PS256' })),
    refused('bad-signature', 'a signature of zeros', withSignature(sealed, () => new Uint8Array(64))),
    refused('bad-signature', 'R with a component of small order', withSignature(sealed, withTorsion)),
    refused('bad-signature', 'S not below the group order', withSignature(sealed, withOrder)),
    refused('bad-signature', 'one key named twice', withHead(sealed, (head) => (head.signatures = [...head.signatures, ...head.signatures]))),
    refused('threshold-not-met', 'one signature of two', sealed, { trust: storeOf([{ key: publisher }, { key: publicOf(keys.second) }], { threshold: 2 }) }),
    refused('revoked-key', 'a key that the store has as revoked', second, {
      trust: storeOf([{ key: publisher }, { key: publicOf(keys.second), status: 'revoked' }]),
    }),
  ]
}

function raiseVersion(head: RawHead): void {
  const header = JSON.parse(Buffer.from(head.payload, 'base64url').toString()) as object
  head.payload = base64url(JSON.stringify({ ...header, version: '9.9.9' }))
}

/** Which releases a device doesn't take, whoever signed them. */
export async function claimVectors(): Promise<readonly Vector[]> {
  const sealed = await seal(SIZE, { runtime: 'ios-7', expires: NOW + 100 })
  const demand = (code: ErrorCode, name: string, more: Partial<DeviceVectorOptions>): Vector => refused(code, name, sealed, more)
  const limited = (entry: Partial<TrustStoreKey>): Partial<DeviceVectorOptions> =>
    ({ trust: storeOf([{ key: publisher, ...entry }, { key: publicOf(keys.second) }]) })
  return [
    demand('wrong-app', 'the device is another app', { app: 'com.example.other' }),
    demand('wrong-channel', 'the device is on another channel', { channel: 'beta' }),
    refused('wrong-channel', 'a release without a channel', await seal(SIZE, { channel: undefined })),
    demand('wrong-runtime', 'the device has another runtime', { runtime: 'ios-8' }),
    demand('wrong-type', 'the device wants another type', { type: 'application/zip' }),
    demand('rollback', 'the release that is installed', { lastSequence: 1000 }),
    demand('rollback', 'not above minSequence of the trust store', { trust: storeOf([{ key: publisher }], { minSequence: 1000 }) }),
    demand('expired', 'the moment that it expires', { now: NOW + 100 }),
    demand('too-large', 'a byte more than maxSize', { maxSize: SIZE - 1 }),
    demand('out-of-scope', 'a key for another app', limited({ apps: ['com.example.other'] })),
    demand('out-of-scope', 'a retired key above its lastSequence', limited({ status: 'retired', lastSequence: 999 })),
    demand('not-yet-valid', 'a second before the key is valid', limited({ notBefore: NOW + 1 })),
    demand('expired', 'a second after the key was valid', limited({ notAfter: NOW - 1 })),
    ...(await linkVectors()),
  ]
}

async function linkVectors(): Promise<readonly Vector[]> {
  const scope = { key: publicOf(keys.second), notBefore: CREATED, notAfter: NOW }
  const honest = { chain: await link(keys.ed25519, scope), roots: publisher }
  const sealed = await seal(SIZE, { signer: keys.second, ...honest })
  const other = await link(keys.ed25519, { ...scope, channels: ['beta'] })
  return [
    refused('expired', 'a second after the link was valid', sealed, { now: NOW + 1 }),
    refused('not-yet-valid', 'a second before the link is valid', sealed, { now: CREATED - 1 }),
    refused('out-of-scope', 'a link for another channel', withHead(sealed, (head) => (head.chain = [other]))),
    refused('untrusted-key', 'a link that is missing', withHead(sealed, (head) => delete head.chain)),
  ]
}

/** Keys that no device takes as its own. */
export async function keyVectors(): Promise<readonly Vector[]> {
  const sealed = await seal(SIZE)
  const pem = pemOf(publisher)
  const rsa = publicOf(keys.rsa4096)
  const modulus = fromBase64url(keys.rsa4096.n)
  const overPrime = Buffer.from(`ee${'ff'.repeat(30)}7f`, 'hex')
  const forP256 = await seal(SIZE, { readers: [{ kty: 'EC', crv: 'P-256', x: keys.p256.x, y: keys.p256.y }] })
  const { x } = keys.p256
  const offCurve = jwk({ ...keys.p256, x: base64url(flipped(fromBase64url(x), 20)) })
  return [
    refused('bad-key', 'a trusted key cut in half', sealed, { trust: pem.replace(/A.*\n-----END/, '\n-----END') }),
    refused('bad-key', 'a trusted key of small order', sealed, { trust: { ...publisher, x: base64url(flipped(new Uint8Array(32), 0)) } }),
    refused('bad-key', 'a trusted key that is the field prime and one', sealed, { trust: { ...publisher, x: base64url(overPrime) } }),
    refused('bad-key', 'a trusted RSA key that is even', sealed, { trust: { ...rsa, n: base64url(flipped(modulus, modulus.length - 1)) } }),
    serverAccepts(refused('bad-key', 'a reader key that is not on its curve', forP256, { reader: offCurve })),
    refused('bad-trust-store', 'demands more keys than there are', sealed, { trust: storeOf([{ key: publisher }], { threshold: 2 }) }),
    refused('bad-trust-store', 'the same key twice', sealed, { trust: storeOf([{ key: publisher }, { key: publisher }]) }),
  ]
}
