import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { retryCount } from '../../src/manifest/retry.js'
import { expectRefused } from '../envelope/helpers.js'

const idle = new AbortController().signal
const failure = new Error('what the last failure comes to')

let waits: number[]

beforeEach(() => {
  waits = []
  vi.stubGlobal('setTimeout', (resume: () => void, milliseconds: number) => {
    waits.push(milliseconds / 1000)
    queueMicrotask(resume)
    return 0
  })
})
afterEach(() => void vi.unstubAllGlobals())

test('pauses are doubled up to 30 seconds, and the last failure is thrown', async () => {
  const { failed } = retryCount({ attempts: 10, delay: 0.5 }, idle)
  for (let i = 1; i < 10; i++) await failed(failure, undefined)
  await expect(failed(failure, undefined)).rejects.toBe(failure)
  expect(waits).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30])
})

test('progress begins the count, and the pauses, anew', async () => {
  const { failed, reset } = retryCount({ attempts: 3, delay: 1 }, idle)
  for (let i = 0; i < 5; i++) {
    reset()
    await failed(failure, undefined)
    await failed(failure, undefined)
  }
  await expect(failed(failure, undefined)).rejects.toBe(failure)
  expect(waits).toEqual([1, 2, 1, 2, 1, 2, 1, 2, 1, 2])
})

test('an error asks for a longer pause, of two minutes at most, never for a shorter one', async () => {
  const { failed } = retryCount({ attempts: 20, delay: 1 }, idle)
  const asked: readonly unknown[] = [
    { retryAfter: 7 },
    { retryAfter: 1 },
    { retryAfter: 1e9 },
    { retryAfter: Infinity },
    { retryAfter: -5 },
    { retryAfter: Number.NaN },
    { retryAfter: '60' },
    { retryAfter: undefined },
    null,
    'retryAfter',
  ]
  for (const reason of asked) await failed(failure, reason)
  expect(waits).toEqual([7, 2, 120, 120, 16, 30, 30, 30, 30, 30])
})

test('one attempt never waits', async () => {
  await expect(retryCount({ attempts: 1, delay: 1 }, idle).failed(failure, { retryAfter: 9 })).rejects.toBe(failure)
  expect(waits).toEqual([])
})

test('an engine without timers does not wait', async () => {
  vi.stubGlobal('setTimeout', undefined)
  await retryCount({ attempts: 2, delay: 3600 }, idle).failed(failure, undefined)
})

test('an abort ends a pause, before it and within it', async () => {
  vi.unstubAllGlobals()
  const controller = new AbortController()
  const pause = retryCount({ attempts: 2, delay: 30 }, controller.signal).failed(failure, undefined)
  controller.abort()
  await expectRefused(async () => pause, 'aborted')
  await expectRefused(async () => retryCount({ attempts: 2, delay: 30 }, AbortSignal.abort()).failed(failure, undefined), 'aborted')
})
