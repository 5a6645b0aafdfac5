import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EnvelopeError, encryptBundleStream, joinEnvelope, openEnvelope, verifyAndDecryptStream, verifyEnvelope } from '../../src/index.js'
import { decryptFile, verifyFile } from '../../src/node.js'
import { freshEd25519 } from '../envelope/signers.js'
import { accepting, bundleOptions } from './event-calls.js'
import { link, storeOf } from './signed.js'
import { broken, bundle, release, secret } from './world.js'
import type { EnvelopeEvent, EventListener } from '../../src/index.js'

const A = freshEd25519()
const B = freshEd25519()
const K = freshEd25519()
const X = freshEd25519()
const trust = storeOf([A, B], { threshold: 2 })
const { head, payload } = release([A, K, X], [link(B, K)])
const good = joinEnvelope(head, payload)
const options = { ...accepting(secret), trust }

const changedAt = (bytes: Uint8Array, at: number): Uint8Array<ArrayBuffer> => {
  const copy = new Uint8Array(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
const badChunk = changedAt(good, good.length - 1)
const badIndex = changedAt(good, good.length - payload.length)
const refusedHead = joinEnvelope(release([A, broken(B)]).head, payload)
const noHead = changedAt(good, 0)

async function drained(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const piece of stream) expect(piece).toBeInstanceOf(Uint8Array)
}

async function inFile(bytes: Uint8Array, work: (path: string) => Promise<unknown>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'otaseal-events-'))
  try {
    await writeFile(join(folder, 'in'), bytes)
    await work(join(folder, 'in'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

type Door = (bytes: Uint8Array<ArrayBuffer>, onEvent: EventListener) => Promise<unknown>

const doors: readonly (readonly [string, Door])[] = [
  ['verifyAndDecryptStream', async (bytes, onEvent) => {
    const opened = await verifyAndDecryptStream(new Blob([bytes]).stream(), { ...options, onEvent })
    await drained(opened.bundle)
  }],
  ['verifyEnvelope', async (bytes, onEvent) => verifyEnvelope(bytes, { ...options, onEvent })],
  ['verifyEnvelope of a stream', async (bytes, onEvent) => verifyEnvelope(new Blob([bytes]).stream(), { ...options, onEvent })],
  ['verifyFile', async (bytes, onEvent) => inFile(bytes, (path) => verifyFile(path, { ...options, onEvent }))],
  ['decryptFile', async (bytes, onEvent) => inFile(bytes, (path) => decryptFile(path, `${path}.out`, { ...options, onEvent }))],
  ['decryptFile to a function', async (bytes, onEvent) => inFile(bytes, (path) => decryptFile(path, async () => undefined, { ...options, onEvent }))],
]

async function told(door: Door, bytes: Uint8Array<ArrayBuffer>): Promise<readonly string[]> {
  const events: EnvelopeEvent[] = []
  await door(bytes, (event) => events.push(event)).catch((error: unknown) => {
    if (!(error instanceof EnvelopeError)) throw error
  })
  return events.map((event) => ('code' in event ? `${event.event} ${event.code}` : event.event))
}

describe.each(doors)('the names of records of %s, in their order', (name, door) => {
  const opens = !name.startsWith('verifyEnvelope')
  const verified = ['signature-counted', 'signature-counted', 'signature-refused untrusted-key', 'head-verified', ...(opens ? ['reader-used'] : [])]

  test.each<readonly [string, Uint8Array<ArrayBuffer>, readonly string[]]>([
    ['accepted', good, [...verified, 'bundle-accepted']],
    ['with a bad chunk', badChunk, [...verified, 'bundle-refused bad-chunk']],
    ['with a bad index', badIndex, [...verified, 'bundle-refused bad-index']],
    ['that breaks off', good.slice(0, -1), [...verified, 'bundle-refused truncated']],
    ['with too few signatures', refusedHead, ['signature-counted', 'signature-refused bad-signature', 'head-refused threshold-not-met']],
    ['that is none', noHead, ['head-refused not-an-envelope']],
  ])('an envelope %s', async (_, bytes, expected) => {
    expect(await told(door, bytes)).toEqual(expected)
  })
})

test('openEnvelope tells of each chunk that is refused, and of none that is accepted', async () => {
  const names: string[] = []
  const opened = await openEnvelope(head, { ...options, onEvent: ({ event }) => names.push(event) })
  await opened.setIndex(payload.slice(0, opened.indexRange.end))
  const { start, end } = opened.chunkRange(0)
  await opened.decryptChunk(0, payload.slice(start, end))
  expect(names.at(-1)).toBe('reader-used')
  for (const bytes of [changedAt(payload.slice(start, end), 0), payload.slice(start + 1, end)]) {
    await expect(opened.decryptChunk(0, bytes)).rejects.toThrow(EnvelopeError)
  }
  expect(names.slice(-3)).toEqual(['reader-used', 'bundle-refused', 'bundle-refused'])
})

test('a caller who stops the call was refused nothing', async () => {
  const names: string[] = []
  const signal = AbortSignal.abort()
  await expect(openEnvelope(head, { ...options, signal, onEvent: ({ event }) => names.push(event) })).rejects.toThrow(EnvelopeError)
  await expect(verifyEnvelope(good, { ...options, signal, onEvent: ({ event }) => names.push(event) })).rejects.toThrow(EnvelopeError)
  expect(names.filter((name) => name.endsWith('refused'))).toEqual([])
})

test('a stream that is encrypted tells of each key that signed, once the head is there', async () => {
  const events: EnvelopeEvent[] = []
  const signer = [A.privateKey, B.privateKey]
  const { body, envelope } = await encryptBundleStream(new Blob([bundle]).stream(), { ...bundleOptions, signer, onEvent: (event) => events.push(event) })
  expect(events).toEqual([])
  await drained(body)
  await envelope
  expect(events.map((event) => 'kid' in event && event.kid)).toEqual([A.kid, B.kid])
})
