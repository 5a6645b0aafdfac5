import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runsOf, settings, tally, timeout } from '../machine.js'
import { releaseOfScene, scene, signersOf, storeOfScene } from './model.js'
import { verdict } from './world.js'
import type { Scene } from './model.js'

const RUNS = 200

function expected(one: Scene): string {
  const signers = signersOf(one)
  if (typeof signers === 'string') return signers
  return one.sequence > one.minSequence ? ['accepted', ...signers.map((i) => `k${i}`)].join(' ') : 'rollback'
}

test('R25, R26, R56 to R59: which signatures count, and what is told where they are too few, as a model of the rule says', { timeout }, async () => {
  const { seen, count } = tally()
  await fc.assert(fc.asyncProperty(scene, async (one) => {
    const said = await verdict(releaseOfScene(one), storeOfScene(one), { clockTolerance: one.tolerance })
    const wanted = expected(one)
    expect(said).toBe(wanted)
    const counted = wanted.split(' ').slice(1).map((name) => Number(name.slice(1)))
    count(counted.length > 0 ? 'accepted' : wanted)
    if (counted.length === 0) return
    if (counted.some((i) => !one.signatures.some(({ key }) => key === i))) count('by a link')
    if (counted.length > 1) count('by several')
    if (counted.length < one.signatures.length) count('despite others')
  }), settings(RUNS))
  const told = ['revoked-key', 'bad-signature', 'expired', 'not-yet-valid', 'out-of-scope', 'untrusted-key', 'threshold-not-met', 'rollback']
  for (const what of [...told, 'by a link', 'by several', 'despite others']) expect(seen.get(what) ?? 0, what).toBeGreaterThan(0)
  expect(seen.get('accepted')).toBeGreaterThan(0.15 * runsOf(RUNS))
})
