import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksumFormOf, EnvelopeError } from '../../src/capgo.js'

/** What the refusal of a version says. */
function refusalOf(version: unknown): string {
  try {
    checksumFormOf(version as string)
  } catch (error) {
    if (error instanceof EnvelopeError && error.code === 'unsupported') return error.message
    throw error
  }
  return 'taken'
}

describe('the checksum form that a plugin reads', () => {
  test.each([
    ['5.10.0', 'V2'], ['5.29.99', 'V2'], ['5.30.0', 'V3'], ['5.99.0', 'V3'],
    ['6.1.18', 'V2'], ['6.1.19', 'V2'], ['6.29.99', 'V2'], ['6.30.0', 'V3'], ['6.30.1', 'V3'],
    ['7.0.2', 'V2'], ['7.29.0', 'V2'], ['7.29.99999', 'V2'], ['7.30.0', 'V3'], ['7.31.0', 'V3'],
    ['8.0.0', 'V3'], ['8.51.14', 'V3'], ['8.99999.99999', 'V3'],
  ])('of %s is %s', (version, form) => {
    expect(checksumFormOf(version)).toBe(form)
  })

  test.each(['7.30.1-beta.1', '7.29.0-rc.2', '8.0.1-0'])('of a pre-release that is next to no border, %s, is that of its version', (version) => {
    expect(checksumFormOf(version)).toBe(checksumFormOf(version.replace(/-.*/, '')))
  })

  test.each(['7.30.0+build.5', '7.29.0+7.30.0', '6.30.1-beta+sha.1'])('does not depend on build metadata: %s', (version) => {
    expect(checksumFormOf(version)).toBe(checksumFormOf(version.replace(/[-+].*/, '')))
  })

  test.each(['5.9.99', '5.0.0', '6.0.0', '6.1.17', '7.0.0', '7.0.1', '7.0.1-beta'])('does not exist for %s, which reads no such releases: it says since when', (version) => {
    expect(refusalOf(version)).toMatch(/can't read this format, which came with \d+\.\d+\.\d+: update the plugin/)
  })

  test.each(['5.10.0-alpha', '5.30.0-0', '6.1.18-rc.1', '6.30.0-beta', '7.0.2-x', '7.30.0-alpha.1', '7.30.0-rc.1+build', '8.0.0-alpha.7'])(
    'is not guessed for %s, a pre-release of a border',
    (version) => {
      expect(refusalOf(version)).toMatch(/pre-release of the version that changed the format: .*checksumForm/)
    },
  )

  test.each(['4.99.0', '0.0.0', '3.0.0', '9.0.0', '10.0.0', '99999.0.0'])('is not guessed for %s, whose major version is not in the table', (version) => {
    expect(refusalOf(version)).toMatch(/^what plugin \d+\.x reads is not known here: which version .*pluginVersion.*checksumForm/)
  })

  test.each([
    '', ' ', 'latest', 'next', '7', '7.30', '7.x', '7.30.x', '^7.30.0', '~7.30.0', '>=7.30.0', '7.30.0 || 8.0.0', '7.30.0 - 8.0.0', 'v7.30.0', '=7.30.0',
    ' 7.30.0', '7.30.0 ', '7.30.0\n', '\n7.30.0', '7.30.0\n8.0.0', '07.30.0', '7.030.0', '7.30.00', '-7.30.0', '7.-30.0', '7.30.0.1', '7,30,0', '7.3e1.0',
    '7.30.0-', '7.30.0+', '7.30.0-beta_1', '٧.٣٠.٠', '7.30.0\0', 'constructor', '__proto__', '8.0.0-é',
    '999999.0.0', '8.100000.0', `8.${'9'.repeat(400)}.0`, `8.0.${'0'.repeat(100_000)}`, `8.0.1-${'a'.repeat(100_000)}`,
  ])('is not guessed for %j, which is no exact version', (version) => {
    const message = refusalOf(version)
    expect(message).toMatch(/^the plugin version is not one exact version, such as 7\.30\.1: which version .*pluginVersion.*plugin_version.*checksumForm/)
    expect(message.length).toBeLessThan(400)
  })

  test.each([undefined, null, 7, 8.51, Number.NaN, true, 7n, [], ['7.30.0'], {}, { toString: () => '7.30.0' }, new Date(0), () => '7.30.0', Symbol('7.30.0')])(
    'is a TypeError that asks for the version where a program passes no string',
    (version) => {
      expect(() => checksumFormOf(version as string)).toThrow(expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(/^pluginVersion must be a string.*checksumForm/) as string }))
    },
  )

  test('never goes back from V3 to V2 within one major line', () => {
    const number = fc.integer({ min: 0, max: 99_999 })
    const version = fc.tuple(fc.constantFrom(5, 6, 7, 8), number, number)
    fc.assert(
      fc.property(version, version, ([major, ...a], [, ...b]) => {
        const [low, high] = [a, b].sort((x, y) => x[0] - y[0] || x[1] - y[1]) as [[number, number], [number, number]]
        const formOf = ([minor, patch]: readonly [number, number]): number => {
          try {
            return checksumFormOf(`${major}.${minor}.${patch}`) === 'V2' ? 1 : 2
          } catch {
            return 0
          }
        }
        expect(formOf(low)).toBeLessThanOrEqual(formOf(high))
      }),
    )
  })

  test('is found or refused for any text, and nothing else happens', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.x^~+-]{0,20}$/))
    fc.assert(fc.property(text, (version) => {
      const message = refusalOf(version)
      expect(message === 'taken' || message.length < 400).toBe(true)
    }))
  })
})
