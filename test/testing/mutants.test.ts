import { expect, test } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { backendTests, checkBackend } from '../../src/testing.js'
import { openers } from './mutants-open.js'
import { others } from './mutants-others.js'
import { ofSizes } from './mutants-sizes.js'
import { verifiers } from './mutants-verify.js'

test('the backend that the mistakes are made in has none', async () => {
  expect(await checkBackend(nodeBackend)).toMatchObject({ passed: true, failures: [], notTested: [] })
})

test.each([...openers, ...verifiers, ...others, ...ofSizes])('a backend that %s is found', async (_mistake, changes, found) => {
  const wrong = { ...nodeBackend, ...changes(nodeBackend) }
  const [that, ...more] = backendTests(wrong).filter(({ name }) => name.startsWith(found))
  expect(more).toEqual([])
  // A mistake of the test itself would be a TypeError.
  await expect(that?.run()).rejects.toMatchObject({ name: 'Error' })
})
