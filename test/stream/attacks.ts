import { createHash } from 'node:crypto'
import { copyBytes } from '../../src/bytes.js'
import { forgedChunk } from '../envelope/attacker.js'
import { CHUNK, pattern, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import type { EnvelopeParts, ErrorCode } from '../../src/index.js'

const CHUNKS = 7
export const LAST = CHUNKS - 1
const INDEX = 32 * CHUNKS
export const BODY = INDEX + 24 + 32
export const SEALED = CHUNK + 16

export const signer = freshEd25519()
export const bundle = pattern(LAST * CHUNK + 500)
export const sealed = await seal(signer, bundle)
const other = await seal(signer, pattern(bundle.length, 99))

export const plain = (i: number): Uint8Array => bundle.subarray(i * CHUNK, (i + 1) * CHUNK)
const sealedOf = ({ payload }: EnvelopeParts, i: number): Uint8Array =>
  payload.subarray(BODY + i * SEALED, i === LAST ? undefined : BODY + (i + 1) * SEALED)
const chunk = (i: number): Uint8Array => sealedOf(sealed, i)
const allChunks = Array.from({ length: CHUNKS }, (_, i) => chunk(i))
export const genuine = allChunks.map((bytes) => copyBytes(bytes.subarray(0, -16)))
const forged = async (i: number, plaintext: Uint8Array): Promise<Uint8Array> =>
  forgedChunk(sealed.head, signer, i, plaintext)
export const evil = async (i: number): Promise<Uint8Array> => forged(i, new Uint8Array(plain(i).length).fill(0x41))
export const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** The genuine start of the payload, and these chunks. */
function withChunks(chunks: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([sealed.payload.subarray(0, BODY), ...chunks])
}

/** With some chunks in the places of others. */
export function withPlaced(placed: Readonly<Record<number, Uint8Array>>): Uint8Array {
  return withChunks(allChunks.map((bytes, i) => placed[i] ?? bytes))
}

/** The index entries of chunks made to match them. */
export function withEntries(payload: Uint8Array, ...numbers: readonly number[]): Uint8Array {
  const out = new Uint8Array(payload)
  for (const i of numbers) out.set(sha256(sealedOf({ head: sealed.head, payload: out }, i)), 32 * i)
  return out
}

export interface Attack {
  readonly name: string
  readonly payload: () => Uint8Array | Promise<Uint8Array>
  readonly code: ErrorCode
  /** Genuine chunks that come out before the failure. */
  readonly released: number
}

/** The attacker owns the app, so has the session key, and makes tags at will. */
export const forgeries: readonly Attack[] = [
  ...[0, 1, 3, 5, LAST].flatMap((i): readonly Attack[] => [
    {
      name: `chunk ${i} forged with a valid tag`,
      payload: async () => withPlaced({ [i]: await evil(i) }),
      code: 'bad-chunk',
      released: i,
    },
    {
      name: `chunk ${i} forged with a valid tag, and its index entry changed to match`,
      payload: async () => withEntries(withPlaced({ [i]: await evil(i) }), i),
      code: 'bad-index',
      released: 0,
    },
    {
      name: `chunk ${i} forged with one bit of its plaintext changed`,
      payload: async () => withPlaced({ [i]: await forged(i, plain(i).map((byte, at) => (at === 7 ? byte ^ 1 : byte))) }),
      code: 'bad-chunk',
      released: i,
    },
  ]),
  {
    name: 'every chunk and the whole index forged',
    payload: async () => {
      const all = await Promise.all(allChunks.map(async (_, i) => evil(i)))
      return withEntries(withChunks(all), ...all.keys())
    },
    code: 'bad-index',
    released: 0,
  },
  {
    name: 'two chunks swapped and encrypted again for their new places',
    payload: async () => withPlaced({ 1: await forged(1, plain(2)), 2: await forged(2, plain(1)) }),
    code: 'bad-chunk',
    released: 1,
  },
  {
    name: 'a border between chunks moved by 100 bytes, both encrypted again',
    payload: async () => withPlaced({
      1: await forged(1, plain(1).subarray(0, -100)),
      2: await forged(2, Buffer.concat([plain(1).subarray(-100), plain(2)])),
    }),
    code: 'bad-chunk',
    released: 1,
  },
  {
    name: 'a chunk cut in two halves, each with its own tag',
    payload: async () => withPlaced({
      2: Buffer.concat([await forged(2, plain(2).subarray(0, CHUNK / 2)), await forged(3, plain(2).subarray(CHUNK / 2))]),
    }),
    code: 'bad-chunk',
    released: 2,
  },
  {
    name: 'all encrypted again as one chunk',
    payload: async () => withChunks([await forged(0, bundle), new Uint8Array(16 * LAST)]),
    code: 'bad-chunk',
    released: 0,
  },
]

/** What a distributor can do who has no key at all. */
export const rearrangements: readonly Attack[] = [
  { name: 'chunks 0 and 1 swapped', payload: () => withPlaced({ 0: chunk(1), 1: chunk(0) }), code: 'bad-chunk', released: 0 },
  { name: 'chunks 2 and 5 swapped', payload: () => withPlaced({ 2: chunk(5), 5: chunk(2) }), code: 'bad-chunk', released: 2 },
  {
    name: 'chunks 2 and 5 swapped with their index entries',
    payload: () => withEntries(withPlaced({ 2: chunk(5), 5: chunk(2) }), 2, 5),
    code: 'bad-index',
    released: 0,
  },
  { name: 'chunk 3 in place of chunk 4', payload: () => withPlaced({ 4: chunk(3) }), code: 'bad-chunk', released: 4 },
  {
    name: 'chunk 3 in place of chunk 4, with its index entry',
    payload: () => withEntries(withPlaced({ 4: chunk(3) }), 4),
    code: 'bad-index',
    released: 0,
  },
  {
    name: 'chunk 1 twice, all others behind it',
    payload: () => withChunks([...allChunks.slice(0, 2), ...allChunks.slice(1)]),
    code: 'bad-chunk',
    released: 2,
  },
  { name: 'chunk 0 dropped', payload: () => withChunks(allChunks.slice(1)), code: 'bad-chunk', released: 0 },
  {
    name: 'chunk 4 dropped',
    payload: () => withChunks([...allChunks.slice(0, 4), ...allChunks.slice(5)]),
    code: 'bad-chunk',
    released: 4,
  },
  {
    name: 'the last whole chunk dropped',
    payload: () => withChunks([...allChunks.slice(0, 5), chunk(LAST)]),
    code: 'truncated',
    released: 5,
  },
  {
    name: 'the first byte of chunk 2 dropped, which moves all that follows',
    payload: () => withPlaced({ 2: chunk(2).subarray(1) }),
    code: 'bad-chunk',
    released: 2,
  },
  {
    name: 'a byte put in before chunk 2',
    payload: () => withPlaced({ 2: Buffer.concat([Buffer.of(0), chunk(2)]) }),
    code: 'bad-chunk',
    released: 2,
  },
  {
    name: 'one chunk of another release',
    payload: () => withPlaced({ 3: sealedOf(other, 3) }),
    code: 'bad-chunk',
    released: 3,
  },
  {
    name: 'the chunks of another release of the same size',
    payload: () => withChunks([other.payload.subarray(BODY)]),
    code: 'bad-chunk',
    released: 0,
  },
  {
    name: 'the chunks of another release from number 4 on',
    payload: () => withChunks([...allChunks.slice(0, 4), other.payload.subarray(BODY + 4 * SEALED)]),
    code: 'bad-chunk',
    released: 4,
  },
  { name: 'the whole payload of another release', payload: () => other.payload, code: 'bad-index', released: 0 },
  {
    name: 'the index of another release',
    payload: () => Buffer.concat([other.payload.subarray(0, INDEX), sealed.payload.subarray(INDEX)]),
    code: 'bad-index',
    released: 0,
  },
  { name: 'chunk 5 zeroed', payload: () => withPlaced({ 5: new Uint8Array(SEALED) }), code: 'bad-chunk', released: 5 },
  {
    name: 'the tags of chunks 1 and 2 swapped',
    payload: () => withPlaced({
      1: Buffer.concat([chunk(1).subarray(0, -16), chunk(2).subarray(-16)]),
      2: Buffer.concat([chunk(2).subarray(0, -16), chunk(1).subarray(-16)]),
    }),
    code: 'bad-chunk',
    released: 1,
  },
]
