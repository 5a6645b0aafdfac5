import { CHUNK } from './publisher.js'
import { objectOf, refusedObject, withBytes, withEntry } from './objects.js'
import type { ObjectVector } from './objects.js'

/** Digest, salt and commitment of an object of one chunk. */
const INDEX_BLOCK = 32 + 56

/** R6, R77: lengths that no object of the entry has. Nothing of one is released, as its length comes first. */
export async function lengthVectors(): Promise<readonly ObjectVector[]> {
  const empty = await objectOf(0)
  const small = await objectOf(10)
  const full = await objectOf(CHUNK)
  const two = await objectOf(CHUNK + 1)
  const cut = (name: string, object: typeof small, length: number): ObjectVector =>
    refusedObject('truncated', name, withBytes(object, (bytes) => bytes.subarray(0, length)))
  const more = (name: string, object: typeof small, ...parts: readonly Uint8Array[]): ObjectVector =>
    refusedObject('trailing-data', name, withBytes(object, (bytes) => Buffer.concat([bytes, ...parts])))
  return [
    cut('no bytes at all', small, 0),
    cut('an end within the index', small, 31),
    cut('an end behind the index', small, 32),
    cut('an end within the salt', small, 32 + 23),
    cut('an end behind the salt', small, 32 + 24),
    cut('an end within the commitment', small, INDEX_BLOCK - 1),
    cut('no chunk', small, INDEX_BLOCK),
    cut('an end within the tag of an empty file', empty, empty.bytes.length - 1),
    cut('no chunk of an empty file', empty, INDEX_BLOCK),
    cut('a chunk without its tag', small, small.bytes.length - 16),
    cut('an end one byte early', small, small.bytes.length - 1),
    cut('an end within the index of two chunks', two, 63),
    cut('an end within the first of two chunks', two, 64 + 56 + 100),
    cut('the last chunk dropped', two, 64 + 56 + CHUNK + 16),
    cut('the last chunk, which is empty, dropped', full, full.bytes.length - 16),
    refusedObject('truncated', 'the first byte missing', withBytes(small, (bytes) => bytes.subarray(1))),
    refusedObject('truncated', 'an entry that says a byte more', withEntry(small, { size: 11 })),
    more('a byte more', small, Buffer.of(0)),
    more('a byte more than an empty file', empty, Buffer.of(0)),
    more('a tag more', small, Buffer.alloc(16)),
    more('the last chunk twice', small, small.bytes.subarray(88)),
    more('the object twice', small, small.bytes),
    refusedObject('trailing-data', 'a byte before it', withBytes(small, (bytes) => Buffer.concat([Buffer.of(0), bytes]))),
    refusedObject('trailing-data', 'an entry that says a byte less', withEntry(small, { size: 9 })),
  ]
}
