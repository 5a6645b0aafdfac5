import { getEventListeners } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { verifyFile } from '../../src/node.js'
import { CHUNK, accepting } from '../envelope/helpers.js'
import { freshLog, streamOf, streamOfPieces } from '../stream/streams.js'
import { bundle, calls, makeFullPlace, signer } from './calls.js'
import { failureIn, makeSink } from './helpers.js'
import type { Progress } from '../../src/index.js'
import type { FileInput, FileOutput } from '../../src/node.js'
import type { FileCall, Options, Place } from './calls.js'

let place: Place
let controller: AbortController

beforeEach(() => {
  place = makeFullPlace()
  controller = new AbortController()
})

const reason = new Error('the user has closed the window')
const abort = (): void => controller.abort(reason)

const verifies: FileCall = {
  name: 'verifyFile',
  source: 'envelope',
  run: async (source, _, options) => verifyFile(source, { ...accepting(signer), ...options }),
  check: async () => undefined,
}

async function expectAborted(call: (options: Options) => Promise<unknown>, more: Options = {}): Promise<void> {
  const error = await failureIn(place, async () => call({ signal: controller.signal, ...more }))
  expect([error.code, error.cause]).toEqual(['aborted', reason])
  await expectNoListeners()
}

async function expectNoListeners(): Promise<void> {
  await expect.poll(() => getEventListeners(controller.signal, 'abort')).toEqual([])
}

const outputs: readonly (readonly [string, () => FileOutput])[] = [
  ['to a file', () => place.path('target')],
  ['to a function', () => makeSink().write],
]

describe.each([...calls, verifies])('$name', ({ run, source }) => {
  const inputs: readonly (readonly [string, () => FileInput])[] = [
    ['a file', () => place.path(source)],
    ['a stream', () => streamOf(place.read(source), 999)],
  ]

  describe.each(outputs)('%s', (_, output) => {
    it.each(inputs)('of %s does nothing where the signal is aborted before', async (_, input) => {
      abort()
      let steps = 0
      await expectAborted(async (options) => run(input(), output(), options), { onProgress: () => steps++ })
      expect(steps).toBe(0)
    })

    it.each(inputs)('of %s stops at the chunk where the signal is aborted', async (_, input) => {
      const done: number[] = []
      const onProgress = (progress: Progress): void => {
        done.push(progress.done)
        if (done.length === 3) abort()
      }
      await expectAborted(async (options) => run(input(), output(), options), { onProgress })
      expect(done.length).toBe(3)
    })

    it.each([0, 5, 40, 1500, 3 * CHUNK])('stops while a stream waits after %i bytes', async (length) => {
      const log = freshLog()
      const stream = streamOfPieces(length === 0 ? [] : [place.read(source).subarray(0, length)], { log, then: 'stall' })
      const waiting = async (): Promise<void> => {
        while (log.pulls < (length === 0 ? 1 : 2)) await new Promise((resolve) => setImmediate(resolve))
        abort()
      }
      await expectAborted(async (options) => (await Promise.all([run(stream, output(), options), waiting()]))[0])
      await expect.poll(() => log.cancelled).toEqual([expect.objectContaining({ code: 'aborted' })])
    })

    it('ends with what `onProgress` throws', async () => {
      for (const [, input] of inputs) {
        const onProgress = ({ done }: Progress): void => {
          if (done > 2 * CHUNK) throw reason
        }
        expect(await failureIn(place, async () => run(input(), output(), { onProgress, signal: controller.signal }))).toBe(reason)
      }
      await expectNoListeners()
    })

    it('is not stopped by a signal that is aborted afterwards, and leaves it alone', async () => {
      for (const [, input] of inputs) await run(input(), output(), { signal: controller.signal, overwrite: true })
      await expectNoListeners()
      abort()
    })
  })
})

describe.each(calls)('$name', ({ run, source, check }) => {
  it('stops between the pieces of a function', async () => {
    const sink = makeSink(abort)
    await expectAborted(async (options) => run(place.path(source), sink.write, options))
    expect(sink.pieces).toHaveLength(1)
  })

  it('to a file has made it, once nothing is left to check', async () => {
    const onProgress = ({ done }: Progress): void => {
      if (done === bundle.length) queueMicrotask(() => queueMicrotask(() => queueMicrotask(abort)))
    }
    const outcome = await run(place.path(source), place.path('target'), { onProgress, signal: controller.signal }).catch(
      (error: unknown) => error,
    )
    // Whichever comes first, the file is there if and only if the call says so.
    expect(existsSync(place.path('target'))).toBe(!(outcome instanceof Error))
    if (existsSync(place.path('target'))) await check(place, 'target')
    expect(place.temporaries()).toEqual([])
  })
})

it.skipIf(process.platform === 'win32').each(calls)('$name stops just before the file would get its name', async ({ run, source }) => {
  // A temporary file with the mode of the result is finished.
  const signal = {
    get aborted(): boolean {
      return place.temporaries().some((path) => (statSync(path).mode & 0o777) !== 0o600)
    },
  }
  const error = await failureIn(place, async () => run(place.path(source), place.path('target'), { signal }))
  expect(error.code).toBe('aborted')
})

it('encryptFile stops while it puts the envelope together, also for a signal without events', async () => {
  const [encrypt] = calls
  // Two temporary files that both hold something: the body is complete, and is being copied behind the head.
  const signal = {
    get aborted(): boolean {
      const temporaries = place.temporaries()
      return temporaries.length === 2 && temporaries.every((path) => statSync(path).size > 0)
    },
  }
  const error = await failureIn(place, async () => encrypt?.run(place.path('bundle'), place.path('target'), { signal }))
  expect(error.code).toBe('aborted')
})
