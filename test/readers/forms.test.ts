import { webcrypto } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { decodeHead, generateKeyPair, openEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { nobleReader } from '../../src/noble.js'
import { describeEachBackend } from '../backends.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from '../envelope/helpers.js'
import { withHead } from '../envelope/hostile.js'
import { bundle, craftSlot, curves, doubledPem, freshReader, privateCryptoKey, publicCryptoKey, sealed, sessionKey, signer } from './readers.js'
import type { DeviceReader, EnvelopeEvent } from '../../src/index.js'
import type { TestReader } from './readers.js'

const secret = pattern(32, 4711)

/** Every form of a private key. */
async function privateForms(reader: TestReader): Promise<readonly (readonly [string, DeviceReader])[]> {
  const { publicKey, privateKey, publicJwk, privateJwk } = reader
  const hidden = await privateCryptoKey(reader, false)
  return [
    ['PEM', privateKey],
    ['PEM on one line', privateKey.replaceAll('\n', '\\n')],
    ['JWK', privateJwk],
    ['JSON of a JWK', JSON.stringify(privateJwk)],
    ['JWK as Deno exports it', { ...privateJwk, alg: 'ECDH', key_ops: ['deriveBits'], ext: true }],
    ['JWK with its purpose', { ...privateJwk, use: 'enc', alg: 'ECDH-ES+A256KW', key_ops: ['deriveBits'] }],
    ['JWK with another purpose as well', { ...privateJwk, key_ops: ['sign', 'deriveKey'] }],
    ...(reader.curve === 'P-256' ? [['PEM with its public key twice', doubledPem(reader, reader, reader)] as const] : []),
    ['extractable CryptoKey', await privateCryptoKey(reader, true)],
    ['extractable CryptoKey to derive keys', await privateCryptoKey(reader, true, ['deriveKey'])],
    ['CryptoKey that is not extractable', hidden],
    ['pair of CryptoKeys', { publicKey: await publicCryptoKey(reader), privateKey: hidden }],
    ['CryptoKey with a public JWK', { publicKey: publicJwk, privateKey: hidden }],
    ['CryptoKey with a public PEM', { publicKey, privateKey: hidden }],
    ['pair of PEMs', { publicKey, privateKey }],
    ['nobleReader of a PEM', nobleReader(privateKey)],
    ['nobleReader of a JWK', nobleReader(privateJwk)],
    ['list of one', [privateKey]],
    ['list of others and it', [secret, freshReader('X25519').privateKey, freshReader('P-256').privateKey, hidden]],
  ]
}

describeEachBackend('a reader', (backend) => {
  test.each(curves)('of %s opens as PEM, JWK, CryptoKey, pair and in lists, and no other does', async (curve) => {
    const [reader, other] = [freshReader(curve), freshReader(curve)]
    const envelope = await seal(signer, bundle, { backend, readers: [other.publicKey, reader.publicKey] })
    const forOther = await seal(signer, bundle, { backend, readers: [other.publicKey] })
    for (const [title, form] of await privateForms(reader)) {
      const device = accepting(signer, { backend, reader: form })
      expect((await verifyAndDecrypt(envelope, device)).bundle.length, title).toBe(bundle.length)
      await expectRefused(() => verifyAndDecrypt(forOther, device), 'no-reader-key')
    }
  })

  test.each(curves)('of %s is sealed for as PEM, JWK and CryptoKey, each once', async (curve) => {
    const reader = freshReader(curve)
    const { publicKey, publicJwk, kid } = reader
    const forms = [
      publicKey, publicKey.replaceAll('\n', ' '), publicJwk, JSON.stringify(publicJwk), { ...publicJwk, use: 'enc', key_ops: [], alg: 'ECDH-ES' },
      { ...publicJwk, key_ops: ['deriveKey', 'deriveBits'] }, await publicCryptoKey(reader),
    ]
    for (const form of forms) {
      const envelope = await seal(signer, bundle, { backend, readers: [form] })
      expect(decodeHead(envelope.head).slots).toEqual([kid])
      await expectAccepted(envelope, accepting(signer, { backend, reader: reader.privateKey }), bundle)
    }
    const twice = await seal(signer, bundle, { backend, readers: [secret, ...forms, secret] })
    expect(decodeHead(twice.head).slots.slice(1)).toEqual([kid])
    await expectAccepted(twice, accepting(signer, { backend, reader: secret }), bundle)
  })

  test.each(curves)('of %s that generateKeyPair makes is one by itself', async (curve) => {
    const pair = await generateKeyPair(curve, { backend })
    const envelope = await seal(signer, bundle, { backend, readers: [pair.publicKey] })
    expect(decodeHead(envelope.head).slots).toEqual([pair.kid])
    for (const reader of [pair, pair.privateKey]) await expectAccepted(envelope, accepting(signer, { backend, reader }), bundle)
  })

  test('is told by its kid when it was used, also where its kid was not known before', async () => {
    for (const curve of curves) {
      const reader = freshReader(curve)
      const envelope = await seal(signer, bundle, { backend, readers: [freshReader(curve).publicKey, reader.publicKey] })
      for (const form of [reader.privateKey, await privateCryptoKey(reader, false)]) {
        const events: EnvelopeEvent[] = []
        await openEnvelope(envelope.head, accepting(signer, { backend, reader: form, onEvent: (event) => events.push(event) }))
        expect(events.filter(({ event }) => event.startsWith('reader-'))).toMatchObject([{ event: 'reader-used', kid: reader.kid }])
      }
    }
  })
})

describe('a CryptoKey that is not extractable', () => {
  test('tries every slot of its curve, whatever its kid says, and a pair only those of its own', async () => {
    for (const curve of curves) {
      const reader = freshReader(curve)
      const misnamed = craftSlot(reader, sessionKey, { kid: freshReader(curve).kid })
      const head = withHead(sealed, (raw) => (raw.keys = [craftSlot(freshReader(curve), sessionKey), misnamed]))
      const privateKey = await privateCryptoKey(reader, false)
      await expectAccepted(head, accepting(signer, { reader: privateKey }), bundle)
      const pair = { publicKey: reader.publicKey, privateKey }
      await expectRefused(() => verifyAndDecrypt(head, accepting(signer, { reader: pair })), 'no-reader-key')
    }
  })

  test('of a new pair by WebCrypto reads what was sealed for its public half', async () => {
    for (const parameters of [{ name: 'X25519' }, { name: 'ECDH', namedCurve: 'P-256' }]) {
      const pair = (await webcrypto.subtle.generateKey(parameters, false, ['deriveBits'])) as CryptoKeyPair
      const envelope = await seal(signer, bundle, { readers: [pair.publicKey] })
      for (const reader of [pair, pair.privateKey]) await expectAccepted(envelope, accepting(signer, { reader }), bundle)
    }
  })
})

describe('what the caller changes after the call', () => {
  test('changes nothing: JWKs, secrets, pairs and lists are read at the call', async () => {
    const [reader, other] = [freshReader('P-256'), freshReader('P-256')]
    const publicJwk = { ...reader.publicJwk }
    const mine = new Uint8Array(secret)
    const readers = [publicJwk, mine]
    const making = seal(signer, bundle, { readers })
    Object.assign(publicJwk, other.publicJwk)
    mine.fill(0)
    readers.length = 0
    const envelope = await making
    const privateJwk = { ...reader.privateJwk }
    const pair = { publicKey: reader.publicKey, privateKey: reader.privateKey }
    for (const form of [privateJwk, pair, [reader.privateKey]]) {
      const opening = verifyAndDecrypt(envelope, accepting(signer, { reader: form }))
      if (Array.isArray(form)) form.length = 0
      else Object.assign(form, { ...other.privateJwk, publicKey: other.publicKey, privateKey: other.privateKey })
      expect((await opening).bundle.length).toBe(bundle.length)
    }
    await expectAccepted(envelope, accepting(signer, { reader: secret }), bundle)
  })
})
