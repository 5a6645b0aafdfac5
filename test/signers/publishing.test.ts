import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { encryptBundleStream, verifyAndDecrypt } from '../../src/index.js'
import { encryptFile, verifyFile } from '../../src/node.js'
import { describeEachBackend } from '../backends.js'
import { namesIn, temporaryFolder } from '../cli/cli.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from '../envelope/helpers.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { streamOf } from '../stream/streams.js'
import { watchedSigner } from './helpers.js'

const rsa = freshRsa(3072)
const ed25519 = freshEd25519()
const bundle = pattern(40_000)
const claims = { app: 'com.example.app', version: '1.4.0', channel: 'production', sequence: 1000 } as const
const forever = async (): Promise<never> => new Promise(() => undefined)

describeEachBackend('encryptBundle with external signers', (backend) => {
  test.each([rsa, ed25519])('of $alg makes what a device accepts', async (key) => {
    await expectAccepted(await seal(key, bundle, { signer: watchedSigner(key), backend }), accepting(key, { backend }), bundle)
  })

  test('and a private key beside them makes a signature by each', async () => {
    const local = freshEd25519()
    const envelope = await seal(rsa, bundle, { signer: [watchedSigner(rsa), local.privateKey, watchedSigner(ed25519)], backend })
    const { signers } = await verifyAndDecrypt(envelope, accepting(rsa, { trust: [ed25519, local, rsa].map((key) => key.publicKey), backend }))
    expect([...signers].sort()).toEqual([rsa.kid, local.kid, ed25519.kid].sort())
  })

  test('gives nothing out where one of them fails', async () => {
    const faulty = watchedSigner(ed25519, () => () => new Uint8Array(64))
    await expectRefused(async () => seal(rsa, bundle, { signer: [watchedSigner(rsa), faulty], backend }), 'signer-failed', new RegExp(ed25519.kid))
  })
})

test('one signer that is given twice signs once', async () => {
  const signer = watchedSigner(ed25519)
  const envelope = await seal(ed25519, bundle, { signer: [signer, signer] })
  await expectAccepted(envelope, accepting(ed25519), bundle)
  expect(signer.messages).toHaveLength(1)
})

describe('The signal of the call', () => {
  test('stops encryptBundle while it waits for a signer', async () => {
    const signer = watchedSigner(ed25519, () => forever)
    const controller = new AbortController()
    const call = expectRefused(async () => seal(ed25519, bundle, { signer, signal: controller.signal }), 'aborted')
    await vi.waitFor(() => expect(signer.signals).toHaveLength(1))
    controller.abort()
    await call
    expect(signer.signals[0]?.aborted).toBe(true)
  })

  test('stops encryptBundleStream', async () => {
    const signer = watchedSigner(ed25519, () => forever)
    const controller = new AbortController()
    const { body, envelope } = await encryptBundleStream(streamOf(bundle, 10_000), { signer, ...claims, signal: controller.signal })
    const call = expectRefused(async () => envelope, 'aborted')
    const read = (async () => {
      for await (const piece of body) expect(piece.length).toBeGreaterThan(0)
    })().catch(() => undefined)
    await vi.waitFor(() => expect(signer.signals).toHaveLength(1))
    controller.abort()
    await call
    await read
  })

  test('stops encryptFile, which leaves no file', async () => {
    const folder = temporaryFolder()
    const target = join(folder, 'app.otaseal')
    const signer = watchedSigner(ed25519, () => forever)
    const controller = new AbortController()
    const call = expectRefused(async () => encryptFile(streamOf(bundle, 10_000), target, { signer, ...claims, signal: controller.signal }), 'aborted')
    await vi.waitFor(() => expect(signer.signals).toHaveLength(1))
    expect(existsSync(target)).toBe(false)
    controller.abort()
    await call
    expect(namesIn(folder)).toEqual([])
  })
})

test('encryptFile with a signer that fails leaves no file, and with a good one the envelope', async () => {
  const folder = temporaryFolder()
  const target = join(folder, 'app.otaseal')
  const faulty = watchedSigner(rsa, () => () => Promise.reject(new Error('no')))
  await expectRefused(async () => encryptFile(streamOf(bundle, 10_000), target, { signer: faulty, ...claims }), 'signer-failed')
  expect(namesIn(folder)).toEqual([])
  await encryptFile(streamOf(bundle, 10_000), target, { signer: watchedSigner(rsa), ...claims })
  expect((await verifyFile(target, accepting(rsa))).signers).toEqual([rsa.kid])
})
