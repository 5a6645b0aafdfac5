import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { nobleDeviceBackend } from '../../src/crypto/noble.js'
import { nodeDeviceBackend } from '../../src/crypto/node.js'
import { webDeviceBackend } from '../../src/crypto/web.js'
import { deviceTests } from '../engines/device-suite.js'
import { familyNames } from './make/families.js'
import { ours } from './ours.js'
import type { DeviceVectorOptions, Vector, VectorFile } from './vector.js'

const vectorsOf = (family: string): readonly Vector[] =>
  (JSON.parse(readFileSync(new URL(`${family}.json`, import.meta.url), 'utf8')) as VectorFile).vectors

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const backends = [nodeDeviceBackend, webDeviceBackend, nobleDeviceBackend]

describe.each(backends.map((backend) => ({ name: backend.name, backend })))('$name backend', ({ backend }) => {
  describe.each(familyNames)('%s.json', (family) => {
    const vectors = vectorsOf(family)

    test.each(vectors.map((vector) => ({ name: vector.name, vector })))('$name', async ({ vector }) => {
      const { code, output } = await ours(vector, backend)
      expect(code).toBe(vector.code)
      if (vector.output !== undefined) expect({ size: output.length, sha256: sha256(output) }).toEqual(vector.output)
    })

    // The suite for every engine has those of envelope.json in each way; this has those of other families.
    const envelopes = vectors.filter(({ operation }) => operation === 'envelope') as readonly Vector<DeviceVectorOptions>[]
    if (envelopes.length > 0 && family !== 'envelope') test.each(deviceTests(envelopes, backend).map(({ name, run }) => ({ name, run })))('$name', ({ run }) => run())
  })
})
