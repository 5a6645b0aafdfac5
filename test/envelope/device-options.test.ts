import { createPublicKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { freshEd25519 } from './signers.js'
import type { DeviceOptions } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(3)
const sealed = await seal(signer, bundle)

type Kind = typeof TypeError | typeof RangeError
type Misuse = readonly [title: string, more: Record<string, unknown>, kind: Kind, message: RegExp]

/** Misuse by the programmer: never an EnvelopeError, always with the option's name. */
const misuses: readonly Misuse[] = [
  ...['trust', 'app', 'channel', 'lastSequence'].map((name): Misuse => [
    `no ${name}`,
    { [name]: undefined },
    TypeError,
    new RegExp(`^${name} is missing`),
  ]),
  ['an empty list to trust', { trust: [] }, TypeError, /^trust is missing/],
  ['a list to trust with a hole', { trust: [signer.publicKey, undefined] }, TypeError, /^trust is missing/],
  ['bytes to trust', { trust: Buffer.from(signer.publicKey) }, TypeError, /key must be a string/],
  ['null to trust', { trust: null }, TypeError, /key must be a string/],
  ['a number to trust', { trust: 5 }, TypeError, /key must be a string/],
  ['a KeyObject to trust', { trust: createPublicKey(signer.keyObject) }, TypeError, /KeyObject .*is not taken/],
  ['an app that is a number', { app: 5 }, TypeError, /^app must be a string/],
  ['an empty app', { app: '' }, RangeError, /^app must match/],
  ['an app of 129 characters', { app: 'a'.repeat(129) }, RangeError, /^app must match/],
  ['an app that is a pattern', { app: /com/ }, TypeError, /^app must be a string/],
  ['an app in a list', { app: ['com.example.app'] }, TypeError, /^app must be a string/],
  ['a channel that is true', { channel: true }, TypeError, /^channel must be a string/],
  ['an empty channel', { channel: '' }, RangeError, /^channel must match/],
  ['a last sequence in a string', { lastSequence: '999' }, TypeError, /^lastSequence must be a number/],
  ['a last sequence that is a bigint', { lastSequence: 999n }, TypeError, /^lastSequence must be a number/],
  ['a negative last sequence', { lastSequence: -1 }, RangeError, /^lastSequence must be a whole number/],
  ['a last sequence of NaN', { lastSequence: Number.NaN }, RangeError, /^lastSequence must be a whole number/],
  ['an infinite last sequence', { lastSequence: Infinity }, RangeError, /^lastSequence must be a whole number/],
  ['half a last sequence', { lastSequence: 0.5 }, RangeError, /^lastSequence must be a whole number/],
  ['a last sequence of 2^53', { lastSequence: 2 ** 53 }, RangeError, /^lastSequence must be a whole number/],
  ['a runtime of null', { runtime: null }, TypeError, /^runtime must be a string/],
  ['an empty runtime', { runtime: '' }, RangeError, /^runtime must match/],
  ['a type of null', { type: null }, TypeError, /^type must be a string/],
  ['a type with parameters', { type: 'text/html; charset=utf-8' }, RangeError, /^type must match/],
  ['a negative maxSize', { maxSize: -1 }, RangeError, /^maxSize must be a whole number/],
  ['a maxSize in a string', { maxSize: '100' }, TypeError, /^maxSize must be a number/],
  ['an infinite maxSize', { maxSize: Infinity }, RangeError, /^maxSize must be a whole number/],
  [
    'a now in milliseconds',
    { now: Date.now() },
    RangeError,
    /^now must be a valid Date, or whole seconds \(not milliseconds\)/,
  ],
  ['a now in a string', { now: '2027-01-01' }, TypeError, /^now must be a Date/],
  ['an invalid Date', { now: new Date('never') }, RangeError, /^now must be a valid Date/],
  ['a now before 1970', { now: new Date('1969-12-31') }, RangeError, /^now must be a valid Date/],
  ['a now of half a second', { now: 0.5 }, RangeError, /^now must be a valid Date/],
  ['a reader that is text', { reader: 'secret' }, TypeError, /^reader must be a Uint8Array/],
  ['a reader of null', { reader: null }, TypeError, /^reader must be a Uint8Array/],
  ['a reader of 31 bytes', { reader: pattern(31) }, RangeError, /^reader .*32 random bytes, not 31/],
  ['a reader of 33 bytes', { reader: pattern(33) }, RangeError, /^reader .*32 random bytes, not 33/],
  ['a reader of 0 bytes', { reader: new Uint8Array(0) }, RangeError, /^reader .*32 random bytes, not 0/],
]

/** What would change the meaning of a call if it were quietly taken for something else. */
const quiet: readonly Misuse[] = [
  ['a checksum of 0', { checksum: 0 }, TypeError, /^checksum must be/],
  ['a checksum of no text', { checksum: '' }, TypeError, /^checksum must be/],
  ['a checksum of "false"', { checksum: 'false' }, TypeError, /^checksum must be/],
  ['an AbortController in place of its signal', { signal: new AbortController() }, TypeError, /^signal must be/],
  ['a signal that is a number', { signal: 5 }, TypeError, /^signal must be/],
  ['an onProgress that is no function', { onProgress: 'print' }, TypeError, /^onProgress must be/],
  ['a backend that is a name', { backend: 'node' }, TypeError, /^backend must be/],
  [
    'a backend of no lanes, which would leave every chunk encrypted',
    { backend: { ...nodeBackend, lanes: 0 } },
    TypeError,
    /^backend must have lanes/,
  ],
  ['a backend of 65 lanes', { backend: { ...nodeBackend, lanes: 65 } }, TypeError, /^backend must have lanes/],
  ['a backend of half a lane', { backend: { ...nodeBackend, lanes: 0.5 } }, TypeError, /^backend must have lanes/],
  ['a backend of NaN lanes', { backend: { ...nodeBackend, lanes: Number.NaN } }, TypeError, /^backend must have lanes/],
  ['a backend that lacks what it needs', { backend: { lanes: 1 } }, TypeError, /^backend must have the method/],
]

async function expectMisuse([, more, kind, message]: Misuse): Promise<void> {
  await expectAccepted(sealed, accepting(signer), bundle)
  const options = { ...accepting(signer), ...more }
  for (const call of [() => verifyAndDecrypt(sealed, options), () => openEnvelope(sealed.head, options)]) {
    const error: unknown = await call().then(() => 'no error', (reason: unknown) => reason)
    expect(error).toBeInstanceOf(kind)
    expect((error as Error).message).toMatch(message)
  }
}

describe('verifyAndDecrypt and openEnvelope given', () => {
  test.each(misuses)('%s tell the programmer', async (...misuse) => expectMisuse(misuse))

  test.each(quiet)('%s tell the programmer, and don\'t guess', async (...misuse) => expectMisuse(misuse))

  test.each([undefined, null, 5, 'text'])('%s as options tell the programmer', async (options) => {
    const wrong = options as unknown as DeviceOptions
    await expect(verifyAndDecrypt(sealed, wrong)).rejects.toThrow(/^options must be an object/)
    await expect(openEnvelope(sealed.head, wrong)).rejects.toThrow(TypeError)
  })

  test('a private key to trust refuse it as bad-key, without quoting it', async () => {
    await expectRefused(
      () => verifyAndDecrypt(sealed, accepting(signer, { trust: signer.privateKey })),
      'bad-key',
      /private key where a public one belongs/,
    )
  })

  test('a key to trust as PEM, JWK, JWK text and CryptoKey accept alike', async () => {
    const jwk = createPublicKey(signer.keyObject).export({ format: 'jwk' }) as { kty: string }
    const imported = await crypto.subtle.importKey('jwk', jwk, { name: 'Ed25519' }, true, ['verify'])
    for (const trust of [signer.publicKey, jwk, JSON.stringify(jwk), imported]) {
      await expectAccepted(sealed, accepting(signer, { trust }), bundle)
    }
  })
})
