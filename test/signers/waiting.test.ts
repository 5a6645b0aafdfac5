import { afterEach, describe, expect, test, vi } from 'vitest'
import { EnvelopeError } from '../../src/index.js'
import { readSigner } from '../../src/build/signer.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { ascii } from '../../src/text.js'
import { expectRefused, refusal } from '../envelope/helpers.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { promptly, watchedSignal } from '../stream/signals.js'
import { unhandledIn, watchedSigner } from './helpers.js'
import type { Signer } from '../../src/build/signer.js'
import type { AbortSignalLike } from '../../src/options.js'

const key = freshEd25519()
const message = ascii('the bytes that a head is signed over')
const forever = async (): Promise<never> => new Promise(() => undefined)

async function signWith(signer: Signer, signal?: AbortSignalLike): Promise<Uint8Array> {
  const { sign } = await readSigner(signer, nodeBackend, signal)
  const outcome = await promptly(sign(message))
  if (outcome.status === 'rejected') throw outcome.reason
  return outcome.value
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('A signer that fails', () => {
  const failures: readonly (readonly [string, () => never])[] = [
    ['throws', () => {
      throw new Error('AccessDenied: the token hunter2 is not allowed kms:Sign')
    }],
    ['throws what is no error', () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw 'AccessDenied: the token hunter2 is not allowed kms:Sign'
    }],
  ]

  test.each(failures)('because it %s is named, and its own error is the cause', async (_, fail) => {
    for (const sign of [fail, async () => fail()]) {
      const error = await refusal(async () => signWith(watchedSigner(key, () => sign, { name: 'the KMS' })))
      expect(error).toMatchObject({ code: 'signer-failed', message: 'the signer the KMS failed: its own error is the cause of this one' })
      expect(String(error.cause)).toContain('AccessDenied')
      expect(error.message).not.toContain('hunter2')
    }
  })

  test('with nothing as its reason has nothing as the cause', async () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    const error = await refusal(async () => signWith(watchedSigner(key, () => async () => Promise.reject())))
    expect(error.code).toBe('signer-failed')
    expect('cause' in error).toBe(true)
    expect(error.cause).toBeUndefined()
  })

  test('with an EnvelopeError signer-failed says itself what to do; one with another code is a cause', async () => {
    const own = new EnvelopeError('signer-failed', 'the token is not plugged in: plug it in')
    const throwing = (error: Error) => watchedSigner(key, () => async () => Promise.reject(error))
    expect(await refusal(async () => signWith(throwing(own)))).toBe(own)
    const other = new EnvelopeError('bad-signature', 'of something else')
    expect(await refusal(async () => signWith(throwing(other)))).toMatchObject({ code: 'signer-failed', cause: other })
  })
})

describe('A signer that hangs', () => {
  test('is left after its time limit, named, and its signal is aborted', async () => {
    const signer = watchedSigner(key, () => forever, { name: 'the token', timeout: 0.05 })
    const started = performance.now()
    await expectRefused(async () => signWith(signer), 'signer-failed', /^the signer the token gave no signature within 0.05 seconds: .*time limit/)
    expect(performance.now() - started).toBeGreaterThanOrEqual(49)
    expect(signer.signals).toHaveLength(1)
    expect(signer.signals[0]).toBeInstanceOf(AbortSignal)
    expect(signer.signals[0]).toMatchObject({ aborted: true, reason: { code: 'signer-failed' } })
  })

  test('has 120 seconds where it names no limit', async () => {
    vi.useFakeTimers()
    const { sign } = await readSigner(watchedSigner(key, () => forever), nodeBackend)
    const settled = vi.fn()
    void sign(message).catch(settled)
    await vi.advanceTimersByTimeAsync(119_999)
    expect(settled).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(settled).toHaveBeenCalledWith(expect.objectContaining({ code: 'signer-failed' }))
  })

  test('at its second signature, is left as well', async () => {
    const rsa = freshRsa(3072)
    let asked = 0
    const signer = watchedSigner(rsa, (sign) => async (...args) => (++asked === 2 ? forever() : sign(...args)), { timeout: 0.1 })
    await expectRefused(async () => signWith(signer), 'signer-failed', /within 0.1 seconds/)
    expect(asked).toBe(2)
  })

  test('and answers later, with a rejection too, leaves nothing unhandled', async () => {
    const unhandled = await unhandledIn(async () => {
      for (const late of [() => new Uint8Array(64), () => Promise.reject(new Error('too late'))]) {
        const slow = async (): Promise<Uint8Array> => new Promise((resolve) => setTimeout(() => resolve(late()), 80))
        await expectRefused(async () => signWith(watchedSigner(key, () => slow, { timeout: 0.02 })), 'signer-failed', /within/)
      }
      await new Promise((resolve) => setTimeout(resolve, 120))
    })
    expect(unhandled).toEqual([])
  })

  test('that has answered leaves no timer behind, and its signal as it is', async () => {
    const clear = vi.spyOn(globalThis, 'clearTimeout')
    const set = vi.spyOn(globalThis, 'setTimeout')
    const signer = watchedSigner(key, undefined, { timeout: 1234 })
    const { sign } = await readSigner(signer, nodeBackend)
    await sign(message)
    const timers = set.mock.results.filter((_, i) => set.mock.calls[i]?.[1] === 1_234_000).map(({ value }) => value as unknown)
    expect(timers).toHaveLength(1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(clear.mock.calls.map(([timer]) => timer)).toContain(timers[0])
    expect(signer.signals[0]?.aborted).toBe(false)
  })
})

describe("The caller's signal", () => {
  test('stops the wait, tells the signer, and is listened to no longer', async () => {
    const { signal, abort, listeners } = watchedSignal()
    const signer = watchedSigner(key, () => forever)
    const outcome = signWith(signer, signal)
    await vi.waitFor(() => expect(signer.signals).toHaveLength(1))
    expect(listeners()).toBe(1)
    abort('the user said so')
    const error = await refusal(async () => outcome)
    expect(error).toMatchObject({ code: 'aborted', cause: 'the user said so' })
    expect(signer.signals[0]).toMatchObject({ aborted: true, reason: error })
    expect(listeners()).toBe(0)
  })

  test('is listened to no longer after a signature', async () => {
    const { signal, listeners } = watchedSignal()
    await signWith(watchedSigner(key), signal)
    await new Promise((resolve) => setImmediate(resolve))
    expect(listeners()).toBe(0)
  })

  test('that is aborted already asks nobody', async () => {
    const signer = watchedSigner(key)
    await expectRefused(async () => signWith(signer, AbortSignal.abort()), 'aborted')
    expect(signer.signals).toEqual([])
  })

  test('without events is looked at when the signer has answered', async () => {
    const signal = { aborted: false }
    const signer = watchedSigner(key, (sign) => async (...args) => {
      signal.aborted = true
      return sign(...args)
    })
    await expectRefused(async () => signWith(signer, signal), 'aborted')
  })

  test('wins over the error of a signer that obeys it, which is not left unhandled', async () => {
    const obedient: Signer['sign'] = async (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener?.('abort', () => reject(new Error('the request was aborted'))))
    const unhandled = await unhandledIn(async () => {
      const controller = new AbortController()
      setTimeout(() => controller.abort(), 20)
      await expectRefused(async () => signWith(watchedSigner(key, () => obedient), controller.signal), 'aborted')
    })
    expect(unhandled).toEqual([])
  })
})

describe('An engine', () => {
  test('without timers has no time limit', async () => {
    const real = globalThis.setTimeout
    vi.stubGlobal('setTimeout', undefined)
    const slow: (sign: Signer['sign']) => Signer['sign'] = (sign) => async (...args) => {
      await new Promise((resolve) => real(resolve, 60))
      return sign(...args)
    }
    const { sign } = await readSigner(watchedSigner(key, slow, { timeout: 0.01 }), nodeBackend)
    expect(await sign(message)).toHaveLength(64)
  })

  test('without AbortController gives the signer a signal all the same', async () => {
    vi.stubGlobal('AbortController', undefined)
    const told = vi.fn()
    const never = vi.fn()
    const signer = watchedSigner(key, () => async (_, { signal }) => {
      signal.addEventListener?.('abort', told)
      signal.addEventListener?.('abort', never)
      signal.removeEventListener?.('abort', never)
      expect(signal.aborted).toBe(false)
      return forever()
    }, { timeout: 0.02 })
    const error = await refusal(async () => signWith(signer))
    expect(told).toHaveBeenCalledOnce()
    expect(never).not.toHaveBeenCalled()
    expect(signer.signals[0]).toMatchObject({ aborted: true, reason: error })
  })
})
