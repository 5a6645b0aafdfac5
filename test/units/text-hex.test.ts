import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hexDecode } from '../../src/text.js'

test('hex of either case is read, and nothing else is', () => {
  const text = fc.oneof(fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('hex')), fc.string({ unit: fc.constantFrom(...Array.from('0019aAfFgG@`/: \u0011\u0131\u0141\u0161\uff11')) }))
  fc.assert(
    fc.property(text, fc.boolean(), (hex, isCapital) => {
      const cased = isCapital ? hex.toUpperCase() : hex
      const bytes = /^([0-9a-fA-F]{2})*$/.test(cased) ? new Uint8Array(Buffer.from(cased, 'hex')) : undefined
      expect(hexDecode(cased)).toEqual(bytes)
    }),
    { numRuns: 2000 },
  )
  for (let code = 0; code < 0x10000; code++) {
    const digit = String.fromCharCode(code)
    const isDigit = /[0-9a-fA-F]/.test(digit)
    const [low, high] = [hexDecode(`0${digit}`)?.[0], hexDecode(`${digit}0`)?.[0]]
    const value = isDigit ? Number.parseInt(digit, 16) : undefined
    if (low !== value || high !== (value === undefined ? undefined : 16 * value)) throw new Error(`wrong for U+${code.toString(16)}`)
  }
})
