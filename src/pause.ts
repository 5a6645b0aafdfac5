const MOST_MILLISECONDS = 12

type Schedule = (resume: () => void) => unknown

/**
 * A function to await between steps of long work: about every 12 ms it lets timers, input and `AbortSignal`s have
 * their turn. Where the engine has no timers it does nothing.
 */
export function makePause(): () => Promise<void> {
  const { setImmediate, setTimeout } = globalThis as { readonly setImmediate?: Schedule; readonly setTimeout?: Schedule }
  const schedule = setImmediate ?? setTimeout
  let last = Date.now()
  return async () => {
    if (schedule === undefined || Date.now() - last < MOST_MILLISECONDS) return
    await new Promise<void>((resume) => schedule(resume))
    last = Date.now()
  }
}
