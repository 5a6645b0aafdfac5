import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { joinEnvelope, openEnvelope, verifyAndDecryptStream } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, pattern, refusal, sameAs, seal } from '../envelope/helpers.js'
import { base64url, withPayload, withSigned } from '../envelope/hostile.js'
import { BODY, LAST, SEALED, bundle, sealed, sha256, signer } from './attacks.js'
import { expectReleased, expectWhole, readings } from './readings.js'
import { collect, collectPieces, streamOf } from './streams.js'
import type { CollectedBytes } from './streams.js'

const { payload } = sealed
const file = joinEnvelope(sealed.head, payload)
const BEFORE = file.length - payload.length
const chunkAt = (i: number): number => BODY + i * SEALED

/** Where a payload may break off, and how many whole chunks it has by then. */
const breaks: readonly (readonly [string, number, number])[] = [
  ['before its first byte', 0, 0],
  ['in its first index entry', 5, 0],
  ['between two index entries', 64, 0],
  ['before the salt', BODY - 56, 0],
  ['before the commitment', BODY - 32, 0],
  ['in the last byte of the commitment', BODY - 1, 0],
  ['before the first chunk', BODY, 0],
  ...[0, 1, 4, 5].flatMap((i): readonly (readonly [string, number, number])[] => [
    [`after one byte of chunk ${i}`, chunkAt(i) + 1, i],
    [`before the tag of chunk ${i}`, chunkAt(i) + CHUNK, i],
    [`in the tag of chunk ${i}`, chunkAt(i) + CHUNK + 8, i],
    [`in the last byte of chunk ${i}`, chunkAt(i + 1) - 1, i],
    [`after chunk ${i}`, chunkAt(i + 1), i + 1],
  ]),
  ['in the last chunk', chunkAt(LAST) + 250, LAST],
  ['before the last tag', payload.length - 16, LAST],
  ['in the last tag', payload.length - 1, LAST],
]

/** Where a file may break off before its payload starts. */
const earlyBreaks: readonly (readonly [string, number])[] = [
  ['before its first byte', 0],
  ['in the magic', 1],
  ['in the last byte of the magic', 7],
  ['before the size of the head', 8],
  ['in the size of the head', 11],
  ['before the head', 12],
  ['in the head', 12 + 300],
  ['in the last byte of the head', BEFORE - 1],
]

describeEachBackend('R51: an envelope that ends early', (backend) => {
  const device = accepting(signer, { backend })

  describe.each(readings)('by %s:', (_, read) => {
    test.each(breaks)('%s, at byte %i, gives %i chunks and then truncated', async (_at, length, released) => {
      const outcome = await read({ head: sealed.head, payload: payload.subarray(0, length) }, device, 10_000)
      await expectReleased(outcome, bundle.subarray(0, released * CHUNK), 'truncated')
    })
  })

  test.each(earlyBreaks)('%s gives nothing but truncated', async (_, length) => {
    const error = await refusal(async () => verifyAndDecryptStream(streamOf(file.subarray(0, length), 100), device))
    expect(error.code).toBe('truncated')
  })
})

describeEachBackend('R51: an envelope that goes on', (backend) => {
  const device = accepting(signer, { backend })
  const more = [
    ['one byte', Uint8Array.of(0)],
    ['its last chunk again', payload.subarray(chunkAt(LAST))],
    ['a whole chunk again', payload.subarray(chunkAt(1), chunkAt(2))],
    ['itself again', file],
  ] as const

  describe.each(readings)('by %s:', (way, read) => {
    test.each(more)('by %s gives all of the bundle, and then trailing-data', async (_, bytes) => {
      const longer = new Uint8Array(Buffer.concat([payload, bytes]))
      const outcome = await read({ head: sealed.head, payload: longer }, device, payload.length)
      // One chunk by itself is not released before its length is known.
      await expectReleased(outcome, way === 'decryptChunk' ? bundle.subarray(0, LAST * CHUNK) : bundle, 'trailing-data')
    })
  })

  test('after the chunks of a range gives those, and then trailing-data', async () => {
    const opened = await openEnvelope(sealed.head, device)
    await opened.setIndex(payload.subarray(0, BODY))
    const range = payload.subarray(chunkAt(2), chunkAt(4) + 1)
    const { pieces, error } = await collectPieces(opened.decryptChunks({ first: 2, count: 2 }, streamOf(range)))
    expect(pieces.map(({ i }) => i)).toEqual([2, 3])
    expect(error).toMatchObject({ code: 'trailing-data' })
  })
})

describeEachBackend('R41, R42: a broken publisher', (backend) => {
  const device = accepting(signer, { backend })

  describe.each(readings)('by %s:', (_, read) => {
    test('who signed the digest of a chunk whose tag does not hold gets the chunks before it released', async () => {
      const broken = withPayload(sealed, (bytes) => {
        bytes[chunkAt(4) - 1] = (bytes[chunkAt(4) - 1] as number) ^ 1
        bytes.set(sha256(bytes.subarray(chunkAt(3), chunkAt(4))), 32 * 3)
      })
      const signed = withSigned(broken, signer, ({ body }) => {
        body.index = base64url(sha256(broken.payload.subarray(0, BODY)))
      })
      await expectReleased(await read(signed, device), bundle.subarray(0, 3 * CHUNK), 'bad-chunk')
    })
  })
})

async function readFile(bytes: Uint8Array): Promise<CollectedBytes> {
  try {
    return await collect((await verifyAndDecryptStream(streamOf(bytes), accepting(signer))).bundle)
  } catch (error) {
    return { pieces: [], bytes: new Uint8Array(0), failed: true, error }
  }
}

describe('R43, R51: a stream of a file', () => {
  test('that breaks off at any byte fails as truncated, and gives nothing before', async () => {
    const small = (await seal(signer, pattern(40))).toBytes()
    expectWhole(await readFile(small), pattern(40))
    for (let length = 0; length < small.length; length++) {
      const { failed, error, bytes } = await readFile(small.subarray(0, length))
      expect([length, failed, (error as { code?: string }).code, bytes.length]).toEqual([length, true, 'truncated', 0])
    }
  })

  test('with any one bit flipped fails, and gives the chunks before it, whole and unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.nat(7), async (at, bit) => {
        const flipped = new Uint8Array(file)
        flipped[at] = (flipped[at] as number) ^ (1 << bit)
        const { failed, error, bytes } = await readFile(flipped)
        expect(failed).toBe(true)
        await refusal(() => {
          throw error
        })
        const whole = Math.max(0, Math.floor((at - BEFORE - BODY) / SEALED))
        expect(bytes).toSatisfy(sameAs(bundle.subarray(0, whole * CHUNK)))
      }),
      { numRuns: 150, seed: 20_261 },
    )
  })
})
