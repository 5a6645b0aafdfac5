import { ed25519 } from '@noble/curves/ed25519.js'
import { createCipheriv, createHash, createHmac, hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { isSmallOrder } from '../src/crypto/small-order.js'
import { checksumPad, chunkContext, chunkNonce, deriveBodyKeys } from '../src/crypto/chunked.js'
import { objectName } from '../src/format/manifest.js'
import { readPublicKey } from '../src/keys/public.js'
import { secretReader, signerReader } from '../src/keys/slots.js'
import { base64urlEncode, hexEncode } from '../src/text.js'
import { describeEachBackend } from './backends.js'

/** The last column of the table of test values in the specification, in its order. */
const published = readFileSync(new URL('../docs/spec.md', import.meta.url), 'utf8')
  .split('## 16. Test values')[1]
  ?.split('\n### ')[0]
  ?.split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) => /`([^`]+)` \|$/.exec(line)?.[1])

const counting = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, i) => i)
const [sessionKey, salt] = [counting(32), counting(24)]
const page = new Uint8Array(Buffer.from('<h1>Hello</h1>\n'))
const publicKey = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
const x = Buffer.from(publicKey, 'hex').toString('base64url')

describeEachBackend('R20, R21, R29, R30, R31, R32, R34, R35, R75: test values of the specification', (backend) => {
  it('are what the library computes', async () => {
    const key = await readPublicKey({ kty: 'OKP', crv: 'Ed25519', x }, backend)
    const small = await deriveBodyKeys(backend, sessionKey, salt, chunkContext(16_384))
    const large = await deriveBodyKeys(backend, sessionKey, salt, chunkContext(262_144))
    const chunk = await (await backend.gcmSealer(small.key)).seal(chunkNonce(small.baseNonce, 0), page)
    const index = await backend.sha256(chunk)
    expect(published).toEqual([
      key.kid,
      hexEncode((await signerReader(key, backend)).wrappingKey),
      (await secretReader(sessionKey, backend)).kid,
      hexEncode(small.key),
      hexEncode(small.baseNonce),
      hexEncode(chunkNonce(small.baseNonce, 258)),
      hexEncode(small.commitment),
      hexEncode(large.key),
      hexEncode(large.baseNonce),
      hexEncode(large.commitment),
      hexEncode(await checksumPad(backend, sessionKey, salt)),
      hexEncode(chunk),
      hexEncode(index),
      objectName({ index: base64urlEncode(await backend.sha256(index, salt, small.commitment)) }),
    ])
  })
})

describe('test values of the specification', () => {
  it('are what node:crypto computes from the words of the specification', () => {
    const spki = Buffer.from(`302a300506032b6570032100${publicKey}`, 'hex')
    const small = expand(Buffer.concat([Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0'), salt]), 76)
    const context = Buffer.from('otaseal chunk=262144')
    const info = Buffer.concat([Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0'), salt, context])
    const large = expand(info, 76)
    const last = Buffer.from(small.subarray(32, 44))
    last.writeUInt16BE(last.readUInt16BE(10) ^ 258, 10)
    const cipher = createCipheriv('aes-256-gcm', small.subarray(0, 32), small.subarray(32, 44))
    const chunk = Buffer.concat([cipher.update(page), cipher.final(), cipher.getAuthTag()])
    const index = createHash('sha256').update(chunk).digest()
    const name = createHash('sha256').update(index).update(salt).update(small.subarray(44)).digest()
    expect(published).toEqual([
      createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url'),
      Buffer.from(hkdfSync('sha256', spki, Buffer.alloc(0), 'otaseal v2 reader', 32)).toString('hex'),
      createHash('sha256').update('otaseal v2 secret').update(sessionKey).digest('base64url'),
      ...[small.subarray(0, 32), small.subarray(32, 44), last, small.subarray(44)].map((part) => part.toString('hex')),
      ...[large.subarray(0, 32), large.subarray(32, 44), large.subarray(44)].map((part) => part.toString('hex')),
      expand(Buffer.concat([Buffer.from('otaseal v2 checksum'), salt]), 32).toString('hex'),
      ...[chunk, index, name].map((part) => part.toString('hex')),
    ])
  })
})

/** HKDF-Expand with SHA-512 (RFC 5869 section 2.3) under the session key. */
function expand(info: Buffer, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let i = 1; 64 * blocks.length < length; i++) {
    const hmac = createHmac('sha512', sessionKey).update(blocks.at(-1) ?? '').update(info).update(Uint8Array.of(i))
    blocks.push(hmac.digest())
  }
  return Buffer.concat(blocks).subarray(0, length)
}

test('R19, R23: the encodings of small order that the specification lists are those that the library refuses', () => {
  const text = readFileSync(new URL('../docs/spec.md', import.meta.url), 'utf8')
  const listed = (text.split('\n## 5. ')[1]?.split('\n## 6. ')[0] ?? '').match(/^[0-9a-f]{64}$/gm) ?? []
  expect(new Set(listed).size).toBe(5)
  for (const encoding of listed) {
    const point = new Uint8Array(Buffer.from(encoding, 'hex'))
    expect(isSmallOrder(point), encoding).toBe(true)
    point[31] = (point[31] ?? 0) | 0x80
    expect(isSmallOrder(point), encoding).toBe(true)
    // Eight times such a point is the neutral one, whatever the library thinks of it.
    expect(ed25519.Point.fromHex(encoding).clearCofactor().is0(), encoding).toBe(true)
  }
})
