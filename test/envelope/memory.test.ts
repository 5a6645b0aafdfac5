import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import {
  decodeHead,
  encryptBundle,
  joinEnvelope,
  openEnvelope,
  splitEnvelope,
  verifyAndDecrypt,
} from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, pattern, sameAs, seal } from './helpers.js'
import { freshEd25519 } from './signers.js'

const signer = freshEd25519()
const bundle = pattern(2 * CHUNK + 500)
const isBundle = sameAs(bundle)

function inLargerBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const around = new Uint8Array(bytes.length + 20).fill(0xee)
  around.set(bytes, 7)
  return around.subarray(7, 7 + bytes.length)
}

/** The same bytes in every memory that a caller may have them in. */
const views: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
  ['an offset subarray', inLargerBuffer],
  ['a Buffer', (bytes) => Buffer.from(bytes)],
  ['a Buffer in the shared pool, at an offset', (bytes) => Buffer.concat([Buffer.from('x'), bytes]).subarray(1)],
  ['a growable ArrayBuffer', growable],
]

function growable(bytes: Uint8Array): Uint8Array {
  const resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer
  const view = new Uint8Array(new resizable(bytes.length, { maxByteLength: bytes.length + 100 }))
  view.set(bytes)
  return view
}

function shared(bytes: Uint8Array): Uint8Array {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length))
  view.set(bytes)
  return view
}

describeEachBackend('memory', (backend) => {
  const device = accepting(signer, { backend })

  test.each(views)('%s is read where it lies, as bundle, file, payload, head and secret', async (_, view) => {
    const secret = pattern(32, 77)
    const options = { ...device, reader: view(secret) }
    const envelope = await seal(signer, view(bundle), { backend, readers: [view(secret)] })
    expect((await verifyAndDecrypt(view(envelope.toBytes()), options)).bundle).toSatisfy(isBundle)
    const apart = { head: view(Buffer.from(envelope.head)), payload: view(envelope.payload) }
    expect((await verifyAndDecrypt(apart, options)).bundle).toSatisfy(isBundle)
    expect(joinEnvelope(apart.head, apart.payload)).toSatisfy(sameAs(envelope.toBytes()))
  })

  test('a bundle and a secret overwritten right after encryptBundle was called are not seen', async () => {
    const passed = { bundle: bundle.slice(), secret: pattern(32, 77) }
    const pending = seal(signer, passed.bundle, { backend, readers: [passed.secret] })
    passed.bundle.fill(0xff)
    passed.secret.fill(0xff)
    const opened = await verifyAndDecrypt(await pending, { ...device, reader: pattern(32, 77) })
    expect(opened.bundle).toSatisfy(isBundle)
  })

  test('a file, a payload and a secret overwritten right after verifyAndDecrypt was called are not seen', async () => {
    const secret = pattern(32, 77)
    const envelope = await seal(signer, bundle, { backend, readers: [secret] })
    const file = envelope.toBytes()
    const parts = { head: new Uint8Array(Buffer.from(envelope.head)), payload: envelope.payload.slice() }
    const pending = [
      verifyAndDecrypt(file, { ...device, reader: secret }),
      verifyAndDecrypt(parts, { ...device, reader: secret }),
    ]
    for (const bytes of [file, parts.head, parts.payload, secret]) bytes.fill(0xff)
    for (const opened of await Promise.all(pending)) expect(opened.bundle).toSatisfy(isBundle)
  })

  test('options changed right after the call are not seen', async () => {
    const envelope = await seal(signer, bundle, { backend })
    const options = { ...device, trust: [signer.publicKey] }
    const pending = verifyAndDecrypt(envelope, options)
    Object.assign(options, { app: 'com.other', lastSequence: 5000, channel: 'other' })
    options.trust.length = 0
    expect((await pending).bundle).toSatisfy(isBundle)
  })

  test.each([
    0, 1, 500, CHUNK, 2 * CHUNK + 500,
  ])('a result of %i bytes has memory of its own, exactly', async (size) => {
    const original = pattern(size)
    const envelope = await seal(signer, original, { backend })
    const file = envelope.toBytes()
    const payload = envelope.payload.slice()
    const opened = await openEnvelope(envelope.head, device)
    await opened.setIndex(payload.subarray(0, opened.indexRange.end))
    const { start, end } = opened.chunkRange(0)
    const chunk = await opened.decryptChunk(0, payload.subarray(start, end))
    const results = [
      (await verifyAndDecrypt(file, device)).bundle,
      (await verifyAndDecrypt(envelope, device)).bundle,
      chunk,
    ]
    for (const result of results) {
      expect(result.constructor).toBe(Uint8Array)
      expect(result.byteOffset).toBe(0)
      expect(result.buffer.byteLength).toBe(result.length)
      result.fill(0xaa)
    }
    expect(file).toSatisfy(sameAs(envelope.toBytes()))
    expect(envelope.payload).toSatisfy(sameAs(payload))
    expect(original).toSatisfy(sameAs(pattern(size)))
    expect((await verifyAndDecrypt(file, device)).bundle).toSatisfy(sameAs(original))
  })

  test('memory that is shared with other threads is refused everywhere', async () => {
    const envelope = await seal(signer, bundle, { backend })
    const refused = async (call: () => unknown): Promise<void> =>
      expect((async () => call())()).rejects.toThrow(TypeError)
    await refused(() => seal(signer, shared(bundle), { backend }))
    await refused(() => seal(signer, bundle, { backend, readers: [shared(pattern(32))] }))
    await refused(() => verifyAndDecrypt(shared(envelope.toBytes()), device))
    await refused(() => verifyAndDecrypt({ head: envelope.head, payload: shared(envelope.payload) }, device))
    await refused(() => verifyAndDecrypt(envelope, { ...device, reader: shared(pattern(32)) }))
    await refused(() => splitEnvelope(shared(envelope.toBytes())))
    await refused(() => joinEnvelope(envelope.head, shared(envelope.payload)))
    const opened = await openEnvelope(envelope.head, device)
    await refused(() => opened.setIndex(shared(envelope.payload.subarray(0, opened.indexRange.end))))
    await opened.setIndex(envelope.payload.subarray(0, opened.indexRange.end))
    await refused(() => opened.decryptChunk(0, shared(envelope.payload.subarray(200, 300))))
  })

  test('a head in memory that is shared with other threads is refused like everything else', async () => {
    const envelope = await seal(signer, bundle, { backend })
    const head = shared(Buffer.from(envelope.head))
    await expect(verifyAndDecrypt({ head, payload: envelope.payload }, device)).rejects.toThrow(TypeError)
    await expect(openEnvelope(head, device)).rejects.toThrow(TypeError)
    expect(() => decodeHead(head)).toThrow(TypeError)
    expect(() => joinEnvelope(head, envelope.payload)).toThrow(TypeError)
  })
})

describe('bytes of another realm (an iframe, a test runner\'s sandbox)', () => {
  const foreign = (bytes: Uint8Array): Uint8Array =>
    (runInNewContext('(bytes) => Uint8Array.from(bytes)') as (from: readonly number[]) => Uint8Array)([...bytes])

  test('are bytes as bundle, payload and secret', async () => {
    expect(foreign(bundle) instanceof Uint8Array).toBe(false)
    const envelope = await seal(signer, foreign(bundle), { readers: [foreign(pattern(32))] })
    const options = accepting(signer, { reader: foreign(pattern(32)) })
    const opened = await verifyAndDecrypt({ head: envelope.head, payload: foreign(envelope.payload) }, options)
    expect(opened.bundle).toSatisfy(isBundle)
  })

  test('are bytes as file and head too', async () => {
    const envelope = await seal(signer, bundle)
    expect((await verifyAndDecrypt(foreign(envelope.toBytes()), accepting(signer))).bundle).toSatisfy(isBundle)
    expect(decodeHead(foreign(Buffer.from(envelope.head)))).toEqual(decodeHead(envelope.head))
  })
})

test('what is no Uint8Array is refused as a bundle, with what to do', async () => {
  for (const wrong of [
    bundle.buffer, [...bundle.subarray(0, 3)], 'text', null, undefined, new DataView(bundle.buffer), new Uint16Array(2),
  ]) {
    const pending = encryptBundle(wrong as unknown as Uint8Array, { signer: signer.privateKey, app: 'a', version: '1' })
    await expect(pending).rejects.toThrow(/^bundle must be a Uint8Array, for example/)
    await expect(pending).rejects.toThrow(TypeError)
  }
})
