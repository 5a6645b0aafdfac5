import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EnvelopeError, decodeHead, joinEnvelope, splitEnvelope } from '../../src/index.js'
import { parseHead } from '../../src/format/head.js'
import { seal } from '../envelope/helpers.js'
import { base64url, rawHead } from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'

const bytes = fc.uint8Array({ maxLength: 300 })
const unicode = fc.string({ unit: 'binary', maxLength: 100 })

/** Ends well, or with an EnvelopeError, and with nothing else. */
function onlyEnvelopeErrors(call: () => unknown): boolean {
  try {
    call()
    return true
  } catch (error) {
    if (error instanceof EnvelopeError) return false
    throw error
  }
}

describe('R1, R2, R3: the container', () => {
  test('gives back any head and payload that were joined', () => {
    fc.assert(
      fc.property(unicode, bytes, (head, payload) => {
        const file = joinEnvelope(head, payload)
        expect(file.length).toBe(12 + Buffer.byteLength(head) + payload.length)
        const parts = splitEnvelope(file)
        expect(parts.head).toBe(head)
        expect(parts.payload).toEqual(payload)
        expect(joinEnvelope(parts.head, parts.payload)).toEqual(file)
      }),
      { numRuns: 500 },
    )
  })

  test('gives back any file that it splits', () => {
    const magic = [0x89, 0x4f, 0x54, 0x41, 0x56, 0x32, 0x0a, 0x1a]
    const nearly = fc.tuple(fc.nat(40), bytes).map(([size, rest]) => Uint8Array.from([
      ...magic, 0, 0, 0, size, ...rest,
    ]))
    let split = 0
    fc.assert(
      fc.property(nearly, (file) => {
        const accepted = onlyEnvelopeErrors(() => {
          const { head, payload } = splitEnvelope(file)
          expect(joinEnvelope(head, payload)).toEqual(file)
        })
        if (accepted) split++
      }),
      { numRuns: 1000 },
    )
    expect(split).toBeGreaterThan(50)
  })
})

describe('garbage', () => {
  const anyText = fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    maxLength: 60,
  })
  const headLike = fc.record(
    {
      payload: fc.oneof(anyText, bytes.map(base64url), fc.jsonValue().map((value) => base64url(JSON.stringify(value)))),
      signatures: fc.oneof(
        fc.jsonValue(),
        fc.array(fc.record({ protected: bytes.map(base64url), signature: bytes.map(base64url) })),
      ),
      keys: fc.oneof(fc.jsonValue(), fc.array(fc.string())),
      chain: fc.jsonValue(),
      extra: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  const anything = fc.oneof(
    bytes,
    anyText,
    headLike,
    headLike.map((head) => JSON.stringify(head)),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.object(),
  )

  test('as a file is refused with an EnvelopeError and nothing else', () => {
    fc.assert(
      fc.property(bytes, (file) => {
        expect(onlyEnvelopeErrors(() => splitEnvelope(file))).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  test('as a head is refused with an EnvelopeError and nothing else', () => {
    fc.assert(
      fc.property(anything, (head) => {
        expect(onlyEnvelopeErrors(() => parseHead(head))).toBe(false)
        expect(onlyEnvelopeErrors(() => decodeHead(head))).toBe(false)
      }),
      { numRuns: 4000 },
    )
  })

  test('in the place of any part of a genuine head ends well or with an EnvelopeError', async () => {
    const genuine = rawHead((await seal(freshEd25519(), new Uint8Array(3), { meta: { a: 'b' } })).head)
    const header = JSON.parse(Buffer.from(genuine.payload, 'base64url').toString()) as Record<string, unknown>
    const body = header['body'] as object
    const places: readonly ((value: unknown) => object)[] = [
      ...Object.keys(genuine).map((name) => (value: unknown) => ({ ...genuine, [name]: value })),
      ...Object.keys(header).map((name) => (value: unknown) => ({
        ...genuine,
        payload: base64url(JSON.stringify({ ...header, [name]: value })),
      })),
      ...Object.keys(body).map((name) => (value: unknown) => ({
        ...genuine, payload: base64url(JSON.stringify({ ...header, body: { ...body, [name]: value } })),
      })),
      (value) => ({ ...genuine, signatures: [value] }),
      (value) => ({
        ...genuine,
        signatures: [{ ...genuine.signatures[0], protected: base64url(JSON.stringify(value)) }],
      }),
      (value) => ({ ...genuine, keys: [value] }),
      (value) => ({ ...genuine, chain: [value] }),
    ]
    const verdicts = { accepted: 0, refused: 0 }
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.oneof(
        fc.jsonValue(),
        fc.string(),
        fc.integer(),
        fc.constantFrom('AA.AA.AA', 'ios-7'),
      ), (put, value) => {
        const head = put(value)
        const accepted = onlyEnvelopeErrors(() => decodeHead(head))
        expect(onlyEnvelopeErrors(() => decodeHead(JSON.stringify(head)))).toBe(accepted)
        verdicts[accepted ? 'accepted' : 'refused']++
      }),
      { numRuns: 4000 },
    )
    expect(verdicts.accepted).toBeGreaterThan(10)
    expect(verdicts.refused).toBeGreaterThan(1000)
  })
})
