import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openEnvelope } from '../../src/index.js'
import { planRanges } from '../../src/resume.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, pattern, sameAs, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { openWithIndex } from '../stream/readings.js'
import { collectPieces, streamOf } from '../stream/streams.js'
import { upTo } from './disk.js'
import type { Envelope, OpenedEnvelope } from '../../src/index.js'

const signer = freshEd25519()
const LARGE = 262_144
const bundles = ([[0, CHUNK], [CHUNK - 1, CHUNK], [CHUNK, CHUNK], [9 * CHUNK + 500, CHUNK], [LARGE - 1, LARGE], [2 * LARGE, LARGE]] as const).map(
  ([size, chunkSize]) => ({ chunkSize, bundle: pattern(size) }),
)
const envelopes = await Promise.all(bundles.map(async ({ bundle, chunkSize }) => seal(signer, bundle, { chunkSize })))

/** What a plan must be, said in another way: the runs of missing numbers. */
function runsOf(missing: readonly boolean[]): [number, number][] {
  const text = missing.map((is) => (is ? 'x' : '.')).join('')
  return [...text.matchAll(/x+/g)].map((run) => [run.index, run[0].length])
}

describeEachBackend('planRanges', (backend) => {
  const device = accepting(signer, { backend })
  const open = async (envelope: Envelope): Promise<OpenedEnvelope> => openWithIndex(envelope, device)

  test('gives disjoint, sorted, maximal spans that cover the missing chunks and nothing else', async () => {
    const opened = await Promise.all(envelopes.map(open))
    const cases = fc.constantFrom(...opened).chain((one) =>
      fc.tuple(fc.constant(one), fc.array(fc.boolean(), { minLength: one.chunks, maxLength: one.chunks })),
    )
    fc.assert(
      fc.property(cases, ([one, missing]) => {
        const have = new Set(upTo(one.chunks).filter((i) => !missing[i]))
        const plan = planRanges(one, have)
        expect(plan.map(({ first, count }) => [first, count])).toEqual(runsOf(missing))
        for (const { first, count, start, end } of plan) {
          expect(start).toBe(one.chunkRange(first).start)
          expect(end).toBe(one.chunkRange(first + count - 1).end)
        }
      }),
      { numRuns: 300, seed: 1 },
    )
  })

  test('of a download that has all is empty, and of one that has nothing is one span of all', async () => {
    for (const envelope of envelopes) {
      const opened = await open(envelope)
      expect(planRanges(opened, new Set(upTo(opened.chunks)))).toEqual([])
      expect(planRanges(opened, { has: () => false })).toEqual([
        { first: 0, count: opened.chunks, start: opened.indexRange.end, end: opened.payloadLength },
      ])
    }
  })

  test('takes a Set, a Map, or anything that has numbers, and ignores numbers that no chunk has', async () => {
    const opened = await open(envelopes[3] as Envelope)
    const plan = planRanges(opened, new Set([0, 4, 5, 9]))
    expect(plan.map(({ first, count }) => [first, count])).toEqual([[1, 3], [6, 3]])
    expect(planRanges(opened, new Map([[0, 'a'], [4, 'b'], [5, 'c'], [9, undefined]]))).toEqual(plan)
    expect(planRanges(opened, { has: (i) => [0, 4, 5, 9].includes(i) })).toEqual(plan)
    expect(planRanges(opened, new Set([-1, 0, 4, 5, 9, 10, 0.5, NaN]))).toEqual(plan)
  })

  test('gives spans that decryptChunks takes, with the bytes of their ranges', async () => {
    for (const [k, envelope] of envelopes.entries()) {
      const { bundle, chunkSize } = bundles[k] as (typeof bundles)[0]
      const opened = await open(envelope)
      const have = new Set(upTo(opened.chunks).filter((i) => i % 3 === 1))
      const disk = new Uint8Array(bundle.length)
      for (const i of have) disk.set(bundle.subarray(i * chunkSize, (i + 1) * chunkSize), i * chunkSize)
      for (const span of planRanges(opened, have)) {
        const body = streamOf(envelope.payload.subarray(span.start, span.end), 10_000)
        for await (const { i, plaintext } of opened.decryptChunks(span, body)) {
          disk.set(plaintext, i * chunkSize)
          have.add(i)
        }
      }
      expect(disk).toSatisfy(sameAs(bundle))
      expect(planRanges(opened, have)).toEqual([])
    }
  })

  test('and decryptChunks lose, where a stream breaks off at any byte, only the chunk that was under way', async () => {
    const envelope = envelopes[3] as Envelope
    const opened = await open(envelope)
    const [span] = planRanges(opened, new Set([0]))
    if (span === undefined) throw new Error('chunks are missing')
    const failure = new Error('the connection broke')
    const stride = CHUNK + 16
    const length = span.end - span.start
    for (const at of [0, 1, stride - 1, stride, stride + 1, 3 * stride - 1, 3 * stride, 6 * stride + 9, length - 1, length]) {
      const body = streamOf(envelope.payload.subarray(span.start, span.start + at), 5000, { then: { error: failure } })
      const { pieces, error } = await collectPieces(opened.decryptChunks(span, body))
      expect(pieces.map(({ i }) => i)).toEqual(upTo(at === length ? 9 : Math.floor(at / stride)).map((i) => i + 1))
      expect(error).toBe(failure)
    }
  })

  test('needs setIndex first, and an envelope of openEnvelope', async () => {
    const [envelope] = envelopes as [Envelope]
    const opened = await openEnvelope(envelope.head, device)
    for (const wrong of [opened, { ...(await open(envelope)) }, {} as OpenedEnvelope]) {
      expect(() => planRanges(wrong, new Set())).toThrow(TypeError)
    }
    await opened.setIndex(envelope.payload.subarray(0, opened.indexRange.end))
    expect(planRanges(opened, new Set())).toHaveLength(1)
    expect(() => planRanges(opened, undefined as unknown as Set<number>)).toThrow(TypeError)
  })
})
