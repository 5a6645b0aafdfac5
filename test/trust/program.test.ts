import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NOW } from './signed.js'
import { releaseOfScene, scene, storeOfScene } from './model.js'
import { verdict } from './world.js'
import type { ModelKey, ModelLink, Scene } from './model.js'

/** Section 6.3 of the specification has this program; here it is in the words of a scene, which knows what verifies. */
type Verdict = { readonly key: number } | { readonly code: string }
type Scope = Pick<ModelKey, 'period' | 'apps' | 'channels'>

const ORDER = ['revoked-key', 'backend-unavailable', 'bad-signature', 'expired', 'not-yet-valid', 'out-of-scope', 'untrusted-key']
const firstOf = (...codes: readonly (string | false | undefined)[]): string | undefined => codes.find((code) => typeof code === 'string')
const worstOf = (verdicts: readonly Verdict[]): string | undefined => ORDER.find((code) => verdicts.some((one) => 'code' in one && one.code === code))

function scopeCode({ apps, channels, period: [notBefore, notAfter] }: Scope, { app, channel, tolerance }: Scene): string | undefined {
  return firstOf(
    apps?.includes(app) === false && 'out-of-scope',
    channels !== undefined && (channel === undefined || !channels.includes(channel)) && 'out-of-scope',
    NOW + tolerance < notBefore && 'not-yet-valid',
    NOW - tolerance > notAfter && 'expired',
  )
}

function linkVerdict(link: ModelLink, holds: boolean, once: (code: string | undefined, key: number) => Verdict, one: Scene): Verdict {
  const root = one.store[link.root]
  if (root === undefined) return { code: 'untrusted-key' }
  if (link.fault !== 'none') return { code: 'bad-signature' }
  return once(firstOf(
    !holds && 'bad-signature', root.status === 'revoked' && 'revoked-key', root.status === 'retired' && 'out-of-scope',
    link.maxSequence !== undefined && one.sequence > link.maxSequence && 'out-of-scope', scopeCode(root, one), scopeCode(link, one),
  ), link.root)
}

function verdictOf({ key, kind }: Scene['signatures'][0], one: Scene): Verdict {
  const twice = one.signatures.filter((other) => other.key === key).length > 1
  const once = (code: string | undefined, counted: number): Verdict => {
    const said = twice && code !== 'revoked-key' ? 'bad-signature' : code
    return said === undefined ? { key: counted } : { code: said }
  }
  const own = one.store[key]
  const holds = kind === 'good'
  const verdicts: Verdict[] = []
  if (own !== undefined) {
    const late = own.status === 'retired' && one.sequence > own.lastSequence
    verdicts.push(once(firstOf(!holds && 'bad-signature', own.status === 'revoked' && 'revoked-key', late && 'out-of-scope', scopeCode(own, one)), key))
  }
  if (own?.status !== 'revoked') {
    for (const link of one.links) if (link.delegate === key) verdicts.push(linkVerdict(link, holds, once, one))
  }
  return verdicts.find((found) => 'key' in found) ?? { code: worstOf(verdicts) ?? 'untrusted-key' }
}

/** The code of a refused head; `undefined` where enough signatures count. */
function program(one: Scene): string | undefined {
  const verdicts = one.signatures.map((signature) => verdictOf(signature, one))
  const counted = new Set(verdicts.flatMap((found) => ('key' in found ? [found.key] : []))).size
  if (counted >= one.threshold) return undefined
  const worst = worstOf(verdicts)
  return worst !== undefined && (counted === 0 || worst === 'revoked-key') ? worst : 'threshold-not-met'
}

test('R25, R26, R57 to R59: a head is refused with the code that the program of the specification gives', async () => {
  const seen = new Map<string, number>()
  await fc.assert(fc.asyncProperty(scene, async (one) => {
    const wanted = program(one)
    const said = await verdict(releaseOfScene(one), storeOfScene({ ...one, minSequence: 0 }), { clockTolerance: one.tolerance })
    if (wanted === undefined) expect(said).toMatch(/^accepted /)
    else expect(said).toBe(wanted)
    seen.set(wanted ?? 'accepted', (seen.get(wanted ?? 'accepted') ?? 0) + 1)
  }), { numRuns: 300, seed: 63 })
  for (const code of ['accepted', ...ORDER.filter((code) => code !== 'backend-unavailable'), 'threshold-not-met']) {
    expect(seen.get(code) ?? 0, `${code} of ${JSON.stringify([...seen])}`).toBeGreaterThan(0)
  }
})
