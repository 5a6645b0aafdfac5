import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { decodeHead, openEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, expectAccepted, expectRefused, pattern, sameAs, seal } from './helpers.js'
import { rawHeader, withHead, withPayload } from './hostile.js'
import { freshEd25519 } from './signers.js'
import type { ByteRange, OpenedEnvelope } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(6 * CHUNK + 500)
const sealed = await seal(signer, bundle)
const cut = ({ start, end }: ByteRange): Uint8Array<ArrayBuffer> => sealed.payload.slice(start, end)
const chunkOf = (opened: OpenedEnvelope, i: number): Uint8Array<ArrayBuffer> => cut(opened.chunkRange(i))
const plain = (i: number): Uint8Array => bundle.subarray(i * CHUNK, (i + 1) * CHUNK)

describeEachBackend('an opened envelope', (backend) => {
  const device = accepting(signer, { backend })
  const open = async (): Promise<OpenedEnvelope> => openEnvelope(sealed.head, device)
  async function openWithIndex(): Promise<OpenedEnvelope> {
    const opened = await open()
    await opened.setIndex(cut(opened.indexRange))
    return opened
  }

  test('says every length before anything of the payload is at hand', async () => {
    const opened = await open()
    expect(opened.chunks).toBe(7)
    expect(opened.payloadLength).toBe(sealed.payload.length)
    expect(opened.indexRange).toEqual({ start: 0, end: 7 * 32 + 56 })
    expect(opened.header.bundle.checksum).toBe(createHash('sha256').update(bundle).digest('hex'))
    const ranges = [opened.indexRange, ...Array.from({ length: 7 }, (_, i) => opened.chunkRange(i))]
    for (const [i, { end }] of ranges.entries()) expect(ranges[i + 1]?.start ?? opened.payloadLength).toBe(end)
  })

  test.each([
    [[6, 0, 3, 1, 5, 2, 4]], [[0, 1, 2, 3, 4, 5, 6]], [[6, 5, 4, 3, 2, 1, 0, 0, 6]],
  ])('gives chunks in the order %j', async (order) => {
    const opened = await openWithIndex()
    for (const i of order) expect(await opened.decryptChunk(i, chunkOf(opened, i))).toSatisfy(sameAs(plain(i)))
  })

  test('gives all chunks in parallel, equal to the one-shot call', async () => {
    const opened = await openWithIndex()
    const parts = await Promise.all(Array.from(
      { length: 7 },
      async (_, i) => opened.decryptChunk(i, chunkOf(opened, i)),
    ))
    const whole = await verifyAndDecrypt(sealed, device)
    expect(whole.bundle).toSatisfy(sameAs(Buffer.concat(parts)))
    expect(opened.header).toEqual(whole.header)
  })

  test('R43: takes a chunk again after it was refused, and is not spoiled by it', async () => {
    const opened = await openWithIndex()
    const bad = chunkOf(opened, 2)
    bad[100] = (bad[100] as number) ^ 1
    await expectRefused(() => opened.decryptChunk(2, bad), 'bad-chunk', /chunk 2 .*download it again/)
    expect(await opened.decryptChunk(1, chunkOf(opened, 1))).toSatisfy(sameAs(plain(1)))
    await expectRefused(() => opened.decryptChunk(2, bad), 'bad-chunk')
    expect(await opened.decryptChunk(2, chunkOf(opened, 2))).toSatisfy(sameAs(plain(2)))
  })

  test('refuses a chunk in the place of another', async () => {
    const opened = await openWithIndex()
    await expectRefused(() => opened.decryptChunk(1, chunkOf(opened, 2)), 'bad-chunk', /chunk 1 /)
    await expectRefused(() => opened.decryptChunk(0, pattern(CHUNK + 16)), 'bad-chunk')
  })

  test('refuses chunks and indexes of wrong lengths', async () => {
    const opened = await openWithIndex()
    for (const length of [0, 15, 16, CHUNK, CHUNK + 15]) {
      await expectRefused(() => opened.decryptChunk(0, chunkOf(opened, 0).slice(0, length)), 'truncated', /chunk 0 has/)
    }
    await expectRefused(
      () => opened.decryptChunk(0, pattern(CHUNK + 17)),
      'trailing-data',
      /chunk 0 has 1 bytes too many/,
    )
    await expectRefused(() => opened.decryptChunk(6, chunkOf(opened, 0)), 'trailing-data')
    await expectRefused(() => opened.setIndex(cut(opened.indexRange).slice(1)), 'truncated', /index/)
    await expectRefused(() => opened.setIndex(sealed.payload), 'trailing-data', /index/)
    expect(await opened.decryptChunk(0, chunkOf(opened, 0))).toSatisfy(sameAs(plain(0)))
  })

  test('refuses another index, before and after the genuine one, which stays', async () => {
    const opened = await open()
    const bad = cut(opened.indexRange)
    bad[0] = (bad[0] as number) ^ 1
    await expectRefused(() => opened.setIndex(bad), 'bad-index', /download it again/)
    await expect(opened.decryptChunk(0, chunkOf(opened, 0))).rejects.toThrow(/setIndex must be called/)
    await opened.setIndex(cut(opened.indexRange))
    await expectRefused(() => opened.setIndex(bad), 'bad-index')
    expect(await opened.decryptChunk(0, chunkOf(opened, 0))).toSatisfy(sameAs(plain(0)))
  })

  test('does not see what happens to bytes right after the call', async () => {
    const opened = await open()
    const index = cut(opened.indexRange)
    const set = opened.setIndex(index)
    index.fill(0xff)
    await set
    const [good, bad] = [chunkOf(opened, 3), new Uint8Array(CHUNK + 16)]
    const outcomes = Promise.allSettled([opened.decryptChunk(3, good), opened.decryptChunk(3, bad)])
    good.fill(0xff)
    bad.set(chunkOf(opened, 3))
    const [accepted, refused] = await outcomes
    expect(accepted.status === 'fulfilled' && accepted.value).toSatisfy(sameAs(plain(3)))
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'bad-chunk' } })
  })

  test.each([
    -1, 7, 0.5, Number.NaN, Infinity, 2 ** 53, '0', null, undefined,
  ])('has no chunk %s, which is a RangeError', async (i) => {
    const opened = await openWithIndex()
    expect(() => opened.chunkRange(i as number)).toThrow(RangeError)
    await expect(opened.decryptChunk(i as number, chunkOf(opened, 0))).rejects.toThrow(RangeError)
  })

  test('has no chunk to give before its index is known, which is a TypeError', async () => {
    const opened = await open()
    await expect(opened.decryptChunk(0, chunkOf(opened, 0))).rejects.toThrow(TypeError)
  })

  test('of an empty bundle has one empty chunk', async () => {
    const empty = await seal(signer, new Uint8Array(0), { backend })
    const opened = await openEnvelope(empty.head, device)
    expect([opened.chunks, opened.payloadLength]).toEqual([1, 32 + 56 + 16])
    await opened.setIndex(empty.payload.subarray(0, opened.indexRange.end))
    expect(await opened.decryptChunk(0, empty.payload.subarray(opened.indexRange.end))).toEqual(new Uint8Array(0))
  })

  test('takes a secret, and refuses a head as the one-shot call does', async () => {
    const forSecret = await seal(signer, bundle, { backend, readers: [pattern(32)] })
    expect((await openEnvelope(forSecret.head, { ...device, reader: pattern(32) })).chunks).toBe(7)
    await expectRefused(() => openEnvelope(forSecret.head, device), 'no-reader-key')
    await expectRefused(() => openEnvelope(forSecret.head, accepting(freshEd25519(), { backend })), 'untrusted-key')
  })
})

describe('decodeHead', () => {
  test('shows what a head says of itself, without believing it', async () => {
    const decoded = decodeHead(sealed.head)
    expect(decoded).toMatchObject({
      header: rawHeader(sealed.head),
      signatures: [{ alg: 'Ed25519', kid: signer.kid }],
      slots: [signer.kid],
      payloadLength: sealed.payload.length,
    })
    const unsigned = withHead(sealed, (head) => {
      Object.assign(head.signatures[0] as object, { signature: 'AAAA' })
      head.keys.push('garbage', 'a.b.c.d.e')
    })
    expect(decodeHead(unsigned.head)).toEqual({ ...decoded, slots: [signer.kid, undefined, undefined], slotAlgorithms: ['A256KW', undefined, undefined] })
    await expectRefused(() => verifyAndDecrypt(unsigned, accepting(signer)), 'bad-signature')
  })

  test('leaves the checksum sealed', () => {
    const { checksum } = decodeHead(sealed.head).header.bundle
    expect(checksum).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const plainChecksum = createHash('sha256').update(bundle).digest()
    expect(checksum).not.toBe(plainChecksum.toString('base64url'))
  })
})

test('the one-shot call refuses the payload that random access refuses', async () => {
  await expectAccepted(withPayload(sealed, () => undefined), accepting(signer), bundle)
  const last = withPayload(sealed, (payload) => (payload[payload.length - 1] = (payload.at(-1) as number) ^ 1))
  await expectRefused(() => verifyAndDecrypt(last, accepting(signer)), 'bad-chunk', /chunk 6 /)
})
