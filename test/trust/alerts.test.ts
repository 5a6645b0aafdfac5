import { describe, expect, it } from 'vitest'
import { createAlertPolicy, delegate, encryptBundle, generateKeyPair, publicJwk, signTrustUpdate, verifyEnvelope, verifyTrustUpdate } from '../../src/index.js'
import { rawHead } from '../envelope/hostile.js'
import type { EncryptOptions, Envelope, EnvelopeEvent, EnvelopeInput, KeyPair, TrustStore } from '../../src/index.js'

const NOW = 1_800_000_000
const [a, b, c] = (await Promise.all([1, 2, 3].map(async () => generateKeyPair('Ed25519')))) as [KeyPair, KeyPair, KeyPair]

async function storeOf(epoch: number, revoked: KeyPair | undefined, threshold = 1): Promise<TrustStore> {
  const keys = await Promise.all(
    [a, b].map(async (pair) => ({ key: (await publicJwk(pair.publicKey)).jwk, status: pair === revoked ? ('revoked' as const) : ('active' as const) })),
  )
  return { epoch, threshold, minSequence: 0, keys }
}

/** A device, or server, whose records a policy judges. */
function watch(knownKeys: readonly KeyPair[] = [a, b, c], revokedKeys: readonly string[] = []): { readonly told: string[]; readonly onEvent: (event: EnvelopeEvent) => void } {
  const alertOf = createAlertPolicy({ knownKeys: knownKeys.map(({ kid }) => kid), revokedKeys })
  const told: string[] = []
  return {
    told,
    onEvent: (event) => {
      const alert = alertOf(event)
      if (alert) told.push(`${alert.level} ${alert.reason} at ${event.event}`)
    },
  }
}

async function made(signers: readonly KeyPair[], more: Partial<EncryptOptions> = {}): Promise<Envelope> {
  const signer = signers.map(({ privateKey }) => privateKey)
  return encryptBundle(new Uint8Array(9), { signer, app: 'com.example.app', version: '1', sequence: 5, ...more })
}

const publish = async (...args: Parameters<typeof made>): Promise<Uint8Array> => (await made(...args)).toBytes()

async function receive(envelope: EnvelopeInput, trust: TrustStore, onEvent: (event: EnvelopeEvent) => void): Promise<unknown> {
  const policy = { trust, app: 'com.example.app', channel: null, lastSequence: 1, now: NOW, onEvent }
  return verifyEnvelope(envelope, policy).then(() => 'accepted', (error: unknown) => (error as { readonly code: unknown }).code)
}

describe('alerts of what the library itself records', () => {
  it('low: the first use of a key', async () => {
    const { told, onEvent } = watch([])
    for (let i = 0; i < 2; i++) expect(await receive(await publish([a]), await storeOf(1, undefined), onEvent)).toBe('accepted')
    expect(told).toEqual(['low new-key at signature-counted'])
  })

  it('low: a revoked key beside one that counts', async () => {
    const { told, onEvent } = watch()
    expect(await receive(await publish([a, b]), await storeOf(2, b), onEvent)).toBe('accepted')
    expect(told).toEqual(['low revoked-co-signature at head-verified'])
  })

  it('medium: releases by a stranger, again and again', async () => {
    const { told, onEvent } = watch()
    for (let i = 0; i < 7; i++) expect(await receive(await publish([c]), await storeOf(1, undefined), onEvent)).toBe('untrusted-key')
    expect(told).toEqual(['medium repeated-failures at head-refused'])
  })

  it('high, then critical once: releases by a revoked key', async () => {
    const { told, onEvent } = watch()
    for (let i = 0; i < 9; i++) expect(await receive(await publish([b]), await storeOf(2, b), onEvent)).toBe('revoked-key')
    const [high, critical] = ['high revoked-key-signed at head-refused', 'critical revoked-key-repeated at head-refused']
    expect(told).toEqual([high, high, critical])
    expect(await receive(await publish([b], { version: '2' }), await storeOf(2, b), onEvent)).toBe('revoked-key')
    expect(told.slice(3)).toEqual([high])
  })

  it('high: a release by a revoked key, whatever was refused before it, and though somebody names that key twice', async () => {
    const { told, onEvent } = watch()
    const trust = await storeOf(2, b)
    const envelope = await publish([b])
    for (let i = 0; i < 9; i++) await receive(envelope.map((byte, at) => (at === 60 ? byte ^ 1 : byte)), trust, onEvent)
    for (let i = 0; i < 9; i++) await receive(await publish([c]), trust, onEvent)
    expect(await receive(await publish([a, b]), trust, onEvent)).toBe('accepted')
    const { head: text, payload } = await made([b])
    const head = rawHead(text)
    const twice = { head: JSON.stringify({ ...head, signatures: [...head.signatures, { ...head.signatures[0], signature: 'A'.repeat(86) }] }), payload }
    expect(await receive(twice, trust, onEvent)).toBe('revoked-key')
    expect(told).toEqual(['medium repeated-failures at head-refused', 'low revoked-co-signature at head-verified', 'high revoked-key-signed at head-refused'])
  })

  it('high: a release key that a revoked root named, and that root at work again', async () => {
    const { told, onEvent } = watch([a, c], [b.kid])
    const link = { signer: b.privateKey, notAfter: NOW + 1e6 }
    const envelope = await publish([c], { chain: [await delegate(c.publicKey, link)], roots: [b.publicKey] })
    expect(await receive(envelope, await storeOf(2, b), (event) => onEvent({ ...event, time: 1 }))).toBe('revoked-key')
    await delegate(c.publicKey, { ...link, onEvent })
    expect(told).toEqual(['high revoked-key-signed at head-refused', 'high revoked-key-used at link-signed'])
  })

  it('critical once: junk instead of a trust update; and what another server gives is told besides', async () => {
    const { told, onEvent } = watch()
    const options = { trust: await storeOf(2, undefined), now: NOW, onEvent }
    const stale = await signTrustUpdate(await storeOf(1, undefined), { signer: a.privateKey })
    for (let i = 0; i < 9; i++) await expect(verifyTrustUpdate('junk', options)).rejects.toMatchObject({ code: 'bad-trust-store' })
    for (let i = 0; i < 9; i++) await expect(verifyTrustUpdate(stale, options)).rejects.toMatchObject({ code: 'rollback' })
    expect(told).toEqual(Array<string>(2).fill('critical trust-update-refused at trust-refused'))
  })

  it('critical: a trust update that too few have signed; a good one is none', async () => {
    const { told, onEvent } = watch()
    const trust = await storeOf(1, undefined)
    const by = async (pair: KeyPair): Promise<string> => signTrustUpdate(await storeOf(2, b), { signer: pair.privateKey })
    await expect(verifyTrustUpdate(await by(c), { trust, now: NOW, onEvent })).rejects.toMatchObject({ name: 'EnvelopeError' })
    expect(told).toEqual(['critical trust-update-refused at trust-refused'])
    await verifyTrustUpdate(await by(a), { trust, now: NOW, onEvent })
    expect(told).toHaveLength(1)
  })
})
