import { describe, expect, it } from 'vitest'
import { createAlertPolicy } from '../../src/alerts.js'
import * as device from '../../src/device.js'
import * as main from '../../src/index.js'
import * as node from '../../src/node.js'
import { NOW, a, b, bySignature, counted, kid, refused, release, times, told, trustRefused, verified } from './alerts.js'
import type { AlertOptions } from '../../src/alerts.js'
import type { ErrorCode } from '../../src/errors.js'
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

describe('messages', () => {
  const escape = '\u001b[2J\u202egnihtyreve si lla\n'

  it('show nothing of a kid but a thumbprint', () => {
    const kids = [escape, `${a}\n`, `${a.slice(0, 42)}=`, '', a]
    expect(told([{ event: 'readers-added', time: NOW, ...release(), kids }])[0]?.message).toBe(
      'first use of a key: a malformed kid, a malformed kid, a malformed kid and 2 more',
    )
    expect(told([counted(escape)])[0]?.message).toBe('first use of a key: a malformed kid')
  })

  it('show nothing of a code but those of this library, and take all others for one', () => {
    const codes = [escape, 'toString', '__proto__', 'moon-eclipsed', 7, undefined, 'rollback']
    const messages = told(codes.map((code) => trustRefused(code as ErrorCode))).map((alert) => alert?.message)
    expect(messages.slice(1, -1)).toEqual(Array(5).fill(undefined))
    expect([messages[0], messages.at(-1)]).toEqual([
      'a trust update was refused (unknown code): find out who sends it',
      'a trust update was refused (rollback): find out who sends it',
    ])
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

  const malformed: readonly (readonly [record: object, what: string])[] = [
    [{ event: 'readers-added', kids: 'abc' }, 'kids'],
    [{ event: 'readers-added' }, 'kids'],
    [{ event: 'readers-added', kids: [a, 7] }, 'kid'],
    [{ event: 'readers-added', kids: [a, 'k'.repeat(2000)] }, 'kid'],
    [{ event: 'trust-updated', epoch: 1, signers: { 0: a } }, 'kids'],
    [{ event: 'head-signed' }, 'kid'],
    [{ event: 'link-signed', kid: a, delegate: null }, 'kid'],
    [{ event: 'reader-used', kid: [a] }, 'kid'],
  ]

  it.each(malformed)('malformed record %#', (record, what) => {
    const policy = createAlertPolicy()
    const call = (): unknown => policy({ time: NOW, ...record } as unknown as EnvelopeEvent)
    const message = what === 'kids' ? 'event must be a record of this library, and its kids a list' : 'event must be a record of this library, and each kid a text of at most 1024 characters'
    expect(call).toThrow(new TypeError(message))
    expect(policy(counted(a))?.reason, 'nothing of it was remembered').toBe('new-key')
  })

  it('a record of a later version tells nothing', () => {
    expect(createAlertPolicy()({ event: 'moon-signed', time: NOW } as unknown as EnvelopeEvent)).toBeUndefined()
  })
})
