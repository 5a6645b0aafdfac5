import { CREATED, NOW, base64url, flipped, fromBase64url, headOf, keys, seal, signatureBy, withHead } from './publisher.js'
import { acceptedHead, publicOf, publisher, refusedHead, storeOf } from './vectors.js'
import type { SignatureText } from '../../../src/build/sign-head.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { ErrorCode } from '../../../src/errors.js'
import type { TrustStore, TrustStoreKey } from '../../../src/trust/store.js'
import type { DeviceVectorOptions, Vector } from '../vector.js'

type Demands = Partial<DeviceVectorOptions>
type Entry = Partial<TrustStoreKey>

const second = publicOf(keys.second)
/** The publisher's key with what limits it, beside an active one, without which a store can't be. */
const limited = (entry: Entry, more: Partial<TrustStore> = {}): TrustStore => storeOf([{ key: publisher, ...entry }, { key: second }], more)
const two = (first: Entry, other: Entry, more: Partial<TrustStore> = {}): Demands =>
  ({ trust: storeOf([{ key: publisher, ...first }, { key: second, ...other }, { key: publicOf(keys.stranger) }], more) })

/** What a device demands, at its edge and beyond (R44 to R49). */
export async function claimEdges(): Promise<readonly Vector[]> {
  const full = await seal(10, { runtime: 'ios-7', type: 'application/zip', expires: NOW + 100 })
  const plain = await seal(10, { channel: undefined })
  const good = (name: string, demands: Demands): Vector => acceptedHead(`claims: ${name}`, 10, full, demands)
  const bad = (code: ErrorCode, name: string, demands: Demands): Vector => refusedHead(code, `claims: ${name}`, full, demands)
  return [
    good('the sequence after the installed one', { lastSequence: 999 }),
    bad('rollback', 'the sequence that is installed', { lastSequence: 1000 }),
    bad('rollback', 'a higher sequence is installed', { lastSequence: Number.MAX_SAFE_INTEGER }),
    good('the sequence after minSequence', { lastSequence: null, trust: limited({}, { minSequence: 999 }) }),
    bad('rollback', 'minSequence itself, and no demand of the device', { lastSequence: null, trust: limited({}, { minSequence: 1000 }) }),
    good('the last second before it expires', { now: NOW + 99 }),
    bad('expired', 'the second in which it expires', { now: NOW + 100 }),
    good('the last second of clockTolerance', { now: NOW + 159, clockTolerance: 60 }),
    bad('expired', 'a second more than clockTolerance', { now: NOW + 160, clockTolerance: 60 }),
    good('created is after now', { now: CREATED - 1 }),
    good('a size of exactly maxSize', { maxSize: 10 }),
    bad('too-large', 'a byte more than maxSize', { maxSize: 9 }),
    bad('wrong-app', 'another app', { app: 'com.example.ap' }),
    bad('wrong-app', 'the app in other case', { app: 'com.example.App' }),
    good('any app', { app: null }),
    bad('wrong-channel', 'the channel in other case', { channel: 'Production' }),
    good('any channel', { channel: null }),
    good('the runtime and the type', { runtime: 'ios-7', type: 'application/zip' }),
    bad('wrong-runtime', 'another runtime', { runtime: 'ios-70' }),
    bad('wrong-type', 'the type in other case', { type: 'application/ZIP' }),
    refusedHead('wrong-channel', 'claims: no channel in the header', plain),
    refusedHead('wrong-runtime', 'claims: no runtime in the header', plain, { channel: null, runtime: 'ios-7' }),
    acceptedHead('claims: no channel, and none demanded', 10, plain, { channel: null }),
  ]
}

/** What a key may sign, at its edge and beyond (R57, R59). */
export async function scopeEdges(): Promise<readonly Vector[]> {
  const sealed = await seal(10)
  const plain = await seal(10, { channel: undefined })
  const good = (name: string, entry: Entry, more: Demands = {}): Vector => acceptedHead(`scope: ${name}`, 10, sealed, { trust: limited(entry), ...more })
  const bad = (code: ErrorCode, name: string, entry: Entry, more: Demands = {}): Vector => refusedHead(code, `scope: ${name}`, sealed, { trust: limited(entry), ...more })
  return [
    good('the first second of the key', { notBefore: NOW }),
    bad('not-yet-valid', 'a second before the key', { notBefore: NOW + 1 }),
    good('the last second of the key', { notAfter: NOW }),
    bad('expired', 'a second after the key', { notAfter: NOW - 1 }),
    good('a key for one second', { notBefore: NOW, notAfter: NOW }),
    good('clockTolerance before the key', { notBefore: NOW + 60 }, { clockTolerance: 60 }),
    bad('not-yet-valid', 'a second more than clockTolerance before the key', { notBefore: NOW + 61 }, { clockTolerance: 60 }),
    good('clockTolerance after the key', { notAfter: NOW - 60 }, { clockTolerance: 60 }),
    bad('expired', 'a second more than clockTolerance after the key', { notAfter: NOW - 61 }, { clockTolerance: 60 }),
    good('one of the apps and one of the channels', { apps: ['a', 'com.example.app'], channels: ['production', 'beta'] }),
    bad('out-of-scope', 'another app', { apps: ['com.example.app2'] }),
    bad('out-of-scope', 'another channel', { channels: ['beta', 'Production'] }),
    refusedHead('out-of-scope', 'scope: a key with channels, and a header without one', plain, { trust: limited({ channels: ['production'] }), channel: null }),
    good('a retired key and its last sequence', { status: 'retired', lastSequence: 1000 }),
    bad('out-of-scope', 'a retired key and the sequence after its last', { status: 'retired', lastSequence: 999 }),
    bad('revoked-key', 'a revoked key', { status: 'revoked' }),
    acceptedHead('scope: a trust store with a revoked key that has not signed', 10, sealed, two({}, { status: 'revoked' })),
  ]
}

/** How many keys must have signed, and which error is told of several (R26). */
export async function thresholds(): Promise<readonly Vector[]> {
  const sealed = await seal(10, { signer: [keys.ed25519, keys.second] })
  const { signatures, payload } = headOf(sealed)
  const [first, other] = signatures as [SignatureText, SignatureText]
  const broken = (one: SignatureText): SignatureText => ({ ...one, signature: base64url(flipped(fromBase64url(one.signature), 40)) })
  const with_ = (...list: SignatureText[]): EnvelopeParts => withHead(sealed, (head) => (head.signatures = list))
  const unknown = await signatureBy(keys.unknown, payload)
  const late = { notBefore: NOW + 1 }
  const past = { notAfter: NOW - 1 }
  const beta = { channels: ['beta'] }
  const demandsTwo = { threshold: 2 }
  return [
    acceptedHead('threshold: two of three keys', 10, sealed, two({}, {}, demandsTwo)),
    acceptedHead('threshold: two, and an unknown signature', 10, with_(unknown, first, other), two({}, {}, demandsTwo)),
    refusedHead('threshold-not-met', 'two of three keys, and one has signed', with_(first), two({}, {}, demandsTwo)),
    refusedHead('threshold-not-met', 'one counts, and the other is broken', with_(first, broken(other)), two({}, {}, demandsTwo)),
    refusedHead('threshold-not-met', 'one counts, and the other is not valid yet', sealed, two({}, late, demandsTwo)),
    refusedHead('threshold-not-met', 'one counts, and the other is named twice', with_(first, other, other), two({}, {}, demandsTwo)),
    refusedHead('revoked-key', 'one of two counts, and the other is revoked', sealed, {
      trust: storeOf([{ key: publisher }, { key: second, status: 'revoked' }, { key: publicOf(keys.stranger) }], demandsTwo),
    }),
    acceptedHead('threshold: one, and the other key is revoked', 10, sealed, two({}, { status: 'revoked' })),
    acceptedHead('threshold: one, and the other key has expired', 10, sealed, two(past, {})),
    refusedHead('bad-signature', 'a revoked key named in a signature that does not verify', with_(broken(other)), two({}, { status: 'revoked' })),
    refusedHead('revoked-key', 'a revoked key that is named twice', with_(other, other), two({}, { status: 'revoked' })),
    refusedHead('revoked-key', 'told before bad-signature', with_(broken(first), other), two({}, { status: 'revoked' })),
    refusedHead('bad-signature', 'told before expired', with_(broken(other), first), two(past, {})),
    refusedHead('expired', 'told before not-yet-valid', sealed, two(late, past)),
    refusedHead('not-yet-valid', 'told before out-of-scope', sealed, two(beta, late)),
    refusedHead('out-of-scope', 'told before untrusted-key', with_(unknown, first), two(beta, {})),
    refusedHead('out-of-scope', 'of one signature, told before that it has expired', with_(first), two({ ...beta, ...past }, {})),
  ]
}
