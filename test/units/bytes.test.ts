import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader, asBytes, bigEndian, concatBytes, copyBytes, equalBytes, xorBytes } from '../../src/bytes.js'

const bytes = fc.uint8Array({ maxLength: 100 })

describe('bigEndian', () => {
  test('is what Node writes, up to 2^53 - 1', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const expected = Buffer.alloc(8)
        expected.writeBigUInt64BE(BigInt(value))
        expect(bigEndian(value, 8)).toEqual(new Uint8Array(expected))
      }),
    )
    for (const value of [0, 1, 255, 256, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
      expect(Buffer.from(bigEndian(value, 8)).readBigUInt64BE()).toBe(BigInt(value))
    }
  })

  test('is read back by the reader, up to six bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.maxSafeNat(), (length, seed) => {
        const value = seed % 256 ** length
        expect(new ByteReader(bigEndian(value, length)).takeUint(length, 'truncated', 'number')).toBe(value)
      }),
    )
  })

  test.each([
    [256, 1], [65_536, 2], [2 ** 32, 4], [1, 0], [-1, 8], [Number.NaN, 8], [Infinity, 8], [1.5, 8], [1.5, 12], [0.5, 1], [-0.5, 8],
  ])('refuses %f in %i bytes', (value, length) => {
    expect(() => bigEndian(value, length)).toThrow(RangeError)
  })
})

describe('equalBytes', () => {
  test('is what Node says', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(equalBytes(a, b)).toBe(Buffer.from(a).equals(b))
        expect(equalBytes(a, copyBytes(a))).toBe(true)
      }),
    )
  })

  test('sees every single bit, and every other length', () => {
    const value = Uint8Array.from({ length: 33 }, (_, i) => 7 * i)
    for (let bit = 0; bit < 8 * value.length; bit++) {
      const other = copyBytes(value)
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(equalBytes(value, other)).toBe(false)
    }
    expect(equalBytes(value, value.subarray(1))).toBe(false)
    expect(equalBytes(value, concatBytes(value, Uint8Array.of(0)))).toBe(false)
    expect(equalBytes(new Uint8Array(0), new Uint8Array(0))).toBe(true)
    expect(equalBytes(new Uint8Array(0), Uint8Array.of(0))).toBe(false)
  })
})

describe('xorBytes', () => {
  test('undoes itself and is each byte\'s XOR', () => {
    fc.assert(
      fc.property(bytes, fc.infiniteStream(fc.integer({ min: 0, max: 255 })), (a, stream) => {
        const b = Uint8Array.from(a, () => stream.next().value as number)
        expect([...xorBytes(a, b)]).toEqual([...a].map((byte, i) => byte ^ (b[i] as number)))
        expect(xorBytes(xorBytes(a, b), b)).toEqual(a)
      }),
    )
  })

  test('refuses two lengths', () => {
    expect(() => xorBytes(new Uint8Array(3), new Uint8Array(4))).toThrow(RangeError)
    expect(() => xorBytes(new Uint8Array(4), new Uint8Array(3))).toThrow(RangeError)
  })
})

test('concatBytes is what Node makes, in memory of its own', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 5 }), (parts) => {
      const joined = concatBytes(...parts)
      expect(Buffer.from(joined).equals(Buffer.concat(parts))).toBe(true)
      expect(joined.buffer.byteLength).toBe(joined.length)
    }),
  )
})

describe('asBytes', () => {
  test('is a plain view of the same memory', () => {
    fc.assert(
      fc.property(bytes, fc.nat(50), (value, offset) => {
        const buffer = Buffer.alloc(offset + value.length + 3, 0xee)
        buffer.set(value, offset)
        const view = asBytes(buffer.subarray(offset, offset + value.length), 'x')
        expect(view.constructor).toBe(Uint8Array)
        expect(view).toEqual(value)
        if (value.length > 0) view[0] = (value[0] as number) ^ 1
        expect(buffer[offset]).toBe(value.length > 0 ? (value[0] as number) ^ 1 : 0xee)
      }),
    )
  })

  test('refuses everything else, by name', () => {
    class Impostor extends Array<number> {
      get [Symbol.toStringTag](): string {
        return 'Uint8Array'
      }
    }
    const wrong = [
      null, undefined, 5, 'x', [1], {}, new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), new Int8Array(1),
      new Uint8ClampedArray(1), new Uint16Array(1), new Impostor(), { length: 1, buffer: new ArrayBuffer(1) },
      new Uint8Array(new SharedArrayBuffer(1)),
    ]
    for (const value of wrong) expect(() => asBytes(value, 'bundle')).toThrow(/^bundle must /)
    for (const value of wrong) expect(() => asBytes(value, 'bundle')).toThrow(TypeError)
  })

  test('refuses memory that has been given away', () => {
    const given = new Uint8Array(8)
    structuredClone(given.buffer, { transfer: [given.buffer] })
    expect(() => asBytes(given, 'bundle')).toThrow(TypeError)
  })
})

describe('ByteReader', () => {
  test('gives back all of a byte string in any cut, and then its end', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(20), { maxLength: 10 }), (value, cuts) => {
        const reader = new ByteReader(value)
        const parts = cuts.filter((length) => length <= reader.remaining).flatMap((length) =>
          length <= reader.remaining ? [reader.take(length, 'truncated', 'part')] : [],
        )
        const rest = reader.rest()
        expect(Buffer.concat([...parts, rest]).equals(value)).toBe(true)
        expect(reader.remaining).toBe(0)
        expect(() => reader.end('trailing-data', 'x')).not.toThrow()
      }),
    )
  })

  test('never reads past the end, and says how much is missing', () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 1000 }), (value, more) => {
        const reader = new ByteReader(value)
        expect(() => reader.take(value.length + more, 'truncated', 'the head')).toThrow(
          expect.objectContaining({
            code: 'truncated',
            message: expect.stringMatching(/^the head takes \d+ bytes, but only/) as string,
          }),
        )
        expect(reader.remaining).toBe(value.length)
      }),
    )
  })

  test('refuses bytes that nobody read', () => {
    const reader = new ByteReader(new Uint8Array(3))
    reader.take(2, 'truncated', 'x')
    expect(() => reader.end('trailing-data', 'the head')).toThrow(expect.objectContaining({ code: 'trailing-data' }))
  })
})
