import { describe, expect, test } from 'vitest'
import { encryptBundle, openEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, expectRefused, pattern, sameAs, seal } from './helpers.js'
import { withPayload } from './hostile.js'
import { freshEd25519 } from './signers.js'
import type { Progress } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(12 * CHUNK + 500)
const sealed = await seal(signer, bundle)

/** Long enough for every lane that was under way to have come back. */
const settled = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50))

function expectMonotone(records: readonly Progress[], total: number, chunks: number): void {
  expect(records).toHaveLength(chunks)
  expect(records.every((record) => record.total === total)).toBe(true)
  for (const [i, { done }] of records.entries()) expect(done).toBeGreaterThanOrEqual(records[i - 1]?.done ?? 0)
  expect(records.at(-1)).toEqual({ done: total, total })
}

describeEachBackend('progress', (backend) => {
  test.each([0, 1, CHUNK, 3 * CHUNK + 500])('of %i bytes grows to the total, once for each chunk', async (size) => {
    const chunks = Math.floor(size / CHUNK) + 1
    const building: Progress[] = []
    const envelope = await seal(signer, pattern(size), { backend, onProgress: (record) => building.push(record) })
    expectMonotone(building, size, chunks)
    const opening: Progress[] = []
    await verifyAndDecrypt(envelope, accepting(signer, { backend, onProgress: (record) => opening.push(record) }))
    expectMonotone(opening, size, chunks)
  })

  test('is not told for what was refused before the first chunk', async () => {
    const opening: Progress[] = []
    const device = accepting(signer, { backend, onProgress: (record) => opening.push(record) })
    await expectRefused(() => verifyAndDecrypt(sealed, { ...device, app: 'other' }), 'wrong-app')
    await expectRefused(
      () => verifyAndDecrypt(withPayload(sealed, (payload) => payload.fill(0, 0, 8)), device),
      'bad-index',
    )
    expect(opening).toEqual([])
  })

  test('that throws ends the call with what it threw, and is not called again', async () => {
    const thrown = new Error('the screen is gone')
    let calls = 0
    const onProgress = (): void => {
      calls++
      throw thrown
    }
    await expect(seal(signer, bundle, { backend, onProgress })).rejects.toBe(thrown)
    expect(calls).toBe(1)
    await expect(verifyAndDecrypt(sealed, accepting(signer, { backend, onProgress }))).rejects.toBe(thrown)
    const before = calls
    await settled()
    expect(calls - before, 'calls after the call had ended').toBe(0)
  })
})

describeEachBackend('an AbortSignal', (backend) => {
  const reason = new Error('the user left')

  test('aborted before the call stops it before any chunk', async () => {
    const records: Progress[] = []
    const more = { backend, signal: AbortSignal.abort(reason), onProgress: (record: Progress) => records.push(record) }
    await expectRefused(() => seal(signer, bundle, more), 'aborted', /AbortSignal/)
    await expectRefused(() => verifyAndDecrypt(sealed, accepting(signer, more)), 'aborted', /AbortSignal/)
    expect(records).toEqual([])
  })

  test('says its reason as the cause', async () => {
    const pending = seal(signer, bundle, { backend, signal: AbortSignal.abort(reason) })
    await expect(pending).rejects.toMatchObject({ code: 'aborted', cause: reason })
  })

  test('aborted in between stops encrypting there, and nothing comes after', async () => {
    const controller = new AbortController()
    const records: Progress[] = []
    const onProgress = (record: Progress): void => {
      records.push(record)
      if (records.length === 3) controller.abort()
    }
    await expectRefused(() => seal(signer, bundle, { backend, signal: controller.signal, onProgress }), 'aborted')
    await settled()
    expect(records).toHaveLength(3)
  })

  test('aborted in between stops decrypting, with no more chunks than were under way', async () => {
    const controller = new AbortController()
    const records: Progress[] = []
    const onProgress = (record: Progress): void => {
      records.push(record)
      if (records.length === 3) controller.abort()
    }
    await expectRefused(
      () => verifyAndDecrypt(sealed, accepting(signer, { backend, signal: controller.signal, onProgress })),
      'aborted',
    )
    const atTheEnd = records.length
    expect(atTheEnd).toBeLessThanOrEqual(3 + backend.lanes)
    await settled()
    expect(records.length - atTheEnd, 'progress after the call had ended').toBe(0)
  })

  test('that is not aborted changes nothing, also when it is aborted afterwards', async () => {
    const controller = new AbortController()
    const opened = await verifyAndDecrypt(sealed, accepting(signer, { backend, signal: controller.signal }))
    controller.abort()
    expect(opened.bundle).toSatisfy(sameAs(bundle))
  })

  test('a refused chunk ends the call, and no progress comes after', async () => {
    const records: Progress[] = []
    const device = accepting(signer, { backend, onProgress: (record) => records.push(record) })
    const bad = withPayload(sealed, (payload) => (payload[13 * 32 + 56] = (payload[13 * 32 + 56] as number) ^ 1))
    await expectRefused(() => verifyAndDecrypt(bad, device), 'bad-chunk', /chunk 0 /)
    const atTheEnd = records.length
    expect(atTheEnd).toBeLessThan(12)
    await settled()
    expect(records.length - atTheEnd, 'progress after the call had ended').toBe(0)
  })
})

describe('a signal that was aborted before the call', () => {
  const signal = AbortSignal.abort()

  test('stops each chunk of an opened envelope', async () => {
    const controller = new AbortController()
    const opened = await openEnvelope(sealed.head, accepting(signer, { signal: controller.signal }))
    await opened.setIndex(sealed.payload.subarray(0, opened.indexRange.end))
    const { start, end } = opened.chunkRange(0)
    const chunk = sealed.payload.subarray(start, end)
    expect(await opened.decryptChunk(0, chunk)).toSatisfy(sameAs(bundle.subarray(0, CHUNK)))
    controller.abort()
    await expectRefused(() => opened.decryptChunk(0, chunk), 'aborted')
  })

  test('does not hide misuse', async () => {
    await expect(encryptBundle(
      bundle,
      { signer: signer.privateKey, app: '', version: '1', signal },
    )).rejects.toThrow(RangeError)
  })
})
