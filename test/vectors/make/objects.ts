import { createHash } from 'node:crypto'
import { concatBytes, copyBytes } from '../../../src/bytes.js'
import { chunkContext, chunkNonce, deriveBodyKeys } from '../../../src/crypto/chunked.js'
import { bundleBytes } from '../bytes.js'
import { CHUNK, backend, base64url } from './publisher.js'
import { accepted, refused } from './vectors.js'
import type { Bytes } from '../../../src/bytes.js'
import type { Encoding } from '../../../src/compression.js'
import type { BodyKeys } from '../../../src/crypto/chunked.js'
import type { ErrorCode } from '../../../src/errors.js'
import type { ObjectVectorOptions, Vector } from '../vector.js'

export type Entry = ObjectVectorOptions['entry']
export type ObjectVector = Vector<ObjectVectorOptions>

/** An object that is still in pieces, so that one can be another before its index is made. */
export interface Pieces {
  readonly key: Bytes
  readonly chunk: 16_384 | 262_144
  readonly salt: Bytes
  readonly commitment: Bytes
  readonly chunks: readonly Bytes[]
  /** What the object holds. */
  readonly plaintext: Bytes
}

/** An object, and the entry of the file that is in it. */
export interface Stored {
  readonly entry: Entry
  readonly bytes: Bytes
}

export const sha256 = (bytes: Uint8Array): Bytes => copyBytes(createHash('sha256').update(bytes).digest())

/** How a chunk is encrypted, where it is not as R31 says. */
export type ChunkSealer = (keys: BodyKeys, i: number, plaintext: Bytes) => Promise<Bytes>

export const honestly: ChunkSealer = async ({ key, baseNonce }, i, plaintext) => (await backend.gcmSealer(key)).seal(chunkNonce(baseNonce, i), plaintext)

/** What a publisher makes of a plaintext. */
export async function piecesOf(plaintext: Bytes, chunk: Pieces['chunk'] = CHUNK, sealChunk: ChunkSealer = honestly): Promise<Pieces> {
  const [key, salt] = [backend.randomBytes(32), backend.randomBytes(24)]
  const keys = await deriveBodyKeys(backend, key, salt, chunkContext(chunk))
  const chunks: Bytes[] = []
  for (let i = 0; i <= Math.floor(plaintext.length / chunk); i++) chunks.push(await sealChunk(keys, i, plaintext.slice(i * chunk, (i + 1) * chunk)))
  return { key, chunk, salt, commitment: keys.commitment, chunks, plaintext }
}

/** The object of pieces, under a digest that is right, of a file that is not compressed. */
export function stored({ key, chunk, salt, commitment, chunks, plaintext }: Pieces, file: Bytes = plaintext, encoding?: Encoding): Stored {
  const indexBlock = concatBytes(...chunks.map(sha256), salt, commitment)
  const object = {
    index: base64url(sha256(indexBlock)),
    key: base64url(key),
    chunk,
    ...(encoding !== undefined && { encoding, size: plaintext.length }),
  }
  return { entry: { path: 'file', size: file.length, sha256: base64url(sha256(file)), object }, bytes: concatBytes(indexBlock, ...chunks) }
}

/** An honest object of so many bytes of the sequence. */
export async function objectOf(size: number, chunk?: Pieces['chunk']): Promise<Stored> {
  return stored(await piecesOf(bundleBytes(size), chunk))
}

export function acceptedObject(name: string, { entry, bytes }: Stored, file: Uint8Array): ObjectVector {
  return accepted('object', name, { input: bytes, output: file }, { entry })
}

export function refusedObject(code: ErrorCode, name: string, { entry, bytes }: Stored, released = 0): ObjectVector {
  return { ...refused('object', [code, name], bytes, { entry }), ...(released > 0 && { released }) }
}

/** The same entry of other bytes. */
export const withBytes = ({ entry, bytes }: Stored, edit: (bytes: Bytes) => Uint8Array): Stored => ({ entry, bytes: copyBytes(edit(bytes)) })

/** The same bytes, and another entry. */
export const withEntry = ({ entry, bytes }: Stored, file: Partial<Entry>, object: Partial<Entry['object']> = {}): Stored =>
  ({ entry: { ...entry, ...file, object: { ...entry.object, ...object } }, bytes })
