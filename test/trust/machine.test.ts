/** A device through releases, trust updates, new apps and wrong clocks, honest and hostile, in any order, against a model of the rules. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { EnvelopeError } from '../../src/index.js'
import { command, commandsOf, settings, tally, timeout } from '../machine.js'
import { DAY, install, load, update } from './device.js'
import { modelLink, modelSignature, often, releaseOfScene, signersOf, updateSignersOf } from './model.js'
import { NOW, nameOf } from './signed.js'
import { jsonOf, keyStore, updateText } from './stores.js'
import type { Device } from './device.js'
import type { ModelSignature, ModelStore, Scene } from './model.js'
import type { Numbered } from './stores.js'

/** What the device must know, and what a hostile server has kept of all that was ever published. */
interface Model {
  /** The trust store in use. */
  trust: Numbered
  embedded: Numbered
  /** A new app says nothing of what was kept until something is. */
  hasKept: boolean
  sequences: Record<string, number>
  now: number
  tolerance: number
  readonly updates: { readonly store: Numbered; readonly signatures: readonly ModelSignature[]; readonly text: string }[]
  readonly releases: Scene[]
}

const { seen, count } = tally()

async function outcome(work: () => Promise<readonly string[] | undefined>): Promise<string> {
  try {
    const signers = await work()
    return signers === undefined ? 'unchanged' : ['accepted', ...signers.map(nameOf)].join(' ')
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    return error.code
  }
}

const shown = (signers: readonly number[]): string => ['accepted', ...signers.map((i) => `k${i}`)].join(' ')

/** R70: what is more than a day ahead of the clock is forgotten with a higher epoch, and nothing at any other time. */
function rise(model: Model, to: Numbered): void {
  const kept = Object.entries(model.sequences).filter(([, sequence]) => sequence <= model.now + DAY)
  if (kept.length < Object.keys(model.sequences).length) count('forgotten')
  else if (kept.length > 0) count('not forgotten')
  model.sequences = Object.fromEntries(kept)
  model.trust = to
}

/** What every command ends with: the device has what the model has, and its epoch has not fallen. */
function expectSame(model: Model, device: Device): void {
  expect(load(device)).toEqual({ trust: jsonOf(model.trust), sequences: model.sequences })
  if (model.hasKept) expect(JSON.parse(device.disk ?? '')).toEqual({ trust: jsonOf(model.trust), sequences: model.sequences })
}

async function deliverRelease(model: Model, device: Device, release: Scene, channel: string): Promise<void> {
  const { trust, now, tolerance } = model
  const signers = signersOf({ ...release, store: trust.store, threshold: trust.threshold, now, tolerance })
  const isOld = release.sequence <= (model.sequences[channel] ?? 0) || release.sequence <= trust.minSequence
  const wanted =
    typeof signers === 'string' ? signers
    : release.app !== 'app' ? 'wrong-app'
    : release.channel !== channel ? 'wrong-channel'
    : isOld ? 'rollback' : shown(signers)
  expect(await outcome(async () => install(device, releaseOfScene(release), channel))).toBe(wanted)
  count(`release ${wanted.split(' ')[0] as string}`)
  if (wanted.startsWith('accepted')) {
    model.sequences = { ...model.sequences, [channel]: release.sequence }
    model.hasKept = true
  }
  expectSame(model, device)
}

async function deliverUpdate(model: Model, device: Device, { store, signatures, text }: Model['updates'][0]): Promise<void> {
  const isSame = JSON.stringify(jsonOf(store)) === JSON.stringify(jsonOf(model.trust))
  const old = updateSignersOf(signatures, model.trust, model, false)
  const judged = typeof old === 'string' ? old : updateSignersOf(signatures, store, model, true)
  const wanted =
    isSame ? 'unchanged'
    : store.epoch <= model.trust.epoch ? 'rollback'
    : typeof judged === 'string' ? judged : shown(old as readonly number[])
  expect(await outcome(async () => update(device, text))).toBe(wanted)
  count(`update ${wanted.split(' ')[0] as string}`)
  if (wanted.startsWith('accepted')) rise(model, store)
  if (wanted.startsWith('accepted') || isSame) model.hasKept = true
  expectSame(model, device)
}

const sequence = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 8, max: 14 }) }, { weight: 1, arbitrary: fc.integer({ min: -3, max: 3 }).map((off) => NOW + DAY + off) })
const channel = often('production', 'beta')

const releases = fc
  .record({
    links: fc.array(modelLink, { maxLength: 3 }), signatures: fc.array(modelSignature, { minLength: 1, maxLength: 4 }),
    app: often('app', 'other'), channel: often<string | undefined>('production', undefined, 'beta'), sequence, to: channel,
  })
  .map(({ to, ...made }) => command<Model, Device>('release', { ...made, to }, async (model, device) => {
    const release = { ...made, store: [], threshold: 1, minSequence: 0, tolerance: 0 }
    model.releases.push(release)
    await deliverRelease(model, device, release, to)
  }))

/** By enough keys that may sign at that time, as a publisher does it, with one of them alone, or by anybody. */
const honestRelease = fc.record({ sequence, to: channel }).map(({ sequence: number, to }) =>
  command<Model, Device>('honest release', { number, to }, async (model, device) => {
    const { store } = model.trust
    const signatures = store.flatMap((key, i): ModelSignature[] => (key === undefined || key.status === 'revoked' ? [] : [{ key: i, kind: 'good' }]))
    const release: Scene = { store, threshold: 1, minSequence: 0, links: [], signatures, app: 'app', channel: to, sequence: number, tolerance: 0 }
    model.releases.push(release)
    await deliverRelease(model, device, release, to)
  }))

/** One link and one signature that are as they should be, by whatever keys: a thief who has one of them tries all others. */
const linkedRelease = fc.record({ root: fc.nat(5), delegate: fc.nat(5), sequence, to: channel }).map(({ root, delegate, sequence: number, to }) =>
  command<Model, Device>('release by a link', { root, delegate, number, to }, async (model, device) => {
    const link = { root, delegate, maxSequence: undefined, fault: 'none', period: [NOW - 10, NOW + 10], apps: undefined, channels: undefined } as const
    const made = { links: [link], signatures: [{ key: delegate, kind: 'good' }], app: 'app', channel: to, sequence: number } as const
    await deliverRelease(model, device, { ...made, store: [], threshold: 1, minSequence: 0, tolerance: 0 }, to)
  }))

const oldRelease = fc.record({ which: fc.nat(30), to: channel }).map(({ which, to }) =>
  command<Model, Device>('release again', { which, to }, async (model, device) => {
    await deliverRelease(model, device, model.releases[which % model.releases.length] as Scene, to)
  }, ({ releases: all }) => all.length > 0))

interface Change {
  readonly to: ModelStore
  readonly step: number
  /** Of all keys that are active in both stores but so many, or else these. */
  readonly by: number | readonly ModelSignature[]
  /** Keeps the device's own keys, but for one that is retired or revoked. */
  readonly turn: 'revoked' | 'retired' | undefined
  readonly isHeldBack: boolean
}

const change: fc.Arbitrary<Change> = fc.record({
  to: keyStore,
  step: often(1, 0, -1, 2, 5),
  by: fc.oneof({ weight: 3, arbitrary: fc.nat(1) }, { weight: 2, arbitrary: fc.array(modelSignature, { minLength: 1, maxLength: 4 }) }),
  turn: fc.option(fc.constantFrom('revoked' as const, 'retired' as const), { nil: undefined }),
  isHeldBack: fc.boolean(),
})

function nextStore({ trust }: Model, { to, step, turn }: Change): Numbered {
  const epoch = Math.max(1, trust.epoch + step)
  if (turn === undefined) return { ...to, epoch }
  const at = trust.store.findIndex((key) => key?.status === 'active')
  const store = trust.store.map((key, i) => (i === at ? { ...(key as NonNullable<typeof key>), status: turn, lastSequence: 10 } : (key ?? to.store[i])))
  const active = store.filter((key) => key?.status === 'active').length
  return active === 0 ? { ...to, epoch } : { ...trust, store, epoch, threshold: Math.min(trust.threshold, active) }
}

const updates = change.map((made) => command<Model, Device>('trust update', made, async (model, device) => {
  const store = nextStore(model, made)
  const all = [0, 1, 2, 3].filter((i) => model.trust.store[i]?.status === 'active' || store.store[i]?.status === 'active')
  const signatures = typeof made.by === 'number' ? all.slice(made.by).map((key) => ({ key, kind: 'good' as const })) : made.by
  if (signatures.length === 0) return
  const published = { store, signatures, text: updateText(store, signatures) }
  model.updates.push(published)
  if (!made.isHeldBack) await deliverUpdate(model, device, published)
}))

const heldBack = fc.nat(30).map((which) => command<Model, Device>('old update', which, async (model, device) => {
  await deliverUpdate(model, device, model.updates[which % model.updates.length] as Model['updates'][0])
}, ({ updates: all }) => all.length > 0))

/** The app is started again, perhaps as another version of it, older or newer, which embeds another store. */
const restart = fc.record({ to: keyStore, step: often(0, -2, -1, 1, 3) }).map(({ to, step }) =>
  command<Model, Device>('restart', { to, step }, async (model, device) => {
    const epoch = Math.max(1, model.trust.epoch + step)
    // R65: an epoch is never given to two stores.
    const store = step === 0 || epoch === model.trust.epoch ? model.trust : { ...to, epoch }
    model.embedded = store
    device.embedded = jsonOf(store)
    if (!model.hasKept) model.trust = store
    else if (store.epoch > model.trust.epoch) {
      rise(model, store)
      count('newer app')
    } else if (store.epoch < model.trust.epoch) count('older app')
    expectSame(model, device)
  }))

const clock = fc.record({ off: fc.oneof(fc.integer({ min: -12, max: 12 }), fc.constantFrom(-2 * DAY, 2 * DAY)), tolerance: often(0, 2, 5) }).map(({ off, tolerance }) =>
  command<Model, Device>('clock', { off, tolerance }, async (model, device) => {
    Object.assign(model, { now: NOW + off, tolerance })
    Object.assign(device, { now: NOW + off, tolerance })
    expectSame(model, device)
  }))

const machine = commandsOf([releases, honestRelease, honestRelease, linkedRelease, linkedRelease, oldRelease, updates, updates, heldBack, restart, clock], 25)

test('R57 to R59, R64, R65, R70, R89: a device takes what the rules let it take, forgets what they say, and its epoch never falls', { timeout }, async () => {
  await fc.assert(fc.asyncProperty(keyStore, machine, async (first, steps) => {
    const trust = { ...first, epoch: 3 }
    const begin = { model: { trust, embedded: trust, hasKept: false, sequences: {}, now: NOW, tolerance: 0, updates: [], releases: [] } as Model }
    await fc.asyncModelRun(() => ({ ...begin, real: { disk: undefined, embedded: jsonOf(trust), now: NOW, tolerance: 0 } }), steps)
  }), settings(150))
  const codes = ['revoked-key', 'bad-signature', 'out-of-scope', 'untrusted-key', 'threshold-not-met', 'rollback', 'expired', 'not-yet-valid', 'accepted']
  const wanted = [
    ...codes.flatMap((code) => [`release ${code}`, `update ${code}`]), 'release wrong-app', 'release wrong-channel', 'update unchanged',
    'forgotten', 'not forgotten', 'newer app', 'older app',
  ]
  expect(wanted.filter((what) => !seen.has(what))).toEqual([])
})
