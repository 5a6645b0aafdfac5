import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { describeEachBackend } from '../backends.js'
import { CHUNK, pattern, seal } from './helpers.js'
import { fromBase64url, rawHead, rawHeader } from './hostile.js'
import { freshEd25519, freshRsa } from './signers.js'
import type { EnvelopeParts } from '../../src/index.js'

const ed25519 = freshEd25519()
const rsa = freshRsa(3072)
const secret = pattern(32)
const WINDOW = 16

/** Every run of 16 bytes that two payloads share, wherever it stands in each. */
function sharedRuns(a: Uint8Array, b: Uint8Array): readonly number[] {
  const windows = (bytes: Uint8Array): string[] => {
    const text = Buffer.from(bytes).toString('latin1')
    return Array.from({ length: Math.max(0, bytes.length - WINDOW + 1) }, (_, i) => text.slice(i, i + WINDOW))
  }
  const known = new Set(windows(a))
  return windows(b).flatMap((window, i) => (known.has(window) ? [i] : []))
}

/** What of a head could confirm a guess of the bundle: every member that is no claim of the publisher. */
function secretsOf(head: string): Readonly<Record<string, string>> {
  const { bundle, body } = rawHeader(head)
  const { signatures, keys } = rawHead(head)
  const slots = keys.flatMap((key, i) =>
    key.split('.').slice(1).map((part, at) => [`slot ${i} part ${at}`, part] as const),
  )
  return {
    checksum: bundle.checksum, salt: body.salt, commitment: body.commitment, index: body.index,
    ...Object.fromEntries(signatures.map(({ signature }, i) => [`signature ${i}`, signature])),
    ...Object.fromEntries(slots),
  }
}

function writingsOf(bytes: Uint8Array): readonly string[] {
  const buffer = Buffer.from(bytes)
  const [hex, base64] = [buffer.toString('hex'), buffer.toString('base64').replace(/=+$/, '')]
  return [
    hex,
    hex.toUpperCase(),
    base64,
    buffer.toString('base64url'),
    buffer.toString('latin1'),
    buffer.reverse().toString('latin1'),
  ]
}

function everyText({ head, payload }: EnvelopeParts): string {
  const { payload: header, signatures, keys } = rawHead(head)
  const parts = [
    header,
    ...signatures.flatMap((entry) => [entry.protected, entry.signature]),
    ...keys.flatMap((key) => key.split('.')),
  ]
  const { bundle, body } = rawHeader(head)
  const members = [bundle.checksum, body.salt, body.commitment, body.index]
  const decoded = [...parts, ...members].map((part) => fromBase64url(part).toString('latin1'))
  return [head, ...decoded, Buffer.from(payload).toString('latin1')].join('\n')
}

describeEachBackend('R28, R32: without a key nothing confirms a guess:', (backend) => {
  const cases = [
    ['the public key reads', {}],
    ['a secret reads', { readers: [secret] }],
    ['RSA signs', { signer: rsa.privateKey }],
  ] as const

  test.each(cases)('the same bundle encrypted twice shares nothing but its claims (%s)', async (_, more) => {
    const bundle = new Uint8Array(2 * CHUNK + 500)
    const [one, two] = [
      await seal(ed25519, bundle, { backend, ...more }),
      await seal(ed25519, bundle, { backend, ...more }),
    ]
    const [first, second] = [secretsOf(one.head), secretsOf(two.head)]
    expect(Object.keys(first)).toEqual(Object.keys(second))
    expect(Object.keys(first).length).toBeGreaterThanOrEqual(9)
    for (const [member, value] of Object.entries(first)) expect(value, member).not.toBe(second[member])
    expect(sharedRuns(one.payload, two.payload)).toEqual([])
    const claims = ({ head }: EnvelopeParts): object => ({
      ...rawHeader(head),
      created: 0,
      bundle: rawHeader(head).bundle.size,
      body: rawHeader(head).body.chunk,
    })
    expect(claims(one)).toEqual(claims(two))
  })

  test('equal chunks of one bundle look different', async () => {
    const { payload } = await seal(ed25519, new Uint8Array(4 * CHUNK), { backend })
    const half = payload.length >> 1
    expect(sharedRuns(payload.subarray(0, half), payload.subarray(half))).toEqual([])
  })

  test('the digest of the bundle, and the bundle, stand nowhere in any writing', async () => {
    const bundle = pattern(CHUNK + 500)
    const envelope = await seal(ed25519, bundle, { backend })
    const digests = ['sha256', 'sha512', 'sha1', 'md5'].flatMap((hash) => [
      createHash(hash).update(bundle).digest(),
      createHash(hash).update(bundle.subarray(0, CHUNK)).digest(),
      createHash(hash).update(bundle.subarray(CHUNK)).digest(),
    ])
    const text = everyText(envelope)
    for (const digest of [...digests, bundle.subarray(0, 16)]) {
      for (const writing of writingsOf(digest)) expect(text.includes(writing)).toBe(false)
    }
  })
})

describe('the search itself', () => {
  test('finds what is there: the control of what was not found', async () => {
    const envelope = await seal(ed25519, pattern(100))
    expect(sharedRuns(envelope.payload, envelope.payload)).toHaveLength(envelope.payload.length - WINDOW + 1)
    expect(sharedRuns(pattern(100), new Uint8Array([9, 9, ...pattern(100).subarray(50, 66)]))).toEqual([2])
    const text = everyText(envelope)
    for (const bytes of [envelope.payload.subarray(0, 32), fromBase64url(rawHeader(envelope.head).bundle.checksum)]) {
      expect(writingsOf(bytes).some((writing) => text.includes(writing))).toBe(true)
    }
  })
})
