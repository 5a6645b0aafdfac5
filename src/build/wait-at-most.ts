import { checkAborted, onAbort } from '../options.js'
import type { Awaitable } from '../crypto/backend.js'
import type { AbortSignalLike } from '../options.js'

/** How long something is waited for. */
export interface Wait {
  readonly seconds: number
  /** The error where it takes longer. */
  readonly late: () => Error
  /** Ends the wait too. */
  readonly signal: AbortSignalLike | undefined
}

/** What engines may lack. */
interface Platform {
  readonly setTimeout?: (call: () => void, milliseconds: number) => unknown
  readonly clearTimeout?: (timer: unknown) => void
  readonly AbortController?: new () => Controller
}

interface Controller {
  readonly signal: AbortSignalLike
  abort(reason: unknown): void
}

/**
 * The result of `work`, or a rejection as soon as it is no longer waited for; the signal that `work` is given is aborted then,
 * and what comes of it later is dropped. Where the engine has no timers there is no limit but `signal`.
 *
 * @throws EnvelopeError `aborted`
 */
export async function waitAtMost<T>({ seconds, late, signal }: Wait, work: (signal: AbortSignalLike) => Awaitable<T>): Promise<T> {
  checkAborted(signal)
  const { setTimeout, clearTimeout, AbortController = PlainController } = globalThis as Platform
  const controller = new AbortController()
  return new Promise<T>((resolve, reject) => {
    const stop = (error: Error): void => {
      end()
      reject(error)
      controller.abort(error)
    }
    const timer = setTimeout?.(() => stop(late()), seconds * 1000)
    const forget = onAbort(signal, stop)
    const end = (): void => {
      clearTimeout?.(timer)
      forget()
    }
    const given = async (): Promise<T> => work(controller.signal)
    given().then(resolve, reject).finally(end)
  })
}

/** For engines without `AbortController`. */
class PlainController implements Controller {
  readonly #listeners = new Set<() => void>()
  #aborted = false
  #reason: unknown
  readonly signal: AbortSignalLike

  constructor() {
    const isAborted = (): boolean => this.#aborted
    const reasonOf = (): unknown => this.#reason
    this.signal = {
      get aborted() {
        return isAborted()
      },
      get reason() {
        return reasonOf()
      },
      addEventListener: (_, listener) => void this.#listeners.add(listener),
      removeEventListener: (_, listener) => void this.#listeners.delete(listener),
    }
  }

  abort(reason: unknown): void {
    this.#aborted = true
    this.#reason = reason
    for (const listener of this.#listeners) listener()
  }
}
