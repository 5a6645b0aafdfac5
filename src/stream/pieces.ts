import type { ByteSource } from './source.js'

/** What a stream is made from: pieces that come in order until there are no more, or until a failure, which is final. */
export interface Pieces<T> {
  /** The next piece, or `undefined` after the last; one call at a time. */
  readonly next: () => Promise<T | undefined>
  /** Nobody wants more. Settles once the source was told. */
  readonly cancel: (reason: unknown) => Promise<void>
  /** Tells of the failure, also of one that comes while nobody asks for a piece. */
  readonly onFailure: (listener: (reason: unknown) => void) => void
}

interface State<T> {
  /** Gone once the pieces have ended or failed, with all that it holds. */
  more?: (() => Promise<T | undefined>) | undefined
  failure?: { readonly reason: unknown }
  /** Settles once the source was told of the failure. */
  told?: Promise<void>
  unsubscribe?: () => void
}

/**
 * Pieces made from a source, which is closed with the first failure; nothing comes after that, and what is in flight
 * is dropped. `subscribe` may have them fail from outside, until they have ended.
 */
export function piecesOf<T>(
  source: Pick<ByteSource, 'close'>,
  subscribe: (fail: (reason: unknown) => void) => () => void,
  next: () => Promise<T | undefined>,
): Pieces<T> {
  const state: State<T> = { more: next }
  const listeners: ((reason: unknown) => void)[] = []
  const end = (): void => {
    state.more = undefined
    state.unsubscribe?.()
  }
  const fail = (reason: unknown): void => {
    // R51
    if (state.more === undefined) return
    end()
    state.failure = { reason }
    state.told = source.close(reason).then(() => listeners.forEach((tell) => tell(reason)))
  }
  state.unsubscribe = subscribe(fail)
  if (state.failure !== undefined) end()
  return {
    next: async () => {
      const piece = await state.more?.().catch(fail)
      if (state.told !== undefined) await state.told
      if (state.failure !== undefined) throw state.failure.reason
      if (piece === undefined) end()
      return piece as T | undefined
    },
    cancel: async (reason) => {
      fail(reason)
      await state.told
    },
    onFailure: (listener) => {
      if (state.told === undefined) listeners.push(listener)
      else void state.told.then(() => listener(state.failure?.reason))
    },
  }
}

/** Pieces as an iterable, for one loop, which makes them at its start; leaving it early cancels them. */
export async function* iterate<T>(make: () => Pieces<T>): AsyncGenerator<T, void, undefined> {
  const pieces = make()
  try {
    for (let piece = await pieces.next(); piece !== undefined; piece = await pieces.next()) yield piece
  } finally {
    await pieces.cancel(undefined)
  }
}
