import { EnvelopeError } from '../errors.js'
import { releaseOf } from '../events.js'
import { callOption, checkAborted, countOption, objectOption } from '../options.js'
import { inLanes } from './stop.js'
import { changedMeanwhile, obtain } from './obtain.js'
import { entriesOf } from './open-manifest.js'
import { storedContents, storedPlaces } from './stored.js'
import type { FileEntry } from '../format/manifest.js'
import type { Header } from '../format/header.js'
import type { Call, CallOptions } from '../options.js'
import type { FetchObject } from './fetcher.js'
import type { Content, Places } from './obtain.js'
import type { OpenedManifest } from './open-manifest.js'
import type { ManifestPolicy } from './policy.js'
import type { Retries } from './retry.js'
import type { InstalledRelease, ReleaseStorage } from './storage.js'

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
}

/** What was done. */
export interface AppliedRelease {
  readonly releaseId: string
  /** It was installed before the call, with all of its files by their sizes, and nothing was done. */
  readonly wasInstalled: boolean
  /** Objects that were fetched. */
  readonly fetchedObjects: number
  /** Bytes that came for them, those of requests that failed included. */
  readonly fetchedBytes: number
}

/**
 * Makes the release of a manifest the installed one: its files are put together beside the installed ones, from what an earlier
 * run has left, from other releases that are there, and from objects that are fetched; each is checked against its SHA-256. When
 * exactly the signed set is there, it becomes the installed release, in one step. Until then, and whatever fails, the old one
 * stays as it is; what has come is kept for the next call. The old one is kept as well, for the app may be running from it, until
 * the call after this; what is left of all others is removed. Of a release that is installed already, files that are missing or cut
 * are put in place again; what they hold is not looked at unless one is.
 *
 * @throws EnvelopeError `rollback`, `fetch-failed`, `bad-index`, `bad-chunk`, `bad-checksum`, `input-changed`, `backend-unavailable`, `aborted`; and
 *   what the functions of `storage` and an `EnvelopeError` that `fetchObject` throws
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function applyManifest(manifest: OpenedManifest, options: ApplyOptions): Promise<AppliedRelease> {
  const job = readJob(manifest, options)
  const { exclusive } = job.storage
  return exclusive === undefined ? apply(job) : exclusive(async () => apply(job))
}

/** The options, read once and checked. */
interface Job extends Call {
  readonly manifest: OpenedManifest
  readonly files: ReadonlyMap<string, FileEntry>
  readonly policy: ManifestPolicy
  readonly storage: ReleaseStorage
  readonly fetchObject: FetchObject
  readonly parallel: number
  readonly retries: Retries
}

const STORAGE = ['installed', 'install', 'releases', 'files', 'read', 'write', 'remove'] as const

function readJob(manifest: OpenedManifest, options: ApplyOptions): Job {
  const { files, policy } = entriesOf(manifest)
  const { storage, fetchObject, parallel = 6, attempts = 5, retryDelay: delay = 0.5, signal = policy.signal, onProgress } = objectOption('options', options)
  const missing = STORAGE.find((name) => typeof objectOption('storage', storage)[name] !== 'function')
  if (missing !== undefined) throw new TypeError(`storage must have the method ${missing}`)
  if (typeof fetchObject !== 'function') throw new TypeError('fetchObject must be a function, for example httpFetcher(url)')
  return {
    ...{ manifest, files, policy, storage, fetchObject },
    parallel: countOption('parallel', parallel, PARALLEL_MAX),
    retries: { attempts: countOption('attempts', attempts, ATTEMPTS_MAX), delay: secondsOption('retryDelay', delay) },
    ...callOption({ onProgress, signal }),
  }
}

function secondsOption(name: string, value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number of seconds`)
  if (!(value >= 0)) throw new RangeError(`${name} must be 0 seconds or more`)
  return value
}

async function apply(job: Job): Promise<AppliedRelease> {
  const { manifest, policy, storage, signal } = job
  const { header, releaseId } = manifest
  checkAborted(signal)
  const installed = await storage.installed()
  const isInstalled = installed?.releaseId === releaseId
  if (isInstalled && (await hasAll(job))) return { releaseId, wasInstalled: true, fetchedObjects: 0, fetchedBytes: 0 }
  if (!isInstalled) checkSequence(header, installed, policy)
  await removeStrangers(job)
  const others = (await storage.releases()).filter((other) => other !== releaseId)
  const removeOthers = async (): Promise<void> => {
    for (const other of others) if (other !== installed?.releaseId) await storage.remove(other)
  }
  const fetched = await obtainAll(job, others).catch(async (error: unknown) => {
    // Where the storage has failed there may be no room for all of them.
    if (!(error instanceof EnvelopeError)) await removeOthers().catch(() => undefined)
    throw error
  })
  await removeOthers()
  await checkComplete(job)
  checkAborted(signal)
  // R82
  await storage.install({ releaseId, ...releaseOf(header) })
  policy.onEvent({ event: 'release-installed', time: policy.now, ...releaseOf(header) })
  return { releaseId, wasInstalled: false, ...fetched }
}

/** Another release may have been installed since the manifest was opened. */ // R47
function checkSequence(header: Header, installed: InstalledRelease | undefined, { lastSequence }: ManifestPolicy): void {
  const isComparable = installed?.app === header.app && installed.channel === header.channel
  if (lastSequence === null || !isComparable || header.sequence > installed.sequence) return
  throw new EnvelopeError('rollback', `sequence ${header.sequence} is not above that of the installed release, ${installed.sequence}`)
}

/** Files in the place of this release that it doesn't have. */
async function removeStrangers({ manifest: { releaseId }, files, storage }: Job): Promise<void> {
  for (const { path, size } of await storage.files(releaseId)) {
    if (size < 0 || !files.has(path)) await storage.remove(releaseId, path)
  }
}

async function obtainAll(job: Job, others: readonly string[]): Promise<Pick<AppliedRelease, 'fetchedObjects' | 'fetchedBytes'>> {
  const { manifest, files, policy, storage, fetchObject, parallel, retries, signal } = job
  const { header, releaseId } = manifest
  const fetched = { fetchedObjects: 0, fetchedBytes: 0 }
  const places = {
    ...{ storage, fetchObject, retries, policy, header, releaseId },
    staged: new Map((await storage.files(releaseId)).map(({ path, size }) => [path, size])),
    onBytes: (length: number) => void (fetched.fetchedBytes += length),
    onSize: progressOf(job),
  }
  const old = await storedPlaces(storage, others)
  await inLanes(contentsOf(files), parallel, signal, (stop) => {
    const here: Places = { ...places, find: storedContents(old, policy.hasher, { storage, signal: stop }), signal: stop }
    return async (content) => {
      if (await obtain(content, here)) fetched.fetchedObjects++
    }
  })
  return fetched
}

/** Files of one content, with the first that was listed. */
function contentsOf(files: ReadonlyMap<string, FileEntry>): Iterable<Content> {
  const contents = new Map<string, { readonly file: FileEntry; readonly paths: string[] }>()
  for (const [path, file] of files) {
    const key = `${file.size} ${file.sha256}`
    const content = contents.get(key)
    if (content === undefined) contents.set(key, { file, paths: [path] })
    else content.paths.push(path)
  }
  return contents.values()
}

function progressOf({ manifest: { size: total }, onProgress }: Job): Places['onSize'] {
  const sizes = new Map<string, number>()
  let there = 0
  let done = 0
  return (path, size) => {
    there += size - (sizes.get(path) ?? 0)
    sizes.set(path, size)
    if (there <= done) return
    done = there
    onProgress({ done, total })
  }
}

/** Exactly the signed set must be there. */ // R82
async function checkComplete(job: Job): Promise<void> {
  if (!(await hasAll(job, job.files.size))) throw changedMeanwhile()
}

/** Whether every file of the release is there, by its size, and no more than `most` in all. */
async function hasAll({ manifest: { releaseId }, files, storage }: Job, most = Infinity): Promise<boolean> {
  const sizes = new Map((await storage.files(releaseId)).map(({ path, size }) => [path, size]))
  return sizes.size <= most && [...files.values()].every(({ path, size }) => sizes.get(path) === size)
}
