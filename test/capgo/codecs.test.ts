import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { copyBytes } from '../../src/bytes.js'
import { encryptForCapgo, verifyAndDecryptCapgo } from '../../src/capgo.js'
import { encodeChecksum, openChecksum, parseChecksum } from '../../src/capgo/checksum.js'
import { readCapgoPrivateKey } from '../../src/capgo/keys.js'
import { encodeSession, openSession, parseSession } from '../../src/capgo/session.js'
import { valueOpener, valueSigner } from '../../src/capgo/signed-value.js'
import { EnvelopeError } from '../../src/errors.js'
import { cliKeyPair, describeEachCapgoBackend } from './helpers.js'
import { blockOf, rawOpen, rawSign } from './hostile.js'
import type { Bytes } from '../../src/bytes.js'

const { publicKey, privateKey } = cliKeyPair()
const pair = readCapgoPrivateKey(privateKey)

const bytes = (length: number): fc.Arbitrary<Bytes> => fc.uint8Array({ minLength: length, maxLength: length }).map(copyBytes)
const letterOf = (letters: string): fc.Arbitrary<string> => fc.constantFrom(...letters.split(/(?:)/))
const session = fc.record({ key: bytes(16), iv: bytes(16) })

/** Text as it comes: of any kind, and of the alphabets that matter. */
const anyText = fc.oneof(
  fc.string({ maxLength: 600 }), fc.string({ unit: 'grapheme', maxLength: 50 }), fc.base64String({ maxLength: 700 }),
  fc.string({ unit: letterOf('0123456789abcdefABCDEF'), maxLength: 600 }), fc.string({ unit: letterOf('AZaz09+/=:-_ \n'), maxLength: 400 }),
  fc.tuple(fc.base64String({ maxLength: 30 }), fc.base64String({ maxLength: 400 })).map((parts) => parts.join(':')),
)
const anything = fc.oneof(anyText, fc.anything())

function codeOf(parse: () => unknown): string | undefined {
  try {
    parse()
  } catch (error) {
    expect(error).toBeInstanceOf(EnvelopeError)
    return (error as EnvelopeError).code
  }
  return undefined
}

describe('the text of a session', () => {
  test('holds what was put in, and no other text has the same parts', async () => {
    await fc.assert(
      fc.asyncProperty(session, bytes(256), async ({ key, iv }, signedKey) => {
        const text = await encodeSession({ key, iv }, async (value) => {
          expect(value).toEqual(key)
          return signedKey
        })
        expect(text).toBe(`${Buffer.from(iv).toString('base64')}:${Buffer.from(signedKey).toString('base64')}`)
        expect(parseSession(text)).toEqual({ iv, signedKey })
      }),
    )
  })

  test('of any other form is malformed-release, and nothing else', () => {
    fc.assert(
      fc.property(anything, (text) => {
        expect(codeOf(() => parseSession(text))).toBe('malformed-release')
      }),
      { numRuns: 1000 },
    )
  })

  test('with any one character changed, left out or put in holds other parts or none', () => {
    const [iv, signedKey] = [randomBytes(16), randomBytes(256)]
    const text = `${iv.toString('base64')}:${signedKey.toString('base64')}`
    fc.assert(
      fc.property(fc.nat(text.length - 1), letterOf('AZaz09+/=:-_ \n'), fc.constantFrom(0, 1), (at, character, skip) => {
        const changed = text.slice(0, at) + character + text.slice(at + skip)
        fc.pre(changed !== text)
        let parts: ReturnType<typeof parseSession> | undefined
        expect([undefined, 'malformed-release']).toContain(codeOf(() => (parts = parseSession(changed))))
        if (parts === undefined) return
        expect(Buffer.concat([parts.iv, parts.signedKey]).equals(Buffer.concat([iv, signedKey]))).toBe(false)
        expect(`${Buffer.from(parts.iv).toString('base64')}:${Buffer.from(parts.signedKey).toString('base64')}`).toBe(changed)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the text of a checksum', () => {
  test('holds what was signed, in the form that was asked for', async () => {
    await fc.assert(
      fc.asyncProperty(bytes(32), bytes(256), async (digest, signature) => {
        const values: Bytes[] = []
        const sign = async (value: Bytes): Promise<Bytes> => {
          values.push(value)
          return signature
        }
        const [v2, v3] = [await encodeChecksum('V2', digest, sign), await encodeChecksum('V3', digest, sign)]
        expect([v2, v3]).toEqual([Buffer.from(signature).toString('base64'), Buffer.from(signature).toString('hex')])
        const hex = Buffer.from(digest).toString('hex')
        expect(values).toEqual([copyBytes(Buffer.from(hex, 'base64')), digest])
        expect(parseChecksum(v2).signature).toEqual(signature)
        expect(parseChecksum(v3).signature).toEqual(signature)
        expect([parseChecksum(v2), parseChecksum(v3)].map(({ rows }) => rows.map(({ form }) => form))).toEqual([['V2', 'V3-base64'], ['V3']])
      }),
    )
  })

  test('of any other form is malformed-release, and nothing else', () => {
    fc.assert(
      fc.property(anything, (text) => {
        expect(codeOf(() => parseChecksum(text))).toBe('malformed-release')
      }),
      { numRuns: 1000 },
    )
  })

  test('fits the digest that was signed and no other', async () => {
    const open = async (_signature: Bytes, length: number): Promise<Bytes | undefined> => (length === value.length ? value : undefined)
    let value: Bytes = new Uint8Array(0)
    await fc.assert(
      fc.asyncProperty(bytes(32), fc.nat(255), fc.constantFrom('V2', 'V3', 'V3-base64'), async (digest, bit, form) => {
        value = form === 'V2' ? copyBytes(Buffer.from(Buffer.from(digest).toString('hex'), 'base64')) : digest
        const opened = await openChecksum(Buffer.alloc(256, 9).toString(form === 'V3' ? 'hex' : 'base64'), open)
        const other = copyBytes(digest)
        other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7))
        expect([opened.form, opened.matches(digest), opened.matches(other)]).toEqual([form, true, false])
      }),
    )
  })
})

describeEachCapgoBackend('a signed value', (backend) => {
  test('is the block of node:crypto, and opens with its own length alone', async () => {
    const [sign, open] = [await valueSigner(pair, backend), await valueOpener(pair.publicKey, backend)]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(16, 32, 48).chain(bytes), fc.nat(60), async (value, length) => {
        const signature = await sign(value)
        expect(rawSign(blockOf(value), privateKey).equals(signature)).toBe(true)
        expect(await open(signature, value.length)).toEqual(value)
        fc.pre(length !== value.length && length > 0)
        expect(await open(signature, length)).toBeUndefined()
      }),
      { numRuns: 30 },
    )
  })

  test('is opened out of a block without fault, and out of no block with any byte changed', async () => {
    const open = await valueOpener(pair.publicKey, backend)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(16, 32, 48).chain(bytes), fc.nat(255), fc.integer({ min: 1, max: 255 }), async (value, at, change) => {
        const block = blockOf(value)
        const start = 256 - value.length
        // What stands in the place of the value is another value.
        fc.pre(at > 0 && at < start)
        block[at] = (block[at] as number) ^ change
        expect(await open(copyBytes(rawSign(block, privateKey)), value.length)).toBeUndefined()
      }),
      { numRuns: 60 },
    )
  })

  test('of 255 or 257 bytes is none', async () => {
    const open = await valueOpener(pair.publicKey, backend)
    const signature = copyBytes(rawSign(blockOf(randomBytes(16)), privateKey))
    expect(await open(signature, 16)).toBeDefined()
    const behind = copyBytes(Buffer.concat([Buffer.of(0), signature]))
    for (const other of [signature.slice(1), signature.slice(0, -1), behind, new Uint8Array(0)]) expect(await open(other, 16)).toBeUndefined()
  })

  test('a random signature is bad-signature in both fields, and nothing else', async () => {
    const open = await valueOpener(pair.publicKey, backend)
    await fc.assert(
      fc.asyncProperty(bytes(256), async (signature) => {
        const base64 = Buffer.from(signature).toString('base64')
        const refused = { name: 'EnvelopeError', code: 'bad-signature' }
        await expect(openSession(`${randomBytes(16).toString('base64')}:${base64}`, open)).rejects.toMatchObject(refused)
        await expect(openChecksum(base64, open)).rejects.toMatchObject(refused)
        await expect(openChecksum(Buffer.from(signature).toString('hex'), open)).rejects.toMatchObject(refused)
      }),
      { numRuns: 25 },
    )
  })
})

describeEachCapgoBackend('any content', (backend) => {
  test('comes back from a release as it went in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.constantFrom('V2', 'V3'), async (content, checksumForm) => {
        const { payload, ...fields } = await encryptForCapgo(content, { privateKey, publicKey, checksumForm, backend })
        expect(payload.length).toBe(content.length + 16 - (content.length % 16))
        const { bundle, ...found } = await verifyAndDecryptCapgo(payload, { ...fields, publicKey, backend })
        expect(Buffer.from(content).equals(bundle)).toBe(true)
        expect(found).toEqual({ sha256: createHash('sha256').update(content).digest('hex'), checksumForm, keyId: fields.keyId })
        const signed = rawOpen(Buffer.from(fields.checksum, checksumForm === 'V2' ? 'base64' : 'hex'), publicKey)
        expect(signed.subarray(0, 12).equals(Buffer.from([0, 1, ...Array<number>(10).fill(0xff)]))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('in the place of fields or payload is refused by a code, and never by an exception', async () => {
    const { payload, sessionKey, checksum } = await encryptForCapgo(randomBytes(40), { privateKey, checksumForm: 'V3', backend })
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), fc.option(anything, { nil: sessionKey }), fc.option(anything, { nil: checksum }), async (bytes, first, second) => {
        const texts = { sessionKey: first as string, checksum: second as string }
        const error: unknown = await verifyAndDecryptCapgo(bytes, { ...texts, publicKey, backend }).catch((reason: unknown) => reason)
        const expected = first === sessionKey && second === checksum ? ['truncated', 'bad-checksum'] : ['malformed-release']
        expect(error).toBeInstanceOf(EnvelopeError)
        expect(expected).toContain((error as EnvelopeError).code)
      }),
      { numRuns: 100 },
    )
    expect(payload.length).toBe(48)
  })
})
