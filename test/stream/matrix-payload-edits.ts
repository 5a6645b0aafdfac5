import { createHash } from 'node:crypto'
import { forgedChunk, memberBytes } from '../envelope/attacker.js'
import { CHUNK } from '../envelope/helpers.js'
import { base64url, rawHeader, withPayload, withSigned } from '../envelope/hostile.js'
import { bytesOf, other, sealed, signer, withoutSlots } from './matrix-honest.js'
import type { EnvelopeParts } from '../../src/index.js'
import type { Row } from './matrix-honest.js'

const CHUNKS = 3
const INDEX = 32 * CHUNKS
const BODY = INDEX + 56
const SEALED = CHUNK + 16
const { payload } = sealed
const chunkAt = (i: number): readonly [number, number] => [BODY + i * SEALED, Math.min(BODY + (i + 1) * SEALED, payload.length)]
const digestAt = (i: number): readonly [number, number] => [32 * i, 32 * (i + 1)]
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

const flip = (at: number) => (bytes: Uint8Array): void => void (bytes[at] = (bytes[at] as number) ^ 0x10)
const withBody = (...parts: readonly Uint8Array[]): EnvelopeParts => ({ head: sealed.head, payload: bytesOf(...parts) })
const chunk = (i: number): Uint8Array => payload.subarray(...chunkAt(i))
const swapped = (range: typeof chunkAt, i: number, j: number) => (bytes: Uint8Array): void => {
  bytes.set(payload.subarray(...range(i)), range(j)[0])
  bytes.set(payload.subarray(...range(j)), range(i)[0])
}
const signedIndex = (envelope: EnvelopeParts): EnvelopeParts =>
  withSigned(envelope, signer, (header) => (header.body.index = base64url(sha256(envelope.payload.subarray(0, BODY)))))

/** A chunk of the attacker's choice, with a valid tag. */
const forged = await forgedChunk(sealed.head, signer, 1, new Uint8Array(CHUNK).fill(0x41))
const withForged = withPayload(sealed, (bytes) => bytes.set(forged, chunkAt(1)[0]))

const indexes: readonly Row[] = [
  ...([['index', 5], ['last digest', INDEX - 1], ['salt', INDEX], ['commitment', INDEX + 24], ['last byte before the chunks', BODY - 1]] as const)
    .map(([what, at]): Row => ({ name: `a flipped bit in the ${what}`, envelope: withPayload(sealed, flip(at)), code: 'bad-index' })),
  { name: 'digests swapped', envelope: withPayload(sealed, swapped(digestAt, 0, 1)), code: 'bad-index' },
  {
    name: 'chunks swapped with their digests',
    envelope: withPayload(withPayload(sealed, swapped(chunkAt, 0, 1)), swapped(digestAt, 0, 1)),
    code: 'bad-index',
  },
  { name: 'the payload of another release', envelope: { ...sealed, payload: other.payload }, code: 'bad-index' },
  { name: 'the head of another release', envelope: { ...sealed, head: other.head }, code: 'bad-index' },
  { name: 'a payload of zeros', envelope: withPayload(sealed, (bytes) => bytes.fill(0)), code: 'bad-index' },
  {
    name: 'a chunk by someone who owns the app, with its digest in the index',
    envelope: withPayload(withForged, (bytes) => bytes.set(sha256(forged), 32)),
    code: 'bad-index',
  },
]

const chunks: readonly Row[] = [
  ...([['first chunk', BODY], ['second chunk', BODY + SEALED], ['first tag', BODY + SEALED - 1], ['last byte', payload.length - 1]] as const)
    .map(([what, at]): Row => ({ name: `a flipped bit in the ${what}`, envelope: withPayload(sealed, flip(at)), code: 'bad-chunk' })),
  { name: 'chunks swapped', envelope: withPayload(sealed, swapped(chunkAt, 0, 1)), code: 'bad-chunk' },
  { name: 'chunk 0 repeated in place of chunk 1', envelope: withPayload(sealed, (bytes) => bytes.set(chunk(0), chunkAt(1)[0])), code: 'bad-chunk' },
  { name: 'chunk 1 of zeros', envelope: withPayload(sealed, (bytes) => bytes.fill(0, ...chunkAt(1))), code: 'bad-chunk' },
  {
    name: 'chunk 1 of another release',
    envelope: withPayload(sealed, (bytes) => bytes.set(other.payload.subarray(...chunkAt(1)), chunkAt(1)[0])),
    code: 'bad-chunk',
  },
  { name: 'all chunks of another release', envelope: withBody(payload.subarray(0, BODY), other.payload.subarray(BODY)), code: 'bad-chunk' },
  { name: 'chunks cut one byte later', envelope: withBody(payload.subarray(0, BODY), payload.subarray(BODY + 1), Buffer.of(0)), code: 'bad-chunk' },
  { name: 'R41: a chunk by someone who owns the app, with a valid tag', envelope: withForged, code: 'bad-chunk' },
]

const ATTHEEND = 'a stream learns of its length only at the end, and meets the wrong chunk first'

const lengths: readonly Row[] = [
  { name: 'no payload', envelope: withBody(), code: 'truncated' },
  { name: 'chunk 1 dropped', envelope: withBody(payload.subarray(0, chunkAt(1)[0]), chunk(2)), code: 'truncated' },
  {
    name: 'chunk 0 dropped',
    envelope: withBody(payload.subarray(0, BODY), chunk(1), chunk(2)),
    code: { whole: 'truncated', stream: 'bad-chunk', random: 'truncated', because: ATTHEEND },
  },
  { name: 'the last chunk dropped', envelope: withBody(payload.subarray(0, chunkAt(2)[0])), code: 'truncated' },
  { name: 'the last chunk twice', envelope: withBody(payload, chunk(2)), code: 'trailing-data' },
  {
    name: 'chunk 0 twice',
    envelope: withBody(payload.subarray(0, chunkAt(0)[1]), payload.subarray(chunkAt(0)[0])),
    code: { whole: 'trailing-data', stream: 'bad-chunk', random: 'trailing-data', because: ATTHEEND },
  },
  {
    name: 'a signed size of one less',
    envelope: withSigned(sealed, signer, (header) => (header.bundle.size -= 1)),
    code: { whole: 'trailing-data', stream: 'bad-chunk', random: 'trailing-data', because: ATTHEEND },
  },
  { name: 'a signed size of one more', envelope: withSigned(sealed, signer, (header) => (header.bundle.size += 1)), code: 'truncated' },
  {
    name: 'no slot and a byte more',
    envelope: { head: withoutSlots.head, payload: bytesOf(payload, Buffer.of(0)) },
    code: { whole: 'trailing-data', stream: 'no-reader-key', random: 'no-reader-key', because: 'the head is opened before a payload is at hand' },
  },
  {
    name: 'no slot and no payload',
    envelope: { head: withoutSlots.head, payload: new Uint8Array(0) },
    code: { whole: 'truncated', stream: 'no-reader-key', random: 'no-reader-key', because: 'the head is opened before a payload is at hand' },
  },
]

const wrongChecksum = memberBytes(rawHeader(sealed.head).bundle.checksum)
flip(0)(wrongChecksum)
const wrongTag = withPayload(sealed, (bytes) => {
  flip(chunkAt(1)[1] - 1)(bytes)
  bytes.set(sha256(bytes.subarray(...chunkAt(1))), 32)
})

/** The publisher's own key signed these: its tool was broken. */
const brokenPublishers: readonly Row[] = [
  { name: 'a signed chunk whose tag does not hold', envelope: signedIndex(wrongTag), code: 'bad-chunk' },
  { name: 'a signed index whose salt is another', envelope: signedIndex(withPayload(sealed, flip(INDEX))), code: 'bad-index' },
  { name: 'a signed index whose commitment is another', envelope: signedIndex(withPayload(sealed, flip(INDEX + 24))), code: 'bad-index' },
  {
    name: 'another commitment signed throughout',
    envelope: withSigned(signedIndex(withPayload(sealed, flip(INDEX + 24))), signer, (header) => {
      const bytes = memberBytes(header.body.commitment)
      flip(0)(bytes)
      header.body.commitment = base64url(bytes)
    }),
    code: 'no-reader-key',
  },
  {
    name: 'another checksum signed',
    envelope: withSigned(sealed, signer, (header) => (header.bundle.checksum = base64url(wrongChecksum))),
    code: 'bad-checksum',
  },
]

/** What is refused although its head is accepted. */
export const payloadRows: readonly Row[] = [...indexes, ...chunks, ...lengths, ...brokenPublishers]
