import { createPublicKey } from 'node:crypto'
import { CompactSign, GeneralSign, compactVerify, generalVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { delegate, signTrustUpdate } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { NOW, YEAR, jwkOf, named, storeOf } from './signed.js'
import { release, updateVerdict, verdict } from './world.js'
import type { RawUpdate } from './signed.js'

const A = named('A')
const R = named('R', freshRsa(3072))
const K = freshEd25519()
const later = Math.floor(Date.now() / 1000) + YEAR
const roots = [['Ed25519', A], ['PS256', R]] as const
const json = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString())

describeEachBackend('R55, R63: a JOSE library verifies', (backend) => {
  test.each(roots)('our links, signed with %s', async (alg, root) => {
    const made = await delegate(K.publicKey, { signer: root.privateKey, notBefore: NOW, notAfter: later + YEAR, maxSequence: 5, backend })
    const { payload, protectedHeader } = await compactVerify(made, createPublicKey(root.publicKey), { algorithms: [alg] })
    expect(json(payload)).toEqual({ key: jwkOf(K), notBefore: NOW, notAfter: later + YEAR, maxSequence: 5 })
    expect(protectedHeader).toEqual({ alg, kid: root.kid, typ: 'otaseal-link-v2' })
    await expect(compactVerify(made, createPublicKey(K.publicKey))).rejects.toThrow()
  })

  test('each signature of our trust updates', async () => {
    const store = storeOf([A, R], { epoch: 2, threshold: 2 })
    const update = JSON.parse(await signTrustUpdate(store, { signer: [A.privateKey, R.privateKey], backend })) as RawUpdate
    for (const [alg, root] of roots) {
      const { payload, protectedHeader } = await generalVerify(update, createPublicKey(root.publicKey), { algorithms: [alg] })
      expect(json(payload)).toEqual(store)
      expect(protectedHeader).toEqual({ alg, kid: root.kid, typ: 'otaseal-trust-v2' })
    }
    await expect(generalVerify(update, createPublicKey(K.publicKey))).rejects.toThrow()
  })
})

describe('R55, R63: a JOSE library makes', () => {
  test.each(roots)('links that are taken, with %s', async (alg, root) => {
    const claims = { key: jwkOf(K), notBefore: NOW, notAfter: NOW + 1, apps: ['com.example.app'] }
    const sign = new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ alg, kid: root.kid, typ: 'otaseal-link-v2' })
    expect(await verdict(release([K], [await sign.sign(root.keyObject)]), storeOf([A, R]))).toBe(root === A ? 'accepted A' : 'accepted R')
  })

  test('trust updates that are taken', async () => {
    const sign = new GeneralSign(Buffer.from(JSON.stringify(storeOf([A, R], { epoch: 2, threshold: 2 }))))
    for (const [alg, { keyObject, kid }] of roots) sign.addSignature(keyObject).setProtectedHeader({ alg, kid, typ: 'otaseal-trust-v2' })
    expect(await updateVerdict(await sign.sign(), storeOf([A, R]))).toBe('changed A R')
  })
})
