import { createHash } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { HEAD_TYPE } from '../../../src/format/head.js'
import { CREATED, NOW, base64url, keys, link, seal, signatureBy, withHead } from './publisher.js'
import { kidOf, modulusOf, rsaOf, second } from './trust-stores.js'
import { acceptedHead, publicOf, publisher, refusedHead, storeOf } from './vectors.js'
import type { EncryptOptions } from '../../../src/build/options.js'
import type { ErrorCode } from '../../../src/errors.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { LinkClaims } from '../../../src/format/link.js'
import type { KeyMember } from '../../../src/format/scope.js'
import type { KeyInput } from '../../../src/keys/types.js'
import type { TrustStore, TrustStoreKey } from '../../../src/trust/store.js'
import type { DeviceVectorOptions, Vector } from '../vector.js'

type HeadVector = Vector<DeviceVectorOptions>
type Demands = Partial<DeviceVectorOptions>

export const SIZE = 10
const rsa: KeyMember = publicOf(keys.rsa4096)
const stranger: KeyMember = publicOf(keys.stranger)

/** Of no device and no link. */
function keyOf(name: string): { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string; readonly d: string } {
  const d = createHash('sha256').update(name).digest()
  return { kty: 'OKP', crv: 'Ed25519', x: base64url(ed25519.getPublicKey(d)), d: base64url(d) }
}

/** What the roots let the release key, the second one, do. */
export const claims: LinkClaims = { key: second, notBefore: CREATED, notAfter: NOW }
const full: LinkClaims = { ...claims, apps: ['com.example.app'], channels: ['production'], maxSequence: 1000 }

/** A release that the release key has signed in the place of the root; of other links the slots are the same. */
export async function released(more: Partial<EncryptOptions> = {}): Promise<EnvelopeParts> {
  return seal(SIZE, { signer: keys.second, chain: await link(keys.ed25519, claims), roots: publisher, ...more })
}

export const withChain = (envelope: EnvelopeParts, ...chain: readonly unknown[]): EnvelopeParts => withHead(envelope, (head) => (head.chain = chain as string[]))

const rootWith = (more: Partial<TrustStoreKey>, others: readonly KeyMember[] = [stranger]): TrustStore =>
  storeOf([{ key: publisher, ...more }, ...others.map((key) => ({ key }))])
const both = (more: Partial<TrustStore> = {}): TrustStore => storeOf([{ key: publisher }, { key: rsa }], more)

/** R55 to R59: chains by which a signature counts. */
export async function acceptedChains(): Promise<readonly HeadVector[]> {
  const sealed = await released()
  const accept = (name: string, envelope: EnvelopeParts, more?: Demands): HeadVector => acceptedHead(name, SIZE, envelope, more)
  const by = async (name: string, change: Partial<LinkClaims>, more?: Demands): Promise<HeadVector> =>
    accept(name, withChain(sealed, await link(keys.ed25519, { ...claims, ...change })), more)
  const root = (name: string, more: Partial<TrustStoreKey>): HeadVector => accept(name, sealed, { trust: rootWith(more) })
  const honest = await link(keys.ed25519, claims)
  const byRsa = await link(keys.rsa4096, claims)
  const expired = await link(keys.ed25519, { ...claims, notAfter: CREATED })
  const names = Array.from({ length: 63 }, (_, i) => `com.example.app${i}`)
  const twoRoots = await released({ chain: [honest, byRsa], roots: [publisher, rsa] })
  const strangers = await link(keys.ed25519, { ...claims, key: stranger })
  const twoReleases = await released({ signer: [keys.second, keys.stranger], chain: [honest, await link(keys.rsa4096, { ...claims, key: stranger })], roots: [publisher, rsa] })
  return [
    accept('a release key that a link names', sealed),
    await by('a link with all that it can have, at its edges', full),
    await by('a link from the first to the last second there is', { notBefore: 0, notAfter: 253_402_300_799 }),
    await by('a link that begins now', { notBefore: NOW }),
    await by('a link that clockTolerance lets in early', { notBefore: NOW + 60, notAfter: NOW + 60 }, { clockTolerance: 60 }),
    await by('a link that clockTolerance lets in late', {}, { now: NOW + 60, clockTolerance: 60 }),
    await by('a link of the highest maxSequence', { maxSequence: 2 ** 53 - 1 }),
    await by('a link of 64 apps, the last of which is the right one', { apps: [...names, 'com.example.app'] }),
    await by('a link of 64 channels, the last of which is the right one', { channels: [...names, 'production'] }),
    accept('a link by RSA-4096', await released({ chain: byRsa, roots: rsa }), { trust: rsa }),
    accept('a link for RSA-4096', await released({ signer: keys.rsa4096, chain: await link(keys.ed25519, { ...claims, key: rsa }) })),
    accept('a link without channels, of a release without a channel', await released({ channel: undefined }), { channel: null }),
    root('a root for the right app and channel', { apps: ['com.example.app'], channels: ['production'] }),
    root('a root that is valid from now', { notBefore: NOW }),
    root('a root that is valid until now', { notAfter: NOW }),
    accept('members of a link in another order', withChain(sealed, await link(keys.ed25519, Object.fromEntries(Object.entries(full).reverse()) as unknown as LinkClaims))),
    accept('eight links, the last of which fits', withChain(sealed, ...(Array.from({ length: 7 }, () => expired)), honest)),
    accept('a link by a stranger before one that fits', withChain(sealed, await link(keyOf('intruder'), claims), honest)),
    accept('a link whose signature does not hold, before one that fits', withChain(sealed, spoilt(honest), honest)),
    accept('a link for a key that nobody may have, before one that fits', withChain(sealed, await link(keys.ed25519, { ...claims, key: rsaOf(modulusOf(2048)) }), honest)),
    accept('a link for a key that has not signed, before one that fits', withChain(sealed, strangers, honest)),
    accept('the same link twice', withChain(sealed, honest, honest)),
    accept('a link by a revoked root before one that fits', twoRoots, { trust: storeOf([{ key: publisher, status: 'revoked' }, { key: rsa }]) }),
    accept('a link of the root that the device does not know before one that fits', twoRoots, { trust: rsa }),
    accept('two release keys, each of a root of its own, of a threshold of 2', twoReleases, { trust: both({ threshold: 2 }) }),
    accept('a release key and the other root itself, of a threshold of 2', await withRootSignature(twoRoots), { trust: both({ threshold: 2 }) }),
    accept('a release key that the trust store has as retired, which counts by its link', sealed, { trust: storeOf([{ key: publisher }, { key: second, status: 'retired', lastSequence: 999 }]) }),
    accept('a release key that is itself out of scope, which counts by its link', sealed, { trust: storeOf([{ key: publisher }, { key: second, channels: ['beta'] }]) }),
    accept('a signature of a stranger beside one that counts by its link', await released({ signer: [keys.second, keys.stranger], chain: [honest, strangers] })),
  ]
}

/** A link with another last byte of its signature. */
const spoilt = (text: string): string => {
  const [header, payload, signature] = text.split('.') as [string, string, string]
  const bytes = Buffer.from(signature, 'base64url')
  return [header, payload, base64url(bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte)))].join('.')
}

/** The release key counts for the first root, and the second one has signed as well. */
async function withRootSignature(envelope: EnvelopeParts): Promise<EnvelopeParts> {
  const { payload } = JSON.parse(envelope.head) as { payload: string }
  const signature = await signatureBy(keys.rsa4096, payload)
  return withHead(envelope, (head) => (head.signatures = [...head.signatures, signature]))
}

/** R25, R26, R56 to R59: chains by which none counts, or too few. */
export async function refusedChains(): Promise<readonly HeadVector[]> {
  const sealed = await released()
  const honest = await link(keys.ed25519, claims)
  const refuse = (code: ErrorCode, name: string, envelope: EnvelopeParts, more?: Demands): HeadVector => refusedHead(code, name, envelope, more)
  const by = async (code: ErrorCode, name: string, change: Partial<LinkClaims>, more?: Demands): Promise<HeadVector> =>
    refuse(code, name, withChain(sealed, await link(keys.ed25519, { ...claims, ...change })), more)
  const root = (code: ErrorCode, name: string, more: Partial<TrustStoreKey>, demands: Demands = {}): HeadVector => refuse(code, name, sealed, { trust: rootWith(more), ...demands })
  const linkBy = async (key: KeyInput, change: Partial<LinkClaims> = {}): Promise<string> => link(key, { ...claims, ...change })
  const noChannel = await released({ channel: undefined })
  const [header, payload, signature] = honest.split('.') as [string, string, string]
  const changedClaims = base64url(Buffer.from(payload, 'base64url').toString().replace(`"notAfter":${NOW}`, `"notAfter":${NOW + 1}`))
  const renamed = base64url(Buffer.from(header, 'base64url').toString().replace('Ed25519', 'PS256'))
  const byIntruder = (await linkBy(keyOf('intruder'))).split('.')[2] as string
  return [
    refuse('untrusted-key', 'no chain', withHead(sealed, (head) => delete head.chain)),
    refuse('untrusted-key', 'a link for another key', withChain(sealed, await linkBy(keys.ed25519, { key: stranger }))),
    refuse('untrusted-key', 'a link by a stranger', withChain(sealed, await linkBy(keyOf('intruder')))),
    refuse('untrusted-key', 'a link that the release key has signed for itself', withChain(sealed, await linkBy(keys.second))),
    refuse('untrusted-key', 'a link by a key that is only delegated', withChain(sealed, await linkBy(keys.ed25519, { key: stranger }), await linkBy(keys.stranger))),
    refuse('untrusted-key', 'a link by a key that is only delegated, before the link of that', withChain(sealed, await linkBy(keys.stranger), await linkBy(keys.ed25519, { key: stranger }))),
    refuse('untrusted-key', 'a link for a point of small order, under which everyone can sign', await withSmallOrder(sealed)),
    refuse('bad-signature', 'a flipped bit in the signature of a link', withChain(sealed, spoilt(honest))),
    refuse('bad-signature', 'a link that was changed after it was signed', withChain(sealed, [header, changedClaims, signature].join('.'))),
    refuse('bad-signature', 'a link by a stranger under the name of the root', withChain(sealed, [header, payload, byIntruder].join('.'))),
    refuse('bad-signature', 'a link of the algorithm of another kind of key', withChain(sealed, [renamed, payload, signature].join('.'))),
    refuse('bad-signature', 'a link with a signature of 63 bytes', withChain(sealed, [header, payload, base64url(Buffer.from(signature, 'base64url').subarray(0, 63))].join('.'))),
    refuse('bad-signature', 'a flipped bit in the signature of the release key', withHead(sealed, (head) => {
      const [first] = head.signatures as [{ protected: string; signature: string }]
      head.signatures = [{ ...first, signature: base64url(Buffer.from(first.signature, 'base64url').map((byte, i) => (i === 40 ? byte ^ 1 : byte))) }]
    })),
    refuse('bad-signature', 'the release key named twice', withHead(sealed, (head) => (head.signatures = [...head.signatures, ...head.signatures]))),
    root('revoked-key', 'a link by a revoked root', { status: 'revoked' }),
    refuse('revoked-key', 'a release key that is revoked, by a link that fits', sealed, { trust: storeOf([{ key: publisher }, { key: second, status: 'revoked' }]) }),
    await by('out-of-scope', 'a link for another app', { apps: ['com.example.other'] }),
    await by('out-of-scope', 'a link for another channel', { channels: ['beta'] }),
    await by('out-of-scope', 'a link for an app in capitals', { apps: ['COM.EXAMPLE.APP'] }),
    refuse('out-of-scope', 'a link with channels, of a release without a channel', withChain(noChannel, await linkBy(keys.ed25519, { channels: ['production'] })), { channel: null }),
    await by('out-of-scope', 'a sequence above maxSequence of the link', { maxSequence: 999 }),
    root('out-of-scope', 'a link by a root for another app', { apps: ['com.example.other'] }),
    root('out-of-scope', 'a link by a root for another channel', { channels: ['beta'] }),
    root('out-of-scope', 'a link by a retired root, below its lastSequence', { status: 'retired', lastSequence: 2000 }),
    refuse('out-of-scope', 'a link by a root with channels, of a release without a channel', noChannel, { channel: null, trust: rootWith({ channels: ['production'] }) }),
    refuse('expired', 'a second after the link was valid', sealed, { now: NOW + 1 }),
    refuse('expired', 'a second after clockTolerance lets the link in', sealed, { now: NOW + 61, clockTolerance: 60 }),
    await by('not-yet-valid', 'a second before the link is valid', { notBefore: NOW + 1, notAfter: NOW + 1 }),
    await by('not-yet-valid', 'a second before clockTolerance lets the link in', { notBefore: NOW + 61, notAfter: NOW + 61 }, { clockTolerance: 60 }),
    root('expired', 'a link by a root that is no longer valid', { notAfter: NOW - 1 }),
    root('not-yet-valid', 'a link by a root that is not valid yet', { notBefore: NOW + 1 }),
    ...(await thresholdChains(sealed)),
    ...(await slotChains(sealed)),
  ]
}

/** S B = R whatever the message is, where the key is the neutral point. */
async function withSmallOrder(sealed: EnvelopeParts): Promise<EnvelopeParts> {
  const key: KeyMember = { kty: 'OKP', crv: 'Ed25519', x: base64url(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0))) }
  const s = Buffer.alloc(32)
  s.writeUInt32LE(7)
  const signature = base64url(Buffer.concat([ed25519.Point.BASE.multiply(7n).toBytes(), s]))
  const text = base64url(JSON.stringify({ alg: 'Ed25519', kid: kidOf(key), typ: HEAD_TYPE }))
  const chained = withChain(sealed, await link(keys.ed25519, { ...claims, key }))
  return withHead(chained, (head) => (head.signatures = [{ protected: text, signature }]))
}

/** R57, R58: what counts for one key counts once. */
async function thresholdChains(sealed: EnvelopeParts): Promise<readonly HeadVector[]> {
  const refuse = (name: string, envelope: EnvelopeParts, trust: TrustStore): HeadVector => refusedHead('threshold-not-met', name, envelope, { trust })
  const honest = await link(keys.ed25519, claims)
  const byRsa = await link(keys.rsa4096, claims)
  const strangers = await link(keys.ed25519, { ...claims, key: stranger })
  const twoKeys = await released({ signer: [keys.second, keys.stranger], chain: [honest, strangers] })
  const twoRoots = await released({ chain: [honest, byRsa], roots: [publisher, rsa] })
  const { payload } = JSON.parse(sealed.head) as { payload: string }
  const rootItself = await signatureBy(keys.ed25519, payload)
  const other = await released({ signer: [keys.second, keys.stranger], chain: [honest, byRsa, strangers], roots: [publisher, rsa] })
  return [
    refuse('two release keys of one root, of a threshold of 2', twoKeys, both({ threshold: 2 })),
    refuse('one release key that two roots name, of a threshold of 2', twoRoots, both({ threshold: 2 })),
    refuse('a root and its own release key, of a threshold of 2', withHead(sealed, (head) => (head.signatures = [...head.signatures, rootItself])), both({ threshold: 2 })),
    refuse('a release key in the trust store that a link names as well, of a threshold of 2', sealed, storeOf([{ key: publisher }, { key: second }], { threshold: 2 })),
    refuse('two release keys that count for two roots only by another assignment', other, both({ threshold: 2 })),
    refuse('one release key of the two that a threshold of 2 demands', sealed, both({ threshold: 2 })),
  ]
}

/** R34, R37: whose slots a device opens. */
async function slotChains(sealed: EnvelopeParts): Promise<readonly HeadVector[]> {
  const ownSlot = await seal(SIZE, { signer: keys.second })
  const honest = await link(keys.ed25519, claims)
  const refuse = (name: string, envelope: EnvelopeParts, more?: Demands): HeadVector => ({ ...refusedHead('no-reader-key', name, envelope, more), serverAccepts: true })
  return [
    refuse('a slot for the release key, and none for the root', withChain(ownSlot, honest)),
    refuse('a slot for the root, of a release key that the trust store has itself', sealed, { trust: storeOf([{ key: publisher }, { key: second }]) }),
    refuse('a slot for a root that the signature does not count for', await forOther(), { trust: both() }),
  ]
}

/** The release key counts for the root by the first link, and only the other root can open it. */
async function forOther(): Promise<EnvelopeParts> {
  const byRsa = await link(keys.rsa4096, claims)
  return withChain(await released({ chain: byRsa, roots: rsa }), await link(keys.ed25519, claims), byRsa)
}
