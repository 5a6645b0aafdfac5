import { signerReader } from '../../../src/keys/slots.js'
import { readPublicKey } from '../../../src/keys/public.js'
import { backend, fromBase64url, headOf, keys, link, seal, withHead } from './publisher.js'
import { sessionKeyOf, slotOf } from './slot.js'
import { acceptedHead, publicOf, publisher, refusedHead, serverAccepts, storeOf } from './vectors.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { KeyMember } from '../../../src/format/scope.js'
import type { Vector } from '../vector.js'

const second = publicOf(keys.second)

/** Slots that a trusted key opens (R34). */
export async function signerSlots(): Promise<readonly Vector[]> {
  const forSecret = { readers: [fromBase64url(keys.secret)] }
  const one = await seal(10, forSecret)
  const two = await seal(10, { ...forSecret, signer: [keys.ed25519, keys.second] })
  const chain = await link(keys.ed25519, { key: second, notBefore: 0, notAfter: 4_000_000_000 })
  const delegated = withHead(await seal(10, { ...forSecret, signer: keys.second, chain, roots: publisher }), (head) => (head.chain = [chain]))
  const slotFor = async (envelope: EnvelopeParts, key: KeyMember, wrappedFor: KeyMember = key): Promise<EnvelopeParts> => {
    const { kid } = await signerReader(await readPublicKey(key, backend), backend)
    const { wrappingKey } = await signerReader(await readPublicKey(wrappedFor, backend), backend)
    const slot = slotOf({ header: { alg: 'A256KW', enc: 'A256GCM', kid }, wrappingKey, sessionKey: await sessionKeyOf(envelope) })
    return withHead(envelope, (head) => (head.keys = [...headOf(envelope).keys, slot]))
  }
  const both = { trust: storeOf([{ key: publisher }, { key: second }]) }
  const retired = { trust: storeOf([{ key: publisher, status: 'retired', lastSequence: 1000 }, { key: second }]) }
  const refused = (name: string, envelope: EnvelopeParts, more: object = {}): Vector => serverAccepts(refusedHead('no-reader-key', `signer: ${name}`, envelope, more))
  return [
    acceptedHead('signer: a slot for the one that has signed', 10, await slotFor(one, publisher)),
    acceptedHead('signer: two have signed, and the slot is for the second', 10, await slotFor(two, second), both),
    acceptedHead('signer: a slot for a retired key that has signed', 10, await slotFor(one, publisher), retired),
    acceptedHead('signer: a slot for the signer of the link', 10, await slotFor(delegated, publisher)),
    refused('a slot for a trusted key that has not signed', await slotFor(one, second), both),
    refused('a slot for a key that has signed and is not trusted', await slotFor(two, second)),
    refused('a slot for the release key, which a link names', await slotFor(delegated, second)),
    refused('a slot for a trusted key whose signature does not count, since it is revoked', await slotFor(two, second), {
      trust: storeOf([{ key: publisher }, { key: second, status: 'revoked' }]),
    }),
    refused('a slot under the right kid, made for another key', await slotFor(one, publisher, second)),
  ]
}
