import { createDecipheriv, createHash, createHmac, createPublicKey, hkdfSync } from 'node:crypto'
import { compactDecrypt, generalVerify } from 'jose'
import { expect, test } from 'vitest'
import { backends } from '../backends.js'
import { pattern, sameAs, seal } from './helpers.js'
import { fromBase64url, rawHead } from './hostile.js'
import { freshEd25519, freshRsa } from './signers.js'
import type { RawHeader } from './hostile.js'
import type { EnvelopeParts } from '../../src/index.js'
import type { TestSigner } from './signers.js'

/*
 * A reader written from the specification's words alone, with node:crypto and a JOSE library and nothing of
 * src: what publishers write is the format that is specified, not only what our own reader takes.
 */

function hkdfExpandSha512(key: Uint8Array, info: Uint8Array, length: number): Buffer {
  let [out, block] = [Buffer.alloc(0), Buffer.alloc(0)]
  for (let i = 1; out.length < length; i++) {
    block = createHmac('sha512', key).update(block).update(info).update(Buffer.of(i)).digest()
    out = Buffer.concat([out, block])
  }
  return out.subarray(0, length)
}

function xor(a: Uint8Array, b: Uint8Array): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ (b[i] as number)))
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()

function openGcm(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
}

async function readSlot(slot: string, signer: TestSigner, secret?: Uint8Array): Promise<Uint8Array> {
  const spki = createPublicKey(signer.publicKey).export({ format: 'der', type: 'spki' })
  const wrapping = secret ?? new Uint8Array(hkdfSync('sha256', spki, new Uint8Array(0), 'otaseal v2 reader', 32))
  const { plaintext, protectedHeader } = await compactDecrypt(slot, wrapping)
  const kid = secret && sha256(Buffer.from('otaseal v2 secret'), secret).toString('base64url')
  expect(protectedHeader).toEqual({ alg: 'A256KW', enc: 'A256GCM', kid: kid ?? signer.kid })
  return plaintext
}

async function readEnvelope(
  { head, payload }: EnvelopeParts,
  signer: TestSigner,
  secret?: Uint8Array,
): Promise<Buffer> {
  const verified = await generalVerify(rawHead(head), createPublicKey(signer.publicKey))
  const { bundle, body } = JSON.parse(Buffer.from(verified.payload).toString()) as RawHeader
  const sessionKey = await readSlot(rawHead(head).keys[0] as string, signer, secret)

  const chunks = Math.floor(bundle.size / body.chunk) + 1
  const bodyAt = 32 * chunks
  const salt = payload.subarray(bodyAt, bodyAt + 24)
  const commitment = payload.subarray(bodyAt + 24, bodyAt + 56)
  expect(sha256(payload.subarray(0, bodyAt + 56))).toEqual(fromBase64url(body.index))
  expect(Buffer.from(salt)).toEqual(fromBase64url(body.salt))
  expect(Buffer.from(commitment)).toEqual(fromBase64url(body.commitment))

  const context = body.chunk === 16_384 ? '' : `otaseal chunk=${body.chunk}`
  const info = Buffer.concat([
    Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0'),
    salt,
    Buffer.from(context),
  ])
  const derived = hkdfExpandSha512(sessionKey, info, 76)
  expect(derived.subarray(44)).toEqual(Buffer.from(commitment))

  const parts: Buffer[] = []
  for (let i = 0, at = bodyAt + 56; i < chunks; i++) {
    const length = Math.min(body.chunk, bundle.size - i * body.chunk) + 16
    const sealed = payload.subarray(at, (at += length))
    expect(sha256(sealed)).toEqual(Buffer.from(payload.subarray(32 * i, 32 * (i + 1))))
    const counter = Buffer.alloc(12)
    counter.writeUInt32BE(i, 8)
    parts.push(openGcm(derived.subarray(0, 32), xor(derived.subarray(32, 44), counter), sealed))
  }
  const plaintext = Buffer.concat(parts)
  const pad = hkdfExpandSha512(sessionKey, Buffer.concat([Buffer.from('otaseal v2 checksum'), salt]), 32)
  expect(xor(fromBase64url(bundle.checksum), pad)).toEqual(sha256(plaintext))
  return plaintext
}

const signers = [freshEd25519(), freshRsa()].map((signer) => ({ alg: signer.alg, signer }))
const secret = pattern(32, 4711)
const cases = [16_384, 262_144].flatMap((chunkSize) =>
  [0, 1, chunkSize, 3 * chunkSize + 500].map((size) => ({ chunkSize: chunkSize as 16_384 | 262_144, size })),
)

test.each(cases)(
  'R4, R29, R30, R31, R32: a reader from the specification opens $size bytes in chunks of $chunkSize, of every backend',
  async ({ chunkSize, size }) => {
    const bundle = pattern(size)
    for (const backend of backends) {
      for (const { signer } of signers) {
        const envelope = await seal(signer, bundle, { backend, chunkSize })
        expect(await readEnvelope(envelope, signer), backend.name).toSatisfy(sameAs(bundle))
      }
      const [{ signer }] = signers as [(typeof signers)[0]]
      const forSecret = await seal(signer, bundle, { backend, chunkSize, readers: [secret] })
      expect(await readEnvelope(forSecret, signer, secret), backend.name).toSatisfy(sameAs(bundle))
    }
  },
)

test('more than 256 chunks, where the counter takes a second byte', async () => {
  const [{ signer }] = signers as [(typeof signers)[0]]
  const bundle = pattern(300 * 16_384 + 1)
  for (const backend of backends) {
    const envelope = await seal(signer, bundle, { backend, chunkSize: 16_384 })
    expect(await readEnvelope(envelope, signer), backend.name).toSatisfy(sameAs(bundle))
  }
})
