import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader } from '../../src/bytes.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { der, derInteger, derTag, readDer, readSequence, takeAny, takeInteger } from '../../src/keys/der.js'
import { readPrivateKey } from '../../src/keys/private.js'
import { readPublicKey } from '../../src/keys/public.js'
import {
  derOf, ed25519Pair, pem, privateRefusal, publicRefusal, refusalMessage, rsaPair, secretsOf,
} from './fixtures.js'

const rsa = rsaPair()
const ed25519 = ed25519Pair()
const MALFORMED = /no strict DER/

function refuses(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    expect(refusalMessage(error as Error)).toMatch(MALFORMED)
    return
  }
  expect.fail('was accepted')
}

describe('the DER codec', () => {
  it('gives back every element up to 65,535 bytes', () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(0, 127, 128, 255, 256, 65_535).map((length) => new Uint8Array(length).fill(7)),
    )
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), content, (tag, bytes) => {
        const reader = new ByteReader(der(tag, bytes))
        expect(takeAny(reader)).toEqual([tag, bytes])
        expect(reader.remaining).toBe(0)
      }),
    )
    expect(() => der(derTag.sequence, new Uint8Array(65_536))).toThrow(RangeError)
  })

  it('gives back every number that is not negative', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 3072n }), (number) => {
        const hex = number.toString(16)
        const bytes = new Uint8Array(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'))
        expect([...readDer(derInteger(bytes), takeInteger)]).toEqual([...bytes])
      }),
    )
  })

  it.each([
    ['of no bytes', [2, 0]],
    ['negative', [2, 1, 0x80]],
    ['with a zero byte too many', [2, 2, 0, 0x7f]],
    ['zero in two bytes', [2, 2, 0, 0]],
    ['of another tag', [4, 1, 1]],
    ['cut off', [2, 2, 1]],
    ['followed by another byte', [2, 1, 1, 0]],
    ['missing', []],
    ['of a tag alone', [2]],
  ])('refuses an INTEGER %s', (_, bytes) => refuses(() => readDer(Uint8Array.from(bytes), takeInteger)))

  it.each([
    ['indefinite', [0x30, 0x80, 0, 0]],
    ['longer than needed, 1 byte', [0x30, 0x81, 1, 0]],
    ['longer than needed, 2 bytes', [0x30, 0x82, 0, 0x80, ...new Uint8Array(128)]],
    ['of 3 bytes', [0x30, 0x83, 1, 0, 0, ...new Uint8Array(65_536)]],
    ['of 127 bytes', [0x30, 0xff, ...new Uint8Array(200)]],
    ['cut off', [0x30, 0x82, 1]],
    ['beyond the end', [0x30, 0x82, 0xff, 0xff, 0]],
  ])('refuses a length that is %s', (_, bytes) =>
    refuses(() => readSequence(Uint8Array.from(bytes), (reader) => reader.rest())),
  )
})

const keys = [
  ['RSA', rsa],
  ['Ed25519', ed25519],
] as const

describe.each(keys)('a change of one byte is refused, or makes another key in strict form, %s', (name, pair) => {
  const change = (bytes: Uint8Array) =>
    fc.tuple(
      fc.oneof(fc.nat(Math.min(bytes.length, 48) - 1), fc.nat(bytes.length - 1)),
      fc.constantFrom('replace', 'insert', 'remove', 'cut'),
      fc.nat(255),
    ).map(([at, what, byte]) => {
      const changed = [...bytes]
      if (what === 'cut') changed.length = at
      else changed.splice(at, what === 'insert' ? 0 : 1, ...(what === 'remove' ? [] : [byte]))
      return Uint8Array.from(changed)
    })

  const outcome = async <T>(input: string, read: Promise<T>): Promise<T | undefined> => {
    try {
      return await read
    } catch (error) {
      refusalMessage(error as Error, secretsOf(input))
      return undefined
    }
  }

  it('public', async () => {
    await fc.assert(
      fc.asyncProperty(change(derOf(pair.publicKey, 'spki')), async (bytes) => {
        const text = pem('PUBLIC KEY', bytes)
        const key = await outcome(text, readPublicKey(text, nodeBackend))
        if (key !== undefined) expect([...key.spki]).toEqual([...bytes])
      }),
      { numRuns: 1500 },
    )
  })

  it('private', async () => {
    await fc.assert(
      fc.asyncProperty(change(derOf(pair.privateKey, 'pkcs8')), async (bytes) => {
        const text = pem('PRIVATE KEY', bytes)
        const key = await outcome(text, readPrivateKey(text, nodeBackend))
        // A v2 without a public key means the same, and is written as v1.
        const version = name === 'RSA' ? 6 : 4
        if (key !== undefined) expect([...key.pkcs8]).toEqual([...bytes.map((byte, i) => (i === version ? 0 : byte))])
      }),
      { numRuns: name === 'RSA' ? 500 : 1500 },
    )
  })
})

describe('PKCS#1', () => {
  it('of a version for more than two primes is refused', async () => {
    const bytes = derOf(rsa.privateKey, 'pkcs1')
    expect(bytes.slice(4, 7)).toEqual(Uint8Array.of(2, 1, 0))
    bytes[6] = 1
    expect(await privateRefusal(pem('RSA PRIVATE KEY', bytes))).toMatch(/more than two primes/)
  })
})

describe('what a PEM label promises', () => {
  it.each([
    ['PUBLIC KEY', derOf(rsa.publicKey, 'pkcs1')],
    ['RSA PUBLIC KEY', derOf(rsa.publicKey, 'spki')],
    ['RSA PUBLIC KEY', derOf(ed25519.publicKey, 'spki')],
    ['PUBLIC KEY', derOf(rsa.privateKey, 'pkcs8')],
    ['RSA PUBLIC KEY', derOf(rsa.privateKey, 'pkcs1')],
  ])('%s must be what is in it', async (label, bytes) => {
    expect(await publicRefusal(pem(label, bytes))).toMatch(/no strict DER|RSA key has|neither RSA/)
  })

  it.each([
    ['PRIVATE KEY', derOf(rsa.privateKey, 'pkcs1')],
    ['RSA PRIVATE KEY', derOf(rsa.privateKey, 'pkcs8')],
    ['RSA PRIVATE KEY', derOf(ed25519.privateKey, 'pkcs8')],
    ['PRIVATE KEY', derOf(rsa.publicKey, 'spki')],
  ])('%s must be what is in it', async (label, bytes) => {
    expect(await privateRefusal(pem(label, bytes))).toMatch(/no strict DER|RSA key has|neither RSA|more than two/)
  })
})
