import { describe, expect, test } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { webBackend } from '../../src/crypto/web-build.js'
import { describeEachBackend } from '../backends.js'
import { everyBitFlip, everyExtension, everyTruncation, expectAllRefused } from './flips.js'
import { accepting, expectAccepted, pattern, seal } from './helpers.js'
import { freshEd25519, freshRsa } from './signers.js'

const bundle = pattern(3)
const ed25519 = freshEd25519()
const rsa = freshRsa()

describe.each([nodeBackend, webBackend].map((backend) => ({ name: backend.name, backend })))(
  'a file whose bits are flipped, $name backend',
  ({ backend }) => {
    test('is refused for every single bit', async () => {
      const file = (await seal(ed25519, bundle, { backend })).toBytes()
      await expectAccepted(file, accepting(ed25519, { backend }), bundle)
      const { count, codes } = await expectAllRefused(everyBitFlip(file), accepting(ed25519, { backend }))
      expect(count).toBe(8 * file.length)
      expect(count).toBeGreaterThan(8000)
      const wanted = [
        'not-an-envelope',
        'limit-exceeded',
        'malformed-head',
        'bad-signature',
        'no-reader-key',
        'bad-index',
        'bad-chunk',
      ]
      expect([...codes]).toEqual(expect.arrayContaining(wanted))
    })
  },
)

test('an RSA-4096 file is refused for every single bit, node backend only', async () => {
  const file = (await seal(rsa, bundle)).toBytes()
  await expectAccepted(file, accepting(rsa), bundle)
  const { count } = await expectAllRefused(everyBitFlip(file), accepting(rsa, { backend: nodeBackend }))
  expect(count).toBe(8 * file.length)
})

describeEachBackend('a file of another length', (backend) => {
  test.each([0, 3])('is refused when shorter, and with 1 to 80 bytes more (bundle of %i bytes)', async (size) => {
    const file = (await seal(ed25519, pattern(size), { backend })).toBytes()
    const options = accepting(ed25519, { backend })
    await expectAccepted(file, options, pattern(size))
    const shorter = await expectAllRefused(everyTruncation(file), options)
    expect(shorter.count).toBe(file.length)
    expect([...shorter.codes]).toEqual(['truncated'])
    const longer = await expectAllRefused(everyExtension(file, 80), options)
    expect(longer.count).toBe(160)
    expect([...longer.codes]).toEqual(['trailing-data'])
  })
})
