import { constants, publicEncrypt, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encryptForCapgo, identifyRelease } from '../../src/capgo.js'
import { joinEnvelope } from '../../src/index.js'
import { cliKeyPair, cliRelease, describeEachCapgoBackend } from './helpers.js'
import type { CapgoClues, CapgoIdentity } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()
const other = cliKeyPair()
const ZIP = Buffer.from('PK\u0003\u0004 and the rest of a ZIP')

const v2 = cliRelease(ZIP, privateKey, 'V2')
const v3 = cliRelease(ZIP, privateKey, 'V3')
const foreign = cliRelease(ZIP, other.privateKey, 'V3')
/** The third form, which nobody writes. */
const v3Base64 = { ...v3, checksum: Buffer.from(v3.checksum, 'hex').toString('base64') }
const v1 = {
  sessionKey: `${randomBytes(16).toString('base64')}:${publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, randomBytes(16)).toString('base64')}`,
  checksum: 'deadbeef',
}

/** All but the advice, which must be one sentence. */
async function found(clues: CapgoClues): Promise<Omit<CapgoIdentity, 'advice'>> {
  const { advice, ...rest } = await identifyRelease(clues)
  expect(advice).toMatch(/^[^.]{20,}$/)
  return rest
}

describeEachCapgoBackend('with the public key', (backend) => {
  test.each([
    ['V2', v2],
    ['V3', v3],
    ['V3-base64', v3Base64],
  ] as const)('a release with a checksum of the form %s is told from the others', async (checksumForm, release) => {
    expect(await identifyRelease({ ...release, publicKey }, { backend })).toMatchObject({ kind: 'capgo-v2', checksumForm, isSigned: true })
  })

  test('releases of V1 and of other key pairs are not taken for signed', async () => {
    expect(await identifyRelease({ ...v1, publicKey }, { backend })).toMatchObject({ kind: 'capgo-v1', isSigned: false })
    expect(await identifyRelease({ ...foreign, publicKey }, { backend })).toMatchObject({ kind: 'capgo-v2', checksumForm: 'V3', isSigned: false })
  })
})

test('an envelope is known by the bytes that otaseal writes', async () => {
  const envelope = joinEnvelope('{}', randomBytes(100))
  expect(await found({ payload: envelope })).toEqual({ kind: 'otaseal', isSigned: false })
  expect((await found({ ...v3, publicKey, payload: envelope.subarray(0, 8) })).kind).toBe('otaseal')
  expect((await found({ payload: envelope.subarray(0, 7) })).kind).toBe('unknown')
})

test('a ZIP is known by its first bytes, also an empty one, and said to be the wrong file beside a session key', async () => {
  expect(await found({ payload: ZIP })).toEqual({ kind: 'zip', isSigned: false })
  expect((await found({ payload: Buffer.from('PK\u0005\u0006') })).kind).toBe('zip')
  expect((await found({ payload: Buffer.from('PK\u0007\u0008') })).kind).toBe('unknown')
  expect((await identifyRelease({ payload: ZIP })).advice).toContain('encryptForCapgo')
  expect((await identifyRelease({ ...v3, payload: ZIP })).advice).toContain('in its place')
})

test('without the public key only the form of what is signed can be told', async () => {
  expect(await found(v3)).toEqual({ kind: 'capgo-v2', checksumForm: 'V3', isSigned: false })
  expect(await found(v2)).toEqual({ kind: 'capgo-v2', isSigned: false })
  expect(await found(v1)).toEqual({ kind: 'capgo-v1', isSigned: false })
  expect((await identifyRelease(v2)).advice).toContain('pass the public key to be sure')
})

test.each([
  ['a session key of V2 alone', { sessionKey: v3.sessionKey, publicKey }, 'capgo-v2', true, 'without its checksum'],
  ['a checksum of V2 alone', { checksum: v3.checksum, publicKey }, 'capgo-v2', true, 'without its session key'],
  ['a session key of another key pair', { ...v3, sessionKey: foreign.sessionKey, publicKey }, 'capgo-v2', false, 'the session key is not by this key pair'],
  ['a checksum of another key pair', { ...v3, checksum: foreign.checksum, publicKey }, 'capgo-v2', false, 'the checksum is not by this key pair'],
  ['both of another key pair', { ...foreign, publicKey }, 'capgo-v2', false, 'another key pair, or of V1'],
  ['a session key of V2 beside a CRC32', { ...v3, checksum: 'deadbeef', publicKey }, 'capgo-v2', false, 'not signed'],
  ['a session key of V2 beside nonsense', { ...v3, checksum: 'nonsense', publicKey }, 'capgo-v2', false, 'without its checksum'],
  ['a session key of V1 beside an unsigned SHA-256', { ...v1, checksum: 'a'.repeat(64), publicKey }, 'capgo-v1', false, 'decryptCapgoV1'],
  ['a session key that may be of either', { sessionKey: v1.sessionKey }, 'unknown', false, 'V1 or V2'],
  ['a session key of nobody known', { sessionKey: v1.sessionKey, publicKey }, 'unknown', false, 'V1, or of V2'],
  ['a CRC32 alone', { checksum: 'deadbeef' }, 'unknown', false, 'not signed'],
  ['nothing', {}, 'unknown', false, 'no mark'],
  ['a payload alone', { payload: v3.payload, publicKey }, 'unknown', false, 'no mark'],
] as const)('%s', async (_, clues, kind, isSigned, words) => {
  const identity = await identifyRelease({ ...clues })
  expect(identity).toMatchObject({ kind, isSigned })
  expect(identity.advice).toContain(words)
})

test('what encryptForCapgo writes is recognised as signed', async () => {
  const release = await encryptForCapgo(ZIP, { privateKey, pluginVersion: '7.29.0' })
  expect(await found({ ...release, publicKey })).toEqual({ kind: 'capgo-v2', checksumForm: 'V2', isSigned: true })
})

test('whatever stands in a release, something is found and nothing thrown', async () => {
  const text = fc.oneof(fc.string(), fc.string().map((part) => `${part}:${v3.sessionKey}`), fc.base64String({ minLength: 340, maxLength: 350 }), fc.jsonValue())
  const clues = fc.record({ payload: fc.uint8Array({ maxLength: 20 }), sessionKey: text, checksum: text, publicKey: fc.constantFrom(publicKey, undefined) }, { requiredKeys: [] })
  await fc.assert(
    fc.asyncProperty(clues, async (any) => {
      expect(['otaseal', 'capgo-v2', 'capgo-v1', 'zip', 'unknown']).toContain((await identifyRelease(any as CapgoClues)).kind)
    }),
    { numRuns: 500, examples: [[{ sessionKey: 'x'.repeat(1_000_000), checksum: 'f'.repeat(1_000_000) }]] },
  )
})

test('arguments of the wrong kind are refused as misuse', async () => {
  await expect(identifyRelease(undefined as never)).rejects.toThrow(TypeError)
  await expect(identifyRelease({ payload: 'text' as never })).rejects.toThrow(TypeError)
  await expect(identifyRelease({}, { backend: {} as never })).rejects.toThrow(TypeError)
  await expect(identifyRelease({ publicKey: 'no key' })).rejects.toMatchObject({ code: 'bad-key' })
})
