import { describe, expect, test } from 'vitest'
import { delegate, encryptBundle, signTrustUpdate, verifyAndDecrypt } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { freshEd25519, freshRsa, nodeSign } from '../envelope/signers.js'
import { bundleOptions, expectRefused } from './event-calls.js'
import { NOW, YEAR, link, named, signed, storeOf } from './signed.js'
import { bundle, updateVerdict } from './world.js'
import type { DelegateOptions, Signer } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'

const A = named('A')
const R = named('R', freshRsa(3072))
const K = freshEd25519()
const now = (): number => Math.floor(Date.now() / 1000)
const later = now() + YEAR

/** A key that lies elsewhere, and the texts that it was given to sign. */
function external(key: TestSigner): Signer & { readonly asked: string[] } {
  const asked: string[] = []
  const sign = (message: Uint8Array): Uint8Array => {
    asked.push(Buffer.from(message).toString())
    return nodeSign(key, message)
  }
  return { algorithm: key.alg, publicKey: key.publicKey, sign, asked }
}

const claimsOf = (made: string): unknown => JSON.parse(Buffer.from(made.split('.')[1] ?? '', 'base64url').toString())

describeEachBackend('R55, R63: keys in a KMS', (backend) => {
  test.each([['Ed25519', A], ['PS256', R]] as const)('of %s sign links and trust updates, and see what they sign', async (_, root) => {
    const signer = external(root)
    const chain = await delegate(K.publicKey, { signer, notAfter: later, backend })
    const store = storeOf([root], { epoch: 2 })
    const update = await signTrustUpdate(store, { signer, backend })
    expect(await updateVerdict(update, root.publicKey)).toBe(`changed ${root === A ? 'A' : 'R'}`)
    expect(new Set(signer.asked)).toEqual(new Set([
      chain.split('.').slice(0, 2).join('.'),
      signed('otaseal-trust-v2', store, root).slice(0, 2).join('.'),
    ]))
    const envelope = await encryptBundle(bundle, { ...bundleOptions, signer: external(K), chain, roots: root.publicKey, backend })
    const opened = await verifyAndDecrypt(envelope, { trust: root.publicKey, app: null, channel: null, lastSequence: null, backend })
    expect(opened.signers).toEqual([root.kid])
  })

  test('that sign something else give no link and no update', async () => {
    const lying: Signer = { ...external(A), sign: () => nodeSign(A, Buffer.from('something else')) }
    await expectRefused('signer-failed', () => delegate(K.publicKey, { signer: lying, notAfter: later, backend }))
    await expectRefused('signer-failed', () => signTrustUpdate(storeOf([A]), { signer: lying, backend }))
  })
})

describe('R55: what delegate refuses', () => {
  const good: DelegateOptions = { signer: A.privateKey, notAfter: later }

  test.each<readonly [string, () => Promise<unknown>]>([
    ['a private release key', () => delegate(K.privateKey, good)],
    ['the root key itself', () => delegate(A.publicKey, good)],
    ['a public key for the root', () => delegate(K.publicKey, { ...good, signer: A.publicKey })],
    ['a weak release key', () => delegate(freshRsa(2048).publicKey, good)],
    ['an RSA key of other numbers', () => delegate({ kty: 'RSA', n: 'AQAB', e: 'AQAB' }, good)],
  ])('%s, with bad-key', async (_, call) => expectRefused('bad-key', call))

  test.each<readonly [string, Partial<DelegateOptions>]>([
    ['an end in the past', { notAfter: now() - 1 }],
    ['an end now', { notBefore: 5, notAfter: now() }],
    ['an end in milliseconds', { notAfter: later * 1000 }],
    ['an end before the beginning', { notBefore: later + 1 }],
    ['a beginning below zero', { notBefore: -1 }],
    ['a time that is not whole', { notAfter: later + 0.5 }],
    ['an invalid date', { notAfter: new Date('x') }],
    ['an app of other characters', { apps: ['*'] }],
    ['an empty channel', { channels: [''] }],
    ['65 apps', { apps: Array<string>(65).fill('a') }],
    ['a sequence below zero', { maxSequence: -1 }],
    ['a sequence that is not safe', { maxSequence: 2 ** 53 }],
  ])('%s is a RangeError', async (_, more) => {
    await expect(delegate(K.publicKey, { ...good, ...more })).rejects.toThrow(RangeError)
  })

  test.each<readonly [string, object]>([
    ['no end', { notAfter: undefined }],
    ['a text for a time', { notAfter: '2030-01-01' }],
    ['a text for apps', { apps: 'com.example.app' }],
    ['no app in a list', { apps: [] }],
    ['a number for a channel', { channels: [5] }],
    ['a text for a sequence', { maxSequence: '5' }],
    ['no signer', { signer: undefined }],
    ['a listener that is no function', { onEvent: {} }],
    ['a controller for a signal', { signal: new AbortController() }],
  ])('%s is a TypeError', async (_, more) => {
    await expect(delegate(K.publicKey, { ...good, ...more })).rejects.toThrow(TypeError)
  })

  test('what is left out is no limit, and the beginning is now', async () => {
    const before = now()
    const claims = claimsOf(await delegate(K.publicKey, good)) as { notBefore: number }
    expect(Object.keys(claims)).toEqual(['key', 'notBefore', 'notAfter'])
    expect(claims.notBefore - before).toBeLessThanOrEqual(9)
    const dated = await delegate(K.publicKey, { ...good, notBefore: new Date(NOW * 1000 + 999), notAfter: new Date((later + YEAR) * 1000) })
    expect(claimsOf(dated)).toEqual(claimsOf(link(A, K, { notBefore: NOW, notAfter: later + YEAR })))
  })
})
