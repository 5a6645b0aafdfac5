import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOW, a, b, bySignature, c, counted, kid, levels, linked, refused, release, signed, times, told, trustRefused, verified } from './alerts.js'
import type { EnvelopeEvent } from '../../src/events.js'

describe('low: a key that was not used before', () => {
  it('is told once', () => {
    expect(levels([counted(a), counted(a), counted(b), counted(a, NOW + 1e6)])).toEqual(['low new-key', '-', 'low new-key', '-'])
  })

  it('is not told of known keys', () => {
    expect(levels([counted(a), signed(a), counted(b)], { knownKeys: [a] })).toEqual(['-', '-', 'low new-key'])
  })

  const uses: readonly EnvelopeEvent[] = [
    signed(b),
    linked(a, b),
    { event: 'trust-signed', time: NOW, kid: b, epoch: 2 },
    { event: 'readers-added', time: NOW, ...release(), kids: [a, b] },
    counted(b, NOW, a),
    counted(a, NOW, b),
    { event: 'reader-used', time: NOW, ...release(), kid: b },
    { event: 'trust-updated', time: NOW, epoch: 2, signers: [a, b] },
  ]

  it.each(uses)('is told of $event', (event) => {
    const [alert] = told([event], { knownKeys: [a] })
    expect(alert).toEqual({ level: 'low', reason: 'new-key', message: `first use of a key: ${b}`, time: NOW, event })
  })

  it('is not told of what anybody may write into a head that is refused', () => {
    expect(levels([bySignature('untrusted-key', c), refused('untrusted-key'), bySignature('bad-signature', b)])).toEqual(['-', '-', '-'])
  })

  it('names no more than three', () => {
    const kids = Array.from({ length: 64 }, (_, i) => kid(i))
    expect(told([{ event: 'readers-added', time: NOW, ...release(), kids }])[0]?.message).toBe(
      `first use of a key: ${kid(0)}, ${kid(1)}, ${kid(2)} and 61 more`,
    )
  })
})

describe('low: a revoked key beside a head that is verified all the same', () => {
  it('is told at the record of the head, once for each release', () => {
    const device = (sequence: number): readonly EnvelopeEvent[] => [bySignature('revoked-key', b, sequence), verified(sequence)]
    expect(levels([...device(1), ...device(1), ...device(2), verified(3)])).toEqual(
      ['-', 'low revoked-co-signature', '-', '-', '-', 'low revoked-co-signature', '-'],
    )
  })

  it('stays low where the claims are refused', () => {
    expect(levels([bySignature('revoked-key', b), refused('rollback')])).toEqual(['-', 'low revoked-co-signature'])
  })

  it('gives no weight to later heads that name the same release without such a signature', () => {
    const honest = [bySignature('revoked-key', b), verified()]
    const forged = times(3, () => refused('untrusted-key'))
    expect(levels([...honest, ...forged])).toEqual(['-', 'low revoked-co-signature', '-', '-', '-'])
  })
})

describe('medium: repeated failures', () => {
  const failing = (count: number, start = NOW): readonly EnvelopeEvent[] => times(count, (i) => refused('bad-signature', start + i))

  it('comes with the fifth in ten minutes, once for as long as it goes on', () => {
    const [alert] = told(failing(20)).filter(Boolean)
    expect(alert).toMatchObject({ level: 'medium', reason: 'repeated-failures', count: 5, time: NOW + 4 })
    expect(levels(failing(2000)).filter((level) => level !== '-')).toHaveLength(1)
  })

  it('comes again after a pause', () => {
    expect(levels([...failing(6), ...failing(6, NOW + 2000)]).filter((level) => level !== '-')).toHaveLength(2)
  })

  it('needs them within the window', () => {
    expect(levels(times(50, (i) => refused('rollback', NOW + 151 * i)))).toEqual(Array<string>(50).fill('-'))
    expect(levels(times(5, (i) => refused('rollback', NOW + 150 * i))).at(-1)).toBe('medium repeated-failures')
  })

  it('counts heads, bundles, objects and readers, and nothing that was only stopped or not reached', () => {
    const kinds: readonly EnvelopeEvent[] = [
      refused('bad-signature'),
      { event: 'bundle-refused', time: NOW, ...release(), code: 'bad-chunk' },
      { event: 'reader-refused', time: NOW, ...release(), code: 'no-reader-key' },
      { event: 'object-refused', time: NOW, ...release(), code: 'bad-index', object: 'ab'.repeat(32) },
      { event: 'head-refused', time: NOW, code: 'malformed-head' },
    ]
    const others: readonly EnvelopeEvent[] = [
      { event: 'bundle-refused', time: NOW, ...release(), code: 'aborted' },
      { event: 'fetch-interrupted', time: NOW, ...release(), object: 'ab'.repeat(32) },
      { event: 'release-installed', time: NOW, ...release() },
      refused('aborted'),
      bySignature('untrusted-key', c),
    ]
    expect(levels([...others, ...kinds, ...others], { failures: 5 }).filter((level) => level !== '-')).toEqual(['medium repeated-failures'])
    expect(levels(kinds, { failures: 5 })).toEqual(['-', '-', '-', '-', 'medium repeated-failures'])
    expect(levels([...others, ...others], { failures: 1 })).toEqual(Array<string>(10).fill('-'))
  })

  it('is told once too where the clocks of two devices differ by years', () => {
    const both = times(100, (i) => refused('rollback', i % 2 === 0 ? 1000 + i : NOW + i))
    expect(levels(both).filter((level) => level !== '-')).toHaveLength(2)
  })

  it('a wrong clock does not silence what comes later', () => {
    const wrong = times(5000, () => refused('rollback', Number.MAX_SAFE_INTEGER))
    expect(levels([...wrong, ...failing(5)]).slice(5000)).toEqual(['-', '-', '-', '-', 'medium repeated-failures'])
  })

  it('comes whatever the order of the records, and not where none would come', () => {
    const some = fc.array(fc.nat(2000), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(some, fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), (offsets, random) => {
        const sorted = [...offsets].sort((one, other) => one - other)
        const expected = sorted.some((first, i) => (sorted[i + 4] ?? Infinity) - first <= 600)
        const mixed = offsets.map((offset, i) => ({ offset, key: random[i] as number })).sort((one, other) => one.key - other.key)
        const seen = levels(mixed.map(({ offset }) => refused('rollback', NOW + offset)))
        expect(seen.includes('medium repeated-failures')).toBe(expected)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('high and critical: revoked keys', () => {
  it('a head refused for it is high, and the third in a day critical, which is told once; a release that was not told of is high after it', () => {
    const heads = times(5, (i) => refused('revoked-key', NOW + 20_000 * i, i))
    expect(told(heads).map((alert) => [alert?.level, alert?.count])).toEqual([['high', 1], ['high', 2], ['critical', 3], ['high', 4], ['high', 5]])
    expect(levels(heads)[2]).toBe('critical revoked-key-repeated')
  })

  it('the same release on ten thousand devices is told three times, and the next day anew with how often', () => {
    const fleet = (start: number): readonly EnvelopeEvent[] => times(10_000, (i) => refused('revoked-key', start + i))
    const alerts = told([...fleet(NOW), ...fleet(NOW + 86_400)])
    expect(alerts.filter(Boolean).map((alert) => [alert?.reason, alert?.count, alert?.time])).toEqual([
      ['revoked-key-signed', 1, NOW],
      ['revoked-key-signed', 2, NOW + 1],
      ['revoked-key-repeated', 3, NOW + 2],
      ['revoked-key-signed', 1000, NOW + 86_401],
      ['revoked-key-repeated', 1000, NOW + 86_403],
    ])
  })

  it('nothing that others send silences a release that a revoked key really signed', () => {
    const noise = [
      ...times(2000, (i) => bySignature('revoked-key', b, 1, NOW + i)),
      ...times(50, (i) => refused('revoked-key', NOW + i, 1)),
      ...times(50, (i) => refused('bad-signature', NOW + i, 2)),
      ...times(50, (i) => trustRefused('bad-trust-store', NOW + i)),
      bySignature('revoked-key', b, 2),
      verified(2),
    ]
    expect(levels([...noise, bySignature('revoked-key', b, 2), refused('revoked-key', NOW + 60, 2)]).at(-1)).toBe('high revoked-key-signed')
  })

  it('spread over more than a day they stay high', () => {
    expect(levels(times(20, (i) => refused('revoked-key', NOW + 50_000 * i)))).toEqual(Array<string>(20).fill('high revoked-key-signed'))
  })

  it('win over the failures, which are told with the next one', () => {
    const heads = [...times(4, () => refused('rollback')), refused('revoked-key'), refused('rollback')]
    expect(levels(heads).slice(3)).toEqual(['-', 'high revoked-key-signed', 'medium repeated-failures'])
  })

  it('one forged record of a device makes nothing of what the own jobs sign', () => {
    const forged = [bySignature('revoked-key', a, 1, 0), refused('revoked-key', NOW)]
    const own: readonly EnvelopeEvent[] = [signed(a), linked(a, c), { event: 'trust-signed', time: NOW, kid: a, epoch: 3 }]
    expect(levels([...forged, ...own], { knownKeys: [a, c] })).toEqual(['-', 'high revoked-key-signed', '-', '-', '-'])
  })

  it('a private key that signs though it is one of revokedKeys is high', () => {
    const trust: EnvelopeEvent = { event: 'trust-signed', time: NOW, kid: b, epoch: 3 }
    expect(levels([signed(b), trust, linked(b, c)], { revokedKeys: [b] })).toEqual(
      ['high revoked-key-used', 'high revoked-key-used', 'critical revoked-key-repeated'],
    )
  })

  it('a device that still trusts it is no alert: after a revocation that is usual', () => {
    expect(levels([bySignature('revoked-key', b), counted(b, NOW + 5)], { knownKeys: [b] })).toEqual(['-', '-'])
  })
})

describe('critical: a trust update that is refused', () => {
  it('is told at once, whatever the code', () => {
    for (const code of ['rollback', 'bad-signature', 'threshold-not-met', 'bad-trust-store', 'revoked-key'] as const) {
      expect(levels([trustRefused(code)])).toEqual(['critical trust-update-refused'])
    }
    expect(levels([trustRefused('aborted')])).toEqual(['-'])
  })

  it('is told once a day for each code, with how often, so that neither junk nor a stale server hides what else comes', () => {
    const hourly = times(49, (i) => trustRefused('rollback', NOW + 3600 * i))
    const alerts = told([...hourly.slice(0, 48), trustRefused('threshold-not-met', NOW + 3600 * 48), ...hourly.slice(48)])
    expect(alerts.flatMap((alert, i) => (alert === undefined ? [] : [[i, alert.level, alert.count]]))).toEqual([
      [0, 'critical', 1],
      [25, 'critical', 25],
      [48, 'critical', 1],
    ])
    expect(alerts[48]?.message).toContain('threshold-not-met')
  })

  it('is told once too where the clocks of two devices differ by years', () => {
    const both = times(100, (i) => trustRefused('rollback', i % 2 === 0 ? 1000 + i : NOW + i))
    expect(levels(both).filter((level) => level !== '-')).toHaveLength(2)
  })
})
