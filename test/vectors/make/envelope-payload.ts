import { createHash } from 'node:crypto'
import { copyBytes } from '../../../src/bytes.js'
import { chunkContext, chunkNonce, deriveBodyKeys } from '../../../src/crypto/chunked.js'
import { openSlot, secretReader } from '../../../src/keys/slots.js'
import { CHUNK, backend, base64url, fileOf, flipped, fromBase64url, headOf, headerOf, keys, seal, withHead, withHeader } from './publisher.js'
import { jwk, refusedEnvelope as refused, serverAccepts } from './vectors.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { Vector } from '../vector.js'

const SIZE = CHUNK + 1
/** Where the chunk that two digests, salt and commitment, and a chunk go before begins. */
const SECOND = 2 * 32 + 56 + CHUNK + 16

const withPayload = ({ head, payload }: EnvelopeParts, edit: (payload: Uint8Array) => Uint8Array): EnvelopeParts => ({ head, payload: copyBytes(edit(payload)) })
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** A chunk of the attacker's choice whose tag holds: who has the app has the session key. */
async function forgedChunk(envelope: EnvelopeParts, i: number, plaintext: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const reader = await secretReader(fromBase64url(keys.secret), backend)
  const sessionKey = await openSlot(headOf(envelope).keys[0] as string, [reader], backend)
  if (sessionKey === undefined) throw new Error('the slot is for another secret')
  const body = await deriveBodyKeys(backend, sessionKey, fromBase64url(headerOf(envelope).body.salt), chunkContext(CHUNK))
  return (await backend.gcmSealer(body.key)).seal(chunkNonce(body.baseNonce, i), plaintext)
}

/** The key slots, which are not signed. */
export async function slotVectors(): Promise<readonly Vector[]> {
  const small = await seal(10)
  const forSecret = await seal(10, { readers: [fromBase64url(keys.secret)] })
  const { kty, crv, x, y } = keys.p256
  const forP256 = await seal(10, { readers: [{ kty, crv, x, y }] })
  const flipSlot = withHead(small, (head) => {
    const parts = (head.keys[0] as string).split('.')
    parts[1] = base64url(flipped(fromBase64url(parts[1] as string), 7))
    head.keys = [parts.join('.')]
  })
  return [
    refused('no-reader-key', 'no slot', withHead(small, (head) => (head.keys = []))),
    refused('no-reader-key', 'a flipped bit in the slot', flipSlot),
    refused('no-reader-key', 'the slot of another release', withHead(small, (head) => (head.keys = headOf(forSecret).keys))),
    refused('no-reader-key', 'another secret than the slot is for', forSecret, { reader: { secret: keys.otherSecret } }),
    refused('no-reader-key', 'another P-256 key than the slot is for', forP256, { reader: jwk(keys.otherP256) }),
  ].map(serverAccepts)
}

/** What follows the head. */
export async function payloadVectors(): Promise<readonly Vector[]> {
  const sealed = await seal(SIZE)
  const small = await seal(10)
  const smallForSecret = await seal(10, { readers: [fromBase64url(keys.secret)] })
  const forSecret = await seal(SIZE, { readers: [fromBase64url(keys.secret)] })
  const forged = await forgedChunk(forSecret, 1, new Uint8Array([65]))
  const first = await forgedChunk(smallForSecret, 0, new Uint8Array(10))
  const withForged = withPayload(forSecret, (payload) => Buffer.concat([payload.subarray(0, SECOND), forged]))
  const afterFirst = { released: CHUNK }
  return [
    refused('bad-index', 'a flipped bit in the index', withPayload(small, (payload) => flipped(payload, 5))),
    refused('bad-index', 'a flipped bit in the salt', withPayload(small, (payload) => flipped(payload, 32))),
    refused('bad-index', 'a flipped bit in the commitment', withPayload(small, (payload) => flipped(payload, 56))),
    refused('bad-index', 'a forged chunk, and its digest in the index', withPayload(smallForSecret, (payload) =>
      Buffer.concat([sha256(first), payload.subarray(32, 32 + 56), first])), { reader: { secret: keys.secret } }),
    refused('bad-chunk', 'a flipped bit in the first chunk', withPayload(small, (payload) => flipped(payload, 32 + 56))),
    refused('bad-chunk', 'a flipped bit in the tag', withPayload(small, (payload) => flipped(payload, payload.length - 1))),
    { ...refused('bad-chunk', 'a flipped bit in the second chunk', withPayload(sealed, (payload) => flipped(payload, SECOND))), ...afterFirst },
    { ...refused('bad-chunk', 'a forged second chunk, whose tag holds', withForged, { reader: { secret: keys.secret } }), ...afterFirst },
    await tagVector(small),
    refused('truncated', 'an end within the head', fileOf(small).subarray(0, 100)),
    refused('truncated', 'no payload', withPayload(small, () => new Uint8Array(0))),
    refused('truncated', 'an end within the index', withPayload(small, (payload) => payload.subarray(0, 40))),
    { ...refused('truncated', 'the last chunk dropped', withPayload(sealed, (payload) => payload.subarray(0, SECOND))), ...afterFirst },
    refused('truncated', 'an end one byte early', withPayload(small, (payload) => payload.subarray(0, -1))),
    { ...refused('trailing-data', 'a byte more', withPayload(small, (payload) => Buffer.concat([payload, Buffer.of(0)]))), released: 10 },
    { ...(await checksumVector(small)), released: 10 },
  ]
}

/** The publisher's own broken tool: what is signed is a chunk whose tag doesn't hold. */
async function tagVector(small: EnvelopeParts): Promise<Vector> {
  const broken = flipped(small.payload, small.payload.length - 1)
  const payload = Buffer.concat([sha256(broken.subarray(32 + 56)), broken.subarray(32)])
  const envelope = await withHeader({ ...small, payload }, (header) => (header.body.index = base64url(sha256(payload.subarray(0, 32 + 56)))))
  return serverAccepts(refused('bad-chunk', 'a signed chunk whose tag does not hold', envelope))
}

/** Also the publisher's: the pad is taken off a checksum of something else. */
async function checksumVector(small: EnvelopeParts): Promise<Vector> {
  const envelope = await withHeader(small, ({ bundle }) => (bundle.checksum = base64url(flipped(fromBase64url(bundle.checksum), 0))))
  return serverAccepts(refused('bad-checksum', 'another checksum signed', envelope))
}
