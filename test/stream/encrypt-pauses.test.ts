import { afterEach, expect, test, vi } from 'vitest'
import { CHUNK, pattern } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { sealAll } from './encrypt.js'

afterEach(() => vi.restoreAllMocks())

test.each([1, 4])('others have their turn after each chunk that takes long to hash, with %i in flight', async (lanes) => {
  const events: string[] = []
  let now = 1_000_000
  vi.spyOn(Date, 'now').mockImplementation(() => now)
  const hasher: typeof nodeBackend.hasher = () => {
    const hash = nodeBackend.hasher()
    return {
      digest: () => hash.digest(),
      update: (bytes) => {
        hash.update(bytes)
        now += 10
        events.push('hashed')
      },
    }
  }
  let running = true
  const others = (): void => {
    events.push('others')
    if (running) setImmediate(others)
  }
  setImmediate(others)
  await sealAll(freshEd25519(), pattern(7 * CHUNK + 1), { backend: { ...nodeBackend, lanes, hasher } })
  running = false
  expect(events.filter((event) => event === 'hashed')).toHaveLength(8)
  const withoutTurn = events.filter((event, i) => event === 'hashed' && events[i + 1] === 'hashed')
  expect(withoutTurn).toEqual([])
})
