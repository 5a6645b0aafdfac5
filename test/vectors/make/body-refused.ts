import { chunkContext, chunkNonce, deriveBodyKeys } from '../../../src/crypto/chunked.js'
import { bigEndian, concatBytes, xorBytes } from '../../../src/bytes.js'
import { ascii } from '../../../src/text.js'
import { bundleBytes } from '../bytes.js'
import { honestly, objectOf, piecesOf, refusedObject, sha256, stored, withBytes, withEntry } from './objects.js'
import { CHUNK, backend, base64url, flipped } from './publisher.js'
import type { Bytes } from '../../../src/bytes.js'
import type { ChunkSealer, ObjectVector, Pieces } from './objects.js'

/** Where the chunks of an object of two begin. */
const FIRST = 2 * 32 + 56
const SECOND = FIRST + CHUNK + 16

/** R77: what the index digest and the commitment refuse, before any chunk is looked at. */
export async function indexVectors(): Promise<readonly ObjectVector[]> {
  const small = await objectOf(10)
  const pieces = await piecesOf(bundleBytes(10))
  const other = await piecesOf(bundleBytes(10))
  const large = await piecesOf(bundleBytes(10), 262_144)
  const two = await objectOf(CHUNK + 1)
  const flip = (name: string, at: number): ObjectVector => refusedObject('bad-index', name, withBytes(small, (bytes) => flipped(bytes, at)))
  const commitmentOf = async (key: Bytes, salt: Bytes, context: Bytes): Promise<Bytes> => (await deriveBodyKeys(backend, key, salt, context)).commitment
  const committed = async (name: string, commitment: Promise<Bytes>, of = pieces): Promise<ObjectVector> =>
    refusedObject('bad-index', name, stored({ ...of, commitment: await commitment }))
  const { key, salt } = pieces
  return [
    flip('a flipped bit in the first byte of the index', 0),
    flip('a flipped bit in the last byte of the index', 31),
    flip('a flipped bit in the first byte of the salt', 32),
    flip('a flipped bit in the last byte of the salt', 55),
    flip('a flipped bit in the first byte of the commitment', 56),
    flip('a flipped bit in the last byte of the commitment', 87),
    refusedObject('bad-index', 'the two digests of the index swapped', withBytes(two, swapDigests)),
    refusedObject('bad-index', 'another object of the same length', { ...small, bytes: stored(other).bytes }),
    refusedObject('bad-index', 'a forged chunk, and its digest in the index', await forged()),
    refusedObject('bad-index', 'a flipped bit in the digest of the entry', withEntry(small, {}, { index: base64url(flipped(Buffer.from(small.entry.object.index, 'base64url'), 31)) })),
    refusedObject('bad-index', 'an honest object, and another key in the entry', withEntry(small, {}, { key: base64url(other.key) })),
    await committed('the commitment of another key, under an honest digest', commitmentOf(other.key, salt, ascii(''))),
    await committed('the commitment of another salt, under an honest digest', commitmentOf(key, other.salt, ascii(''))),
    await committed('the commitment of the other chunk size, under an honest digest', commitmentOf(key, salt, chunkContext(262_144))),
    await committed('the commitment of C2SP for chunks of 262,144 bytes', commitmentOf(large.key, large.salt, ascii('')), large),
    await committed('a commitment of zeros, under an honest digest', Promise.resolve(new Uint8Array(32))),
    refusedObject('bad-index', 'chunks of 16,384 bytes, of which the entry says 262,144', withEntry(small, {}, { chunk: 262_144 })),
    refusedObject('bad-index', 'chunks of 262,144 bytes, of which the entry says 16,384', withEntry(stored(large), {}, { chunk: CHUNK })),
  ]
}

const swapDigests = (bytes: Uint8Array): Uint8Array => Buffer.concat([bytes.subarray(32, 64), bytes.subarray(0, 32), bytes.subarray(64)])

/** Whoever can read a release has the keys of its objects, and can make chunks whose tag holds. */
async function forged(): Promise<ReturnType<typeof stored>> {
  const pieces = await piecesOf(bundleBytes(10))
  const keys = await deriveBodyKeys(backend, pieces.key, pieces.salt, chunkContext(CHUNK))
  const chunks = [await honestly(keys, 0, new Uint8Array(10))]
  return { entry: stored(pieces).entry, bytes: stored({ ...pieces, chunks }).bytes }
}

/** R41: chunks that aren't what was signed; and those that are, and whose tag doesn't hold. */
export async function chunkVectors(): Promise<readonly ObjectVector[]> {
  const small = await objectOf(10)
  const otherSmall = await objectOf(10)
  const empty = await objectOf(0)
  const full = await objectOf(CHUNK)
  const two = await objectOf(CHUNK + 1)
  const three = await objectOf(2 * CHUNK + 1)
  const pieces = await piecesOf(bundleBytes(CHUNK + 1))
  const other = stored(await piecesOf(bundleBytes(CHUNK + 1)))
  const keys = await deriveBodyKeys(backend, pieces.key, pieces.salt, chunkContext(CHUNK))
  const forgedLast = await honestly(keys, 1, Uint8Array.of(0))
  const flip = (name: string, object: typeof small, at: number, released = 0): ObjectVector =>
    refusedObject('bad-chunk', name, withBytes(object, (bytes) => flipped(bytes, at)), released)
  const last = (object: typeof small): number => object.bytes.length - 1
  const edit = (name: string, object: typeof small, change: (bytes: Bytes) => Uint8Array, released = 0): ObjectVector =>
    refusedObject('bad-chunk', name, withBytes(object, change), released)
  return [
    flip('a flipped bit in the first byte of a chunk', small, 88),
    flip('a flipped bit in the last byte of a chunk', small, 97),
    flip('a flipped bit in the first byte of the tag', small, 98),
    flip('a flipped bit in the last byte of the tag', small, last(small)),
    flip('a flipped bit in the tag of an empty file', empty, last(empty)),
    flip('a flipped bit in the first of two chunks', two, FIRST),
    flip('a flipped bit in the second chunk', two, SECOND, CHUNK),
    flip('a flipped bit in the tag of the last chunk, which is empty', full, last(full), CHUNK),
    edit('the first two of three chunks swapped', three, swapChunks),
    edit('the chunk of another object', small, (bytes) => Buffer.concat([bytes.subarray(0, 88), otherSmall.bytes.subarray(88)])),
    edit('the last chunk of another object', stored(pieces), (bytes) => Buffer.concat([bytes.subarray(0, SECOND), other.bytes.subarray(SECOND)]), CHUNK),
    edit('a forged last chunk, whose tag holds', stored(pieces), (bytes) => Buffer.concat([bytes.subarray(0, SECOND), forgedLast]), CHUNK),
    ...(await tagVectors()),
    refusedObject('bad-checksum', 'an entry with the SHA-256 of another file', withEntry(small, { sha256: base64url(sha256(bundleBytes(11))) }), 10),
    refusedObject('bad-checksum', 'an entry with another SHA-256 of no bytes', withEntry(empty, { sha256: base64url(new Uint8Array(32)) })),
  ]
}

/** Of an object of two full chunks, which have places for three. */
const chunkAt = (bytes: Uint8Array, i: number): Uint8Array => bytes.subarray(3 * 32 + 56 + i * (CHUNK + 16), 3 * 32 + 56 + (i + 1) * (CHUNK + 16))
const swapChunks = (bytes: Uint8Array): Uint8Array => Buffer.concat([bytes.subarray(0, 3 * 32 + 56), chunkAt(bytes, 1), chunkAt(bytes, 0), chunkAt(bytes, 2)])

/** A publisher's broken tool: all digests are right, and a tag is not. */
async function tagVectors(): Promise<readonly ObjectVector[]> {
  const swapped = await piecesOf(bundleBytes(2 * CHUNK + 1))
  const [zero, one, two] = swapped.chunks as [Bytes, Bytes, Bytes]
  const broken = await piecesOf(bundleBytes(10))
  const second = await piecesOf(bundleBytes(CHUNK + 1))
  const by = async (name: string, sealChunk: ChunkSealer, size = 10, chunk: Pieces['chunk'] = CHUNK, released = 0): Promise<ObjectVector> =>
    refusedObject('bad-chunk', name, stored(await piecesOf(bundleBytes(size), chunk, sealChunk)), released)
  const withNonce = (nonceOf: (baseNonce: Bytes, i: number) => Bytes): ChunkSealer =>
    async ({ key, baseNonce }, i, plaintext) => (await backend.gcmSealer(key)).seal(nonceOf(baseNonce, i), plaintext)
  const one1 = (i: number): number => (i === 0 ? 0 : 1)
  return [
    refusedObject('bad-chunk', 'an honest digest of a chunk whose tag does not hold', stored({ ...broken, chunks: [flipped(broken.chunks[0] as Bytes, 25) as Bytes] })),
    refusedObject('bad-chunk', 'an honest digest of a second chunk whose tag does not hold', stored({ ...second, chunks: [second.chunks[0] as Bytes, flipped(second.chunks[1] as Bytes, 16) as Bytes] }), CHUNK),
    refusedObject('bad-chunk', 'an honest digest of a chunk with a tag of zeros', stored({ ...broken, chunks: [concatBytes((broken.chunks[0] as Bytes).slice(0, 10), new Uint8Array(16))] })),
    refusedObject('bad-chunk', 'the first two chunks swapped, and their digests with them', stored({ ...swapped, chunks: [one, zero, two] })),
    await by('chunks with additional data', async ({ key, baseNonce }, i, plaintext) => (await backend.gcmSealer(key)).seal(chunkNonce(baseNonce, i), plaintext, ascii('x'))),
    await by('chunks counted from 1', withNonce((baseNonce, i) => chunkNonce(baseNonce, i + 1))),
    await by('chunks counted in little-endian order', withNonce((baseNonce, i) => xorBytes(baseNonce, bigEndian(i, 12).reverse())), CHUNK + 1, CHUNK, CHUNK),
    await by('a last chunk marked in its nonce, as of STREAM', withNonce((baseNonce, i) => xorBytes(baseNonce, Uint8Array.from({ length: 12 }, (_, at) => (at === 11 ? one1(i) : at === 0 && i === 1 ? 1 : 0)))), CHUNK + 1, CHUNK, CHUNK),
  ]
}
