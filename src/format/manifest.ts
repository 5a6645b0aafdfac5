import { encodings } from '../compression.js'
import { EnvelopeError } from '../errors.js'
import { anyString, base64urlOf, integerUpTo, listOf, malformed, parseExactJson, readObject } from '../json.js'
import { base64urlDecode, hexEncode, utf8Encode } from '../text.js'
import { geometryOf } from './geometry.js'
import { chunkMember } from './header.js'
import { DIGEST_SIZE, FILES_MAX, MANIFEST_SIZE_MAX } from './limits.js'
import { pathSet } from './path.js'
import type { Bytes } from '../bytes.js'
import type { Encoding } from '../compression.js'
import type { Check } from '../json.js'
import type { ChunkSize, Geometry } from './geometry.js'

/** The media type of a manifest. */ // R71
export const MANIFEST_TYPE = 'application/vnd.otaseal.manifest+json'

/** Where a file's bytes are, and what opens them; binary members are base64url. */
export interface ObjectEntry {
  /** Index digest. */
  readonly index: string
  /** Session key. */
  readonly key: string
  readonly chunk: ChunkSize
  /** Left out: the object holds the file as it is. */
  readonly encoding?: Encoding
  /** Bytes of the encoded file, fewer than the file has; there with `encoding`, and only then. */
  readonly size?: number
}

/** A file as a manifest lists it. */
export interface FileEntry {
  readonly path: string
  /** Bytes of the file. */
  readonly size: number
  /** SHA-256 of the file, base64url. */
  readonly sha256: string
  readonly object: ObjectEntry
}

const encoding: Check<Encoding> = (value, where) => {
  const known = encodings.find((name) => name === anyString(value, where))
  if (known === undefined) throw new EnvelopeError('unsupported', `${where} is not one of ${encodings.join(', ')}`)
  return known
}

const size = /* @__PURE__ */ integerUpTo(Number.MAX_SAFE_INTEGER)
const digest = /* @__PURE__ */ base64urlOf(DIGEST_SIZE)

const object: Check<ObjectEntry> = (value, where) => {
  const read: ObjectEntry = readObject(value, where, { index: digest, key: digest, chunk: chunkMember }, { encoding, size })
  if ((read.encoding === undefined) !== (read.size === undefined)) throw malformed(where, 'must have encoding and size together, or neither')
  return read
}

// R72
const file: Check<FileEntry> = (value, where) => {
  const read: FileEntry = readObject(value, where, { path: anyString, size, sha256: digest, object }, {})
  // What a device accepts of files bounds what it fetches.
  if ((read.object.size ?? -1) >= read.size) throw malformed(`${where}.object.size`, 'is not smaller than the file')
  objectGeometry(read)
  return read
}

const fileList = /* @__PURE__ */ listOf(file, 0, FILES_MAX)

/** Tells contents apart: two files with one key are the same. */
export function contentKey({ size: length, sha256 }: Pick<FileEntry, 'size' | 'sha256'>): string {
  return `${length} ${sha256}`
}

/** The lengths of a file's object. */
export function objectGeometry({ size: plain, object: { chunk: chunkSize, size: encoded = plain } }: Pick<FileEntry, 'size' | 'object'>): Geometry {
  return geometryOf(encoded, chunkSize)
}

/** What an object is stored and fetched under: its index digest, in hex. */ // R75
export function objectName({ index }: Pick<ObjectEntry, 'index'>): string {
  return hexEncode(base64urlDecode(index) as Bytes)
}

/**
 * Reads the bundle of a manifest.
 *
 * @throws EnvelopeError `bad-manifest`, `unsupported`
 */
export function parseManifest(bytes: Uint8Array): readonly FileEntry[] {
  return asManifest(() => {
    const { files } = readObject(parseExactJson(bytes, 'manifest'), 'manifest', { files: fileList }, {})
    checkFiles(files)
    return files
  })
}

/** What no single entry shows. */
function checkFiles(files: readonly FileEntry[]): void {
  const pathIn = pathSet()
  const objects = new Map<string, string>()
  let total = 0
  for (const { path, size: length, sha256, object: entry } of files) {
    // R73, R74
    const refused = pathIn(path)
    if (refused !== undefined) throw malformed('a path of the manifest', refused.problem)
    // R76
    const said = JSON.stringify([length, sha256, entry.key, entry.chunk, entry.encoding, entry.size])
    if ((objects.get(entry.index) ?? said) !== said) throw malformed('the manifest', 'says different things of one object')
    objects.set(entry.index, said)
    total += length
  }
  if (!Number.isSafeInteger(total)) throw malformed('the manifest', 'has more bytes of files than a number can count')
}

/**
 * The bundle of a manifest, of as many files as there may be.
 *
 * @throws EnvelopeError `limit-exceeded`
 */
export function manifestBytes(files: readonly FileEntry[]): Bytes {
  const bytes = utf8Encode(JSON.stringify({ files })) as Bytes
  if (bytes.length > MANIFEST_SIZE_MAX) {
    throw new EnvelopeError('limit-exceeded', `the manifest takes more than ${MANIFEST_SIZE_MAX} bytes: shorten the paths`)
  }
  return bytes
}

/** Gives malformed JSON the code of what it is. */
function asManifest<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof EnvelopeError) || error.code === 'unsupported') throw error
    throw new EnvelopeError('bad-manifest', error.message)
  }
}
