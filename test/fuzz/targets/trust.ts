import { createPrivateKey, sign } from 'node:crypto'
import { verifyTrustUpdate } from '../../../src/device/verify-trust-update.js'
import { nobleDeviceBackend } from '../../../src/crypto/noble.js'
import { nodeDeviceBackend } from '../../../src/crypto/node.js'
import { canonicalStore, parseTrustStore } from '../../../src/trust/store.js'
import { checkTrustStore } from '../../../src/trust/trust.js'
import { parseTrustUpdate, TRUST_TYPE } from '../../../src/trust/update.js'
import { attempt, base64url, bytesOf, must, mustAgree, textOf } from '../oracle.js'
import { demands, fixtures } from '../fixtures.js'
import type { Target } from '../oracle.js'
import type { TrustStore } from '../../../src/trust/store.js'

export const trustStore: Target = {
  name: 'trust-store',
  seeds: () => [fixtures.store, { ...fixtures.store, threshold: 3 }, { ...fixtures.newStore, keys: fixtures.newStore.keys.map((key) => ({ ...key, notBefore: 1, notAfter: 2, apps: ['a'] })) }].flatMap((store) => [bytesOf(JSON.stringify(store)), bytesOf(JSON.stringify(store, null, 1))]),
  run: async (input) => {
    const text = textOf(input)
    const read = await attempt(() => parseTrustStore(text))
    if (read.code !== undefined) return
    const store = canonicalStore(read.value)
    mustAgree(store, JSON.parse(text), 'a trust store is what stands there')
    must(JSON.stringify(canonicalStore(parseTrustStore(JSON.stringify(store)))) === JSON.stringify(store), 'its canonical form is its own')
    const active = store.keys.filter(({ status }) => status === 'active').length
    must(store.threshold >= 1 && store.threshold <= Math.min(8, active) && store.keys.length <= 64, 'as many active keys as the threshold are there')
    const checked = await attempt(() => checkTrustStore(store, nodeDeviceBackend))
    mustAgree(await attempt(async () => [...(await checkTrustStore(store, nobleDeviceBackend)).keys]), checked.code === undefined ? { value: [...checked.value.keys] } : checked, 'both backends judge alike')
    if (checked.code === undefined) must(new Set(store.keys.map(({ key }) => JSON.stringify(Object.entries(key).sort()))).size === store.keys.length, 'no key is there twice')
  },
}

const signers = ['a', 'b', 'revoked'] as const

/** A trust update that those sign who are named by the bits of a number, whatever it says. */
function signedUpdate(store: Uint8Array, who: number): string {
  const payload = base64url(store)
  const signatures = signers.filter((_, i) => (who >> i) & 1).map((name) => {
    const { kid, privateKey } = fixtures.keys[name]
    const member = base64url(bytesOf(JSON.stringify({ alg: 'Ed25519', kid, typ: TRUST_TYPE })))
    return { protected: member, signature: base64url(sign(null, Buffer.from(`${member}.${payload}`), createPrivateKey(privateKey))) }
  })
  return JSON.stringify({ payload, signatures })
}

const honest = (): string => (JSON.parse(fixtures.update) as { readonly payload: string }).payload

/** Whether a new store follows upon the one that a device has, in other words than the code. */
function mayFollow(store: TrustStore, who: number): boolean {
  const kids = signers.filter((_, i) => (who >> i) & 1).map((name) => JSON.stringify(Object.entries(fixtures.keys[name].jwk).sort()))
  const voters = store.keys.filter(({ key, status, apps, channels, notBefore = 0, notAfter = Infinity }) => {
    const isFree = status === 'active' && apps === undefined && channels === undefined && notBefore <= demands.now && notAfter >= demands.now
    return isFree && kids.includes(JSON.stringify(Object.entries(key).sort()))
  })
  return (who & 3) === 3 && store.epoch > fixtures.store.epoch && voters.length >= store.threshold
}

export const trustUpdate: Target = {
  name: 'trust-update',
  seeds: () => [fixtures.newStore, fixtures.store, { ...fixtures.newStore, threshold: 1 }].flatMap((store) => [3, 1, 7].map((who) => Buffer.concat([Buffer.of(who), bytesOf(JSON.stringify(store))]))).concat([Buffer.from(fixtures.update)]),
  run: async (input) => {
    const device = { trust: fixtures.store, now: demands.now }
    const whole = await attempt(() => verifyTrustUpdate(input, device))
    if (whole.code === undefined) must([honest(), base64url(bytesOf(JSON.stringify(fixtures.store)))].includes(parseTrustUpdate(input).payload), 'only what the publishers signed is taken')
    const [who = 0, store] = [input[0], input.subarray(1)]
    const update = signedUpdate(store, who)
    const verified = await attempt(() => verifyTrustUpdate(update, device))
    mustAgree(await attempt(() => verifyTrustUpdate(update, { ...device, backend: nobleDeviceBackend })), verified, 'both backends judge alike')
    if (verified.code !== undefined || !verified.value.changed) return
    const said = JSON.parse(textOf(store)) as TrustStore
    mustAgree(verified.value.trust, said, 'the new store is the signed one')
    must(mayFollow(said, who), 'both stores\' thresholds are met, and the epoch is higher')
  },
}
