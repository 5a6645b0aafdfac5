import { expect, test, vi } from 'vitest'
import { backends } from '../backends.js'
import { CHUNK, accepting, expectAccepted, pattern } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { endOf, expectFailed, sealAll, sealStream } from './encrypt.js'
import { freshLog, streamOf } from './streams.js'

/** 16 GiB, the least that reach the true limit, are more than a test can encrypt; here the limit is three chunks. */
vi.mock('../../src/format/limits.js', async (original) => ({ ...(await original<object>()), CHUNKS_MAX: 3 }))

const signer = freshEd25519()

test('R5: a stream of the largest size is encrypted, and comes back', async () => {
  for (const backend of backends) {
    const bundle = pattern(3 * CHUNK - 1)
    const { file, index } = await sealAll(signer, bundle, { backend })
    expect(index).toHaveLength(3 * 32)
    await expectAccepted(file, accepting(signer), bundle)
  }
})

test.each([0, 1, CHUNK, 5 * CHUNK])('R5: a stream of %i bytes above it fails where the limit is passed, and its source is cancelled', async (more) => {
  for (const backend of backends) {
    const log = freshLog()
    const sealing = await sealStream(signer, streamOf(pattern(3 * CHUNK + more), 1024, { log, then: 'stall' }), { backend })
    const { body, envelope } = await endOf(sealing)
    await expectFailed(body.error, 'limit-exceeded')
    expect(envelope).toEqual({ status: 'rejected', reason: body.error })
    expect(log.cancelled).toEqual([body.error])
    expect(log.bytes, 'bytes read').toBe(3 * CHUNK)
    expect(body.pieces.length, 'the prefix and at most two chunks').toBeLessThanOrEqual(3)
  }
})
