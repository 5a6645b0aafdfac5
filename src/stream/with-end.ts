import { EnvelopeError } from '../errors.js'
import { piecesOf } from './pieces.js'
import type { Pieces } from './pieces.js'
import type { ByteSource } from './source.js'

/** Pieces, and what is known once they have ended. */
export interface PiecesWithEnd<T, End> {
  readonly pieces: Pieces<T>
  /** Rejects where they fail or are cancelled. Who reads the pieces learns of that there, and need not wait for this. */
  readonly end: Promise<End>
}

/** {@link piecesOf} with something to do after the last one; `what` they are, in words. */
export function withEnd<T, End>(
  source: ByteSource,
  subscribe: (fail: (reason: unknown) => void) => () => void,
  next: () => Promise<T | undefined>,
  finish: () => Promise<End>,
  what: string,
): PiecesWithEnd<T, End> {
  let settle: { readonly resolve: (end: End) => void; readonly reject: (reason: unknown) => void } | undefined
  const end = new Promise<End>((resolve, reject) => (settle = { resolve, reject }))
  end.catch(() => undefined)
  let made: { readonly end: End } | undefined
  const pieces = piecesOf(source, subscribe, async () => {
    const piece = await next()
    if (piece === undefined) made = { end: await finish() }
    return piece
  })
  pieces.onFailure((reason) => settle?.reject(reason ?? new EnvelopeError('aborted', `${what} was cancelled`)))
  return {
    pieces: {
      ...pieces,
      next: async () => {
        const piece = await pieces.next()
        // They have ended by now, so that whoever is told can no longer make them fail.
        if (piece === undefined && made !== undefined) settle?.resolve(made.end)
        return piece
      },
    },
    end,
  }
}
