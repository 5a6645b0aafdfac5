import { deflateSync, gzipSync, zlibSync } from 'fflate'
import { concatBytes } from '../../../src/bytes.js'
import { bundleBytes } from '../bytes.js'
import { acceptedObject, piecesOf, refusedObject, stored, withBytes } from './objects.js'
import { CHUNK, flipped } from './publisher.js'
import type { Bytes } from '../../../src/bytes.js'
import type { ObjectVector, Pieces, Stored } from './objects.js'

/** Without the time, which is not the same twice. */
const gzip = (file: Uint8Array, filename?: string): Bytes => gzipSync(file, { mtime: 0, level: 9, ...(filename !== undefined && { filename }) })

/** So many bytes that compress well. */
const zeros = (size: number): Bytes => new Uint8Array(size)

async function packed(file: Bytes, compressed: Bytes = gzip(file), chunk: Pieces['chunk'] = CHUNK): Promise<Stored> {
  if (compressed.length >= file.length) throw new Error('an object must be smaller than its file')
  return stored(await piecesOf(compressed, chunk), file, 'gzip')
}

/** R78: what is made of an object that holds a compressed file. */
export async function compressedVectors(): Promise<readonly ObjectVector[]> {
  const file = zeros(1000)
  const small = gzip(file)
  // Its first part does not compress, so that its object has several chunks.
  const long = concatBytes(bundleBytes(CHUNK), zeros(2000))
  const exact = Array.from({ length: 100 }, (_, i) => zeros(i)).find((each) => gzip(each).length === each.length - 1) as Bytes
  const accept = async (name: string, object: Promise<Stored>, content: Bytes): Promise<ObjectVector> => acceptedObject(name, await object, content)
  return [
    await accept('gzip', packed(file), file),
    await accept('gzip in chunks of 262,144 bytes', packed(file, small, 262_144), file),
    await accept('gzip with the name of the file in its header', packed(file, gzip(file, 'file')), file),
    await accept('gzip that takes one byte less than the file', packed(exact), exact),
    await accept('gzip in two chunks', packed(long), long),
    ...(await refusedVectors(file, small)),
  ]
}

async function refusedVectors(file: Bytes, small: Bytes): Promise<readonly ObjectVector[]> {
  const refuse = async (name: string, compressed: Uint8Array): Promise<ObjectVector> =>
    refusedObject('bad-checksum', name, await packed(file, Uint8Array.from(compressed)))
  const honest = await packed(file)
  return [
    await refuse('no gzip', bundleBytes(40)),
    await refuse('no bytes where gzip is to be', zeros(0)),
    await refuse('the format of zlib, not of gzip', zlibSync(file)),
    await refuse('bare DEFLATE, without the header of gzip', deflateSync(file)),
    await refuse('gzip with another first byte', flipped(small, 0)),
    await refuse('gzip that ends within its header', small.subarray(0, 8)),
    await refuse('gzip that ends within its data', small.subarray(0, -10)),
    await refuse('gzip of a byte more than the file has', gzip(zeros(1001))),
    await refuse('gzip of a byte less than the file has', gzip(zeros(999))),
    await refuse('gzip of no bytes', gzip(zeros(0))),
    await refuse('gzip of 500,000 bytes, where the file has 1000', gzip(zeros(500_000))),
    await refuse('gzip of another file of the same length', gzip(flipped(file, 500))),
    refusedObject('bad-chunk', 'a flipped bit in the chunk of a compressed file', withBytes(honest, (bytes) => flipped(bytes, 90))),
    refusedObject('truncated', 'an end one byte early, of a compressed file', withBytes(honest, (bytes) => bytes.subarray(0, -1))),
    refusedObject('trailing-data', 'a byte more, of a compressed file', withBytes(honest, (bytes) => concatBytes(bytes, zeros(1)))),
  ]
}
