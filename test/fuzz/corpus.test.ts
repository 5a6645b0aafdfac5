import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { targets } from './targets.js'

/** Milliseconds for one input on a busy machine: what takes longer isn't bounded. */
const SLOWEST = 5000

const saved = (name: string): readonly string[] => {
  const file = `test/fuzz/corpus/${name}.json`
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly string[]) : []
}

test('each saved corpus is of a target, and each target has one', () => {
  expect(readdirSync('test/fuzz/corpus').sort()).toEqual(targets.map(({ name }) => `${name}.json`).sort())
})

describe('what fuzzing has found to reach more code', () => {
  test.each(targets)('$name takes its honest inputs and its saved ones', async ({ name, run, seeds }) => {
    const inputs = [...seeds(), ...saved(name).map((text) => new Uint8Array(Buffer.from(text, 'base64')))]
    expect(inputs.length).toBeGreaterThan(1)
    for (const input of inputs) {
      const start = performance.now()
      try {
        await run(Uint8Array.from(input))
      } catch (error) {
        throw new Error(`${name} fails with the input (base64) ${Buffer.from(input).toString('base64')}`, { cause: error })
      }
      expect(performance.now() - start).toBeLessThan(SLOWEST)
    }
  })
})
