import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { decodeHead, encryptBundle } from '../../src/index.js'
import { nobleDeviceBackend } from '../../src/crypto/noble.js'
import { accepting, expectAccepted, expectRefused, pattern } from './helpers.js'
import { freshEd25519 } from './signers.js'
import type { EncryptOptions } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(3)
const basic: EncryptOptions = {
  signer: signer.privateKey,
  app: 'com.example.app',
  version: '1.4.0',
  channel: 'production',
}
const nowSeconds = Math.floor(Date.now() / 1000)

type Kind = typeof TypeError | typeof RangeError
type Misuse = readonly [title: string, more: Record<string, unknown>, kind: Kind, message: RegExp]

const misuses: readonly Misuse[] = [
  ['no signer', { signer: undefined }, TypeError, /^signer is missing/],
  ['an empty list of signers', { signer: [] }, TypeError, /^signer is missing/],
  ['nine signers', { signer: Array(9).fill(signer.privateKey) }, RangeError, /^at most 8 keys can sign/],
  ['bytes to sign with', { signer: Buffer.from(signer.privateKey) }, TypeError, /key must be a string/],
  ['null to sign with', { signer: null }, TypeError, /key must be a string/],
  ['a KeyObject to sign with', { signer: createPrivateKey(signer.privateKey) }, TypeError, /KeyObject .*is not taken/],
  ['no app', { app: undefined }, TypeError, /^app must be a string/],
  ['an app of null', { app: null }, TypeError, /^app must be a string/],
  ['an empty app', { app: '' }, RangeError, /^app must match/],
  ['an app with a line end', { app: 'com.example\n' }, RangeError, /^app must match/],
  ['no version', { version: undefined }, TypeError, /^version must be a string/],
  ['a version that is a number', { version: 1.4 }, TypeError, /^version must be a string/],
  ['a version of 129 characters', { version: '1'.repeat(129) }, RangeError, /^version must match/],
  ['a version with a space', { version: '1.4 beta' }, RangeError, /^version must match/],
  ['a channel of null', { channel: null }, TypeError, /^channel must be a string/],
  ['an empty channel', { channel: '' }, RangeError, /^channel must match/],
  ['a runtime that is a number', { runtime: 7 }, TypeError, /^runtime must be a string/],
  ['an empty runtime', { runtime: '' }, RangeError, /^runtime must match/],
  ['a sequence in a string', { sequence: '1000' }, TypeError, /^sequence must be a number/],
  ['a sequence that is a bigint', { sequence: 1000n }, TypeError, /^sequence must be a number/],
  ['a sequence of null', { sequence: null }, TypeError, /^sequence must be a number/],
  ['a negative sequence', { sequence: -1 }, RangeError, /^sequence must be a whole number/],
  ['half a sequence', { sequence: 0.5 }, RangeError, /^sequence must be a whole number/],
  ['a sequence of NaN', { sequence: Number.NaN }, RangeError, /^sequence must be a whole number/],
  [
    'a sequence of 2^53',
    { sequence: 2 ** 53, allowFutureSequence: true },
    RangeError,
    /^sequence must be a whole number/,
  ],
  [
    'R50: a sequence in milliseconds',
    { sequence: Date.now() },
    RangeError,
    /^sequence \d+ .*whole seconds, not milliseconds/,
  ],
  [
    'R50: a sequence two days ahead',
    { sequence: nowSeconds + 172_800 },
    RangeError,
    /more than a day ahead.*allowFutureSequence/,
  ],
  [
    'R50: the same, told so with something else than true',
    { sequence: nowSeconds + 172_800, allowFutureSequence: 'yes' },
    TypeError,
    /^allowFutureSequence/,
  ],
  [
    'an expiry in milliseconds',
    { expires: Date.now() },
    RangeError,
    /^expires must be a valid Date, or whole seconds \(not milli/,
  ],
  ['an expiry in a string', { expires: '2099-01-01' }, TypeError, /^expires must be a Date/],
  ['an invalid Date', { expires: new Date('never') }, RangeError, /^expires must be a valid Date/],
  ['an expiry after the year 9999', { expires: 253_402_300_800 }, RangeError, /^expires/],
  ['a type with parameters', { type: 'text/html; charset=utf-8' }, RangeError, /^type must match/],
  ['a type that is a number', { type: 5 }, TypeError, /^type must be a string/],
  ['meta that is text', { meta: 'commit' }, TypeError, /^meta must be an? .*object/],
  ['meta of null', { meta: null }, TypeError, /^meta must be an? .*object/],
  ['meta with a number in it', { meta: { build: 5 } }, TypeError, /^meta must map names to strings/],
  ['meta with nothing in it', { meta: { build: undefined } }, TypeError, /^meta must map names to strings/],
  ['meta with a lone surrogate', { meta: { a: '\ud800' } }, RangeError, /^meta must be Unicode/],
  ['meta with a lone surrogate in a name', { meta: { '\udfff': 'a' } }, RangeError, /^meta must be Unicode/],
  ['readers that are no list', { readers: pattern(32) }, TypeError, /^readers must be an array/],
  ['no readers in the list', { readers: [] }, RangeError, /^readers is empty/],
  ['readers of null', { readers: null }, TypeError, /^readers must be an array/],
  ['65 readers', { readers: Array.from({ length: 65 }, (_, i) => pattern(32, i)) }, RangeError, /^at most 64 readers/],
  ['a reader that is text', { readers: [pattern(32), 'secret'] }, TypeError, /^readers\[1\] must be a Uint8Array/],
  ['a reader of 31 bytes', { readers: [pattern(31)] }, RangeError, /^readers\[0\] .*32 random bytes, not 31/],
  ['a chunk size of 65536', { chunkSize: 65_536 }, RangeError, /^chunkSize must be one of 16384, 262144/],
  ['a chunk size in a string', { chunkSize: '16384' }, RangeError, /^chunkSize must be one of/],
]

/** What would change the meaning of a call if it were quietly taken for something else. */
const quiet: readonly Misuse[] = [
  ['meta that is a Map', { meta: new Map([['commit', 'abc']]) }, TypeError, /^meta must/],
  ['meta that is a list', { meta: ['abc'] }, TypeError, /^meta must/],
  ['meta that is a Date', { meta: new Date() }, TypeError, /^meta must/],
  ['an AbortController in place of its signal', { signal: new AbortController() }, TypeError, /^signal must be/],
  ['an onProgress that is no function', { onProgress: {} }, TypeError, /^onProgress must be/],
  ['a backend that is a name', { backend: 'node' }, TypeError, /^backend must be/],
  [
    'a backend of the device, which cannot sign',
    { backend: nobleDeviceBackend },
    TypeError,
    /^backend must have the method/,
  ],
]

async function expectMisuse([, more, kind, message]: Misuse): Promise<void> {
  const options = { ...basic, ...more }
  const error: unknown = await encryptBundle(bundle, options).then(() => 'no error', (reason: unknown) => reason)
  expect(error).toBeInstanceOf(kind)
  expect((error as Error).message).toMatch(message)
}

describe('encryptBundle given', () => {
  test('what it takes makes an envelope: the control of what follows', async () => {
    const options = { ...basic, sequence: nowSeconds + 86_000, expires: nowSeconds + 5, meta: {}, readers: undefined }
    await expectAccepted(await encryptBundle(bundle, options), accepting(signer), bundle)
  })

  test.each(misuses)('%s tells the programmer', async (...misuse) => expectMisuse(misuse))

  test.each(quiet)('%s tells the programmer, and doesn\'t guess', async (...misuse) => expectMisuse(misuse))

  test.each([undefined, null, 5, 'text'])('%s as options tells the programmer', async (options) => {
    await expect(encryptBundle(bundle, options as unknown as EncryptOptions)).rejects.toThrow(/^options must/)
  })

  test('R50: a sequence far ahead is taken when it is told so twice', async () => {
    const sequence = nowSeconds * 1000
    const { head } = await encryptBundle(bundle, { ...basic, sequence, allowFutureSequence: true })
    expect(decodeHead(head).header.sequence).toBe(sequence)
  })

  test('a public key to sign with refuses it as bad-key', async () => {
    await expectRefused(
      () => encryptBundle(bundle, { ...basic, signer: signer.publicKey }),
      'bad-key',
      /pass the private key/,
    )
  })
})
