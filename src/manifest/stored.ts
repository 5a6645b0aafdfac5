import { asBytes } from '../bytes.js'
import { checkAborted } from '../options.js'
import { base64urlEncode } from '../text.js'
import { badFile } from './content.js'
import type { Bytes } from '../bytes.js'
import type { Hasher } from '../crypto/backend.js'
import type { FileEntry } from '../format/manifest.js'
import type { AbortSignalLike } from '../options.js'
import type { ReleaseStorage, StoredFile } from './storage.js'

/** A file that is there. */
export interface StoredPlace {
  readonly releaseId: string
  readonly path: string
}

/** From where files are read. */
export interface Reading {
  readonly storage: ReleaseStorage
  readonly signal: AbortSignalLike
}

/** A stored file, piece by piece. */
export async function* storedPieces({ releaseId, path }: StoredPlace, { storage, signal }: Reading): AsyncGenerator<Bytes, void, undefined> {
  for await (const piece of storage.read(releaseId, path)) {
    checkAborted(signal)
    yield asBytes(piece, 'what storage.read gives')
  }
}

/**
 * Hashes the first `length` bytes of a stored file.
 *
 * @throws EnvelopeError `bad-checksum` where it has fewer
 */
export async function hashStart(hasher: Hasher, length: number, place: StoredPlace, reading: Reading): Promise<void> {
  let left = length
  if (left === 0) return
  for await (const piece of storedPieces(place, reading)) {
    const part = piece.subarray(0, left)
    hasher.update(part)
    left -= part.length
    if (left === 0) return
  }
  throw badFile()
}

/**
 * Finds contents among the files of the installed release. Their digests are not believed but made, once, of those that have as
 * many bytes as one that is looked for. A file that can't be read is none.
 */
export function storedFiles(
  releaseId: string, files: readonly StoredFile[], hasher: () => Hasher, reading: Reading,
): (file: FileEntry) => Promise<StoredPlace | undefined> {
  const bySize = new Map<number, string[]>()
  for (const { path, size } of files) bySize.set(size, [...(bySize.get(size) ?? []), path])
  const digests = new Map<number, Promise<ReadonlyMap<string, string>>>()
  return async ({ size, sha256 }) => {
    const paths = bySize.get(size)
    if (paths === undefined) return undefined
    const known = digests.get(size) ?? digestsOf(releaseId, paths, hasher, reading)
    digests.set(size, known)
    const path = (await known).get(sha256)
    return path === undefined ? undefined : { releaseId, path }
  }
}

async function digestsOf(releaseId: string, paths: readonly string[], hasher: () => Hasher, reading: Reading): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const path of paths) {
    checkAborted(reading.signal)
    const digest = await digestOf({ releaseId, path }, hasher(), reading).catch(() => undefined)
    if (digest !== undefined) found.set(digest, path)
  }
  return found
}

async function digestOf(place: StoredPlace, hasher: Hasher, reading: Reading): Promise<string> {
  for await (const piece of storedPieces(place, reading)) hasher.update(piece)
  return base64urlEncode(hasher.digest())
}
