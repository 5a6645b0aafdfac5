import { onAbort } from '../options.js'
import type { AbortSignalLike } from '../options.js'

/** A signal of the library's own, which engines without `AbortController` have too. */
export interface Stop {
  readonly signal: AbortSignalLike
  readonly stop: (reason: unknown) => void
  /** Nobody listens to the outer signal any more. */
  readonly release: () => void
}

/** Stops what works on parts of one thing: when one of them fails, or when `outer` is aborted. */
export function createStop(outer: AbortSignalLike | undefined): Stop {
  const listeners = new Set<() => void>()
  const state: { aborted: boolean; reason?: unknown } = { aborted: false }
  const stop = (reason: unknown): void => {
    if (state.aborted) return
    state.aborted = true
    state.reason = reason
    for (const tell of [...listeners]) tell()
  }
  const release = onAbort(outer, () => stop(outer?.reason))
  return {
    stop,
    release,
    signal: {
      // A signal without events can only be looked at.
      get aborted() {
        return state.aborted || outer?.aborted === true
      },
      get reason() {
        return state.aborted ? state.reason : outer?.reason
      },
      addEventListener: (_, listener) => void listeners.add(listener),
      removeEventListener: (_, listener) => void listeners.delete(listener),
    },
  }
}

/**
 * Works on items, `lanes` of them at once. After the first failure no other is begun, those that are under way are stopped by the
 * signal that they get, and the failure is thrown when all of them have ended.
 */
export async function inLanes<T>(
  items: Iterable<T>, lanes: number, outer: AbortSignalLike | undefined, worker: (signal: AbortSignalLike) => (item: T) => Promise<void>,
): Promise<void> {
  const { signal, stop, release } = createStop(outer)
  const work = worker(signal)
  const iterator = items[Symbol.iterator]()
  let failure: { readonly error: unknown } | undefined
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true && failure === undefined; next = iterator.next()) {
      try {
        await work(next.value)
      } catch (error) {
        failure ??= { error }
        stop(error)
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane)).finally(release)
  if (failure !== undefined) throw failure.error
}
