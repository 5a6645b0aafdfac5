const MOST_MILLISECONDS = 8

type Schedule = (resume: () => void) => unknown

interface Port {
  onmessage: (() => void) | null
  postMessage(message: unknown): void
  close(): void
}

interface Platform {
  readonly setImmediate?: Schedule
  readonly setTimeout?: Schedule
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port }
}

/**
 * A function to await between steps of long work: about every 8 ms it lets timers, input and `AbortSignal`s have
 * their turn, also where the platform computes while the page waits, as Chromium's WebCrypto does. Where the engine
 * has no timers it does nothing.
 */
export function makePause(): () => Promise<void> {
  const schedule = scheduler(globalThis as Platform)
  let last = Date.now()
  return async () => {
    if (schedule === undefined || Date.now() - last < MOST_MILLISECONDS) return
    await new Promise<void>((resume) => schedule(resume))
    last = Date.now()
  }
}

/** A page's `setTimeout` waits 4 ms or more, so it comes last. */
function scheduler({ setImmediate, setTimeout, MessageChannel }: Platform): Schedule | undefined {
  if (setImmediate !== undefined || MessageChannel === undefined) return setImmediate ?? setTimeout
  return (resume) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      // An open port would keep Deno and Node from ending.
      port1.close()
      resume()
    }
    port2.postMessage(undefined)
  }
}
