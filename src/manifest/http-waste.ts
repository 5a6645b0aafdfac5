import { EnvelopeError } from '../errors.js'

/** So many answers in a row may give less of an object than they have before it. */
const WASTED_MAX = 5

/**
 * Answers of a server that ignores Range: each begins with what a device has already. Where they break off again and again after a
 * little more, an object would travel many times over.
 */
export interface WasteCount {
  /** @throws EnvelopeError `fetch-failed` after too many wasted answers; the count then begins anew */
  readonly check: (name: string) => void
  /** Of an answer in which `before` bytes came before the `length` that were asked for, of which `given` came. */
  readonly add: (name: string, answer: { readonly before: number; readonly length: number; readonly given: number }) => void
}

export function wasteCount(): WasteCount {
  const wasted = new Map<string, number>()
  return {
    check: (name) => {
      if ((wasted.get(name) ?? 0) < WASTED_MAX) return
      wasted.delete(name)
      throw new EnvelopeError('fetch-failed', `the object ${name} breaks off again and again: its server must answer requests with Range, or keep its connections`)
    },
    add: (name, { before, length, given }) => {
      if (given === length) wasted.delete(name)
      else if (before > 0) wasted.set(name, given > before ? 0 : (wasted.get(name) ?? 0) + 1)
    },
  }
}
