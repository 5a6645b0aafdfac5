import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { verifyAndDecrypt } from '../../src/index.js'
import { backends, describeEachBackend } from '../backends.js'
import { accepting, pattern, sameAs, seal } from './helpers.js'
import { freshEd25519, freshRsa } from './signers.js'
import type { ChunkSize } from '../../src/index.js'

const signer = freshEd25519()
const rsa = freshRsa()

const sizesOf = (chunk: ChunkSize): readonly number[] => [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 500]
const cases = ([16_384, 262_144] as const).flatMap((chunkSize) => sizesOf(chunkSize).map((size) => ({
  chunkSize,
  size,
})))

/** Lengths from the specification's own words, not from the library's geometry. */
function payloadLength(size: number, chunkSize: number): number {
  const chunks = Math.floor(size / chunkSize) + 1
  return 32 * chunks + 24 + 32 + size + 16 * chunks
}

describeEachBackend('encrypted', (publisher) => {
  test.each(cases)('$size bytes in chunks of $chunkSize come back on every backend', async ({ chunkSize, size }) => {
    const bundle = pattern(size, size + 1)
    const envelope = await seal(signer, bundle, { chunkSize, backend: publisher })
    expect(envelope.payload.length).toBe(payloadLength(size, chunkSize))
    for (const backend of backends) {
      const opened = await verifyAndDecrypt(envelope, accepting(signer, { backend }))
      expect(Buffer.from(opened.bundle).equals(bundle), backend.name).toBe(true)
      expect(opened.header.bundle).toEqual({
        size,
        checksum: createHash('sha256').update(bundle).digest('hex'),
        type: 'application/octet-stream',
      })
    }
  })

  test('the file form comes back on every backend', async () => {
    const bundle = pattern(20_000)
    const file = (await seal(signer, bundle, { backend: publisher })).toBytes()
    for (const backend of backends) {
      const opened = await verifyAndDecrypt(file, accepting(signer, { backend }))
      expect(opened.bundle).toSatisfy(sameAs(bundle))
    }
  })

  test('an RSA-4096 signer\'s envelope comes back on every backend', async () => {
    const bundle = pattern(20_000)
    const envelope = await seal(rsa, bundle, { backend: publisher })
    for (const backend of backends) {
      const opened = await verifyAndDecrypt(envelope, accepting(rsa, { backend }))
      expect(opened.bundle).toSatisfy(sameAs(bundle))
    }
  })
})

describe('claims', () => {
  test('come back as they were signed, with the defaults of the documentation', async () => {
    const before = Math.floor(Date.now() / 1000)
    const claims = {
      channel: 'beta',
      runtime: 'ios-7',
      type: 'application/zip',
      meta: { commit: 'abc', ünï: '✓ 𝄞 "\\\n' },
    }
    const envelope = await seal(
      signer,
      pattern(3),
      { ...claims, sequence: undefined, expires: new Date('2099-01-01T00:00:00.900Z') },
    )
    const { header } = await verifyAndDecrypt(envelope, accepting(signer, { channel: 'beta' }))
    expect(header).toMatchObject({
      app: 'com.example.app', version: '1.4.0', channel: 'beta', runtime: 'ios-7',
      expires: 4_070_908_800, meta: claims.meta,
    })
    expect(header.bundle.type).toBe('application/zip')
    expect(header.sequence).toBe(header.created)
    expect(header.created).toBeGreaterThanOrEqual(before)
    expect(header.created).toBeLessThanOrEqual(Math.floor(Date.now() / 1000))
  })

  test('that were left out are not in the header', async () => {
    const envelope = await seal(signer, pattern(3), { channel: undefined })
    const { header } = await verifyAndDecrypt(envelope, accepting(signer, { channel: null }))
    expect(Object.keys(header).sort()).toEqual(['app', 'body', 'bundle', 'created', 'sequence', 'version'])
  })

  test('chunks are 256 KiB unless chosen otherwise', async () => {
    const envelope = await seal(signer, pattern(3), { chunkSize: undefined })
    const { header } = await verifyAndDecrypt(envelope, accepting(signer))
    expect(header.body).toMatchObject({ alg: 'AES-256-GCM', chunk: 262_144 })
  })
})
