import { compressedVectors } from './body-compressed.js'
import { chunkVectors, indexVectors } from './body-refused.js'
import { lengthVectors } from './body-lengths.js'
import { CHUNK, backend, fromBase64url } from './publisher.js'
import { acceptedObject, objectOf, stored } from './objects.js'
import { bundleBytes } from '../bytes.js'
import { ascii } from '../../../src/text.js'
import { chunkContext, deriveBodyKeys } from '../../../src/crypto/chunked.js'
import { honestly } from './objects.js'
import type { ObjectVector } from './objects.js'
import type { VectorFile } from '../vector.js'

const about = [
  'Objects of manifests, each with the entry that a manifest has for it. README.md beside this file says what each member means.',
  'Of an object with an encoding nothing comes out before all of it is checked.',
]

export async function makeFamily(): Promise<VectorFile> {
  const vectors: ObjectVector[] = []
  for (const part of [acceptedVectors, lengthVectors, indexVectors, chunkVectors, compressedVectors]) vectors.push(...(await part()))
  return { about, vectors }
}

async function acceptedVectors(): Promise<readonly ObjectVector[]> {
  const vectors: ObjectVector[] = []
  for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 500]) {
    vectors.push(acceptedObject(`${size} bytes in chunks of 16,384`, await objectOf(size), bundleBytes(size)))
  }
  for (const size of [0, 1, 1000, 262_145]) {
    vectors.push(acceptedObject(`${size} bytes in chunks of 262,144`, await objectOf(size, 262_144), bundleBytes(size)))
  }
  return [...vectors, await specVector()]
}

/** The example of section 16 of the specification. */
async function specVector(): Promise<ObjectVector> {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i)
  const salt = key.slice(0, 24)
  const plaintext = ascii('<h1>Hello</h1>\n')
  const keys = await deriveBodyKeys(backend, key, salt, chunkContext(CHUNK))
  const { entry, bytes } = stored({ key, chunk: CHUNK, salt, commitment: keys.commitment, chunks: [await honestly(keys, 0, plaintext)], plaintext })
  const name = Buffer.from(fromBase64url(entry.object.index)).toString('hex')
  if (name !== '317da1f5200f55411f2a3f91ea5056ee27e9b8f6cb3a64bcdb30e42abb7536b8') throw new Error('the specification has another object')
  return acceptedObject('the example of the specification', { entry, bytes }, plaintext)
}
