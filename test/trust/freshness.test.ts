import { describe, expect, test } from 'vitest'
import { verifyTrustUpdate } from '../../src/index.js'
import { freshEd25519 } from '../envelope/signers.js'
import { NOW, entry, link, named, storeOf, updateOf } from './signed.js'
import { release, updateVerdict, verdict } from './world.js'
import type { TrustInput, TrustStore } from '../../src/index.js'
import type { RawHeader } from '../envelope/hostile.js'

const A = named('A')
const B = named('B')
const K = freshEd25519()
const store = storeOf([A, B])

const at = (sequence: number, more: Partial<RawHeader> = {}): ReturnType<typeof release> =>
  release([A], [], (header) => Object.assign(header, { sequence, ...more }))

describe('R47, R60: the floor', () => {
  test.each([
    // minSequence, lastSequence, what the release has, whether it is above both
    [500, null, 500, false], [500, null, 501, true], [0, null, 0, false], [0, null, 1, true],
    [500, 400, 450, false], [500, 400, 500, false], [500, 400, 501, true],
    [500, 600, 550, false], [500, 600, 600, false], [500, 600, 601, true],
    [500, 500, 500, false], [500, 500, 501, true],
    [Number.MAX_SAFE_INTEGER, null, Number.MAX_SAFE_INTEGER, false],
    [Number.MAX_SAFE_INTEGER - 1, null, Number.MAX_SAFE_INTEGER, true],
  ])('minSequence %i and lastSequence %s: a release of sequence %i', async (minSequence, lastSequence, sequence, isAbove) => {
    const expected = isAbove ? 'accepted A' : 'rollback'
    expect(await verdict(at(sequence), { ...store, minSequence }, { lastSequence })).toBe(expected)
  })

  test('a plain public key has no floor but lastSequence', async () => {
    expect(await verdict(at(0), A.publicKey, { lastSequence: null })).toBe('accepted A')
    expect(await verdict(at(0), A.publicKey, { lastSequence: 0 })).toBe('rollback')
  })

  test('each channel has its own counter, kept by the app; the floor of the trust store is for all', async () => {
    const kept: Record<string, number> = { production: 100, beta: 300 }
    const install = async (channel: string, sequence: number): Promise<string> => {
      const said = await verdict(at(sequence, { channel }), { ...store, minSequence: 50 }, { channel, lastSequence: kept[channel] ?? null })
      if (said === 'accepted A') kept[channel] = sequence
      return said
    }
    expect(await install('production', 200)).toBe('accepted A')
    expect(await install('beta', 250)).toBe('rollback')
    expect(await install('beta', 301)).toBe('accepted A')
    expect(await install('production', 200)).toBe('rollback')
    expect(await install('production', 201)).toBe('accepted A')
    expect(await install('nightly', 50)).toBe('rollback')
    expect(await install('nightly', 51)).toBe('accepted A')
  })

  test('a rollback that the publisher wants is an older version under a higher sequence', async () => {
    expect(await verdict(at(2000, { version: '1.3.9' }), store, { lastSequence: 1000 })).toBe('accepted A')
    expect(await verdict(at(900, { version: '9.9.9' }), store, { lastSequence: 1000 })).toBe('rollback')
  })
})

describe('clockTolerance, both edges to the second', () => {
  const tolerant = (envelope: ReturnType<typeof release>, trust: TrustInput, now: number, clockTolerance: number): Promise<string> =>
    verdict(envelope, trust, { now, clockTolerance })

  test.each([0, 1, 300, 604_800])('R48, R59: of %i seconds', async (tolerance) => {
    const expires = at(1000, { expires: NOW })
    expect(await tolerant(expires, store, NOW + tolerance - 1, tolerance)).toBe('accepted A')
    expect(await tolerant(expires, store, NOW + tolerance, tolerance)).toBe('expired')
    const period = { notBefore: NOW, notAfter: NOW + 10 }
    const byKey = [release([A]), storeOf([entry(A, period)])] as const
    const byLink = [release([K], [link(A, K, period)]), store] as const
    for (const [envelope, trust] of [byKey, byLink]) {
      expect(await tolerant(envelope, trust, NOW - tolerance, tolerance)).toBe('accepted A')
      expect(await tolerant(envelope, trust, NOW - tolerance - 1, tolerance)).toBe('not-yet-valid')
      expect(await tolerant(envelope, trust, NOW + 10 + tolerance, tolerance)).toBe('accepted A')
      expect(await tolerant(envelope, trust, NOW + 10 + tolerance + 1, tolerance)).toBe('expired')
    }
  })

  test('at both ends of time', async () => {
    const always = storeOf([entry(A, { notBefore: 0, notAfter: 253_402_300_799 })])
    for (const now of [0, 5, 253_402_300_799]) expect(await tolerant(at(1), always, now, 604_800)).toBe('accepted A')
    expect(await verdict(at(1), always, { now: new Date(NOW * 1000 + 999), clockTolerance: 0 })).toBe('accepted A')
  })

  test('above a week, below zero or not whole is a mistake of the program', async () => {
    for (const clockTolerance of [604_801, -1, 0.5, Number.NaN, Infinity]) {
      await expect(verdict(at(1), store, { clockTolerance })).rejects.toThrow(RangeError)
      await expect(updateVerdict(updateOf({ ...store, epoch: 2 }, [A]), store, { clockTolerance })).rejects.toThrow(RangeError)
    }
    await expect(verdict(at(1), store, { clockTolerance: '5' as unknown as number })).rejects.toThrow(TypeError)
  })
})

const DAY = 86_400

/** What the specification tells an app to do: keep the store, and forget a sequence that is more than a day ahead. */
class Device {
  lastSequence: number | null
  trust: TrustStore

  constructor(embedded: TrustStore, lastSequence: number | null = null) {
    this.trust = embedded
    this.lastSequence = lastSequence
  }

  async install(sequence: number): Promise<string> {
    const said = await verdict(at(sequence), this.trust, { lastSequence: this.lastSequence })
    if (said === 'accepted A') this.lastSequence = sequence
    return said
  }

  async update(store: TrustStore): Promise<boolean> {
    const { trust, changed } = await verifyTrustUpdate(updateOf(store, [A]), { trust: this.trust, now: NOW })
    if (!changed) return false
    this.trust = trust
    if (this.lastSequence !== null && this.lastSequence > NOW + DAY) this.lastSequence = null
    return true
  }
}

describe('R65, R70: sequences and a higher epoch', () => {
  const embedded = { ...store, minSequence: 100 }

  test('a sequence of the past is kept, so that no update rolls a device back, whatever its minSequence', async () => {
    for (const minSequence of [0, 100, 1000]) {
      const device = new Device(embedded)
      expect(await device.install(1000)).toBe('accepted A')
      expect(await device.update({ ...embedded, epoch: 2, minSequence })).toBe(true)
      for (const sequence of [200, 999, 1000]) expect(await device.install(sequence)).toBe('rollback')
      expect(await device.install(1001)).toBe('accepted A')
    }
  })

  test('a device that has no sequence takes what is above minSequence: raising it keeps old releases out', async () => {
    const next = { ...embedded, epoch: 2 }
    const fresh = new Device(embedded)
    expect(await fresh.update(next)).toBe(true)
    expect(await fresh.install(200), 'this is why minSequence must be raised').toBe('accepted A')
    const raised = new Device(embedded)
    expect(await raised.update({ ...next, minSequence: 1000 })).toBe(true)
    for (const sequence of [200, 1000]) expect(await raised.install(sequence)).toBe('rollback')
    expect(await raised.install(1001)).toBe('accepted A')
  })

  test('a sequence that was published too high is forgotten, and the floor is minSequence', async () => {
    const device = new Device(embedded)
    expect(await device.install(NOW * 1000), 'milliseconds in place of seconds').toBe('accepted A')
    expect(await device.install(NOW + 1), 'every later release is refused').toBe('rollback')
    expect(await device.update({ ...embedded, epoch: 2, minSequence: NOW })).toBe(true)
    expect(await device.install(NOW + 1)).toBe('accepted A')
    expect(await device.install(NOW), 'and older ones still are').toBe('rollback')
  })

  test.each([[NOW + DAY, 'rollback'], [NOW + DAY + 1, 'accepted A']])('a stored sequence of %i: an older release is %s', async (lastSequence, expected) => {
    const device = new Device(embedded, lastSequence)
    expect(await device.update({ ...embedded, epoch: 2 })).toBe(true)
    expect(await device.install(1000)).toBe(expected)
  })

  test('the same store again makes it forget nothing', async () => {
    const device = new Device(embedded, NOW * 1000)
    expect(await device.update(embedded)).toBe(false)
    expect(await device.install(NOW + 1)).toBe('rollback')
  })
})
