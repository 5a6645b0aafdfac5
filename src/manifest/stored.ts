import { asBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { checkAborted } from '../options.js'
import { base64urlEncode } from '../text.js'
import { badFile } from './content.js'
import type { Bytes } from '../bytes.js'
import type { Hasher } from '../crypto/backend.js'
import type { FileEntry } from '../format/manifest.js'
import type { AbortSignalLike } from '../options.js'
import type { ReleaseStorage } from './storage.js'

/** A file that is there. */
export interface StoredPlace {
  readonly releaseId: string
  readonly path: string
}

/** A file that is there, and how large it is. */
export interface StoredSize extends StoredPlace {
  /** Bytes. */
  readonly size: number
}

/** The files of some releases. */
export async function storedPlaces(storage: ReleaseStorage, releases: readonly string[]): Promise<readonly StoredSize[]> {
  const places: StoredSize[] = []
  for (const releaseId of releases) {
    for (const { path, size } of await storage.files(releaseId)) places.push({ releaseId, path, size })
  }
  return places
}

/** From where files are read. */
export interface Reading {
  readonly storage: ReleaseStorage
  readonly signal: AbortSignalLike
}

/**
 * A stored file, piece by piece.
 *
 * @throws EnvelopeError `aborted`; and what `storage.read` throws
 */
export async function* storedPieces({ releaseId, path }: StoredPlace, { storage, signal }: Reading): AsyncGenerator<Bytes, void, undefined> {
  for await (const piece of storage.read(releaseId, path)) {
    checkAborted(signal)
    yield asBytes(piece, 'what storage.read gives')
  }
}

/**
 * The same of a file that could be had elsewhere.
 *
 * @throws EnvelopeError `bad-checksum` where it can't be read; `aborted`
 */
export async function* offeredPieces(place: StoredPlace, reading: Reading): AsyncGenerator<Bytes, void, undefined> {
  try {
    yield* storedPieces(place, reading)
  } catch (cause) {
    if (cause instanceof EnvelopeError || cause instanceof TypeError) throw cause
    throw new EnvelopeError('bad-checksum', 'a file of a release that is there can not be read', { cause })
  }
}

/**
 * Hashes the first `length` bytes of a stored file.
 *
 * @throws EnvelopeError `bad-checksum` where it has fewer; `aborted`; and what `storage.read` throws
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

/** Files that are there, of other releases. */
export interface StoredContents {
  /** One of these paths with so many bytes. */
  readonly at: (paths: readonly string[], size: number) => StoredPlace | undefined
  /** A file with this content. */
  readonly find: (file: FileEntry) => Promise<StoredPlace | undefined>
}

/**
 * Looks among files that are there. Their digests are not believed but made, once, of those that have as many bytes as one that
 * is looked for. A file that can't be read is none.
 */
export function storedContents(places: readonly StoredSize[], hasher: () => Hasher, reading: Reading): StoredContents {
  const byPath = new Map(places.map((place) => [`${place.size} ${place.path}`, place]))
  const bySize = new Map<number, StoredPlace[]>()
  for (const place of places) {
    const same = bySize.get(place.size)
    if (same === undefined) bySize.set(place.size, [place])
    else same.push(place)
  }
  const digests = new Map<number, Promise<ReadonlyMap<string, StoredPlace>>>()
  return {
    at: (paths, size) => paths.map((path) => byPath.get(`${size} ${path}`)).find((place) => place !== undefined),
    find: async ({ size, sha256 }) => {
      const candidates = bySize.get(size)
      if (candidates === undefined) return undefined
      const known = digests.get(size) ?? byDigest(candidates, hasher, reading)
      digests.set(size, known)
      return (await known).get(sha256)
    },
  }
}

async function byDigest(places: readonly StoredPlace[], hasher: () => Hasher, reading: Reading): Promise<ReadonlyMap<string, StoredPlace>> {
  const found = new Map<string, StoredPlace>()
  for (const place of places) {
    checkAborted(reading.signal)
    const digest = await digestOf(place, hasher(), reading).catch(ifUnreadable)
    if (digest !== undefined) found.set(digest, place)
  }
  return found
}

function ifUnreadable(error: unknown): undefined {
  if (!(error instanceof EnvelopeError) || error.code !== 'bad-checksum') throw error
}

async function digestOf(place: StoredPlace, hasher: Hasher, reading: Reading): Promise<string> {
  for await (const piece of offeredPieces(place, reading)) hasher.update(piece)
  return base64urlEncode(hasher.digest())
}
