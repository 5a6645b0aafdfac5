import { describe, expect, test } from 'vitest'
import { nobleDeviceBackend } from '../../src/crypto/noble.js'
import { nodeDeviceBackend } from '../../src/crypto/node.js'
import { webDeviceBackend } from '../../src/crypto/web.js'
import { reportOf } from './contract.js'
import { deviceSuite } from './device-suite.js'
import { vectors } from './device-vectors.js'

const backends = [undefined, nodeDeviceBackend, webDeviceBackend, nobleDeviceBackend]

describe.each(backends.map((backend) => ({ name: backend?.name ?? 'no', backend })))('the suite for every engine, with $name backend', ({ backend }) => {
  const tests = deviceSuite(backend)

  test.each(tests.map(({ name, run }) => ({ name, run })))('$name', ({ run }) => run())

  test('has each vector in each way', () => {
    for (const way of ['one-shot', 'server']) expect(tests.filter(({ name }) => name.startsWith(`${way}: `))).toHaveLength(vectors.length)
    for (const way of ['random access', 'chunks as they come']) expect(tests.filter(({ name }) => name.startsWith(`${way}: `))).toHaveLength(vectors.length - 1)
    expect(new Set(tests.map(({ name }) => name)).size).toBe(tests.length)
  })
})

test('a report tells what fails, and goes on', async () => {
  const fails = { name: 'fails', run: () => { throw new RangeError('why') } }
  const passes = { name: 'passes', run: () => undefined }
  expect(await reportOf('node', [passes, fails, passes])).toEqual({
    engine: 'node', passed: 2, failures: [{ name: 'fails', message: 'RangeError: why' }], skipped: [],
  })
})
