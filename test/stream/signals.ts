/** An AbortSignal of the platform, and how many listeners are on it. */
export interface WatchedSignal {
  readonly signal: AbortSignal
  readonly abort: (reason?: unknown) => void
  readonly listeners: () => number
}

export function watchedSignal(): WatchedSignal {
  const controller = new AbortController()
  const { signal } = controller
  const listeners = new Set<unknown>()
  const add = signal.addEventListener.bind(signal) as (type: string, listener: () => void) => void
  const remove = signal.removeEventListener.bind(signal) as typeof add
  Object.assign(signal, {
    addEventListener: (type: string, listener: () => void) => {
      listeners.add(listener)
      add(type, listener)
    },
    removeEventListener: (type: string, listener: () => void) => {
      listeners.delete(listener)
      remove(type, listener)
    },
  })
  return {
    signal,
    abort: (reason) => controller.abort(reason),
    listeners: () => listeners.size,
  }
}

/** What a promise settles with, which must not wait for what never comes. */
export async function promptly<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it is still pending')), 10_000)
  })
  const [outcome] = (await Promise.race([Promise.allSettled([promise]), late]).finally(() => clearTimeout(timer))) as [PromiseSettledResult<T>]
  return outcome
}
