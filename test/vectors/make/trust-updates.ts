import { TRUST_TYPE } from '../../../src/trust/update.js'
import { NOW, base64url, flipped, fromBase64url, keys, signatureBy, trustUpdate } from './publisher.js'
import { second } from './trust-stores.js'
import { accepted, pemOf, publicOf, publisher, refused, storeOf } from './vectors.js'
import type { SignatureText } from '../../../src/build/sign-head.js'
import type { ErrorCode } from '../../../src/errors.js'
import type { KeyMember } from '../../../src/format/scope.js'
import type { KeyInput } from '../../../src/keys/types.js'
import type { TrustStore, TrustStoreKey } from '../../../src/trust/store.js'
import type { TrustUpdateVectorOptions, Vector } from '../vector.js'

export type UpdateVector = Vector<TrustUpdateVectorOptions>
type Options = Partial<TrustUpdateVectorOptions>

export const stranger: KeyMember = publicOf(keys.stranger)
const rsa: KeyMember = publicOf(keys.rsa4096)

/** What the device has, and what is to come. */
const old = storeOf([{ key: publisher }, { key: second }], { epoch: 5, minSequence: 900 })
export const next: TrustStore = { ...old, epoch: 6 }
/** Stores of one epoch and the next, whose first key has more members. */
const oldWith = (more: Partial<TrustStoreKey>): TrustStore => ({ ...old, keys: [{ key: publisher, status: 'active', ...more }, ...old.keys.slice(1)] })
export const nextWith = (more: Partial<TrustStoreKey>): TrustStore => ({ ...oldWith(more), epoch: 6 })

async function accept(name: string, store: TrustStore, by: readonly KeyInput[], more: Options = {}): Promise<UpdateVector> {
  return taken(name, store, await trustUpdate(store, ...by), more)
}

function taken(name: string, store: TrustStore, update: string, more: Options = {}): UpdateVector {
  return accepted('trust-update', `update: ${name}`, { input: Buffer.from(update), output: Buffer.from(JSON.stringify(store)) }, { trust: old, now: NOW, ...more })
}

export async function refuse(code: ErrorCode, name: string, store: unknown, by: readonly KeyInput[], more: Options = {}): Promise<UpdateVector> {
  return refusedText(code, name, await trustUpdate(store as TrustStore, ...by), more)
}

export function refusedText(code: ErrorCode, name: string, update: string | Uint8Array, more: Options = {}): UpdateVector {
  return refused('trust-update', [code, `update: ${name}`], Buffer.from(update), { trust: old, now: NOW, ...more })
}

export interface RawUpdate {
  payload: string
  signatures: SignatureText[]
}

/** An honest update with members changed, and nothing signed again. */
export async function changed(edit: (update: RawUpdate) => unknown): Promise<string> {
  const update = JSON.parse(await trustUpdate(next, keys.ed25519)) as RawUpdate
  edit(update)
  return JSON.stringify(update)
}

/** R63 to R65: what a device takes. */
export async function acceptedUpdates(): Promise<readonly UpdateVector[]> {
  const one = [keys.ed25519]
  const two = [keys.ed25519, keys.second]
  const honest = await trustUpdate(next, keys.ed25519)
  const thresholds = { old: { ...old, threshold: 2 }, next: { ...next, threshold: 2 } }
  const moved = storeOf([{ key: second }, { key: stranger }], { epoch: 6, minSequence: 900 })
  const replaced = storeOf([{ key: stranger }], { epoch: 6, minSequence: 900 })
  const reversed = Object.fromEntries(Object.entries(old).reverse()) as unknown as TrustStore
  return [
    taken('an epoch more', next, honest),
    await accept('the highest epoch', { ...old, epoch: 2 ** 53 - 1 }, one),
    await accept('an epoch above that of a device with the one before the highest', { ...old, epoch: 2 ** 53 - 1 }, one, { trust: { ...old, epoch: 2 ** 53 - 2 } }),
    await accept('epoch 1 for a device that has a public key alone', { ...old, epoch: 1 }, one, { trust: publisher }),
    await accept('epoch 1 for a device that has a public key in PEM', { ...old, epoch: 1 }, one, { trust: pemOf(publisher) }),
    await accept('epoch 1 for a device that has a list of public keys', { ...old, epoch: 1 }, one, { trust: [pemOf(second), publisher] }),
    await accept('both keys of an old threshold of 2', next, two, { trust: thresholds.old }),
    await accept('both keys of a new threshold of 2', thresholds.next, two),
    await accept('a lower minSequence', { ...next, minSequence: 0 }, one),
    await accept('a key that stays signs for one that comes and one that goes', moved, [keys.second]),
    await accept('all keys replaced: an old one signs, and the new one', replaced, [keys.ed25519, keys.stranger]),
    await accept('a key that signs and is revoked by it, beside one that stays', { ...next, keys: [{ key: publisher, status: 'revoked' }, ...next.keys.slice(1)] }, two),
    await accept('RSA-4096', storeOf([{ key: rsa }], { epoch: 6 }), [keys.rsa4096], { trust: storeOf([{ key: rsa }], { epoch: 5 }) }),
    await accept('signatures of strangers beside one that counts', next, [keys.stranger, keys.ed25519]),
    await accept('a signature of a revoked key beside one that counts', next, [keys.second, keys.ed25519], { trust: { ...old, keys: [{ key: publisher, status: 'active' }, { key: second, status: 'revoked' }] } }),
    taken('eight signatures, of which one counts', next, await changed((update) => {
      const [first] = update.signatures as [SignatureText]
      update.signatures = [...Array.from({ length: 7 }, (_, i) => renamed(first, i)), first]
    })),
    await accept('the moment that a key is valid from', nextWith({ notBefore: NOW }), one, { trust: oldWith({ notBefore: NOW }) }),
    await accept('the last moment that a key is valid', nextWith({ notAfter: NOW }), one, { trust: oldWith({ notAfter: NOW }) }),
    await accept('a key that clockTolerance lets in early', nextWith({ notBefore: NOW + 60 }), one, { trust: oldWith({ notBefore: NOW + 60 }), clockTolerance: 60 }),
    await accept('a key that clockTolerance lets in late', nextWith({ notAfter: NOW - 60 }), one, { trust: oldWith({ notAfter: NOW - 60 }), clockTolerance: 60 }),
    await accept('the trust store that the device has', old, one),
    await accept('the trust store that the device has, signed by nobody that counts', old, [keys.stranger]),
    await accept('the trust store that the device has, in another order of members', reversed, [keys.stranger]),
    await accept('the trust store that the device has, whose key is no longer valid', oldWith({ notAfter: NOW - 1 }), one, { trust: oldWith({ notAfter: NOW - 1 }) }),
    taken('white space between all tokens of the update', next, JSON.stringify(JSON.parse(honest), null, '\t').replaceAll('\n', ' \r\n')),
    taken('members of the update in another order', next, reversedMembers(honest)),
    await accept('the trust store that the device has, with the members of its keys in another order', { ...old, keys: old.keys.map(reversedKey) }, [keys.stranger]),
    await accept('four signatures, of a threshold of 4', ofFour(6), [keys.ed25519, keys.second, keys.stranger, keys.rsa4096], { trust: ofFour(5) }),
  ]
}

function reversedMembers(update: string): string {
  const { payload, signatures: [first] } = JSON.parse(update) as { payload: string; signatures: [SignatureText] }
  return JSON.stringify({ signatures: [{ signature: first.signature, protected: first.protected }], payload })
}

function reversedKey(entry: TrustStoreKey): TrustStoreKey {
  return { ...entry, key: Object.fromEntries(Object.entries(entry.key).reverse()) as unknown as KeyMember }
}

const ofFour = (epoch: number): TrustStore => storeOf([publisher, second, stranger, rsa].map((key) => ({ key })), { epoch, threshold: 4 })

/** The same signature under the name of a key that there isn't. */
export function renamed({ protected: text, signature }: SignatureText, i: number): SignatureText {
  const header = JSON.parse(Buffer.from(text, 'base64url').toString()) as object
  return { protected: base64url(JSON.stringify({ ...header, kid: base64url(new Uint8Array(32).fill(i)) })), signature }
}

async function doubled(): Promise<string> {
  const update = JSON.parse(await trustUpdate(next, keys.ed25519, keys.second)) as RawUpdate
  return JSON.stringify({ ...update, signatures: [...update.signatures, update.signatures[1]] })
}

/** R64, R65: who may not replace a trust store. */
export async function judgedUpdates(): Promise<readonly UpdateVector[]> {
  const one = [keys.ed25519]
  const limits = async (code: ErrorCode, name: string, entry: Partial<TrustStoreKey>, more: Options = {}): Promise<readonly UpdateVector[]> => [
    await refuse(code, `${name}, by the old store`, next, one, { trust: oldWith(entry), ...more }),
    await refuse(code, `${name}, by the new store`, nextWith(entry), one, more),
  ]
  const flipSignature = await changed(({ signatures: [first] }) => Object.assign(first as object, { signature: base64url(flipped(fromBase64url((first as SignatureText).signature), 40)) }))
  const byOther = (await signatureBy(keys.second, base64url(JSON.stringify(next)), TRUST_TYPE)).signature
  const algorithm = await changed(({ signatures }) => {
    const text = JSON.parse(Buffer.from((signatures[0] as SignatureText).protected, 'base64url').toString()) as object
    signatures[0] = { ...(signatures[0] as SignatureText), protected: base64url(JSON.stringify({ ...text, alg: 'PS256' })) }
  })
  return [
    await refuse('rollback', 'the epoch of the device, and another minSequence', { ...old, minSequence: 901 }, one),
    await refuse('rollback', 'the epoch of the device, and its keys in another order', { ...old, keys: [...old.keys].reverse() }, one),
    await refuse('rollback', 'an epoch less', { ...old, epoch: 4 }, one),
    await refuse('rollback', 'the highest epoch, which the device has already', { ...old, epoch: 2 ** 53 - 1, minSequence: 901 }, one, { trust: { ...old, epoch: 2 ** 53 - 1 } }),
    await refuse('untrusted-key', 'signed by a stranger', next, [keys.stranger]),
    await refuse('untrusted-key', 'signed only by a key that the new store brings', { ...next, keys: [...next.keys, { key: stranger, status: 'active' }] }, [keys.stranger]),
    await refuse('untrusted-key', 'signed only by a key that is not in the new store', storeOf([{ key: second }], { epoch: 6, minSequence: 900 }), one),
    await refuse('untrusted-key', 'signed by a stranger, for a device that has a public key alone', { ...old, epoch: 1 }, [keys.second], { trust: publisher }),
    refusedText('bad-signature', 'a flipped bit in the signature', flipSignature),
    refusedText('bad-signature', 'another store than was signed', await changed((update) => (update.payload = base64url(JSON.stringify({ ...next, minSequence: 901 }))))),
    refusedText('bad-signature', 'by another key under the name of a trusted one', await changed(({ signatures: [first] }) => Object.assign(first as object, { signature: byOther }))),
    refusedText('bad-signature', 'the algorithm of another kind of key', algorithm),
    refusedText('bad-signature', 'one key named twice', await changed((update) => (update.signatures = [...update.signatures, ...update.signatures]))),
    refusedText('bad-signature', 'a signature of 63 bytes', await changed(({ signatures: [first] }) => Object.assign(first as object, { signature: base64url(fromBase64url((first as SignatureText).signature).subarray(0, 63)) }))),
    await refuse('threshold-not-met', 'one signature of the two that the old store demands', next, one, { trust: { ...old, threshold: 2 } }),
    await refuse('threshold-not-met', 'one signature of the two that the new store demands', { ...next, threshold: 2 }, one),
    await refuse('threshold-not-met', 'a signature that counts and one of a stranger, of two that the old store demands', next, [keys.ed25519, keys.stranger], { trust: { ...old, threshold: 2 } }),
    refusedText('threshold-not-met', 'one key named twice and another one, of two that the old store demands', await doubled(), { trust: { ...old, threshold: 2 } }),
    await refuse('threshold-not-met', 'signed only by a key that the new store revokes', { ...next, keys: [{ key: publisher, status: 'revoked' }, ...next.keys.slice(1)] }, one),
    await refuse('revoked-key', 'a signature that counts and one of a revoked key, of two that the old store demands', next, [keys.ed25519, keys.stranger], {
      trust: { ...old, threshold: 2, keys: [...old.keys, { key: stranger, status: 'revoked' }] },
    }),
    await refuse('revoked-key', 'signed by a key that the old store has revoked', next, [keys.second], { trust: { ...old, keys: [{ key: publisher, status: 'active' }, { key: second, status: 'revoked' }] } }),
    ...(await limits('out-of-scope', 'signed by a retired key', { status: 'retired', lastSequence: 2 ** 53 - 1 })),
    ...(await limits('out-of-scope', 'signed by a key for some apps', { apps: ['com.example.app'] })),
    ...(await limits('out-of-scope', 'signed by a key for some channels', { channels: ['production'] })),
    ...(await limits('not-yet-valid', 'a second before the key is valid', { notBefore: NOW + 1 })),
    ...(await limits('expired', 'a second after the key was valid', { notAfter: NOW - 1 })),
    ...(await limits('not-yet-valid', 'a second before clockTolerance lets the key in', { notBefore: NOW + 61 }, { clockTolerance: 60 })),
    ...(await limits('expired', 'a second after clockTolerance lets the key in', { notAfter: NOW - 61 }, { clockTolerance: 60 })),
  ]
}
