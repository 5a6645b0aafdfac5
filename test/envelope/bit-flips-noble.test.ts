import { expect, test } from 'vitest'
import { nobleBackend } from '../../src/crypto/noble-build.js'
import { everyBitFlip, expectAllRefused } from './flips.js'
import { accepting, expectAccepted, pattern, seal } from './helpers.js'
import { freshEd25519 } from './signers.js'

// A file of its own: pure JavaScript verifies slowly, and vitest runs files in parallel.
test('a file whose bits are flipped is refused for every single bit, noble backend', async () => {
  const signer = freshEd25519()
  const options = accepting(signer, { backend: nobleBackend })
  const file = (await seal(signer, pattern(3))).toBytes()
  await expectAccepted(file, options, pattern(3))
  const { count, codes } = await expectAllRefused(everyBitFlip(file), options)
  expect(count).toBe(8 * file.length)
  expect([...codes]).toEqual(expect.arrayContaining(['bad-signature', 'no-reader-key', 'bad-index', 'bad-chunk']))
})
