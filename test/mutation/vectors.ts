import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { nodeDeviceBackend } from '../../src/crypto/node.js'
import { familyNames } from '../vectors/make/families.js'
import { ours } from '../vectors/ours.js'
import type { VectorFile } from '../vectors/vector.js'

// The tests of the vectors, with one backend in place of three: mutants of no backend are looked for here.
describe.each(familyNames)('%s.json', (family) => {
  const { vectors } = JSON.parse(readFileSync(new URL(`../vectors/${family}.json`, import.meta.url), 'utf8')) as VectorFile

  test.each(vectors.map((vector) => ({ name: vector.name, vector })))('$name', async ({ vector }) => {
    const { code, output } = await ours(vector, nodeDeviceBackend)
    expect(code).toBe(vector.code)
    if (vector.output === undefined) return
    expect({ size: output.length, sha256: createHash('sha256').update(output).digest('hex') }).toEqual(vector.output)
  })
})
