/** What publishers, devices, servers and disks do to releases, as commands of a state machine. */
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { EnvelopeError } from '../../src/manifest.js'
import { pattern } from '../envelope/helpers.js'
import { command } from '../machine.js'
import { apply, cut, serverOf, streamOf, whole } from './applying.js'
import { dying } from './dying-storage.js'
import { APP, becomes, contents, expectInstalled, missing, paths, publish, verdictOf } from './machine-model.js'
import type { AppliedRelease, ObjectRequest } from '../../src/manifest.js'
import type { Answer } from './applying.js'
import type { Death } from './dying-storage.js'
import type { Disk, Model, Published } from './machine-model.js'

export type Step = fc.AsyncCommand<Model, Disk>

const edit = fc.record({ path: fc.nat(paths.length - 1), content: fc.nat(contents.length - 1), isRemoval: fc.boolean() })
const mostly = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> => fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) })

const publishing = fc.record({
  edits: fc.array(edit, { minLength: 1, maxLength: 6, size: 'max' }), app: mostly(APP, 'com.example.other'), channel: mostly('production', 'beta'), withPrevious: fc.boolean(),
}).map((it) => command<Model, Disk>('publish', it, async (model) => publish(model, it.edits, it.app, it.channel, it.withPrevious)))

/** What the server does with one request. */
interface Lie {
  readonly how: 'nothing' | 'cut' | 'spoil' | 'withhold' | 'more' | 'another object'
  readonly request: number
  readonly at: number
}

const lie = fc.record<Lie>({ how: fc.constantFrom('cut', 'spoil', 'withhold', 'more', 'another object'), request: fc.nat(2), at: fc.nat(99).map((n) => n / 100) })
const HONEST: Lie = { how: 'nothing', request: -1, at: 0 }

function answerOf({ how, request: which, at }: Lie): Answer {
  return (bytes, request: ObjectRequest, number) => {
    if (number !== which || how === 'nothing') return whole(bytes, request, number)
    if (how === 'withhold') throw new Error('it is not there')
    if (how === 'cut') return streamOf(cut(bytes.subarray(0, at * bytes.length)))
    if (how === 'more') return streamOf([...cut(bytes), Uint8Array.of(1)])
    const spoilt = how === 'spoil' ? new Uint8Array(bytes) : pattern(bytes.length, 99)
    const place = Math.floor(at * bytes.length)
    spoilt[place] = (spoilt[place] as number) ^ 1
    return streamOf(cut(spoilt))
  }
}

interface Applying {
  readonly release: number
  readonly allowRollback: boolean
  readonly parallel: number
  readonly attempts: number
  readonly lie: Lie
}

const chosen = (model: Readonly<Model>, number: number): Published => model.releases[(model.releases.length - 1 - number + 100 * model.releases.length) % model.releases.length] as Published

/** One call of a program that lives on; the server may lie once. */
async function applyOnce(model: Model, disk: Disk, it: Applying): Promise<void> {
  const to = chosen(model, it.release)
  const server = serverOf(model.releases.map(({ manifest }) => manifest), answerOf(it.lie))
  const [most, wanted] = [await missing(to, disk.open()), verdictOf(model, to, it.allowRollback)]
  const { parallel, attempts, allowRollback } = it
  const said = await apply(to.opened, disk.open(), server, { parallel, attempts, allowRollback }).catch((error: unknown) => {
    if (error instanceof EnvelopeError) return error
    throw error
  })
  const isLiedTo = server.requests.length > it.lie.request && it.lie.how !== 'nothing'
  if (said instanceof EnvelopeError) {
    disk.count(said.code)
    if (said.code === wanted) expect(server.requests).toEqual([])
    else expect([isLiedTo, attempts, said.code]).toEqual([true, 1, expect.stringMatching(/^(fetch-failed|bad-index|bad-chunk)$/)])
    return
  }
  disk.count(wanted)
  expect(['nothing to do', 'repaired', 'installed']).toContain(wanted)
  expect(said.wasInstalled).toBe(wanted === 'nothing to do')
  expectBounded(said, most, isLiedTo)
  becomes(model, to)
}

function expectBounded({ fetchedObjects, fetchedBytes }: AppliedRelease, most: { readonly objects: number; readonly bytes: number }, isLiedTo: boolean): void {
  expect(fetchedObjects).toBeLessThanOrEqual(most.objects)
  if (!isLiedTo) expect(fetchedBytes, 'bytes that came').toBeLessThanOrEqual(most.bytes)
}

const some = ({ releases }: Readonly<Model>): boolean => releases.length > 0
const applying = { release: mostly(0, 1, 2, 3), allowRollback: mostly(false, true), parallel: fc.integer({ min: 1, max: 3 }) }
const applies = fc.record({ ...applying, attempts: fc.integer({ min: 1, max: 2 }), lie: fc.oneof(fc.constant(HONEST), lie) })
  .map((it) => command<Model, Disk>('apply', it, async (model, disk) => applyOnce(model, disk, it), some))

/** The program fails or is killed at a call of the storage, which is then opened again. */
const deaths = fc.record({ ...applying, death: fc.record<Death>({ how: fc.constantFrom('fail', 'kill'), call: fc.nat(30), part: fc.double({ min: 0, max: 1, noNaN: true }) }) })
  .map((it) => command<Model, Disk>('apply and die', it, async (model, disk) => {
    const to = chosen(model, it.release)
    const before = model.installed
    const { storage, died } = dying(disk.open(), it.death)
    const server = serverOf(model.releases.map(({ manifest }) => manifest))
    const call = apply(to.opened, storage, server, { parallel: it.parallel, allowRollback: it.allowRollback, attempts: 1 })
      .then(() => 'done', (error: unknown) => (error instanceof EnvelopeError ? error.code : 'failed'))
    const end = await Promise.race([call, died.then(() => 'killed')])
    const wanted = verdictOf(model, to, it.allowRollback)
    disk.count(`${end} at a death`)
    if (end === 'wrong-app' || end === 'rollback') expect(end).toBe(wanted)
    const isNew = (await disk.open().installed())?.releaseId === to.opened.releaseId && before !== to
    if (isNew) expect(wanted).toBe('installed')
    if (isNew || end === 'done') becomes(model, to)
  }, some))

/** What two calls say, and what is there then, where they come one after the other. */
function inTurn(model: Model, both: readonly Published[], order: readonly number[], allowRollback: boolean): { readonly verdicts: readonly string[]; readonly after: Model } {
  const [after, verdicts] = [{ ...model }, ['', '']]
  for (const i of order) {
    const to = both[i] as Published
    const verdict = verdictOf(after, to, allowRollback)
    verdicts[i] = verdict === 'repaired' ? 'installed' : verdict
    if (verdicts[i] === 'installed') becomes(after, to)
  }
  return { verdicts, after }
}

/** Two programs, or two parts of one, at the same time: one after the other, each by the rule. */
const pairs = fc.record({ first: mostly(0, 1, 2), second: mostly(1, 0, 2), allowRollback: fc.boolean() }).map(({ first, second, allowRollback }) =>
  command<Model, Disk>('apply two', { first, second, allowRollback }, async (model, disk) => {
    const server = serverOf(model.releases.map(({ manifest }) => manifest))
    const both = [chosen(model, first), chosen(model, second)]
    const said = await Promise.allSettled(both.map(async (to) => apply(to.opened, disk.open(), server, { allowRollback })))
    const told = said.map((one) => (one.status === 'fulfilled' ? (one.value.wasInstalled ? 'nothing to do' : 'installed') : (one.reason as EnvelopeError).code))
    // Which comes first is theirs.
    const orders = [[0, 1], [1, 0]].map((order) => inTurn(model, both, order, allowRollback))
    const fitting = orders.filter(({ verdicts }) => verdicts.join() === told.join())
    // Releases of two channels are both installed in either order: the one that is there came last.
    const last = (await disk.open().installed())?.releaseId
    const order = fitting.find(({ after }) => after.installed?.opened.releaseId === last) ?? fitting[0]
    expect(order, `${told.join()} is neither ${orders.map(({ verdicts }) => verdicts.join()).join(' nor ')}`).toBeDefined()
    Object.assign(model, order?.after)
    disk.count(`two: ${told.join(', ')}`)
  }, some))

/** The disk turns a byte, or loses a file, of any release that is there. */
const spoils = fc.record({ release: fc.nat(2), file: fc.nat(5), at: fc.nat(50_000), isLost: fc.boolean() }).map((it) =>
  command<Model, Disk>('spoil', it, async (model, disk) => {
    const storage = disk.open()
    const all = [...(await storage.releases())].sort()
    const isLast = it.release === 0 && model.installed !== undefined
    const id = isLast ? model.installed?.opened.releaseId : all[it.release % all.length]
    const files = id === undefined ? [] : [...(await storage.files(id))].sort((a, b) => (a.path < b.path ? -1 : 1))
    const file = files[it.file % files.length]
    if (id === undefined || file === undefined || file.size <= 0) return
    const isInstalled = id === model.installed?.opened.releaseId
    if (isInstalled && model.lost.has(file.path)) return
    if (it.isLost) {
      await storage.remove(id, file.path)
      if (isInstalled) model.lost = new Set([...model.lost, file.path])
    } else {
      const position = it.at % file.size
      await storage.write(id, file.path, new Uint8Array([it.at]), position)
      const spoilt = isInstalled && new Uint8Array(model.found[file.path] as Uint8Array)
      if (spoilt) spoilt[position] = it.at
      if (spoilt) model.found = { ...model.found, [file.path]: spoilt }
    }
    disk.count(it.isLost ? 'a file was lost' : 'a byte was turned')
  }))

const checked = (steps: fc.Arbitrary<Step>): fc.Arbitrary<Step> =>
  steps.map((step) => ({ check: (model) => step.check(model), toString: () => step.toString(), run: async (model, disk) => step.run(model, disk).then(async () => expectInstalled(model, disk)) }))

export const steps: fc.Arbitrary<Step>[] = [publishing, publishing, applies, applies, deaths, deaths, pairs, spoils, spoils].map(checked)

/** However it has begun: a last release of the same app, on an honest server, is installed. */
export async function finish(model: Model, disk: Disk): Promise<void> {
  await publish(model, [{ path: 1, content: 4, isRemoval: false }], model.installed?.app ?? APP, model.installed?.channel ?? 'production', false)
  await applyOnce(model, disk, { release: 0, allowRollback: false, parallel: 2, attempts: 1, lie: HONEST })
  expect(model.installed).toBe(model.releases.at(-1))
  await expectInstalled(model, disk)
}
