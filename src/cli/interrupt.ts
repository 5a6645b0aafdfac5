const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs work that cleans up after itself when its `AbortSignal` is aborted. A signal to the program aborts it, and ends the
 * program once the work has ended; a second one ends the program at once.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  let received: NodeJS.Signals | undefined
  const listen = (change: 'on' | 'off'): void => SIGNALS.forEach((name) => process[change](name, stop))
  const stop = (name: NodeJS.Signals): void => {
    received = name
    listen('off')
    controller.abort()
  }
  listen('on')
  try {
    return await work(controller.signal)
  } finally {
    listen('off')
    if (received !== undefined) await endBy(received)
  }
}

/** Ends the program as it would have ended without this module, before anything else is said. */
export async function endBy(signal: NodeJS.Signals): Promise<never> {
  process.kill(process.pid, signal)
  return new Promise(() => undefined)
}
