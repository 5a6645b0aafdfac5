import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countedKeys, releaseOfScene, scene, storeOfScene } from './model.js'
import { verdict } from './world.js'
import type { Scene } from './model.js'

const RUNS = 400

function expected(one: Scene): string {
  const counted = countedKeys(one)
  if (counted.length < one.threshold) return 'refused'
  return one.sequence > one.minSequence ? ['accepted', ...counted.map((i) => `k${i}`)].join(' ') : 'rollback'
}

test('R25, R26, R56 to R59: which signatures count, as a model of the rule says', async () => {
  const seen = { accepted: 0, refused: 0, rollback: 0, byLink: 0, bySeveral: 0, despiteOthers: 0 }
  await fc.assert(fc.asyncProperty(scene, async (one) => {
    const said = await verdict(releaseOfScene(one), storeOfScene(one), { clockTolerance: one.tolerance })
    const wanted = expected(one)
    const counted = countedKeys(one)
    if (wanted === 'refused') {
      expect(said).toMatch(/^(revoked-key|bad-signature|expired|not-yet-valid|out-of-scope|untrusted-key|threshold-not-met)$/)
      if (counted.length > 0) expect(said).toMatch(/^(threshold-not-met|revoked-key)$/)
      else expect(said).not.toBe('threshold-not-met')
    } else {
      expect(said).toBe(wanted)
    }
    seen[wanted.split(' ')[0] as 'accepted' | 'refused' | 'rollback']++
    if (wanted.startsWith('accepted')) {
      if (counted.some((i) => !one.signatures.some(({ key }) => key === i))) seen.byLink++
      if (counted.length > 1) seen.bySeveral++
      if (counted.length < one.signatures.length) seen.despiteOthers++
    }
  }), { numRuns: RUNS })
  const share = (count: number): number => count / RUNS
  expect(share(seen.accepted), JSON.stringify(seen)).toBeGreaterThan(0.15)
  expect(share(seen.refused), JSON.stringify(seen)).toBeGreaterThan(0.15)
  for (const count of [seen.rollback, seen.byLink, seen.bySeveral, seen.despiteOthers]) {
    expect(count, JSON.stringify(seen)).toBeGreaterThan(0)
  }
})
