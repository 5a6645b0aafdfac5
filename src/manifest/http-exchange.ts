/** One request and its answer, of which one thing at a time is waited for. */
export interface Exchange {
  /** Aborted with the exchange: for `fetch`, which then frees the connection. */
  readonly signal: AbortSignal
  /** Waits for what the server does. A wait that takes too long ends the exchange. */
  readonly wait: <T>(work: () => Promise<T>) => Promise<T>
  /** Ends the exchange: what is waited for, now or later, fails with `reason`. */
  readonly close: (reason: unknown) => void
}

/** An exchange in which the server is never silent for longer than `seconds`. */
export function openExchange(seconds: number): Exchange {
  const controller = new AbortController()
  let closed: { readonly reason: unknown } | undefined
  let interrupt: ((reason: unknown) => void) | undefined
  function close(reason: unknown): void {
    if (closed !== undefined) return
    closed = { reason }
    interrupt?.(reason)
    controller.abort()
  }
  async function wait<T>(work: () => Promise<T>): Promise<T> {
    if (closed !== undefined) throw closed.reason
    let timer: ReturnType<typeof setTimeout> | undefined
    const waiting = new Promise<T>((resolve, reject) => {
      interrupt = reject
      timer = setTimeout(() => close(new Error(`the server was silent for ${seconds} seconds`)), seconds * 1000)
      work().then(resolve, reject)
    })
    return waiting.finally(() => clearTimeout(timer))
  }
  return { signal: controller.signal, wait, close }
}

/** The cause of a failure; only its words, where the platform has put the URL beside them, with all its secrets, as Bun does. */
export function withoutUrl(cause: unknown): unknown {
  return cause instanceof Error && 'path' in cause ? new Error(cause.message) : cause
}
