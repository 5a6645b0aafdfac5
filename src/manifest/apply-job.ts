import { booleanOption, callOption, countOption, objectOption } from '../options.js'
import { entriesOf } from './open-manifest.js'
import type { FileEntry } from '../format/manifest.js'
import type { Call, CallOptions } from '../options.js'
import type { FetchObject } from './fetcher.js'
import type { OpenedManifest } from './open-manifest.js'
import type { ManifestPolicy } from './policy.js'
import type { Retries } from './retry.js'
import type { ReleaseStorage } from './storage.js'

const PARALLEL_MAX = 64
const ATTEMPTS_MAX = 1000

/** How a release is put together. */
export interface ApplyOptions extends CallOptions {
  readonly storage: ReleaseStorage
  readonly fetchObject: FetchObject
  /** How many files are worked on at once, 1 to 64. Left out: 6. */
  readonly parallel?: number | undefined
  /** Failures of one object in a row, without one new chunk between them, that end the call. Left out: 5. */
  readonly attempts?: number | undefined
  /** Seconds before a request is tried again, doubled each time up to 30. Left out: 0.5. */
  readonly retryDelay?: number | undefined
  /**
   * Lets a release replace one of the same app with a higher sequence: the way out of a sequence that was published too high. Left
   * out: it must be above that of the installed release, of the same channel, or of any where the manifest was opened for any.
   */
  readonly allowRollback?: boolean | undefined
}

/** The options, read once and checked. */
export interface Job extends Call {
  readonly manifest: OpenedManifest
  readonly files: ReadonlyMap<string, FileEntry>
  readonly policy: ManifestPolicy
  readonly storage: ReleaseStorage
  readonly fetchObject: FetchObject
  readonly parallel: number
  readonly retries: Retries
  readonly allowRollback: boolean
}

const STORAGE = ['installed', 'install', 'releases', 'files', 'read', 'write', 'remove'] as const

/**
 * Reads a caller's arguments.
 *
 * @throws TypeError, RangeError
 */
export function readJob(manifest: OpenedManifest, options: ApplyOptions): Job {
  const { files, policy } = entriesOf(manifest)
  const { storage, fetchObject, parallel = 6, attempts = 5, retryDelay: delay = 0.5, signal = policy.signal, onProgress } = objectOption('options', options)
  const { allowRollback = false } = options
  const missing = STORAGE.find((name) => typeof objectOption('storage', storage)[name] !== 'function')
  if (missing !== undefined) throw new TypeError(`storage must have the method ${missing}`)
  if (typeof fetchObject !== 'function') throw new TypeError('fetchObject must be a function, for example httpFetcher(url)')
  return {
    ...{ manifest, files, policy, storage, fetchObject },
    parallel: countOption('parallel', parallel, PARALLEL_MAX),
    retries: { attempts: countOption('attempts', attempts, ATTEMPTS_MAX), delay: secondsOption('retryDelay', delay) },
    allowRollback: booleanOption('allowRollback', allowRollback),
    ...callOption({ onProgress, signal }),
  }
}

function secondsOption(name: string, value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number of seconds`)
  if (!(value >= 0)) throw new RangeError(`${name} must be 0 seconds or more`)
  return value
}
