import { EnvelopeError } from '../errors.js'
import { releaseOf } from '../events.js'
import { checkAborted, onAbort } from '../options.js'
import { readJob } from './apply-job.js'
import { contentKey } from '../format/manifest.js'
import { changedMeanwhile, obtain } from './obtain.js'
import { inLanes } from './stop.js'
import { storedContents, storedPlaces } from './stored.js'
import type { FileEntry } from '../format/manifest.js'
import type { ApplyOptions, Job } from './apply-job.js'
import type { Content, Places } from './obtain.js'
import type { OpenedManifest } from './open-manifest.js'
import type { InstalledRelease, StoredFile } from './storage.js'

/** The installed release and the one before it, or one that was given up. */
const OTHERS_MAX = 2

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
 * stays as it is; what has come is kept for the next call. The old one is kept afterwards as well, for the app may be running from it,
 * until the call after this.
 *
 * Where the release is installed already, files of it that are missing or cut are put in place again, and nothing else is touched or
 * looked at: until that call has ended it is as broken as it was. Whether the release has expired is judged when its manifest is
 * opened, and not again.
 *
 * @throws EnvelopeError `wrong-app`, `rollback`, `fetch-failed`, `bad-index`, `bad-chunk`, `bad-checksum`, `input-changed`, `backend-unavailable`, `aborted`; and
 *   what the functions of `storage` throw, and an `EnvelopeError` that `fetchObject` throws
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function applyManifest(manifest: OpenedManifest, options: ApplyOptions): Promise<AppliedRelease> {
  const job = readJob(manifest, options)
  const { storage, signal } = job
  checkAborted(signal)
  if (storage.exclusive === undefined) return apply(job)
  let hasTurn = false
  const turn = storage.exclusive(async () => {
    hasTurn = true
    return apply(job)
  })
  let unsubscribe: (() => void) | undefined
  const waiting = new Promise<AppliedRelease>((resolve, reject) => {
    // Once it has its turn, the call ends by itself, and not before its last work has.
    unsubscribe = onAbort(signal, (error) => (hasTurn ? undefined : reject(error)))
    turn.then(resolve, reject)
  })
  return waiting.finally(unsubscribe)
}

async function apply(job: Job): Promise<AppliedRelease> {
  const { manifest, files, policy, storage, signal } = job
  const { header, releaseId } = manifest
  checkAborted(signal)
  const installed = await storage.installed()
  const isInstalled = installed?.releaseId === releaseId
  const wanted = isInstalled ? lacking(job, await filesThere(job)) : files
  if (isInstalled && wanted.size === 0) return { releaseId, wasInstalled: true, fetchedObjects: 0, fetchedBytes: 0 }
  if (!isInstalled) checkSequence(installed, job)
  await (isInstalled ? removeEach(job, wanted.keys()) : removeStrangers(job))
  const others = await otherReleases(job, installed)
  const fetched = await obtainAll(job, wanted, isInstalled ? [...others, releaseId] : others, installed)
  await removeReleases(job, others, installed)
  await checkComplete(job, isInstalled)
  checkAborted(signal)
  // R82
  await storage.install({ releaseId, ...releaseOf(header) })
  policy.onEvent({ event: 'release-installed', time: policy.now, ...releaseOf(header) })
  return { releaseId, wasInstalled: false, ...fetched }
}

/** Another release may have been installed since the manifest was opened. */ // R47
function checkSequence(installed: InstalledRelease | undefined, { manifest: { header }, policy, allowRollback }: Job): void {
  if (installed !== undefined && installed.app !== header.app) throw new EnvelopeError('wrong-app', 'a release of another app is installed here: use a storage for each app')
  const isComparable = installed !== undefined && (policy.channel === null || installed.channel === header.channel)
  if (allowRollback || !isComparable || header.sequence > installed.sequence) return
  throw new EnvelopeError('rollback', `sequence ${header.sequence} is not above that of the installed release, ${installed.sequence}`)
}

/** What is there of this release, by the paths that manifests have: some file systems tell them in another form of Unicode. */
async function filesThere({ manifest: { releaseId }, storage }: Job): Promise<readonly StoredFile[]> {
  return (await storage.files(releaseId)).map(({ path, size }) => ({ path: path.normalize('NFC'), size }))
}

/** Files of the release that are not there, or of another size. */
function lacking({ files }: Job, there: readonly StoredFile[]): ReadonlyMap<string, FileEntry> {
  const sizes = new Map(there.map(({ path, size }) => [path, size]))
  return new Map([...files].filter(([path, { size }]) => sizes.get(path) !== size))
}

/** Files in the place of this release that it doesn't have. */
async function removeStrangers(job: Job): Promise<void> {
  const strangers = (await filesThere(job)).filter(({ path, size }) => size < 0 || !job.files.has(path))
  await removeEach(job, strangers.map(({ path }) => path))
}

async function removeEach({ manifest: { releaseId }, storage }: Job, paths: Iterable<string>): Promise<void> {
  for (const path of paths) await storage.remove(releaseId, path)
}

/** Releases besides this one, few of them: who makes updates begin and never end must not fill the storage. */
async function otherReleases(job: Job, installed: InstalledRelease | undefined): Promise<readonly string[]> {
  const others = (await job.storage.releases()).filter((other) => other !== job.manifest.releaseId)
  if (others.length <= OTHERS_MAX) return others
  await removeReleases(job, others, installed)
  return others.filter((other) => other === installed?.releaseId)
}

/** All but the installed one. What can't be removed now is removed the next time. */
async function removeReleases({ storage }: Job, others: readonly string[], installed: InstalledRelease | undefined): Promise<void> {
  for (const other of others) {
    if (other !== installed?.releaseId) await storage.remove(other).catch(() => undefined)
  }
}

/** Where the storage fails there may be no room for all of them: then once more, with the installed one alone beside this. */
async function obtainAll(
  job: Job, wanted: ReadonlyMap<string, FileEntry>, others: readonly string[], installed: InstalledRelease | undefined,
): Promise<Pick<AppliedRelease, 'fetchedObjects' | 'fetchedBytes'>> {
  const fetched = { fetchedObjects: 0, fetchedBytes: 0 }
  const onSize = progressOf(job)
  try {
    await obtainEach(job, wanted, others, fetched, onSize)
  } catch (error) {
    const kept = others.filter((other) => other === installed?.releaseId)
    if (error instanceof EnvelopeError || kept.length === others.length) throw error
    await removeReleases(job, others, installed)
    await obtainEach(job, wanted, kept, fetched, onSize)
  }
  return fetched
}

async function obtainEach(
  job: Job, wanted: ReadonlyMap<string, FileEntry>, others: readonly string[], fetched: { fetchedObjects: number; fetchedBytes: number }, onSize: Places['onSize'],
): Promise<void> {
  const { manifest, policy, storage, fetchObject, parallel, retries, signal } = job
  const { header, releaseId } = manifest
  const places = {
    ...{ storage, fetchObject, retries, policy, header, releaseId, onSize, isInstalled: others.includes(releaseId) },
    staged: new Map((await filesThere(job)).map(({ path, size }) => [path, size])),
    onBytes: (length: number) => void (fetched.fetchedBytes += length),
    spare: [],
  }
  const there = await storedPlaces(storage, others)
  await inLanes(contentsOf(wanted), parallel, signal, (stop) => {
    const here: Places = { ...places, stored: storedContents(there, policy.hasher, { storage, signal: stop }), signal: stop }
    return async (content) => {
      if (await obtain(content, here)) fetched.fetchedObjects++
    }
  })
}

/** Files of one content, with the first that was listed. */
function contentsOf(files: ReadonlyMap<string, FileEntry>): Iterable<Content> {
  const contents = new Map<string, { readonly file: FileEntry; readonly paths: string[] }>()
  for (const [path, file] of files) {
    const key = contentKey(file)
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

/** Exactly the signed set must be there; beside files of an installed release the app may have put others. */ // R82
async function checkComplete(job: Job, isInstalled: boolean): Promise<void> {
  const there = await filesThere(job)
  if ((!isInstalled && there.length !== job.files.size) || lacking(job, there).size > 0) throw changedMeanwhile()
}
