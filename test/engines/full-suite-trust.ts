import { checkTrustStore, createAlertPolicy, delegate, newestTrust, publicJwk, signTrustUpdate, verifyAndDecrypt, verifyTrustUpdate } from '../../src/index.js'
import { check, refused, same } from './assert.js'
import { CHUNK, flipped, pattern } from './data.js'
import { accepting, backends, keys, seal } from './fixtures.js'
import type { Backend, EnvelopeEvent, KeyPair, TrustStore, TrustStoreKey } from '../../src/index.js'
import type { EngineTest } from './contract.js'

const BUNDLE = pattern(CHUNK + 100)
const YEAR = 31_536_000
const now = (): number => Math.floor(Date.now() / 1000)

async function storeOf(pairs: readonly KeyPair[], more: Partial<TrustStore> = {}, backend?: Backend): Promise<TrustStore> {
  const entries = pairs.map(async ({ publicKey }): Promise<TrustStoreKey> => ({ key: (await publicJwk(publicKey, { backend })).jwk, status: 'active' }))
  const store = { epoch: 1, threshold: 1, minSequence: 0, keys: await Promise.all(entries), ...more }
  return (await checkTrustStore(store, { backend })).store
}

const perBackend = backends.flatMap(({ title, backend }): EngineTest[] => [
  {
    name: `two of three keys, of both types, must have signed, on ${title}`,
    run: async () => {
      const pairs = [await keys.ed25519(), await keys.other(), await keys.rsa()]
      const trust = await storeOf(pairs, { threshold: 2 }, backend)
      const device = await accepting({ trust, backend })
      const by = async (...signers: readonly (KeyPair | undefined)[]): ReturnType<typeof seal> =>
        seal(BUNDLE, { signer: signers.map((pair) => (pair as KeyPair).privateKey), backend })
      const { signers } = await verifyAndDecrypt(await by(pairs[0], pairs[2]), device)
      same([...signers].sort(), [pairs[0], pairs[2]].map((pair) => pair?.kid).sort(), 'the signers')
      await refused(async () => verifyAndDecrypt(await by(pairs[0]), device), 'threshold-not-met')
      await refused(async () => verifyAndDecrypt(await by(pairs[1], pairs[1]), device), 'threshold-not-met')
    },
  },
  {
    name: `a root key delegates to a release key, within its limits, on ${title}`,
    run: async () => {
      const [root, release] = [await keys.rsa(), await keys.other()]
      const link = { signer: root.privateKey, notAfter: now() + YEAR, maxSequence: 1500, backend }
      const chain = await delegate(release.publicKey, { ...link, apps: ['com.example.app'] })
      const signed = { signer: release.privateKey, chain, roots: root.publicKey, backend }
      const device = await accepting({ trust: root.publicKey, backend })
      same((await verifyAndDecrypt(await seal(BUNDLE, signed), device)).signers, [root.kid], 'the signers')
      await refused(async () => verifyAndDecrypt(await seal(BUNDLE, { signer: release.privateKey }), device), 'untrusted-key')
      await refused(async () => verifyAndDecrypt(await seal(BUNDLE, signed), { ...device, now: now() + 2 * YEAR }), 'expired')
    },
  },
  {
    name: `a trust update brings a new key and revokes the old one, on ${title}`,
    run: async () => {
      const [old, next] = [await keys.ed25519(), await keys.other()]
      const first = await storeOf([old, next], {}, backend)
      const [revoked, kept] = first.keys as [TrustStoreKey, TrustStoreKey]
      const second = { ...first, epoch: 2, keys: [{ ...revoked, status: 'revoked' as const }, kept] }
      const update = await signTrustUpdate(second, { signer: next.privateKey, backend })
      const { trust, changed } = await verifyTrustUpdate(update, { trust: first, backend })
      same([changed, trust.epoch], [true, 2], 'what became of it')
      same(newestTrust(trust, first), trust, 'the newest')
      const envelope = await seal(BUNDLE)
      await verifyAndDecrypt(envelope, await accepting({ trust: first, backend }))
      await refused(async () => verifyAndDecrypt(envelope, await accepting({ trust, backend })), 'revoked-key')
      const older = await signTrustUpdate({ ...first, threshold: 2 }, { signer: [old.privateKey, next.privateKey], backend })
      await refused(() => verifyTrustUpdate(older, { trust, backend }), 'rollback')
    },
  },
])

const policy: readonly EngineTest[] = [
  {
    name: 'each claim that a device demands is held against the header',
    run: async () => {
      const envelope = await seal(BUNDLE, { runtime: 'ios-7', type: 'application/zip', expires: now() + 60 })
      await verifyAndDecrypt(envelope, await accepting({ runtime: 'ios-7', type: 'application/zip', maxSize: BUNDLE.length }))
      const wrong = {
        'wrong-app': { app: 'com.example.other' }, 'wrong-channel': { channel: 'beta' }, 'wrong-runtime': { runtime: 'ios-8' },
        'wrong-type': { type: 'text/plain' }, 'rollback': { lastSequence: 1000 }, 'too-large': { maxSize: BUNDLE.length - 1 },
        'expired': { now: now() + 61 },
      } as const
      for (const [code, more] of Object.entries(wrong)) {
        await refused(async () => verifyAndDecrypt(envelope, await accepting(more)), code as keyof typeof wrong)
      }
    },
  },
  {
    name: 'all text of a header comes back, whatever Unicode it is',
    run: async () => {
      const meta = { commit: 'abc', ünï: '✓ 𝄞 "\\\n', '\u{1F600}': '\u0000\u007f\u2028' }
      const { header } = await verifyAndDecrypt(await seal(BUNDLE, { meta }), await accepting())
      same(header.meta, meta, 'the meta data')
    },
  },
]

const events: readonly EngineTest[] = [
  {
    name: 'records of what keys do survive JSON and structuredClone, and lead to alerts',
    run: async () => {
      const records: EnvelopeEvent[] = []
      const onEvent = (event: EnvelopeEvent): void => void records.push(event)
      const envelope = await seal(BUNDLE, { onEvent, readers: [(await keys.x25519()).publicKey] })
      const device = await accepting({ reader: (await keys.x25519()).privateKey, onEvent })
      await verifyAndDecrypt(envelope, device)
      const damaged = { head: envelope.head, payload: flipped(envelope.payload, envelope.payload.length - 1) }
      await refused(() => verifyAndDecrypt(damaged, device), 'bad-chunk')
      const heard = ['signature-counted', 'head-verified', 'reader-used']
      same(records.map(({ event }) => event), ['head-signed', ...heard, 'bundle-accepted', ...heard, 'bundle-refused'], 'the records')
      for (const record of records) {
        same(JSON.parse(JSON.stringify(record)), record, 'as JSON')
        same(structuredClone(record), record, 'as a clone')
        check(Object.isFrozen(record), 'a listener could change what others are told')
      }
      const alerts = records.map(createAlertPolicy({ failures: 1 })).map((alert) => alert?.reason)
      same(alerts.at(-1), 'repeated-failures', 'the alert of the last record')
    },
  },
]

export const trustTests: readonly EngineTest[] = [...perBackend, ...policy, ...events]
