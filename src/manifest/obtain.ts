import { EnvelopeError } from '../errors.js'
import { releaseOf, tellRefusal } from '../events.js'
import { objectName } from '../format/manifest.js'
import { checkAborted } from '../options.js'
import { checkedContent, contentOf } from './content.js'
import { objectChunks } from './object-chunks.js'
import { hashStart, offeredPieces, storedPieces } from './stored.js'
import type { Bytes } from '../bytes.js'
import type { FileEntry } from '../format/manifest.js'
import type { Fetching } from './object-chunks.js'
import type { ReleaseStorage } from './storage.js'
import type { StoredContents, StoredPlace } from './stored.js'

/** A content of a release, and all paths of it. */
export interface Content {
  readonly file: FileEntry
  /** At least one. */
  readonly paths: readonly string[]
}

/** Where files of a release may be, and where they go. */
export interface Places extends Fetching {
  readonly storage: ReleaseStorage
  readonly releaseId: string
  /** Bytes of each file that an earlier run has left of this release, and that nothing has been written over yet. */
  readonly staged: Map<string, number>
  /** What else is there. */
  readonly stored: StoredContents
  /** Whether the release is the installed one: an app may find what is written here at once. */
  readonly isInstalled: boolean
  /** Told of how many bytes of a path are there. */
  readonly onSize: (path: string, size: number) => void
}

/** Has a content under all its paths: from an earlier run, from another release, or fetched. Gives whether it was fetched. */
export async function obtain({ file, paths }: Content, places: Places): Promise<boolean> {
  const { releaseId, onSize } = places
  const whole = await stagedWhole(file, paths, places)
  const [first = paths[0] as string] = whole
  const isThere = whole.size > 0 || (await copyStored(file, first, paths, places))
  if (!isThere) await fetchFile(file, first, places)
  for (const path of paths) {
    const isDone = path === first || whole.has(path)
    const failure = isDone ? undefined : await copyFile(file, { releaseId, path: first }, path, places)
    if (failure !== undefined) throw changedMeanwhile(failure)
    onSize(path, file.size)
  }
  return !isThere
}

/**
 * Most files keep their path, and are read once for that; others are looked for by their content. Into the installed release goes only what
 * was found by its content, so that nothing else stays there where the program ends before it is removed.
 */ // R81
async function copyStored(file: FileEntry, to: string, paths: readonly string[], places: Places): Promise<boolean> {
  const same = places.isInstalled ? undefined : places.stored.at(paths, file.size)
  if (same !== undefined && (await copyFile(file, same, to, places)) === undefined) return true
  const found = await places.stored.find(file)
  return found !== undefined && (await copyFile(file, found, to, places)) === undefined
}

export function changedMeanwhile(cause?: EnvelopeError): EnvelopeError {
  const message = 'files of the release were changed while it was put together: see that nobody else writes there, and apply it again'
  return new EnvelopeError('input-changed', message, cause && { cause })
}

/** Which of the paths have the content already. What isn't it, and isn't a part that can be gone on with, is removed. */
async function stagedWhole(file: FileEntry, paths: readonly string[], places: Places): Promise<ReadonlySet<string>> {
  const { storage, releaseId, staged } = places
  const whole = new Set<string>()
  for (const path of paths) {
    const size = staged.get(path)
    if (size === undefined) continue
    if (size === file.size && (await holds(file, { releaseId, path }, places))) whole.add(path)
    else if (size >= file.size) await refuse(file, path, places)
    else if (path !== paths[0] || resumable(file, size) === 0) await storage.remove(releaseId, path)
  }
  return whole
}

/** Chunks of a file that are there in whole where it has `size` bytes; of what is decompressed on the way none can be gone on from. */
function resumable(file: FileEntry, size: number): number {
  return file.object.encoding === undefined && size < file.size ? Math.floor(size / file.object.chunk) : 0
}

/** Whether a file that is there has the content. */ // R81
async function holds(file: FileEntry, place: StoredPlace, places: Places): Promise<boolean> {
  const failure = await failureOf(async () => {
    const pieces = checkedContent(file, storedPieces(place, places), begin(places))
    while ((await pieces.next()).done !== true);
  })
  return failure === undefined
}

/** Copies a file that is there. Gives why it could not be, where it doesn't have the content. */ // R81
async function copyFile(file: FileEntry, from: StoredPlace, path: string, places: Places): Promise<EnvelopeError | undefined> {
  places.staged.delete(path)
  const failure = await failureOf(async () => writePieces(file, path, 0, checkedContent(file, offeredPieces(from, places), begin(places)), places))
  if (failure !== undefined) await places.storage.remove(places.releaseId, path)
  return failure
}

/**
 * Fetches a file, from where an earlier run has left it. What that run has left is judged with all of the file, so if that isn't
 * right the file is fetched once more from its start.
 */
async function fetchFile(file: FileEntry, path: string, places: Places): Promise<void> {
  const first = resumable(file, places.staged.get(path) ?? 0)
  for (const start of first > 0 ? [first, 0] : [0]) {
    const failure = await failureOf(async () => fetchFrom(file, path, start, places))
    if (failure === undefined) return
    await refuse(file, path, places)
  }
  throw badObject(file)
}

async function fetchFrom(file: FileEntry, path: string, first: number, places: Places): Promise<void> {
  const start = first * file.object.chunk
  const { hasher } = begin(places)
  await hashStart(hasher, start, { releaseId: places.releaseId, path }, places)
  const plaintext = async function* (): AsyncGenerator<Bytes, void, undefined> {
    for await (const { plaintext } of objectChunks(file, first, places)) {
      yield plaintext
      // It was written; a decoder may still have its own.
      if (file.object.encoding === undefined) places.policy.backend.release?.(plaintext)
    }
  }
  await writePieces(file, path, start, contentOf(file, plaintext(), { hasher, size: start }), places)
}

async function writePieces(file: FileEntry, path: string, start: number, pieces: AsyncIterable<Bytes>, places: Places): Promise<void> {
  const { storage, releaseId, onSize, signal } = places
  let position = start
  for await (const piece of pieces) {
    checkAborted(signal)
    if (piece.length === 0) continue
    await storage.write(releaseId, path, piece, position)
    position += piece.length
    onSize(path, position)
  }
  if (file.size === 0) await storage.write(releaseId, path, new Uint8Array(0), 0)
}

function begin({ policy }: Places): { readonly hasher: ReturnType<Places['policy']['hasher']>; readonly size: 0 } {
  return { hasher: policy.hasher(), size: 0 }
}

/** Why `work` found another content than the signed one, where it did. */
async function failureOf(work: () => Promise<void>): Promise<EnvelopeError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof EnvelopeError && error.code === 'bad-checksum') return error
    throw error
  }
}

async function refuse(file: FileEntry, path: string, { storage, releaseId, policy, header }: Places): Promise<void> {
  const record = { time: policy.now, ...releaseOf(header), object: objectName(file.object) }
  tellRefusal(policy.onEvent, { event: 'object-refused', ...record, code: 'bad-checksum' })
  await storage.remove(releaseId, path)
}

function badObject(file: FileEntry): EnvelopeError {
  return new EnvelopeError('bad-checksum', `the object ${objectName(file.object)} holds another file than the signed one: the publisher must publish it again`)
}
