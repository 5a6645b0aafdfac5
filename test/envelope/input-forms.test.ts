import { describe, expect, test } from 'vitest'
import { decodeHead, joinEnvelope, openEnvelope, splitEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { accepting, expectRefused, pattern, sameAs, seal } from './helpers.js'
import { rawHead, reordered } from './hostile.js'
import { freshEd25519 } from './signers.js'
import type { EnvelopeInput } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(20_000)
const sealed = await seal(signer, bundle)
const { head, payload } = sealed
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text))

/** The head is not signed as text: storage may lay it out anew. */
const heads: readonly (readonly [string, EnvelopeInput])[] = [
  ['the envelope itself', sealed],
  ['the bytes of a file', sealed.toBytes()],
  ['head text', { head, payload }],
  ['head bytes', { head: bytesOf(head), payload }],
  ['a parsed head', { head: rawHead(head), payload }],
  ['a parsed head of null prototype', { head: Object.assign(Object.create(null) as object, rawHead(head)), payload }],
  ['indented text', { head: JSON.stringify(rawHead(head), null, 2), payload }],
  [
    'text with tabs and CRLF, before and after too',
    { head: `\r\n\t ${JSON.stringify(rawHead(head), null, '\t').replaceAll('\n', '\r\n')} \r\n`, payload },
  ],
  ['another order of members', { head: JSON.stringify(reordered(rawHead(head))), payload }],
  [
    'another order of a signature\'s members',
    { head: JSON.stringify({ ...rawHead(head), signatures: rawHead(head).signatures.map(reordered) }), payload },
  ],
  ['a file with an indented head', joinEnvelope(JSON.stringify(rawHead(head), null, 2), payload)],
]

describeEachBackend('an envelope as', (backend) => {
  test.each(heads)('%s is accepted', async (_, envelope) => {
    expect((await verifyAndDecrypt(envelope, accepting(signer, { backend }))).bundle).toSatisfy(sameAs(bundle))
  })
})

test.each(heads.slice(2, 10))('openEnvelope and decodeHead take %s', async (_, envelope) => {
  const input = (envelope as { head: string }).head
  expect(decodeHead(input)).toEqual(decodeHead(head))
  const opened = await openEnvelope(input, accepting(signer))
  expect(opened.payloadLength).toBe(payload.length)
})

describe('splitting and joining', () => {
  test('give back the file, and the parts', () => {
    const file = sealed.toBytes()
    const parts = splitEnvelope(file)
    expect(parts.head).toBe(head)
    expect(Buffer.from(parts.payload).equals(payload)).toBe(true)
    expect(Buffer.from(joinEnvelope(parts.head, parts.payload)).equals(file)).toBe(true)
    expect(Buffer.from(joinEnvelope(bytesOf(head), payload)).equals(file)).toBe(true)
    expect(Buffer.from(joinEnvelope(rawHead(head), payload)).equals(file)).toBe(true)
  })

  test('follow the layout of the specification', () => {
    const file = Buffer.from(sealed.toBytes())
    expect(file.subarray(0, 8).toString('latin1')).toBe('\x89OTAV2\n\x1a')
    expect(file.readUInt32BE(8)).toBe(Buffer.byteLength(head))
    expect(file.subarray(12, 12 + file.readUInt32BE(8)).toString()).toBe(head)
    expect(file.subarray(12 + file.readUInt32BE(8)).equals(payload)).toBe(true)
  })

  test('each call of toBytes gives new memory', () => {
    const first = sealed.toBytes()
    first.fill(0)
    expect(splitEnvelope(sealed.toBytes()).head).toBe(head)
  })

  test('take the largest head and no larger one', async () => {
    const largest = ' '.repeat(262_144 - head.length) + head
    const file = joinEnvelope(largest, payload)
    expect((await verifyAndDecrypt(file, accepting(signer))).bundle).toSatisfy(sameAs(bundle))
    await expectRefused(() => joinEnvelope(` ${largest}`, payload), 'limit-exceeded')
    await expectRefused(() => joinEnvelope(bytesOf(` ${largest}`), payload), 'limit-exceeded')
    await expectRefused(() => joinEnvelope({ head: largest }, payload), 'limit-exceeded')
    await expectRefused(() => joinEnvelope('é'.repeat(131_073), payload), 'limit-exceeded')
    await expectRefused(() => joinEnvelope('\ud800', payload), 'malformed-head')
  })
})

test.each([undefined, null, 5, true, () => undefined])('%s is no envelope, which is a TypeError', async (wrong) => {
  await expect(verifyAndDecrypt(wrong as unknown as Uint8Array, accepting(signer))).rejects.toThrow(TypeError)
  await expect(openEnvelope(wrong as unknown as string, accepting(signer))).rejects.toThrow(TypeError)
})

test.each([new ArrayBuffer(8), {}, [], { head }, { payload }, { head, payload: 'text' }, { head: 5, payload }])(
  'a value of another shape is no envelope, which is a TypeError (%#)',
  async (wrong) => {
    await expect(verifyAndDecrypt(wrong as unknown as Uint8Array, accepting(signer))).rejects.toThrow(TypeError)
  },
)
