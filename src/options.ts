import { asBytes, copyBytes } from './bytes.js'
import { EnvelopeError } from './errors.js'
import type { Bytes } from './bytes.js'

const SECRET_SIZE = 32
const LANES_MAX = 64

/** How far a call has come, in bytes of the bundle. */
export interface Progress {
  readonly done: number
  /** `Infinity` while the size is not known. */
  readonly total: number
}

/** The part of the platform's `AbortSignal` that is used; without events it is only looked at between two chunks. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason?: unknown
  /** As the platform's: `listener` is called once the signal is aborted. */
  addEventListener?(type: 'abort', listener: () => void): void
  /** As the platform's: `listener` is called no more. */
  removeEventListener?(type: 'abort', listener: () => void): void
}

/** What every long call takes. */
export interface CallOptions {
  /** Called after each chunk. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Stops the call: before its next chunk, or while a stream waits. */
  readonly signal?: AbortSignalLike | undefined
}

/** @throws EnvelopeError `aborted` */
export function checkAborted(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted === true) throw abortError(signal)
}

/** Calls `listener` with the error once `signal` is aborted, or at once if it is, until the returned function is called. */
export function onAbort(signal: AbortSignalLike | undefined, listener: (error: EnvelopeError) => void): () => void {
  if (signal === undefined) return () => undefined
  const tell = (): void => listener(abortError(signal))
  if (signal.aborted) tell()
  signal.addEventListener?.('abort', tell)
  return () => signal.removeEventListener?.('abort', tell)
}

/**
 * Waits for `work` no longer than until `signal` is aborted.
 *
 * @throws EnvelopeError `aborted`
 */
export async function untilAborted<T>(signal: AbortSignalLike | undefined, work: () => Promise<T>): Promise<T> {
  checkAborted(signal)
  let unsubscribe: (() => void) | undefined
  const waiting = new Promise<T>((resolve, reject) => {
    unsubscribe = onAbort(signal, reject)
    work().then(resolve, reject)
  })
  return waiting.finally(unsubscribe)
}

/** Does `work` on a source: its failure, or an abort meanwhile, closes the source. */
export async function closedOnFailure<T>(
  source: { readonly close: (reason: unknown) => Promise<void> },
  signal: AbortSignalLike | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const unsubscribe = onAbort(signal, (reason) => void source.close(reason))
  try {
    return await work()
  } catch (error) {
    await source.close(error)
    throw error
  } finally {
    unsubscribe()
  }
}

function abortError({ reason }: AbortSignalLike): EnvelopeError {
  return new EnvelopeError('aborted', 'the call was stopped by its AbortSignal', { cause: reason })
}

/** @throws TypeError */
export function objectOption<T>(name: string, value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${name} must be an object`)
  return value
}

/** @throws TypeError, RangeError */
export function textOption(name: string, value: unknown, pattern: RegExp): string {
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string`)
  if (!pattern.test(value)) throw new RangeError(`${name} must match ${pattern.source}`)
  return value
}

/** @throws TypeError, RangeError */
export function integerOption(name: string, value: unknown, most: number): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number`)
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new RangeError(`${name} must be a whole number from 0 to ${most}`)
  }
  return value
}

/** A number of things, 1 to `most`; @throws TypeError, RangeError */
export function countOption(name: string, value: unknown, most: number): number {
  if (value === 0) throw new RangeError(`${name} must be at least 1`)
  return integerOption(name, value, most)
}

/**
 * A time as whole seconds since 1970, from a `Date` or such a number.
 *
 * @throws TypeError, RangeError
 */
export function timeOption(name: string, value: unknown, most: number): number {
  const seconds = value instanceof Date ? Math.floor(value.getTime() / 1000) : value
  if (typeof seconds !== 'number') throw new TypeError(`${name} must be a Date, or whole seconds since 1970`)
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > most) {
    throw new RangeError(`${name} must be a valid Date, or whole seconds (not milliseconds) since 1970`)
  }
  return seconds
}

/** @throws TypeError */
export function booleanOption(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false`)
  return value
}

/**
 * A copy of 32 secret bytes.
 *
 * @throws TypeError, RangeError
 */
export function secretOption(name: string, value: unknown): Bytes {
  const secret = copyBytes(asBytes(value, name))
  if (secret.length !== SECRET_SIZE) throw new RangeError(`${name} must hold ${SECRET_SIZE} random bytes, not ${secret.length}`)
  return secret
}

/**
 * A backend with all the methods that a side calls, and its lanes, which are read once: without them every chunk would be
 * left undone.
 *
 * @throws TypeError
 */
export function backendOption<T extends { readonly lanes: number }>(
  backend: T,
  methods: readonly (keyof T)[],
): { readonly backend: T; readonly lanes: number } {
  const { lanes } = objectOption('backend', backend)
  if (!Number.isInteger(lanes) || lanes < 1 || lanes > LANES_MAX) {
    throw new TypeError(`backend must have lanes, a whole number from 1 to ${LANES_MAX}`)
  }
  const missing = methods.find((name) => typeof backend[name] !== 'function')
  if (missing !== undefined) throw new TypeError(`backend must have the method ${String(missing)}`)
  return { backend, lanes }
}

/** What {@link CallOptions} say. */
export interface Call {
  readonly onProgress: (progress: Progress) => void
  readonly signal: AbortSignalLike | undefined
}

/** @throws TypeError */
export function callOption({ onProgress, signal }: CallOptions): Call {
  if (onProgress !== undefined && typeof onProgress !== 'function') throw new TypeError('onProgress must be a function')
  if (signal !== undefined && typeof objectOption('signal', signal).aborted !== 'boolean') {
    throw new TypeError('signal must be an AbortSignal: of an AbortController, pass its signal')
  }
  return { onProgress: onProgress ?? (() => undefined), signal }
}

/** One value or a list of them, as a list; never empty. */
export function listOption<T>(name: string, value: T | readonly T[]): readonly T[] {
  const list = Array.isArray(value) ? [...(value as readonly T[])] : [value as T]
  if (list.length === 0 || list.includes(undefined as T)) throw new TypeError(`${name} is missing`)
  return list
}
