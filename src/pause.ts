const MOST_MILLISECONDS = 4

type Schedule = (resume: () => void) => unknown

interface Port {
  onmessage: (() => void) | null
  postMessage(message: unknown): void
  close(): void
}

interface Platform {
  readonly setImmediate?: Schedule
  readonly setTimeout?: Schedule
  readonly scheduler?: { readonly postTask?: Schedule }
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port }
}

/**
 * A function to await between steps of long work: after 4 ms of it at most, timers, input and `AbortSignal`s have
 * their turn, also where the platform computes while the page waits, as Chromium's WebCrypto does. Where it computes
 * elsewhere, they have their turn while a result is waited for; then nothing waits for them. Where the engine has no
 * timers the function does nothing.
 */
export function makePause(): () => Promise<void> {
  const { setImmediate, setTimeout } = globalThis as Platform
  const ask = setImmediate ?? setTimeout
  const wait = waiter(globalThis as Platform)
  let last = Date.now()
  let asked = false
  const hadTurn = (): void => {
    asked = false
    last = Date.now()
  }
  return async () => {
    if (Date.now() - last < MOST_MILLISECONDS) {
      if (!asked) ask?.(hadTurn)
      asked = true
    } else if (wait !== undefined) {
      await new Promise<void>((resume) => wait(resume))
      last = Date.now()
    }
  }
}

/** How to wait. A page's `setTimeout` takes 4 ms or more where it is called again and again, so it comes last. */
function waiter({ setImmediate, scheduler, MessageChannel, setTimeout }: Platform): Schedule | undefined {
  const schedule = setImmediate ?? scheduler?.postTask?.bind(scheduler)
  if (schedule !== undefined || MessageChannel === undefined) return schedule ?? setTimeout
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
