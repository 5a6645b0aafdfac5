import { describe, expect, it } from 'vitest'
import { createAlertPolicy } from '../../src/alerts.js'
import * as device from '../../src/device.js'
import * as main from '../../src/index.js'
import * as node from '../../src/node.js'
import { NOW, a, b, bySignature, counted, kid, refused, times, verified } from './alerts.js'
import type { AlertOptions } from '../../src/alerts.js'
import type { EnvelopeEvent } from '../../src/events.js'

describe('floods', () => {
  it('of keys: the policy remembers the last thousand, and repeats itself for the others', () => {
    const policy = createAlertPolicy({ knownKeys: [a] })
    const alerts = times(100_000, (i) => counted(kid(i + 10))).map(policy)
    expect(alerts.every((alert) => alert?.reason === 'new-key')).toBe(true)
    expect(policy(counted(kid(100_009)))).toBeUndefined()
    expect(policy(counted(kid(99_010)))).toBeUndefined()
    expect(policy(counted(kid(10)))?.reason).toBe('new-key')
    expect(policy(counted(a))).toBeUndefined()
  })

  it('of releases, revoked keys and failures: the first are forgotten, and levels stay right', () => {
    const policy = createAlertPolicy()
    const round = (i: number): void => {
      policy(bySignature('revoked-key', kid(i), i, NOW + i))
      policy(refused('revoked-key', NOW + i, i))
    }
    for (let i = 0; i < 10_000; i++) round(i)
    expect(policy(verified(5))).toBeUndefined()
    expect(policy(verified(9999))?.reason).toBe('revoked-co-signature')
    expect(policy(refused('revoked-key', NOW + 10_000))).toMatchObject({ level: 'high', count: 1000 })
    expect(policy(refused('revoked-key', NOW + 86_403))).toMatchObject({ level: 'critical', count: 1000 })
  })

  it('of long texts: they are not kept', () => {
    expect(() => createAlertPolicy()(counted('k'.repeat(2000)))).toThrow(TypeError)
    expect(() => createAlertPolicy()({ ...bySignature('revoked-key', b), app: 'x'.repeat(2000) } as EnvelopeEvent)).toThrow(TypeError)
  })
})

it('is not in what an app bundles', () => {
  expect([main, node, device].map((door) => 'createAlertPolicy' in door)).toEqual([true, true, false])
})

describe('what is wrong', () => {
  const wrong: readonly (readonly [options: unknown, kind: typeof TypeError | typeof RangeError])[] = [
    [null, TypeError],
    [{ knownKeys: a }, TypeError],
    [{ knownKeys: [7] }, TypeError],
    [{ revokedKeys: ['short'] }, RangeError],
    [{ failures: 0 }, RangeError],
    [{ failures: 1001 }, RangeError],
    [{ failures: '5' }, TypeError],
    [{ window: 0 }, RangeError],
    [{ window: 1.5 }, RangeError],
    [{ repeated: -1 }, RangeError],
    [{ revokedWindow: NaN }, RangeError],
  ]

  it.each(wrong)('options %j', (options, kind) => {
    expect(() => createAlertPolicy(options as AlertOptions)).toThrow(kind)
  })

  it.each([undefined, null, 'head-refused', [], {}, { event: 'head-refused' }, { event: 'head-refused', time: '1' }])('record %j', (event) => {
    expect(() => createAlertPolicy()(event as unknown as EnvelopeEvent)).toThrow(TypeError)
  })

  it('a record of a later version tells nothing', () => {
    expect(createAlertPolicy()({ event: 'moon-signed', time: NOW } as unknown as EnvelopeEvent)).toBeUndefined()
  })
})
