import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { isExactForm, parseExactJson, parseLaidOutJson, textOfObject } from '../../src/json.js'

const read = (text: string | Uint8Array): unknown => parseExactJson(new Uint8Array(Buffer.from(text)), 'header')
const malformed = expect.objectContaining({ name: 'EnvelopeError', code: 'malformed-head' }) as Error

/** Values without lone surrogates, which are refused. */
const value = fc.jsonValue({ maxDepth: 4 })
const objects = fc.dictionary(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
  value,
  { minKeys: 1, maxKeys: 6 },
)

describe('R7: JSON in exact form', () => {
  test('is whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.oneof(value, objects), (parsed) => {
        const text = JSON.stringify(parsed)
        expect(JSON.stringify(read(text))).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  test('has no white space between tokens, before or after', () => {
    fc.assert(
      fc.property(objects, fc.constantFrom(' ', '\t', '\n', '\r'), fc.nat(), (parsed, space, seed) => {
        const text = JSON.stringify(parsed)
        const places = gapsOf(text)
        const at = places[seed % places.length] as number
        const spaced = text.slice(0, at) + space + text.slice(at)
        expect(JSON.stringify(JSON.parse(spaced)), 'the control: other parsers take it').toBe(text)
        expect(() => read(spaced)).toThrow(malformed)
      }),
      { numRuns: 1000 },
    )
  })

  test('has no member twice', () => {
    fc.assert(
      fc.property(objects, value, fc.boolean(), (parsed, other, first) => {
        const text = JSON.stringify(parsed)
        const [name] = Object.keys(JSON.parse(text) as object) as [string]
        const member = `${JSON.stringify(name)}:${JSON.stringify(other)}`
        const twice = first ? `{${member},${text.slice(1)}` : `${text.slice(0, -1)},${member}}`
        expect(JSON.parse(twice)).toBeTypeOf('object')
        expect(() => read(twice)).toThrow(malformed)
      }),
      { numRuns: 1000 },
    )
  })

  test('has no escape that is not needed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 10 }), fc.nat(), (text, seed) => {
        const at = seed % text.length
        const code = text.charCodeAt(at)
        const inner = (part: string): string => JSON.stringify(part).slice(1, -1)
        const escape = `\\u${code.toString(16).padStart(4, '0')}`
        const escaped = `["${inner(text.slice(0, at))}${escape}${inner(text.slice(at + 1))}"]`
        expect(JSON.parse(escaped)).toEqual([text])
        expect(() => read(escaped)).toThrow(malformed)
      }),
    )
  })

  test('has no lone surrogate, of which JSON.stringify writes an escape', () => {
    for (const text of ['"\\ud800"', '"\\udfff"', '["a\\udc00\\ud800"]', '{"\\ud83d":1}', '"\\\\\\ud800"']) {
      expect(JSON.stringify(JSON.parse(text))).toBe(text)
      expect(() => read(text), text).toThrow(malformed)
    }
    for (const text of ['"\\\\ud800"', '"\\\\\\\\ud800"', '"😀"', '"ud800"', '["\\n","\\\\","\\\\ud"]']) expect(JSON.stringify(read(text))).toBe(text)
  })

  test('may have as many backslashes as a manifest has room for', () => {
    const text = `"${'\\\\'.repeat(6_000_000)}"`
    expect(read(text)).toHaveLength(6_000_000)
    expect(() => read(`${text.slice(0, -1)}\\ud800"`)).toThrow(malformed)
  })

  test('has one writing for each whole number', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (number) => {
        expect(read(`[${number}]`)).toEqual([number])
        for (const other of [
          `${number}.0`,
          `${number}e0`,
          `-${number === 0 ? '0' : `${number}.0`}`,
          `${number}E+0`,
          `0${number}`,
        ]) {
          expect(() => read(`[${other}]`)).toThrow(malformed)
        }
      }),
    )
  })

  test('is only ever read or refused as malformed-head, whatever the bytes', () => {
    const unit = fc.constantFrom(...'{}[]",:\\u0d8atruefalsn-1.e \ufeffé'.split(''))
    const near = fc.string({ unit, maxLength: 20 })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), near), (garbage) => {
        try {
          const text = Buffer.from(garbage).toString()
          expect(JSON.stringify(read(garbage))).toBe(text)
        } catch (error) {
          expect(error).toEqual(malformed)
        }
      }),
      { numRuns: 5000 },
    )
  })

  test('R84: is refused, not choked on, where it nests deeply', () => {
    for (const depth of [5000, 100_000]) {
      const text = '['.repeat(depth) + ']'.repeat(depth)
      try {
        expect(read(text)).toBeInstanceOf(Array)
      } catch (error) {
        expect(error).toEqual(malformed)
      }
      expect(() => read('['.repeat(depth))).toThrow(malformed)
    }
  })

  // JavaScriptCore writes 100,000 nested lists for half a second before it gives up.
  test('R84: is not written anew where it nests deeper than anything of the format', () => {
    const nested = (depth: number): string => '[0,'.repeat(depth) + '0' + ']'.repeat(depth)
    const written = vi.spyOn(JSON, 'stringify')
    for (const depth of [33, 1000]) {
      const [text, value] = [nested(depth), JSON.parse(nested(depth)) as object]
      expect(isExactForm(text, value)).toBe(false)
      expect(() => read(text)).toThrow(malformed)
      expect(() => parseLaidOutJson(text, 'head')).toThrow(malformed)
    }
    expect(written).not.toHaveBeenCalled()
    written.mockRestore()
    for (const depth of [33, 1000]) {
      // Of others' objects each member is read once, so that their writing itself must stop.
      let reads = 0
      const value = Object.defineProperty({}, 'a', { enumerable: true, get: () => (reads++, JSON.parse(nested(depth - 1)) as unknown) })
      expect(() => textOfObject(value, 'head')).toThrow(malformed)
      expect(reads).toBe(1)
    }
    const text = nested(32)
    expect(isExactForm(text, read(text))).toBe(true)
    expect(textOfObject(parseLaidOutJson(text, 'head') as object, 'head')).toBe(text)
  })
})

/** The places between tokens, where JSON allows white space. */
function gapsOf(text: string): readonly number[] {
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"|[-+.\w]+|[{}[\]:,]/g)
  return [...tokens].flatMap(({ index, 0: token }) => [index, index + token.length])
}
