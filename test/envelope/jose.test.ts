import { createHash, createPublicKey, createSecretKey } from 'node:crypto'
import { CompactEncrypt, GeneralSign, compactDecrypt, generalVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { readPublicKey } from '../../src/keys/public.js'
import { secretReader, signerReader } from '../../src/keys/slots.js'
import { describeEachBackend } from '../backends.js'
import { sessionKeyOf } from './attacker.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { fromBase64url, headerText, rawHead, withHead } from './hostile.js'
import { freshEd25519, freshRsa } from './signers.js'
import { verifyAndDecrypt } from '../../src/index.js'
import type { Reader } from '../../src/keys/slots.js'
import type { EnvelopeParts } from '../../src/index.js'
import type { RawHead } from './hostile.js'
import type { TestSigner } from './signers.js'

const bundle = pattern(20_000)
const secret = pattern(32, 4711)
const signers = [freshEd25519(), freshRsa()].map((signer) => ({ alg: signer.alg, signer }))

async function joseVerify(head: RawHead, signer: TestSigner): ReturnType<typeof generalVerify> {
  return generalVerify(head, createPublicKey(signer.publicKey), { algorithms: [signer.alg] })
}

async function joseOpen(slot: string, reader: Reader): ReturnType<typeof compactDecrypt> {
  const algorithms = { keyManagementAlgorithms: ['A256KW'], contentEncryptionAlgorithms: ['A256GCM'] }
  return compactDecrypt(slot, createSecretKey(reader.wrappingKey), algorithms)
}

/** The head with signatures and slots that a JOSE library made anew. */
async function remade(
  envelope: EnvelopeParts,
  by: readonly TestSigner[],
  reader: Reader,
  sessionKey: Uint8Array,
): Promise<EnvelopeParts> {
  const sign = new GeneralSign(Buffer.from(headerText(envelope.head)))
  for (const signer of by) {
    sign.addSignature(signer.keyObject).setProtectedHeader({ alg: signer.alg, kid: signer.kid, typ: 'otaseal-head-v2' })
  }
  const { payload, signatures } = await sign.sign()
  const slot = await new CompactEncrypt(sessionKey)
    .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', kid: reader.kid })
    .encrypt(createSecretKey(reader.wrappingKey))
  return withHead(envelope, (head) => Object.assign(head, { payload, signatures, keys: [slot] }))
}

describeEachBackend('a JOSE library', (backend) => {
  test.each(signers)('verifies our $alg heads with the public key', async ({ alg, signer }) => {
    const { head } = await seal(signer, bundle, { backend })
    const { payload, protectedHeader } = await joseVerify(rawHead(head), signer)
    expect(Buffer.from(payload).toString()).toBe(headerText(head))
    expect(protectedHeader).toEqual({ alg, kid: signer.kid, typ: 'otaseal-head-v2' })
    const changed = { ...rawHead(head), payload: `${rawHead(head).payload.slice(0, -4)}AAAA` }
    await expect(joseVerify(changed, signer)).rejects.toThrow()
  })

  test('verifies each signature of a head with two', async () => {
    const [one, two] = signers.map(({ signer }) => signer) as [TestSigner, TestSigner]
    const { head } = await seal(one, bundle, { backend, signer: [one.privateKey, two.privateKey] })
    for (const signer of [one, two]) expect((await joseVerify(
      rawHead(head),
      signer,
    )).protectedHeader?.alg).toBe(signer.alg)
    await expect(joseVerify(rawHead(head), freshEd25519())).rejects.toThrow()
  })

  test.each(signers)('opens our signer slots for $alg with the derived key', async ({ signer }) => {
    const { head } = await seal(signer, bundle, { backend })
    const reader = await signerReader(await readPublicKey(signer.publicKey, backend), backend)
    const { plaintext, protectedHeader } = await joseOpen(rawHead(head).keys[0] as string, reader)
    expect(plaintext).toEqual(await sessionKeyOf(head, signer))
    expect(plaintext).toHaveLength(32)
    expect(protectedHeader).toEqual({ alg: 'A256KW', enc: 'A256GCM', kid: signer.kid })
    await expect(joseOpen(rawHead(head).keys[0] as string, { ...reader, wrappingKey: secret })).rejects.toThrow()
  })

  test('opens our secret slots with the secret itself', async () => {
    const [{ signer }] = signers as [typeof signers[0]]
    const { head } = await seal(signer, bundle, { backend, readers: [secret] })
    const kid = createHash('sha256').update('otaseal v2 secret').update(secret).digest('base64url')
    const { plaintext, protectedHeader } = await joseOpen(rawHead(head).keys[0] as string, { kid, wrappingKey: secret })
    expect(plaintext).toHaveLength(32)
    expect(protectedHeader).toEqual({ alg: 'A256KW', enc: 'A256GCM', kid })
  })

  test.each(signers)('makes $alg heads and signer slots that we accept', async ({ signer }) => {
    const envelope = await seal(signer, bundle, { backend })
    const reader = await signerReader(await readPublicKey(signer.publicKey, backend), backend)
    const head = await remade(envelope, [signer], reader, await sessionKeyOf(envelope.head, signer))
    expect(rawHead(head.head).keys[0]).not.toBe(rawHead(envelope.head).keys[0])
    await expectAccepted(head, accepting(signer, { backend }), bundle)
    await expectRefused(() => verifyAndDecrypt(head, accepting(freshEd25519(), { backend })), 'untrusted-key')
  })

  test.each(signers)('makes $alg heads and secret slots that we accept', async ({ signer }) => {
    const envelope = await seal(signer, bundle, { backend })
    const reader = await secretReader(secret, backend)
    const head = await remade(envelope, [signer], reader, await sessionKeyOf(envelope.head, signer))
    await expectAccepted(head, accepting(signer, { backend, reader: secret }), bundle)
    await expectRefused(() => verifyAndDecrypt(head, accepting(signer, { backend })), 'no-reader-key')
  })

  test('makes heads with both signatures that we accept by either key', async () => {
    const both = signers.map(({ signer }) => signer)
    const [one, two] = both as [TestSigner, TestSigner]
    const envelope = await seal(one, bundle, { backend })
    const head = await remade(
      envelope,
      both,
      await secretReader(secret, backend),
      await sessionKeyOf(envelope.head, one),
    )
    expect(rawHead(head.head).signatures).toHaveLength(2)
    for (const signer of [one, two]) await expectAccepted(head, accepting(signer, { backend, reader: secret }), bundle)
  })
})

describe('the derivations, by node:crypto alone', () => {
  test('R20, R34: the kid and the wrapping key of a signer slot', async () => {
    const { hkdfSync } = await import('node:crypto')
    for (const { signer } of signers) {
      const spki = createPublicKey(signer.publicKey).export({ format: 'der', type: 'spki' })
      const wrappingKey = Buffer.from(hkdfSync('sha256', spki, new Uint8Array(0), 'otaseal v2 reader', 32))
      const { head } = await seal(signer, bundle)
      const { plaintext } = await joseOpen(
        rawHead(head).keys[0] as string,
        { kid: signer.kid, wrappingKey: new Uint8Array(wrappingKey) },
      )
      expect(plaintext).toEqual(await sessionKeyOf(head, signer))
      expect(fromBase64url(signer.kid)).toHaveLength(32)
    }
  })
})
