import { describe, expect, test } from 'vitest'
import { utf8Decode } from '../../src/text.js'

describe('UTF-8 that is decoded in slices', () => {
  test('may have as many bytes as a large manifest, of whatever characters, and the program lives on', () => {
    const text = '日本'.repeat(7_000_000)
    expect(utf8Decode(Buffer.from(text)) === text).toBe(true)
  })

  test.each(['é', '日', '𝄞'])('may have %s at the end of any slice', (character) => {
    for (let before = 4090; before < 4100; before++) {
      const text = 'a'.repeat(before) + character + 'b'.repeat(5000) + character
      expect(utf8Decode(Buffer.from(text)) === text).toBe(true)
    }
  })

  test('is refused for what is no character, at any place', () => {
    const broken = [[0xe6, 0x97], [0x97], [0xf0, 0x9d, 0x84], [0xc0, 0x80], [0xed, 0xa0, 0x80], Array.from({ length: 9000 }, () => 0x80)]
    for (let at = 4090; at < 4100; at++) {
      for (const bytes of broken) {
        const value = Buffer.concat([Buffer.alloc(at, 'a'), Uint8Array.from(bytes), Buffer.alloc(5000, 'b')])
        expect(utf8Decode(value)).toBeUndefined()
      }
    }
  })
})
