import { onAbort } from '../options.js'
import type { AbortSignalLike } from '../options.js'

/** How often a failed request is tried again. */
export interface Retries {
  /** Failures in a row, without one new chunk between them, that end the call. */
  readonly attempts: number
  /** Seconds before the second request, doubled for each one after it. */
  readonly delay: number
}

/** Seconds: the longest pause, and the longest that a server can ask for. */
const DELAY_MAX = 30
const ASKED_MAX = 120

/** Counts the failures of one object. */
export interface RetryCount {
  /** A new chunk has come. */
  readonly reset: () => void
  /** Waits before the next request, or throws `failure` where there have been enough. `reason` may have `retryAfter`, in seconds. */
  readonly failed: (failure: unknown, reason: unknown) => Promise<void>
}

export function retryCount({ attempts, delay }: Retries, signal: AbortSignalLike): RetryCount {
  let failures = 0
  return {
    reset: () => (failures = 0),
    failed: async (failure, reason) => {
      failures++
      if (failures >= attempts) throw failure
      await sleep(Math.max(Math.min(delay * 2 ** (failures - 1), DELAY_MAX), askedFor(reason)), signal)
    },
  }
}

/** What a server has asked for. */
function askedFor(reason: unknown): number {
  const asked = typeof reason === 'object' && reason !== null && 'retryAfter' in reason ? reason.retryAfter : 0
  return typeof asked === 'number' && asked > 0 ? Math.min(asked, ASKED_MAX) : 0
}

/**
 * Where the engine has timers.
 *
 * @throws EnvelopeError `aborted`
 */
async function sleep(seconds: number, signal: AbortSignalLike): Promise<void> {
  if (typeof setTimeout !== 'function') return
  let timer: ReturnType<typeof setTimeout> | undefined
  let unsubscribe: (() => void) | undefined
  await new Promise<void>((resolve, reject) => {
    timer = setTimeout(resolve, seconds * 1000)
    unsubscribe = onAbort(signal, reject)
  }).finally(() => {
    clearTimeout(timer)
    unsubscribe?.()
  })
}
