import { describe, expect, it } from 'vitest'
import { newestTrust, signTrustUpdate, verifyTrustUpdate } from '../../src/index.js'
import { expectRefused } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import type { EnvelopeEvent, TrustStore } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'

const NOW = 1_800_000_000
const DAY = 86_400
const [a, b] = [freshEd25519(), freshEd25519()]

function store(epoch: number, ...signers: readonly TestSigner[]): TrustStore {
  const keys = signers.map(({ keyObject }) => {
    const { x = '' } = keyObject.export({ format: 'jwk' })
    return { key: { kty: 'OKP', crv: 'Ed25519', x }, status: 'active' } as const
  })
  return { epoch, threshold: 1, minSequence: 0, keys }
}

describe('R70: what a device forgets with a trust update', () => {
  it('is what lies more than a day ahead of its clock, so that an update that was held back rolls nothing back', async () => {
    const update = await signTrustUpdate(store(2, a, b), { signer: a.privateKey })
    const { changed, forgetAbove } = await verifyTrustUpdate(update, { trust: store(1, a), now: NOW })
    expect({ changed, forgetAbove }).toEqual({ changed: true, forgetAbove: NOW + DAY })
  })

  it('is nothing where the store is the same', async () => {
    const update = await signTrustUpdate(store(2, a), { signer: a.privateKey })
    const { changed, forgetAbove } = await verifyTrustUpdate(update, { trust: store(2, a), now: NOW })
    expect({ changed, forgetAbove }).toEqual({ changed: false, forgetAbove: Number.MAX_SAFE_INTEGER })
  })
})

describe('newestTrust', () => {
  const kept = JSON.stringify(store(3, b))

  it.each(['', ' ', '{}', kept.slice(0, 40), `${kept.slice(0, 40)}"kty"`, `\ufeff${kept}`, 'null', {}, ['{}']])(
    'does not take what is left of a kept store for a key of epoch 0: %j',
    (damaged) => {
      expect(() => newestTrust(damaged as string, store(1, a))).toThrow(expect.objectContaining({ code: 'bad-trust-store' }) as Error)
    },
  )

  it('takes plain keys of each form as epoch 0', () => {
    const { x = '' } = a.keyObject.export({ format: 'jwk' })
    const jwk = { kty: 'OKP', crv: 'Ed25519', x }
    for (const key of [a.publicKey, jwk, JSON.stringify(jwk), [a.publicKey, jwk]]) {
      expect(newestTrust(key, kept)).toBe(kept)
      expect(newestTrust(null, key, undefined)).toBe(key)
    }
  })
})

describe('signTrustUpdate', () => {
  it('does not pass on a signature that does not hold, by a key that devices would look at', async () => {
    const first = JSON.parse(await signTrustUpdate(store(2, a, b), { signer: a.privateKey })) as { signatures: { signature: string }[] }
    const other = JSON.parse(await signTrustUpdate(store(3, a, b), { signer: a.privateKey })) as typeof first
    const broken = { ...first, signatures: [{ ...first.signatures[0], signature: other.signatures[0]?.signature }] }
    await expectRefused(() => signTrustUpdate(broken, { signer: b.privateKey }), 'bad-signature', /have it signed again/)
    await expect(signTrustUpdate(broken, { signer: a.privateKey })).resolves.toContain('signatures')
  })

  it('R50: refuses a minSequence in milliseconds, unless told twice', async () => {
    const future = { ...store(2, a), minSequence: Date.now() }
    await expect(signTrustUpdate(future, { signer: a.privateKey })).rejects.toThrow(/minSequence .* milliseconds/)
    await expect(signTrustUpdate(future, { signer: a.privateKey, allowFutureSequence: true })).resolves.toContain('signatures')
  })

  it('tells of each signature as it is made, also where the next signer fails', async () => {
    const told: EnvelopeEvent[] = []
    const failing = { algorithm: 'Ed25519', publicKey: b.publicKey, sign: () => Promise.reject(new Error('offline')) } as const
    const call = signTrustUpdate(store(2, a, b), { signer: [a.privateKey, failing], onEvent: (event) => told.push(event) })
    await expectRefused(() => call, 'signer-failed')
    expect(told.map((event) => event.event === 'trust-signed' && event.kid)).toEqual([a.kid])
  })
})
