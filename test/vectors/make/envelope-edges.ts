import { createHash } from 'node:crypto'
import { copyBytes } from '../../../src/bytes.js'
import { CHUNK, backend, base64url, fileOf, fromBase64url, headerOf, seal, withHeader } from './publisher.js'
import { acceptedEnvelope, refusedEnvelope as refused, serverAccepts } from './vectors.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { Vector } from '../vector.js'

const concat = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => copyBytes(Buffer.concat(parts))
const withPayload = ({ head, payload }: EnvelopeParts, edit: (payload: Uint8Array) => Uint8Array): EnvelopeParts => ({ head, payload: copyBytes(edit(payload)) })
const after = (released: number, vector: Vector): Vector => ({ ...vector, released })

/** What is wrong with the first bytes of a file (R1, R2). */
export async function startVectors(): Promise<readonly Vector[]> {
  const file = fileOf(await seal(10))
  const withSize = (size: number, rest: Uint8Array): Uint8Array => {
    const field = Buffer.alloc(4)
    field.writeUInt32BE(size)
    return concat(file.subarray(0, 8), field, rest)
  }
  const rest = file.subarray(12)
  const headSize = Buffer.from(file).readUInt32BE(8)
  return [
    refused('truncated', 'an empty file', new Uint8Array(0)),
    refused('truncated', 'an end within the magic', file.subarray(0, 7)),
    refused('truncated', 'an end within the size of the head', file.subarray(0, 11)),
    refused('truncated', 'an end before the head', file.subarray(0, 12)),
    refused('truncated', 'an end before the last byte of the head', file.subarray(0, 12 + headSize - 1)),
    refused('not-an-envelope', 'a ZIP file', concat(Buffer.from('PK\u0003\u0004'), file)),
    refused('not-an-envelope', 'the magic after a transfer that changed its line end', concat(file.subarray(0, 6), Buffer.of(13), file.subarray(6))),
    refused('not-an-envelope', 'another last byte of the magic', file.map((byte, i) => (i === 7 ? 0x1b : byte))),
    refused('limit-exceeded', 'a head that claims a byte too many, of a file that ends with its claim', withSize(262_145, new Uint8Array(0))),
    refused('limit-exceeded', 'a head that claims the highest bit', withSize(2 ** 31, rest)),
    refused('malformed-head', 'an empty head', withSize(0, rest)),
    refused('malformed-head', 'a head whose size leaves its last byte to the payload', withSize(headSize - 1, rest)),
    refused('malformed-head', 'a head whose size takes the first byte of the payload', withSize(headSize + 1, rest)),
  ]
}

/** Payloads whose length is wrong by a chunk, by a byte, or by what is signed (R4, R6). */
export async function lengthVectors(): Promise<readonly Vector[]> {
  const exact = await seal(CHUNK)
  const three = await seal(2 * CHUNK)
  const small = await seal(10)
  const empty = await seal(0)
  const claimed = async (envelope: EnvelopeParts, size: number): Promise<EnvelopeParts> => withHeader(envelope, ({ bundle }) => (bundle.size = size))
  return [
    acceptedEnvelope('two full chunks, and an empty third', 2 * CHUNK, three),
    after(CHUNK, refused('truncated', 'the last chunk, which is empty, dropped', withPayload(exact, (payload) => payload.subarray(0, -16)))),
    after(CHUNK, refused('truncated', 'the last chunk, which is empty, cut within its tag', withPayload(exact, (payload) => payload.subarray(0, -1)))),
    refused('truncated', 'an empty bundle without its chunk', withPayload(empty, (payload) => payload.subarray(0, -16))),
    refused('truncated', 'an end within the commitment', withPayload(small, (payload) => payload.subarray(0, 32 + 55))),
    refused('truncated', 'an end before the first chunk', withPayload(small, (payload) => payload.subarray(0, 32 + 56))),
    refused('truncated', 'an end within the first tag', withPayload(small, (payload) => payload.subarray(0, -15))),
    after(CHUNK, refused('trailing-data', 'an empty chunk more', withPayload(exact, (payload) => concat(payload, payload.subarray(-16))))),
    after(10, refused('trailing-data', 'the payload twice', withPayload(small, (payload) => concat(payload, payload)))),
    refused('truncated', 'a size of a byte more was signed', await claimed(small, 11)),
  ]
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()

/** Chunks in another's place, and headers that contradict the payload (R39, R40, R41). */
export async function placeVectors(): Promise<readonly Vector[]> {
  const three = await seal(2 * CHUNK)
  const two = await seal(CHUNK)
  const start = 3 * 32 + 56
  const chunk = CHUNK + 16
  const swap = (payload: Uint8Array): Uint8Array =>
    concat(payload.subarray(0, start), payload.subarray(start + chunk, start + 2 * chunk), payload.subarray(start, start + chunk), payload.subarray(start + 2 * chunk))
  const swapIndex = (payload: Uint8Array): Uint8Array => concat(payload.subarray(32, 64), payload.subarray(0, 32), payload.subarray(64))
  const small = await seal(10)
  const other = await seal(10)
  return [
    refused('bad-chunk', 'two chunks in each other\'s place', withPayload(three, swap)),
    after(CHUNK, refused('bad-chunk', 'the first chunk in the place of the second', withPayload(three, (payload) =>
      concat(payload.subarray(0, start + chunk), payload.subarray(start, start + chunk), payload.subarray(start + 2 * chunk))))),
    refused('bad-index', 'two digests of the index in each other\'s place', withPayload(two, swapIndex)),
    refused('bad-index', 'the payload of another release', withPayload(small, () => other.payload)),
    refused('bad-index', 'another salt was signed than the payload has, and its index digest', await withSalt(small)),
    refused('bad-index', 'another index digest was signed', await withHeader(small, ({ body }) => (body.index = base64url(sha256(fromBase64url(body.index)))))),
    serverAccepts(refused('no-reader-key', 'another commitment was signed, and the payload has it', await withCommitment(small))),
    refused('bad-chunk', 'the chunk of zeros', withPayload(small, (payload) => concat(payload.subarray(0, 88), new Uint8Array(26)))),
    after(CHUNK, refused('bad-chunk', 'a flipped bit in the last byte of the last chunk, which is empty', withPayload(two, (payload) =>
      payload.map((byte, i) => (i === payload.length - 1 ? byte ^ 0x80 : byte))))),
  ]
}

/** The payload has a salt of its own, which the signed index digest covers; the commitment is that of the signed salt. */
async function withSalt(envelope: EnvelopeParts): Promise<EnvelopeParts> {
  const salt = backend.randomBytes(24)
  const payload = concat(envelope.payload.subarray(0, 32), salt, envelope.payload.subarray(56))
  return withHeader({ ...envelope, payload }, ({ body }) => (body.index = base64url(sha256(payload.subarray(0, 88)))))
}

/** A commitment that no session key has. */
async function withCommitment(envelope: EnvelopeParts): Promise<EnvelopeParts> {
  const commitment = sha256(fromBase64url(headerOf(envelope).body.commitment))
  const payload = concat(envelope.payload.subarray(0, 56), commitment, envelope.payload.subarray(88))
  return withHeader({ ...envelope, payload }, ({ body }) => Object.assign(body, { commitment: base64url(commitment), index: base64url(sha256(payload.subarray(0, 88))) }))
}
