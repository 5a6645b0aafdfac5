import { untilAborted } from '../options.js'
import type { AbortSignalLike } from '../options.js'

/** A file of an app, and its place below the folder that holds `index.html`. */
export interface CapgoFile<Content extends Uint8Array = Uint8Array> {
  /** Folders are separated by `/`. */
  readonly path: string
  readonly bytes: Content
}

/** An entry of a manifest, and what lies at its `download_url`. */
export interface CapgoManifestFile<Content extends Uint8Array = Uint8Array> {
  /** The path of the file, and `.br` behind it where it is compressed. */
  readonly file_name: string
  /** The signed SHA-256 of the file as it was before compression and encryption. */
  readonly file_hash: string
  readonly payload: Content
}

/** Files in their order, at hand or yet to come. */
export type CapgoFiles<T> = Iterable<T> | AsyncIterable<T>

/** @throws TypeError */
export function filesOption<T>(files: CapgoFiles<T>): CapgoFiles<T> {
  const value: unknown = files
  if (typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)) return files
  throw new TypeError('files must be a list of files, or an iterable or async iterable of them')
}

/**
 * A caller's files, one at a time. Leaving the loop ends the caller's iteration, and so does an abort, also while a file is waited for.
 *
 * @throws EnvelopeError `aborted`
 */
export async function* eachOf<T>(files: CapgoFiles<T>, signal: AbortSignalLike | undefined): AsyncGenerator<T, void, undefined> {
  const iterator = Symbol.asyncIterator in files ? files[Symbol.asyncIterator]() : files[Symbol.iterator]()
  let isWaiting = false
  let hasEnded = false
  try {
    for (;;) {
      isWaiting = true
      const { done, value } = await untilAborted<IteratorResult<T, undefined>>(signal, async () => iterator.next())
      isWaiting = false
      hasEnded = done === true
      if (done === true) return
      yield value
    }
  } finally {
    // A generator that is waited for ends only after that.
    const told = hasEnded ? undefined : end(iterator)
    if (!isWaiting) await told
  }
}

/** What its clean-up throws must not hide why it was ended. */
async function end(iterator: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.()
  } catch {
    // Nobody is left to be told.
  }
}
