/** A stream that is read while its source is fed by hand: what has been given decides what each read must come to. */
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { sameAs } from '../envelope/helpers.js'
import { command } from '../machine.js'
import { failure, reason, told } from './hand-fed.js'
import { settled } from './streams.js'
import type { HandFed } from './hand-fed.js'
import type { WatchedSignal } from './signals.js'

/** A part of the source that must be there, whole and right, before what follows is judged. */
export interface Part {
  /** Bytes of the source up to its end; the end of the source itself is asked for where `isEnd` is set. */
  readonly end: number
  readonly isEnd?: true
  /** What is refused where a byte of it was changed. */
  readonly code?: string
  /** What a read gives once it is there; left out: nothing yet. `null`: that there is no more. */
  readonly gives?: Uint8Array | number | null
}

/** One way of reading. */
export interface Subject {
  /** What an honest source gives. */
  readonly bytes: Uint8Array
  readonly parts: readonly Part[]
  /** Whether what is too short or too long is refused, or any length is right. */
  readonly isSigned: boolean
  /** Whether it is for one loop, which is left between reads, and where a failure comes but once. */
  readonly isLoop?: true
  readonly source: HandFed
  readonly signal: WatchedSignal
  readonly read: () => Promise<Uint8Array | undefined>
  readonly cancel: (reason: unknown) => Promise<unknown>
  /** Another consumer must be turned away. */
  readonly second: () => void
  /** The most bytes that may have been asked for after so many reads, but for the last piece. */
  readonly most: (reads: number) => number
  readonly count: (what: string) => void
  /** Which sees all that has come, at the end of a run that came to its end. */
  readonly whole: () => Promise<void>
}

/** What was done to the source and to the stream. */
export interface Model {
  given: number
  /** Places of bytes that were changed. */
  readonly changed: number[]
  /** How the source has ended. */
  ending: 'no' | 'end' | 'error' | 'no bytes'
  reads: number
  /** Of the consumer or of the signal, and how many reads were settled by then. */
  stopped: { readonly by: 'cancel' | 'abort'; readonly after: number } | undefined
  largest: number
}

export interface Real {
  readonly subject: Subject
  readonly settled: (string | Uint8Array)[]
  /** A piece whose memory its owner uses again. */
  reused: Uint8Array | undefined
}

/** What the reads come to, in their order, as far as the source has been given. */
export function outcomesOf({ given, changed, ending }: Model, { parts, isSigned }: Subject): (string | Uint8Array | number | null)[] {
  const outcomes: (string | Uint8Array | number | null)[] = []
  let start = 0
  for (const { end, isEnd, code, gives } of parts) {
    if (isEnd === true && given > end) return [...outcomes, 'trailing-data']
    if (given < end || isEnd === true) {
      if (ending === 'error') return [...outcomes, 'error']
      if (ending === 'no bytes') return [...outcomes, 'type-error']
      if (ending === 'no') return outcomes
      if (given < end && isSigned) return [...outcomes, 'truncated']
    }
    if (changed.some((at) => at >= start && at < end)) return [...outcomes, code as string]
    if (gives !== undefined) outcomes.push(gives)
    start = end
  }
  return outcomes
}

/** What every command ends with. */
export async function expectSame(model: Model, { subject, settled: found }: Real): Promise<void> {
  await settled(12)
  const all = outcomesOf(model, subject)
  const [reads, { stopped }] = [model.reads, model]
  const last = all.findIndex((one) => typeof one === 'string' || one === null)
  const natural = Array.from({ length: reads }, (_, i) => (last < 0 || i <= last ? all[i] : subject.isLoop === true ? null : all[last])).filter((one) => one !== undefined)
  const isOver = stopped !== undefined && !(last >= 0 && last < stopped.after)
  const wanted = isOver ? [...natural.slice(0, stopped.after), ...Array.from({ length: reads - stopped.after }, (__, i) => (stopped.by === 'abort' && (i === 0 || subject.isLoop !== true) ? 'aborted' : null))] : natural
  // A signature takes longer.
  for (let turn = 0; turn < 2000 && found.length < wanted.length; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
  expect(found.length, 'reads that have settled').toBe(wanted.length)
  for (const [i, one] of wanted.entries()) {
    if (one instanceof Uint8Array) expect(found[i], `read ${i}`).toSatisfy(sameAs(one))
    else if (typeof one === 'number') expect(found[i], `read ${i}`).toHaveLength(one)
    else expect(found[i], `read ${i}`).toBe(one ?? 'end')
  }
  const { source, signal } = subject
  const isFailed = wanted.some((one) => typeof one === 'string')
  const hasEnded = model.ending === 'end' || model.ending === 'error'
  const isClosed = isFailed || isOver
  expect(source.cancelled.length, 'cancellations of the source').toBe(isClosed && !hasEnded ? 1 : 0)
  if (isClosed || wanted.at(-1) === null) expect(signal.listeners(), 'listeners').toBe(0)
  expect(model.given, 'read ahead').toBeLessThanOrEqual(subject.most(reads) + model.largest)
  if (isClosed) expect(subject.source.isAsked() && source.cancelled.length === 0, 'asked after the end').toBe(false)
  else if (natural.length < reads) expect(source.isAsked(), 'a read waits, and nobody asks for more').toBe(true)
  for (const one of wanted) if (typeof one === 'string') subject.count(one)
}

type Step = fc.AsyncCommand<Model, Real>

const isFed = (model: Readonly<Model>): boolean => model.ending === 'no' && model.stopped === undefined

function step(name: string, values: unknown, run: (model: Model, real: Real) => unknown, check?: (model: Readonly<Model>) => boolean): Step {
  return command(name, values, async (model, real) => {
    await run(model, real)
    await expectSame(model, real)
  }, check)
}

/** A source is fed only where it is asked. */
const feed = (run: (model: Model, real: Real) => unknown) => (model: Model, real: Real): void => {
  if (!real.subject.source.isAsked() || real.subject.source.cancelled.length > 0) return
  // Whoever owns the memory of a piece that was read may use it again.
  real.reused?.fill(0xee)
  real.reused = undefined
  run(model, real)
}

interface Piece {
  readonly size: number
  readonly isReused: boolean
  readonly isChanged: boolean
  readonly toEnd: boolean
}

const gives = (most: number): fc.Arbitrary<Step> =>
  fc.record<Piece>({ size: fc.oneof(fc.integer({ min: 1, max: most }), fc.constantFrom(1, 16, 32, 56, 16_384, 16_400)), isReused: fc.boolean(), isChanged: fc.integer({ min: 0, max: 11 }).map((n) => n === 0), toEnd: fc.boolean() })
    .map((it) => step('give', it, feed((model, real) => {
      const { bytes, isSigned, source } = real.subject
      const piece = new Uint8Array(bytes.subarray(model.given, it.toEnd && it.size % 2 === 0 ? bytes.length : model.given + it.size))
      if (piece.length === 0) return
      if (it.isChanged && isSigned) {
        const at = it.size % piece.length
        piece[at] = (piece[at] as number) ^ 1
        model.changed.push(model.given + at)
      }
      model.given += piece.length
      model.largest = Math.max(model.largest, piece.length)
      if (it.isReused) real.reused = piece
      source.give(piece)
    }), isFed))

const odd = fc.constantFrom('empty', 'empty', 'more', 'end', 'end', 'error', 'no bytes').map((how) => step('source', how, feed((model, { subject: { bytes, isSigned, source } }) => {
  if (how === 'empty') source.give(new Uint8Array(0))
  else if (how === 'more') {
    if (!isSigned || model.given < bytes.length) return
    model.given++
    source.give(Uint8Array.of(7))
  } else {
    // A shorter bundle is a right one as well.
    if (how === 'end' && !isSigned && model.given < bytes.length) return
    model.ending = how
    if (how === 'end') source.end()
    else if (how === 'error') source.fail(failure)
    else source.give('text' as unknown as Uint8Array)
  }
}), isFed))

const reads = fc.integer({ min: 1, max: 3 }).map((times) => step('read', times, (model, real) => {
  for (let i = 0; i < times; i++) {
    model.reads++
    real.subject.read().then((piece) => real.settled.push(piece ?? 'end'), (error: unknown) => real.settled.push(told(error)))
  }
}))

const stops = fc.constantFrom('cancel' as const, 'abort' as const).map((by) => step('stop', by, (model, { subject, settled: done }) => {
  if (by === 'cancel' && subject.isLoop === true && done.length < model.reads) return
  model.stopped = { by, after: done.length }
  if (by === 'abort') subject.signal.abort(reason)
  else void subject.cancel(reason).catch(() => undefined)
  subject.count(by)
}, (model) => model.stopped === undefined && model.reads > 0))

const second = fc.constant(step('second consumer', '', (_, { subject }) => subject.second()))

export const stepsOf = (most: number): fc.Arbitrary<Step>[] => [gives(most), gives(most), gives(most), gives(most), reads, reads, reads, odd, stops, second]

export const freshModel = (): Model => ({ given: 0, changed: [], ending: 'no', reads: 0, stopped: undefined, largest: 0 })

/** The rest of an honest source, so that every run that nothing has gone wrong with comes to its end. */
export async function finish(model: Model, real: Real): Promise<void> {
  const { subject } = real
  if (model.ending !== 'no' && model.ending !== 'end') return
  if (model.stopped !== undefined || model.changed.length > 0 || model.given > subject.bytes.length || (model.ending === 'end' && subject.isSigned && model.given < subject.bytes.length)) return
  for (let turn = 0; turn < 200 && !real.settled.includes('end'); turn++) {
    if (subject.source.isAsked() && model.ending === 'no') {
      const piece = subject.bytes.slice(model.given, model.given + 30_000)
      model.given += piece.length
      model.largest = Math.max(model.largest, piece.length)
      if (piece.length > 0) subject.source.give(piece)
      else {
        model.ending = 'end'
        subject.source.end()
      }
    } else {
      model.reads++
      subject.read().then((piece) => real.settled.push(piece ?? 'end'), (error: unknown) => real.settled.push(told(error)))
    }
    await expectSame(model, real)
  }
  expect(real.settled.at(-1)).toBe('end')
  subject.count('whole')
  await subject.whole()
}
