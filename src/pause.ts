/** Others are asked after so long whether they still have their turn, and waited for after so long. */
const ASK_MILLISECONDS = 2
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
  const { ask, wait } = schedulesOf(globalThis as Platform)
  let last = Date.now()
  let asked = false
  const hadTurn = (): void => {
    asked = false
    last = Date.now()
  }
  return async () => {
    const worked = Date.now() - last
    if (worked < ASK_MILLISECONDS || wait === undefined) return
    if (worked >= MOST_MILLISECONDS) {
      await new Promise<void>((resume) => wait(resume))
      last = Date.now()
    } else if (!asked) {
      asked = true
      ask?.(hadTurn)
    }
  }
}

/** A page's `setTimeout` takes 4 ms or more where it is called again and again, so a message is waited for before it is. */
function schedulesOf({ setImmediate, scheduler, MessageChannel, setTimeout }: Platform): Record<'ask' | 'wait', Schedule | undefined> {
  const ask = setImmediate ?? scheduler?.postTask?.bind(scheduler) ?? setTimeout
  if (ask !== setTimeout || MessageChannel === undefined) return { ask, wait: ask }
  const wait: Schedule = (resume) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      // An open port would keep Deno and Node from ending.
      port1.close()
      resume()
    }
    port2.postMessage(undefined)
  }
  return { ask, wait }
}
