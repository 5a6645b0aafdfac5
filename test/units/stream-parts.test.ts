import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { joinEnvelope } from '../../src/index.js'
import { growingBytes } from '../../src/bytes.js'
import { START_SIZE, headSizeOf, readHead } from '../../src/format/container.js'
import { chunkSizes, geometryOf, sealedRange, spanOf } from '../../src/format/geometry.js'
import { pattern, sameAs } from '../envelope/helpers.js'

/** The parts of the format that streams read one after the other. */
describe('growingBytes', () => {
  test('is what was pushed, at any time, in memory of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 12 }), (parts) => {
        const growing = growingBytes()
        for (const [i, part] of parts.entries()) {
          growing.push(new Uint8Array(part))
          const bytes = growing.bytes()
          expect(bytes).toSatisfy(sameAs(Buffer.concat(parts.slice(0, i + 1))))
          expect(bytes.buffer.byteLength).toBe(bytes.length)
          bytes.fill(0xaa)
        }
        expect(growing.bytes()).toSatisfy(sameAs(Buffer.concat(parts)))
      }),
      { seed: 53, numRuns: 100 },
    )
  })

  test('copies what is pushed, which may be used again', () => {
    const growing = growingBytes()
    const memory = new Uint8Array(32)
    for (let i = 0; i < 100; i++) growing.push(memory.fill(i))
    const bytes = growing.bytes()
    for (let i = 0; i < 100; i++) expect(bytes.subarray(32 * i, 32 * i + 32)).toEqual(new Uint8Array(32).fill(i))
    expect(growingBytes().bytes()).toEqual(new Uint8Array(0))
  })

  test('takes 32 MiB of digests, the most there can be, without copying all for each', () => {
    const growing = growingBytes()
    const digest = pattern(32)
    for (let i = 0; i < 1_048_576; i++) growing.push(digest)
    const bytes = growing.bytes()
    expect(bytes.length).toBe(32 * 1_048_576)
    expect(bytes.subarray(-32)).toEqual(digest)
  })
})

test('spanOf starts with its first chunk and ends with its last', () => {
  const spans = fc.constantFrom(...chunkSizes).chain((chunk) =>
    fc.integer({ min: 0, max: 9 * chunk }).chain((size) => {
      const geometry = geometryOf(size, chunk)
      return fc.integer({ min: 0, max: geometry.chunks - 1 }).chain((first) =>
        fc.integer({ min: 1, max: geometry.chunks - first }).map((count) => ({ geometry, first, count })),
      )
    }),
  )
  fc.assert(
    fc.property(spans, ({ geometry, first, count }) => {
      const span = spanOf(geometry, first, count)
      expect(span).toMatchObject({ first, count, start: sealedRange(geometry, first).start })
      let end = span.start
      for (let i = first; i < first + count; i++) {
        expect(sealedRange(geometry, i).start, 'no gap between neighbours').toBe(end)
        end = sealedRange(geometry, i).end
      }
      expect(span.end).toBe(end)
      if (first === 0) expect(span.start).toBe(geometry.indexRange.end)
      if (first + count === geometry.chunks) expect(span.end).toBe(geometry.payloadLength)
    }),
    { seed: 54 },
  )
})

describe('R1, R2, R3: the start of a file, read in two steps', () => {
  const head = '{"payload":"e30","signatures":[],"keys":["ü"]}'
  const size = Buffer.byteLength(head)
  const file = joinEnvelope(head, pattern(40))
  const start = file.slice(0, START_SIZE)

  test('is twelve bytes that say how long the head is, and the head', () => {
    expect(START_SIZE).toBe(12)
    expect(headSizeOf(start)).toBe(size)
    expect(readHead(file.slice(START_SIZE, START_SIZE + size), size)).toBe(head)
  })

  test('is truncated where it ends before', () => {
    for (let length = 0; length < START_SIZE; length++) {
      expect(() => headSizeOf(start.slice(0, length)), `${length} bytes`).toThrow(expect.objectContaining({ code: 'truncated' }))
    }
    for (let length = 0; length < size; length++) {
      const part = file.slice(START_SIZE, START_SIZE + length)
      expect(() => readHead(part, size), `${length} bytes of head`).toThrow(expect.objectContaining({ code: 'truncated' }))
    }
  })

  test.each([
    ['a later version', 5, 0x33, 'unsupported'],
    ['no magic', 0, 0x88, 'not-an-envelope'],
    ['a head above the limit', 9, 0x04, 'limit-exceeded'],
  ])('is refused for %s', (_, at, value, code) => {
    const changed = start.slice()
    changed[at] = value
    expect(() => headSizeOf(changed)).toThrow(expect.objectContaining({ code }))
  })

  test('may say 262,144 bytes and not one more', () => {
    const saying = (bytes: number): Uint8Array<ArrayBuffer> => {
      const changed = Buffer.from(start)
      changed.writeUInt32BE(bytes, 8)
      return new Uint8Array(changed)
    }
    expect(headSizeOf(saying(262_144))).toBe(262_144)
    for (const bytes of [262_145, 2 ** 31, 2 ** 32 - 1]) {
      expect(() => headSizeOf(saying(bytes))).toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
    }
  })

  test('is malformed where the head is not UTF-8', () => {
    const bytes = Uint8Array.of(0x7b, 0xff, 0x7d)
    expect(() => readHead(bytes, 3)).toThrow(expect.objectContaining({ code: 'malformed-head' }))
  })
})
