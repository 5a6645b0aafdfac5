import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EnvelopeError } from '../../src/errors.js'
import {
  chunkSizes, digestRange, geometriesOfPayload, geometryOf, lengthError, plainRange, sealedRange, sizeOfBody,
} from '../../src/format/geometry.js'
import type { ChunkSize } from '../../src/format/geometry.js'

const CHUNKS_MAX = 1_048_576
const chunkSize = fc.constantFrom(...chunkSizes)

/** Sizes near every edge: chunks, 2^31, 2^32 and the limit. */
const sized = chunkSize.chain((chunk) => {
  const largest = CHUNKS_MAX * chunk - 1
  const edge = fc.constantFrom(0, chunk, 2 * chunk, 255 * chunk, 256 * chunk, 2 ** 31, 2 ** 32, 2 ** 33, largest)
  const near = fc.tuple(edge, fc.integer({ min: -20, max: 20 })).map(([at, difference]) => at + difference)
  return fc
    .oneof(near, fc.integer({ min: 0, max: largest }), fc.integer({ min: 0, max: 3 * chunk }))
    .map((size) => ({ chunk, size: Math.min(Math.max(size, 0), largest) }))
})

/** Exact arithmetic, from the specification's words. */
function specified(size: number, chunk: number): { chunks: bigint; payload: bigint } {
  const chunks = BigInt(size) / BigInt(chunk) + 1n
  return { chunks, payload: 32n * chunks + 56n + BigInt(size) + 16n * chunks }
}

describe('R4, R6: the geometry', () => {
  test('is that of exact arithmetic, at every size up to the limit', () => {
    fc.assert(
      fc.property(sized, ({ chunk, size }) => {
        const geometry = geometryOf(size, chunk)
        const { chunks, payload } = specified(size, chunk)
        expect(BigInt(geometry.chunks)).toBe(chunks)
        expect(BigInt(geometry.payloadLength)).toBe(payload)
        expect(geometry.indexRange).toEqual({ start: 0, end: 32 * geometry.chunks + 56 })
      }),
      { numRuns: 2000 },
    )
  })

  test('has sizeOfBody as its inverse', () => {
    fc.assert(
      fc.property(sized, ({ chunk, size }) => {
        const { payloadLength, chunks } = geometryOf(size, chunk)
        expect(sizeOfBody(payloadLength - 32 * chunks, chunk)).toBe(size)
      }),
      { numRuns: 2000 },
    )
  })

  test('gives every size its own length of body, and takes no length between', () => {
    for (const chunk of chunkSizes) {
      const lengths = new Map<number, number>()
      for (const edge of [0, chunk, 2 * chunk]) {
        for (let size = Math.max(0, edge - 300); size < edge + 300; size++) {
          const { payloadLength, chunks } = geometryOf(size, chunk)
          lengths.set(payloadLength - 32 * chunks, size)
        }
      }
      for (const edge of [0, chunk, 2 * chunk]) {
        for (let length = Math.max(0, edge - 100); length < edge + 200; length++) {
          expect(sizeOfBody(length, chunk), `length ${length}`).toBe(lengths.get(length))
        }
      }
    }
  })

  test('has impossible lengths: below 72, and a last chunk with less than its tag', () => {
    for (const chunk of chunkSizes) {
      for (let length = 0; length < 72; length++) expect(sizeOfBody(length, chunk)).toBeUndefined()
      for (let short = 0; short < 16; short++) expect(sizeOfBody(56 + (chunk + 16) + short, chunk)).toBeUndefined()
      expect(sizeOfBody(72, chunk)).toBe(0)
      expect(sizeOfBody(56 + (chunk + 16) + 16, chunk)).toBe(chunk)
    }
  })
})

describe('the ranges of chunks', () => {
  const tiles = (chunk: ChunkSize, size: number, picked: readonly number[]): void => {
    const geometry = geometryOf(size, chunk)
    for (const i of picked) {
      const [plain, sealed] = [plainRange(geometry, i), sealedRange(geometry, i)]
      expect(sealed.end - sealed.start).toBe(plain.end - plain.start + 16)
      expect(plain.end - plain.start).toBe(i === geometry.chunks - 1 ? size % chunk : chunk)
      expect(digestRange(i)).toEqual({ start: 32 * i, end: 32 * i + 32 })
      if (i === 0) expect([plain.start, sealed.start]).toEqual([0, geometry.indexRange.end])
      else expect([plain.start, sealed.start]).toEqual([
        plainRange(geometry, i - 1).end,
        sealedRange(geometry, i - 1).end,
      ])
      if (i === geometry.chunks - 1) expect([plain.end, sealed.end]).toEqual([size, geometry.payloadLength])
    }
  }

  test('tile the bundle and the payload without gap or overlap', () => {
    fc.assert(
      fc.property(chunkSize, fc.integer({ min: 0, max: 10 }), fc.nat(1000), (chunk, full, more) => {
        const size = full * chunk + more
        tiles(chunk, size, Array.from({ length: geometryOf(size, chunk).chunks }, (_, i) => i))
      }),
    )
  })

  test('tile it also beyond 2^31, at its start, at its end and anywhere between', () => {
    fc.assert(
      fc.property(sized, fc.double({ min: 0, max: 1, noNaN: true }), ({ chunk, size }, at) => {
        const { chunks } = geometryOf(size, chunk)
        tiles(chunk, size, [0, Math.floor(at * (chunks - 1)), chunks - 1])
      }),
      { numRuns: 1000 },
    )
  })
})

describe('R5: the limit of chunks', () => {
  test.each(chunkSizes)('is reached by %i bytes each, and refused above', (chunk) => {
    const largest = CHUNKS_MAX * chunk - 1
    expect(geometryOf(largest, chunk).chunks).toBe(CHUNKS_MAX)
    for (const size of [largest + 1, 2 * largest, 2 ** 53 - 1]) {
      expect(() => geometryOf(size, chunk)).toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
    }
  })
})

test('R6: a length is right, short or long, by exactly the difference', () => {
  fc.assert(
    fc.property(sized, fc.integer({ min: -5000, max: 5000 }), ({ chunk, size }, difference) => {
      const geometry = geometryOf(size, chunk)
      const length = Math.max(0, geometry.payloadLength + difference)
      const error = lengthError(geometry, length)
      if (length === geometry.payloadLength) {
        expect(error).toBeUndefined()
        return
      }
      expect(error).toBeInstanceOf(EnvelopeError)
      expect(error?.code).toBe(length < geometry.payloadLength ? 'truncated' : 'trailing-data')
      expect(error?.message).toContain(String(length < geometry.payloadLength ? length : difference))
    }),
  )
})

describe('R75: the geometries of a payload whose size is not known', () => {
  test('have the true one among them, and each has the length of the payload', () => {
    fc.assert(
      fc.property(sized, ({ chunk, size }) => {
        const geometry = geometryOf(size, chunk)
        const found = geometriesOfPayload(geometry.payloadLength)
        expect(found).toContainEqual(geometry)
        for (const other of found) expect(other).toEqual(geometryOf(other.size, other.chunkSize))
        expect(found.map(({ payloadLength }) => payloadLength)).toEqual(found.map(() => geometry.payloadLength))
      }),
      { numRuns: 2000 },
    )
  })

  test('are all there are: none of a size that is not found has this length', () => {
    const lengths = new Map<number, string[]>()
    const edges = [0, 16_384, 5 * 16_384, 262_144, 2 * 262_144]
    for (const chunk of chunkSizes) {
      for (const size of edges.flatMap((edge) => Array.from({ length: 801 }, (_, i) => edge - 400 + i))) {
        if (size < 0) continue
        const { payloadLength } = geometryOf(size, chunk)
        lengths.set(payloadLength, [...new Set([...(lengths.get(payloadLength) ?? []), `${chunk} ${size}`])])
      }
    }
    expect(lengths.size).toBeGreaterThan(5000)
    for (const [length, expected] of lengths) {
      const found = geometriesOfPayload(length).map(({ chunkSize: size, size: plain }) => `${size} ${plain}`)
      expect(found, `length ${length}`).toEqual(expect.arrayContaining(expected))
    }
  })

  test('are none for lengths that no size has, and few for any', () => {
    for (let length = 0; length < 104; length++) expect(geometriesOfPayload(length)).toEqual([])
    expect(geometriesOfPayload(104).map(({ size, chunkSize: chunk }) => [size, chunk])).toEqual(chunkSizes.map((chunk) => [0, chunk]))
    for (const chunk of chunkSizes) {
      for (let i = 1; i <= 48; i++) {
        const gap = geometryOf(chunk - 1, chunk).payloadLength + i
        expect(geometriesOfPayload(gap).filter(({ chunkSize: of }) => of === chunk), `length ${gap}`).toEqual([])
      }
    }
    fc.assert(
      fc.property(fc.maxSafeNat(), (length) => {
        const found = geometriesOfPayload(length)
        expect(found.length).toBeLessThanOrEqual(2)
        for (const geometry of found) expect(geometry.payloadLength).toBe(length)
      }),
    )
  })

  test('are none above the limit of chunks', () => {
    const [small, large] = chunkSizes.map((chunk) => geometryOf(CHUNKS_MAX * chunk - 1, chunk).payloadLength) as [number, number]
    expect(geometriesOfPayload(small).map(({ chunkSize: chunk }) => chunk)).toContain(16_384)
    expect(geometriesOfPayload(small + 49).map(({ chunkSize: chunk }) => chunk)).not.toContain(16_384)
    expect(geometriesOfPayload(large).map(({ chunkSize: chunk }) => chunk)).toEqual([262_144])
    for (const length of [large + 49, 2 * large, Number.MAX_SAFE_INTEGER]) expect(geometriesOfPayload(length)).toEqual([])
  })
})
