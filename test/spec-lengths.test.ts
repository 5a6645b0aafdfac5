import { describe, expect, test } from 'vitest'
import { chunkSizes, geometriesOfPayload, geometryOf, sizeOfBody } from '../src/format/geometry.js'
import { objectListText } from '../src/format/object-list.js'

/** The table of possible lengths of the specification, in its words. */
const payload = (length: number, c: number): number | undefined => {
  const m = length - 56
  return m >= 0 && m <= 2 ** 20 * (c + 48) - 1 && m % (c + 48) >= 48 ? m - 48 * (Math.floor(m / (c + 48)) + 1) : undefined
}
const body = (length: number, c: number): number | undefined => {
  const m = length - 56
  return m >= 0 && m % (c + 16) >= 16 ? m - 16 * (Math.floor(m / (c + 16)) + 1) : undefined
}

describe.each(chunkSizes)('R4, R5, R6: the possible lengths with chunks of %i bytes', (c) => {
  const largest = 56 + 2 ** 20 * (c + 48) - 1
  const around = [0, 56, 104, 56 + c + 48, 56 + 2 * (c + 48), 2 ** 31, 2 ** 32, largest].flatMap((at) => Array.from({ length: 200 }, (_, i) => at - 100 + i))

  test('are those that the library knows', () => {
    for (const length of around.filter((one) => one >= 0)) {
      expect(geometriesOfPayload(length).find(({ chunkSize }) => chunkSize === c)?.size, `payload of ${length}`).toBe(payload(length, c))
      expect(sizeOfBody(length, c), `body of ${length}`).toBe(body(length, c))
    }
  })

  test('lead back to the size', () => {
    for (const size of [0, 1, c - 1, c, c + 1, 5 * c + 7, 2 ** 20 * c - 1]) {
      const { payloadLength, chunks } = geometryOf(size, c)
      expect([payload(payloadLength, c), body(payloadLength - 32 * chunks, c)]).toEqual([size, size])
    }
    expect(geometryOf(2 ** 20 * c - 1, c).payloadLength).toBe(largest)
  })
})

test('R79: an object list has the length that the table says', () => {
  const names = Array.from({ length: 3 }, (_, i) => i.toString(16).padStart(64, '0'))
  expect([0, 1, 2, 3].map((k) => objectListText(names.slice(0, k)).length)).toEqual([14, 80, 147, 214])
})
