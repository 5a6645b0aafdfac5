import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EnvelopeError, verifyAndDecryptStream } from '../../src/index.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { CHUNK, accepting, pattern, sameAs, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { forms } from './readings.js'
import { promptly, watchedSignal } from './signals.js'
import { spying } from './spy.js'
import { collect, collectPieces, freshLog, settled } from './streams.js'
import type { Envelope } from '../../src/index.js'
import type { CollectedBytes } from './streams.js'

const SEALED = CHUNK + 16
const signer = freshEd25519()
const bundles = [0, 500, 2 * CHUNK, 5 * CHUNK + 1].map((size) => pattern(size, size + 1))
const envelopes = await Promise.all(bundles.map(async (bundle) => seal(signer, bundle)))
const failure = new Error('the source failed')

/** What goes wrong with the payload or its source, at a place that is a part of its length. */
type Fault = 'nothing' | 'a flipped bit' | 'an early end' | 'more at the end' | 'an error of the source' | 'a throw of onProgress'
/** Who gives up, and after how many turns of the event loop. */
interface Stop {
  readonly by: 'nobody' | 'cancel' | 'abort'
  readonly turns: number
}

const delays = fc.array(fc.nat(3), { minLength: 1, maxLength: 5 })
const situation = fc.record({
  which: fc.nat(bundles.length - 1),
  form: fc.constantFrom(...forms),
  sizes: fc.array(fc.integer({ min: 1000, max: 3 * CHUNK }), { minLength: 1, maxLength: 4 }),
  lanes: fc.integer({ min: 1, max: 5 }),
  sourceDelays: delays,
  cipherDelays: delays,
  fault: fc.constantFrom<Fault>('nothing', 'a flipped bit', 'an early end', 'more at the end', 'an error of the source', 'a throw of onProgress'),
  place: fc.nat(999),
  stop: fc.record<Stop>({ by: fc.constantFrom('nobody', 'nobody', 'cancel', 'abort'), turns: fc.nat(60) }),
})

function faulty({ payload }: Envelope, fault: Fault, at: number): Uint8Array {
  if (fault === 'an early end' || fault === 'an error of the source') return payload.subarray(0, at)
  if (fault === 'more at the end') return Buffer.concat([payload, Uint8Array.of(7)])
  return fault === 'a flipped bit' ? payload.map((byte, i) => (i === at ? byte ^ 4 : byte)) : payload
}

async function* readsOf({ read }: { readonly read: () => Promise<{ readonly value?: Uint8Array | undefined }> }): AsyncGenerator<Uint8Array> {
  for (let { value } = await read(); value !== undefined; { value } = await read()) yield value
}

test('R51: whatever goes wrong at any time, only whole genuine chunks come out, and both sides are closed', async () => {
  const outcomes = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(situation, async ({ which, form: [, form], sizes, lanes, sourceDelays, cipherDelays, fault, place, stop }) => {
      const [bundle, envelope] = [bundles[which] as Uint8Array, envelopes[which] as Envelope]
      const at = Math.floor((place / 1000) * envelope.payload.length)
      const payload = new Uint8Array(faulty(envelope, fault, at))
      const log = freshLog()
      const watched = watchedSignal()
      const waiting = (list: readonly number[]) => async (i: number) => settled(list[i % list.length])
      const { input, before } = form({ head: envelope.head, payload }, sizes, {
        log,
        before: waiting(sourceDelays),
        ...(fault === 'an error of the source' && { then: { error: failure } }),
      })
      let calls = 0
      const { backend, opened } = spying({ ...nodeBackend, lanes }, waiting(cipherDelays))
      const onProgress = (): void => {
        if (fault === 'a throw of onProgress' && calls++ === 0) throw failure
      }
      const run = async (): Promise<CollectedBytes> => {
        const { bundle: stream } = await verifyAndDecryptStream(input, accepting(signer, { backend, signal: watched.signal, onProgress }))
        if (stop.by !== 'cancel') return collect(stream)
        const reader = stream.getReader()
        void settled(stop.turns).then(async () => reader.cancel(failure)).catch(() => undefined)
        const { pieces, ...end } = await collectPieces(readsOf({ read: async () => reader.read() }))
        return { pieces, ...end, bytes: new Uint8Array(Buffer.concat(pieces)) }
      }
      if (stop.by === 'abort') void settled(stop.turns).then(() => watched.abort(failure))
      const outcome = await promptly(run())
      await settled()
      const { pulls } = log
      const { bytes, failed, error } = outcome.status === 'fulfilled'
        ? outcome.value
        : { bytes: new Uint8Array(0), failed: true, error: outcome.reason as unknown }

      expect(bytes).toSatisfy(sameAs(bundle.subarray(0, bytes.length)))
      expect(bytes.length === bundle.length || bytes.length % CHUNK === 0, 'whole chunks').toBe(true)
      expect(watched.listeners(), 'listeners').toBe(0)
      expect(log.bytes, 'read ahead').toBeLessThanOrEqual(
        before + (Math.floor(bundle.length / CHUNK) + 1) * 32 + 56 + (bytes.length / CHUNK + lanes + 1) * SEALED + Math.max(...sizes),
      )
      const codes = {
        'nothing': undefined, 'a flipped bit': /bad-(index|chunk)/, 'an early end': /truncated/, 'more at the end': /trailing-data/,
        'an error of the source': failure, 'a throw of onProgress': failure,
      }
      const wanted = codes[fault]
      const told = error instanceof EnvelopeError ? error.code : error
      if (!failed && stop.by !== 'cancel') expect([fault, bytes.length]).toEqual(['nothing', bundle.length])
      if (failed && told !== 'aborted') expect(told).toEqual(wanted instanceof RegExp ? expect.stringMatching(wanted) : wanted)
      if (told === 'aborted') expect([stop.by, (error as EnvelopeError).cause]).toEqual(['abort', failure])
      expect(log.cancelled.length, 'cancellations of the source').toBe(log.ended ? 0 : 1)
      if (failed && !log.ended) expect(log.cancelled).toEqual([error])
      expect(opened.length).toBeLessThanOrEqual(Math.floor(bytes.length / CHUNK) + lanes + 1)
      await settled()
      expect(log.pulls, 'pulls after the end').toBe(pulls)
      const kind = failed ? String(told) : bytes.length === bundle.length ? 'whole' : 'cancelled'
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)
    }),
    { numRuns: 1000, seed: 20_263 },
  )
  // Every kind of end has come about.
  const kinds = ['whole', 'cancelled', 'aborted', 'bad-index', 'bad-chunk', 'truncated', 'trailing-data', String(failure)]
  expect(Object.fromEntries(outcomes)).toMatchObject(Object.fromEntries(kinds.map((kind) => [kind, expect.any(Number) as unknown])))
})
