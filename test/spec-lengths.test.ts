import { readFileSync } from 'node:fs'
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

test('R9: the grammar of the specification has the lengths and last characters of base64url', () => {
  const grammar = readFileSync(new URL('../docs/spec.md', import.meta.url), 'utf8').split('\n## 17. Grammar\n')[1] ?? ''
  const rules = [...grammar.matchAll(/^bytes-(\d+) += (\d+)b64(?: (b64-[24]))?$/gm)]
  expect(rules.map(([, bytes]) => Number(bytes))).toEqual([12, 16, 24, 32, 40, 64])
  const [two = '', four = ''] = ['b64-2', 'b64-4'].map((name) => grammar.split(`\n${name} `)[1]?.split(';')[0] ?? '')
  const charactersOf = (text: string): string[] => [...text.matchAll(/%s"(.)"/g)].map(([, one = '']) => one)
  const last = { 'b64-2': charactersOf(two), 'b64-4': [...charactersOf(two), ...charactersOf(four)] }
  for (const [, bytes, full, end] of rules) {
    const texts = Array.from({ length: 256 }, (_, byte) => Buffer.alloc(Number(bytes), byte).toString('base64url'))
    expect(new Set(texts.map((text) => text.length))).toEqual(new Set([Number(full) + (end === undefined ? 0 : 1)]))
    const ends = new Set(texts.map((text) => text.at(-1)))
    if (end !== undefined) expect(ends).toEqual(new Set(last[end as keyof typeof last]))
  }
})
