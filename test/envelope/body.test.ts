import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { verifyAndDecrypt } from '../../src/index.js'
import { chunkNonce } from '../../src/crypto/chunked.js'
import { describeEachBackend, openSealed } from '../backends.js'
import { bodyKeysOf, forgedChunk, memberBytes } from './attacker.js'
import { CHUNK, accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { base64url, rawHeader, withPayload, withSigned } from './hostile.js'
import { freshEd25519 } from './signers.js'
import type { EnvelopeParts, ErrorCode } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(3 * CHUNK + 500)
const sealed = await seal(signer, bundle)
const other = await seal(signer, pattern(3 * CHUNK + 500, 99))

const CHUNKS = 4
const INDEX = 32 * CHUNKS
const BODY = INDEX + 24 + 32
const SEALED = CHUNK + 16
const digestAt = (i: number): readonly [number, number] => [32 * i, 32 * (i + 1)]
const chunkAt = (i: number): readonly [number, number] =>
  [BODY + i * SEALED, Math.min(BODY + (i + 1) * SEALED, sealed.payload.length)]
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

type Tamper = (payload: Uint8Array) => void
function both(first: Tamper, second: Tamper): Tamper {
  return (payload) => {
    first(payload)
    second(payload)
  }
}
function flip(at: number): Tamper {
  return (payload) => (payload[at] = (payload[at] as number) ^ 0x10)
}
function copy(payload: Uint8Array, from: readonly [number, number], to: readonly [number, number]): void {
  payload.set(sealed.payload.subarray(...from), to[0])
}
type Range = (i: number) => readonly [number, number]
function repeat(range: Range): Tamper {
  return (payload) => copy(payload, range(0), range(1))
}
function swap(range: Range, i: number, j: number): Tamper {
  return (payload) => {
    copy(payload, range(i), range(j))
    copy(payload, range(j), range(i))
  }
}

/** R39, R40, R41: what a distributor can do to a payload of the right length. */
const tampered: readonly (readonly [string, (payload: Uint8Array) => unknown, ErrorCode])[] = [
  ['a flipped bit in the index', flip(5), 'bad-index'],
  ['a flipped bit in the last index entry', flip(INDEX - 1), 'bad-index'],
  ['a flipped bit in the salt', flip(INDEX), 'bad-index'],
  ['a flipped bit in the commitment', flip(INDEX + 24), 'bad-index'],
  ['a flipped bit in the last byte of the commitment', flip(BODY - 1), 'bad-index'],
  ['swapped index entries', swap(digestAt, 0, 1), 'bad-index'],
  ['a flipped bit in the first chunk', flip(BODY), 'bad-chunk'],
  ['a flipped bit in a tag', flip(BODY + SEALED - 1), 'bad-chunk'],
  ['a flipped bit in the last byte', flip(sealed.payload.length - 1), 'bad-chunk'],
  ['chunks 0 and 1 swapped', swap(chunkAt, 0, 1), 'bad-chunk'],
  ['chunks 0 and 2 swapped', swap(chunkAt, 0, 2), 'bad-chunk'],
  ['chunks 0 and 1 swapped with their index entries', both(swap(chunkAt, 0, 1), swap(digestAt, 0, 1)), 'bad-index'],
  ['chunk 0 repeated in place of chunk 1', repeat(chunkAt), 'bad-chunk'],
  ['the same with its index entry', both(repeat(chunkAt), repeat(digestAt)), 'bad-index'],
  ['chunk 1 zeroed', (payload) => payload.fill(0, ...chunkAt(1)), 'bad-chunk'],
  ['the body of another release', (payload) => payload.set(other.payload.subarray(BODY), BODY), 'bad-chunk'],
  [
    'one chunk of another release',
    (payload) => payload.set(other.payload.subarray(...chunkAt(2)), chunkAt(2)[0]),
    'bad-chunk',
  ],
  ['the whole payload of another release', (payload) => payload.set(other.payload), 'bad-index'],
  ['other bytes', (payload) => payload.set(pattern(payload.length)), 'bad-index'],
  ['zeros', (payload) => payload.fill(0), 'bad-index'],
]

/** Chunks left out or doubled, which changes the length. */
const recut: readonly (readonly [string, () => Uint8Array, ErrorCode])[] = [
  [
    'chunk 1 dropped',
    () => Buffer.concat([sealed.payload.subarray(0, chunkAt(1)[0]), sealed.payload.subarray(chunkAt(1)[1])]),
    'truncated',
  ],
  ['the last chunk dropped', () => sealed.payload.subarray(0, chunkAt(3)[0]), 'truncated'],
  ['its last byte dropped', () => sealed.payload.subarray(0, -1), 'truncated'],
  ['nothing', () => new Uint8Array(0), 'truncated'],
  [
    'the last chunk twice',
    () => Buffer.concat([sealed.payload, sealed.payload.subarray(...chunkAt(3))]),
    'trailing-data',
  ],
  ['a zero more', () => Buffer.concat([sealed.payload, Buffer.of(0)]), 'trailing-data'],
]

describeEachBackend('a payload with', (backend) => {
  const device = accepting(signer, { backend })

  test.each(tampered)('%s is refused', async (_, edit, code) => {
    await expectAccepted(withPayload(sealed, () => undefined), device, bundle)
    await expectRefused(() => verifyAndDecrypt(withPayload(sealed, edit), device), code, /download it again/)
  })

  test.each(recut)('%s is refused', async (_, cut, code) => {
    await expectRefused(
      () => verifyAndDecrypt({ head: sealed.head, payload: cut() }, device),
      code,
      /download (it again|the rest)/,
    )
  })

  test('another release\'s head is refused, though both are signed by the same key', async () => {
    await expectAccepted(other, device, pattern(3 * CHUNK + 500, 99))
    await expectRefused(() => verifyAndDecrypt({ head: other.head, payload: sealed.payload }, device), 'bad-index')
  })

  test.each([0, 1, 2])('R41: chunk %i made by someone who owns the app, with a valid tag, is refused', async (i) => {
    const forged = await forgedChunk(sealed.head, signer, i, new Uint8Array(CHUNK).fill(0x41))
    const keys = await bodyKeysOf(sealed.head, signer)
    const opened = await openSealed(await backend.gcmOpener(keys.key), chunkNonce(keys.baseNonce, i), new Uint8Array(forged))
    expect(opened, 'the tag holds, so the tag alone must not decide').toHaveLength(CHUNK)
    const withChunk = withPayload(sealed, (payload) => payload.set(forged, chunkAt(i)[0]))
    await expectRefused(() => verifyAndDecrypt(withChunk, device), 'bad-chunk')
    const withIndex = withPayload(withChunk, (payload) => payload.set(sha256(forged), 32 * i))
    await expectRefused(() => verifyAndDecrypt(withIndex, device), 'bad-index')
  })
})

/** Envelopes that the publisher's own key signed, with the index of their payload: the publisher's tool was broken. */
function withSignedIndex(envelope: EnvelopeParts): EnvelopeParts {
  return withSigned(
    envelope,
    signer,
    (header) => (header.body.index = base64url(sha256(envelope.payload.subarray(0, BODY)))),
  )
}

describeEachBackend('a broken publisher', (backend) => {
  const device = accepting(signer, { backend })

  test('R41: who signs the digest of a chunk whose tag does not hold is refused as bad-chunk', async () => {
    const broken = withPayload(sealed, (payload) => {
      flip(chunkAt(1)[1] - 1)(payload)
      payload.set(sha256(payload.subarray(...chunkAt(1))), 32)
    })
    await expectAccepted(withSignedIndex(sealed), device, bundle)
    await expectRefused(() => verifyAndDecrypt(withSignedIndex(broken), device), 'bad-chunk', /chunk 1 /)
    await expectRefused(() => verifyAndDecrypt(withSignedIndex(broken), { ...device, checksum: false }), 'bad-chunk')
  })

  test('R42: who signs another checksum is refused as bad-checksum, unless the check is left out', async () => {
    const checksum = memberBytes(rawHeader(sealed.head).bundle.checksum)
    checksum[0] = (checksum[0] as number) ^ 1
    const broken = withSigned(sealed, signer, (header) => (header.bundle.checksum = base64url(checksum)))
    await expectRefused(() => verifyAndDecrypt(broken, device), 'bad-checksum', /publisher must publish it again/)
    await expectRefused(() => verifyAndDecrypt(broken, { ...device, checksum: true }), 'bad-checksum')
    const { bundle: unchecked, header } = await verifyAndDecrypt(broken, { ...device, checksum: false })
    expect(Buffer.from(unchecked).equals(bundle)).toBe(true)
    expect(header.bundle.checksum).not.toBe(sha256(bundle).toString('hex'))
  })

  test('R39: who signs a salt or commitment that the payload does not have is refused', async () => {
    for (const at of [INDEX, INDEX + 24]) {
      const broken = withSignedIndex(withPayload(sealed, flip(at)))
      await expectRefused(() => verifyAndDecrypt(broken, device), 'bad-index')
    }
  })

  test('R36: who signs another commitment or salt in head and payload leaves no slot that fits', async () => {
    const moved = (member: 'salt' | 'commitment', at: number): EnvelopeParts => {
      const payload = withPayload(sealed, flip(at))
      const range = member === 'salt' ? [INDEX, INDEX + 24] : [INDEX + 24, BODY]
      const bytes = base64url(payload.payload.subarray(...range))
      return withSigned(withSignedIndex(payload), signer, (header) => (header.body[member] = bytes))
    }
    await expectRefused(() => verifyAndDecrypt(moved('salt', INDEX), device), 'no-reader-key')
    await expectRefused(() => verifyAndDecrypt(moved('commitment', INDEX + 24), device), 'no-reader-key')
  })

  test('R30: who signs the other chunk size for the same body leaves no slot that fits', async () => {
    const small = await seal(signer, pattern(500), { backend, chunkSize: 16_384 })
    const resized = withSigned(small, signer, (header) => (header.body.chunk = 262_144))
    await expectAccepted(small, device, pattern(500))
    await expectRefused(() => verifyAndDecrypt(resized, device), 'no-reader-key')
  })
})

describe('who signs another size', () => {
  test.each([-1, 1])('of %i bytes is refused for the length of the payload', async (difference) => {
    const bad = withSigned(sealed, signer, (header) => (header.bundle.size += difference))
    await expectRefused(() => verifyAndDecrypt(bad, accepting(signer)), difference < 0 ? 'trailing-data' : 'truncated')
  })
})
