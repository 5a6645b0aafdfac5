import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeHead, splitEnvelope } from '../index.js'
import { httpFetcher } from '../manifest.js'
import { folderFetcher } from '../node.js'
import { systemCode } from '../node/system-error.js'
import { FileError, UsageError, fileError } from './errors.js'
import { PIECE, inputName, inputPieces, plainFilePieces, startOf, statInput, streamOf } from './input.js'
import { addressOf, answerOf, bodyOf, fetchFailed, fetchedPieces, isAddress, shownAddress } from './manifest-fetch.js'
import type { FetchObject, ReadObject, StoredObject } from '../manifest.js'

/** The most bytes of a manifest: 64 MiB of JSON, the index and tags of its chunks, and the largest head. */
const MANIFEST_MAX = 2 ** 26 + 2 ** 19

/** What the name of an object list ends in, behind the name of its manifest. */
const LIST_ENDING = '.objects.json'

/** The object list beside a manifest. */
export function objectListOf(manifest: string): string {
  return `${manifest}${LIST_ENDING}`
}

/** The manifest beside an object list; a manifest itself stays what it is. */
export function manifestOf(path: string): string {
  return path.endsWith(LIST_ENDING) ? path.slice(0, -LIST_ENDING.length) : path
}

/** What messages call a source. */
export function sourceName(source: string): string {
  return isAddress(source) ? shownAddress(addressOf(source)) : inputName(source)
}

/**
 * A whole manifest, or object list, from a file, from stdin for `-`, or from an address.
 *
 * @throws EnvelopeError `fetch-failed`; FileError, UsageError
 */
export async function readManifest(source: string, signal?: AbortSignal): Promise<Uint8Array> {
  const pieces = isAddress(source) ? fetchedPieces(addressOf(source), signal) : inputPieces(source)
  const bytes = await startOf(pieces, MANIFEST_MAX + 1).finally(async () => pieces.return())
  if (bytes.length > MANIFEST_MAX) throw new FileError(`${sourceName(source)} is larger than ${MANIFEST_MAX} bytes, the most that a manifest has`)
  return bytes
}

/**
 * When a manifest was made, before it expired: as of then it is judged where a release that has expired will do.
 *
 * @throws EnvelopeError where it is no envelope
 */
export function whenMade(manifest: Uint8Array): number {
  const { created, expires = Infinity } = decodeHead(splitEnvelope(manifest).head).header
  return Math.max(0, Math.min(created, expires - 1))
}

/** Where objects are fetched from: a folder, or below an address. */
export async function fetcherOf(objects: string): Promise<FetchObject> {
  if (isAddress(objects)) return httpFetcher(baseOf(objects).href)
  await requireFolder(objects)
  return folderFetcher(objects)
}

/** The same for a check of whole objects, whose lengths nobody knows before. */
export async function readerOf(objects: string): Promise<ReadObject> {
  if (!isAddress(objects)) {
    await requireFolder(objects)
    return async (name) => storedObject(join(objects, name))
  }
  const { href } = baseOf(objects)
  return async (name) => {
    const address = new URL(`${href.replace(/\/$/, '')}/${name}`)
    const response = await answerOf(address)
    if (response.status === 404 || response.status === 410) return undefined
    const size = response.headers.get('content-length')
    if (!response.ok) throw fetchFailed(address, `the server has answered ${response.status}`)
    if (size === null || response.headers.has('content-encoding')) throw fetchFailed(address, 'the server does not say how large it is, or compresses it')
    return { size: Number(size), stream: streamOf(bodyOf(address, response)) }
  }
}

async function storedObject(path: string): Promise<StoredObject | undefined> {
  const stats = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw fileError('read', path, error)
  })
  return stats?.isFile() === true ? { size: stats.size, stream: streamOf(plainFilePieces(path, new Uint8Array(PIECE))) } : undefined
}

/** @throws FileError, UsageError */
export async function requireFolder(objects: string): Promise<void> {
  if (objects === '-' || isAddress(objects)) throw new UsageError('--objects takes the name of a folder')
  if (!(await statInput(objects)).isDirectory()) throw new FileError(`${objects} is no folder: pass --objects with the folder that the objects are in`)
}

function baseOf(objects: string): URL {
  const address = addressOf(objects)
  if (address.search !== '' || address.hash !== '') throw new UsageError('--objects takes an address without a query: names of objects come behind it')
  return address
}
