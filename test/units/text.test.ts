import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ascii, base64Decode, base64Encode, base64urlDecode, base64urlEncode, hexEncode, utf8Decode, utf8Encode, wrapLines,
} from '../../src/text.js'

const bytes = fc.uint8Array({ maxLength: 300 })
/** Strings of UTF-16 units as they come: lone surrogates too. */
const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  maxLength: 40,
})
/** Bytes that are often nearly UTF-8: lead bytes, continuation bytes, and the edges between them. */
const nearlyUtf8 = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(
      0x00,
      0x7f,
      0x80,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0x9f,
      0xa0,
      0xef,
      0xf0,
      0x8f,
      0x90,
      0xf4,
      0xf5,
      0xff,
    ),
  ),
  { maxLength: 8 },
).map((values) => Uint8Array.from(values))

const codecs = [
  {
    name: 'base64url',
    encode: base64urlEncode,
    decode: base64urlDecode,
    encoding: 'base64url',
    alphabet: /^[A-Za-z0-9_-]*$/,
  },
  {
    name: 'base64',
    encode: base64Encode,
    decode: base64Decode,
    encoding: 'base64',
    alphabet: /^[A-Za-z0-9+/]*={0,2}$/,
  },
] as const

describe.each(codecs)('R9: $name', ({ encode, decode, encoding, alphabet }) => {
  test('decodes what it encodes, and writes what Node writes', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        const text = encode(value)
        expect(text).toBe(Buffer.from(value).toString(encoding))
        expect(text).toMatch(alphabet)
        expect(decode(text)).toEqual(value)
      }),
      { numRuns: 500 },
    )
  })

  test('takes one writing only: whatever decodes is encoded to the same text', () => {
    const near = fc.string({ unit: fc.constantFrom(...'ABab01_-+/= \n'.split('')), maxLength: 9 })
    let taken = 0
    fc.assert(
      fc.property(fc.oneof(near, anyText, bytes.map(encode)), (text) => {
        const value = decode(text)
        if (value === undefined) return
        taken++
        expect(encode(value)).toBe(text)
      }),
      { numRuns: 3000 },
    )
    expect(taken).toBeGreaterThan(500)
  })

  test('agrees with an exhaustive list of all texts of two characters', () => {
    const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \n'.split('')
    const written = new Map(Array.from({ length: 256 }, (_, i) => [encode(Uint8Array.of(i)).replace(/=+$/, ''), i]))
    const padding = encoding === 'base64' ? '==' : ''
    for (const a of characters) {
      for (const b of characters) {
        const expected = written.get(a + b)
        expect(decode(a + b + padding)).toEqual(expected === undefined ? undefined : Uint8Array.of(expected))
      }
    }
  })
})

test.each([
  'A', 'AAAAA', 'AA=', 'AA==', 'AB', 'AAB', 'A A', 'AA\n', ' AA', 'A+AA', 'A/AA', 'AAA\u0000', 'ÀA', '\u{1f600}',
])(
  'R9: base64url does not take %j', (text) => expect(base64urlDecode(text)).toBeUndefined(),
)
test.each([
  'A',
  'AA',
  'AA=',
  'AAA',
  'AB==',
  'AAB=',
  'A===',
  '====',
  '=',
  'AA==AA==',
  'AAAA=',
  'AAAA====',
  'AA==\n',
  'A-AA',
  'A_AA',
])(
  'base64 does not take %j', (text) => expect(base64Decode(text)).toBeUndefined(),
)

test('hex is what Node writes', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      expect(hexEncode(value)).toBe(Buffer.from(value).toString('hex'))
    }),
  )
})

describe('UTF-8', () => {
  const encoder = new TextEncoder()
  const decodes = (value: Uint8Array): string | undefined => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
    } catch {
      return undefined
    }
  }
  const hasLoneSurrogate = (text: string): boolean => /\p{Surrogate}/u.test(text)

  test('is encoded as the platform does, and a lone surrogate is not', () => {
    let lone = 0
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: 'binary', maxLength: 40 })), (text) => {
        if (hasLoneSurrogate(text)) lone++
        const expected = hasLoneSurrogate(text) ? undefined : new Uint8Array(encoder.encode(text))
        expect(utf8Encode(text)).toEqual(expected)
      }),
      { numRuns: 1000 },
    )
    expect(lone).toBeGreaterThan(10)
  })

  test('is decoded as the platform does, BOM included, and nothing that is not UTF-8', () => {
    const verdicts = new Set<boolean>()
    fc.assert(
      fc.property(fc.oneof(nearlyUtf8, fc.string({ unit: 'binary' }).map((text) => encoder.encode(text))), (value) => {
        verdicts.add(decodes(value) === undefined)
        expect(utf8Decode(value)).toBe(decodes(value))
      }),
      { numRuns: 5000 },
    )
    expect(verdicts.size).toBe(2)
    expect(utf8Decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa')
  })

  test('gives the platform\'s verdict on every sequence of two bytes', () => {
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) {
        const value = Uint8Array.of(a, b)
        if (utf8Decode(value) !== decodes(value)) throw new Error(`differs on ${a}, ${b}`)
      }
    }
  })

  test('gives the platform\'s verdict at every edge of three and four bytes', () => {
    const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]
    for (let lead = 0xe0; lead < 0x100; lead++) {
      for (const b of edges) {
        for (const c of edges) {
          for (const tail of [[], [0x80], [0xbf], [0xc0], [0x7f]]) {
            const value = Uint8Array.of(lead, b, c, ...tail)
            if (utf8Decode(value) !== decodes(value)) throw new Error(`differs on ${value.join()}`)
          }
        }
      }
    }
  })

  test('takes as much as a head may have', () => {
    const text = 'é%"\\\u0000𝄞'.repeat(20_000)
    expect(utf8Decode(utf8Encode(text) ?? new Uint8Array(0)) === text).toBe(true)
  })
})

test('ASCII text becomes its bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
      expect(Buffer.from(ascii(text)).toString()).toBe(text)
    }),
  )
})

test('lines are wrapped at 64 characters, and hold all of the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('A', 'B', 'C', '='), maxLength: 400 }), (text) => {
      const lines = wrapLines(text).split('\n')
      expect(lines.join('')).toBe(text)
      expect(lines.slice(0, -1).every(({ length }) => length === 64)).toBe(true)
      expect(lines.at(-1)?.length).toBeLessThanOrEqual(64)
    }),
  )
})
