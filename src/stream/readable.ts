import { EnvelopeError } from '../errors.js'
import type { Pieces } from './pieces.js'

declare global {
  /** Merged with the platform's own where its types are known, and empty elsewhere. */
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars, @typescript-eslint/no-explicit-any
  interface ReadableStream<R = any> {}
}

/** The platform's `ReadableStream`, and what is always there of it. */
export type ReadableStreamOf<T> = StreamMembers<T> & ReadableStream<T>

interface StreamMembers<T> {
  readonly locked: boolean
  cancel(reason?: unknown): Promise<void>
  getReader(): {
    read(): Promise<{ readonly done: false; readonly value: T } | { readonly done: true; readonly value?: undefined }>
    cancel(reason?: unknown): Promise<void>
    releaseLock(): void
    readonly closed: Promise<unknown>
  }
}

/** A stream that asks for a piece only when its consumer does. */
export function readableOf<T>({ next, cancel, onFailure }: Pieces<T>): ReadableStreamOf<T> {
  const stream = new ReadableStream<T>(
    {
      start: (controller) => onFailure((reason) => controller.error(reason)),
      pull: async (controller) => {
        const piece = await next()
        if (piece === undefined) controller.close()
        else controller.enqueue(piece)
      },
      cancel,
    },
    { highWaterMark: 0 },
  )
  return stream as unknown as ReadableStreamOf<T>
}

/**
 * To be asked before a caller's stream is taken.
 *
 * @throws EnvelopeError `backend-unavailable` where the engine has no streams
 */
export function requireStreams(): void {
  if (typeof ReadableStream === 'function') return
  throw new EnvelopeError('backend-unavailable', 'this engine has no ReadableStream: use openEnvelope and decryptChunk, which need none')
}
