import { constants, createCipheriv, createHash, publicEncrypt, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decryptCapgoV1, encryptForCapgo, identifyRelease, verifyAndDecryptCapgo } from '../../src/capgo.js'
import { cliKeyPair, cliRelease, describeEachCapgoBackend } from './helpers.js'

const { publicKey, privateKey } = cliKeyPair()

interface V1Release {
  readonly payload: Buffer
  readonly sessionKey: string
  readonly checksum: string
}

/** A release of V1 as the Capgo CLI made it, with node:crypto alone. */
function v1Release(bundle: Uint8Array, key: Uint8Array = randomBytes(16)): V1Release {
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-128-cbc', key.subarray(0, 16), iv)
  const payload = Buffer.concat([cipher.update(bundle), cipher.final()])
  const encryptedKey = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, key)
  return { payload, sessionKey: `${iv.toString('base64')}:${encryptedKey.toString('base64')}`, checksum: crc32(bundle).toString(16).padStart(8, '0') }
}

const refusal = async (release: V1Release, more: object = {}): Promise<unknown> =>
  decryptCapgoV1(release.payload, { ...release, privateKey, ...more }).then(
    () => 'read',
    (error: unknown) => (error as { code?: unknown }).code,
  )

describeEachCapgoBackend('releases of V1', (backend) => {
  test.each([0, 1, 15, 16, 17, 2 ** 19 - 1, 2 ** 19, 2 ** 19 + 1])('of %i bytes are read', async (size) => {
    const bundle = randomBytes(size)
    const release = v1Release(bundle)
    const { unauthenticated } = await decryptCapgoV1(release.payload, { ...release, privateKey, backend })
    expect(bundle.equals(unauthenticated)).toBe(true)
  })

  test('are refused alike for a wrong checksum and for a wrong padding', async () => {
    const release = v1Release(Buffer.from('PK\u0003\u0004 and more'))
    const wrong: unknown = await decryptCapgoV1(release.payload, { ...release, checksum: '00000000', privateKey, backend }).catch((error: unknown) => error)
    const { message } = wrong as Error
    const [key, iv] = [randomBytes(16), randomBytes(16)]
    const unpadded = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false)
    const payload = Buffer.concat([unpadded.update(Buffer.alloc(32, 0xee)), unpadded.final()])
    const encryptedKey = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, key).toString('base64')
    const fields = { sessionKey: `${iv.toString('base64')}:${encryptedKey}`, checksum: crc32(Buffer.alloc(32, 0xee)).toString(16).padStart(8, '0') }
    await expect(decryptCapgoV1(payload, { ...fields, privateKey, backend })).rejects.toMatchObject({ code: 'bad-checksum', message })
    expect(await refusal(release, { checksum: '00000000', backend })).toBe('bad-checksum')
  })

  test('are refused where the session key is for another key pair, has 32 bytes, or is one of V2', async () => {
    const bundle = randomBytes(100)
    const release = v1Release(bundle)
    expect(await refusal(release, { privateKey: cliKeyPair().privateKey, backend })).toBe('bad-key')
    expect(await refusal(v1Release(bundle, randomBytes(32)), { backend })).toBe('bad-key')
    expect(await refusal({ ...release, sessionKey: cliRelease(bundle, privateKey, 'V3').sessionKey }, { backend })).toBe('bad-key')
  })
})

test('each flipped bit of a short payload is found', async () => {
  const release = v1Release(Buffer.from('PK\u0003\u0004, and so on'))
  await fc.assert(
    fc.asyncProperty(fc.nat(release.payload.length * 8 - 1), async (bit) => {
      const payload = Buffer.from(release.payload)
      payload.writeUInt8(payload.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(await refusal({ ...release, payload })).toBe('bad-checksum')
    }),
  )
})

test('an unsigned SHA-256, which the Capgo CLI wrote for some releases, is compared too', async () => {
  const bundle = randomBytes(1000)
  const checksum = createHash('sha256').update(bundle).digest('hex')
  const release = { ...v1Release(bundle), checksum }
  expect(bundle.equals((await decryptCapgoV1(release.payload, { ...release, privateKey })).unauthenticated)).toBe(true)
  expect(await refusal({ ...release, checksum: checksum.toUpperCase() })).toBe('read')
  expect(await refusal({ ...release, checksum: `${checksum.slice(0, -1)}${checksum.endsWith('0') ? '1' : '0'}` })).toBe('bad-checksum')
})

test.each([undefined, '', '1234567', '123456789', 'xyzxyzxy', 'f'.repeat(512)])('the checksum of case %# is malformed', async (checksum) => {
  expect(await refusal(v1Release(randomBytes(50)), { checksum })).toBe('malformed-release')
})

test.each([undefined, '', 'a:b', 'x'.repeat(5000)])('the session key of case %# is malformed', async (sessionKey) => {
  expect(await refusal(v1Release(randomBytes(50)), { sessionKey })).toBe('malformed-release')
})

test.each([0, 1, 15, 17])('a payload of %i bytes is cut off', async (size) => {
  expect(await refusal({ ...v1Release(randomBytes(50)), payload: randomBytes(size) })).toBe('truncated')
})

test('a payload that is overwritten after the call is read as it was', async () => {
  const bundle = randomBytes(2 ** 19 + 5)
  const release = v1Release(bundle)
  const reading = decryptCapgoV1(release.payload, { ...release, privateKey })
  release.payload.fill(0)
  expect(bundle.equals((await reading).unauthenticated)).toBe(true)
})

test('arguments of the wrong kind are refused as misuse', async () => {
  const release = v1Release(randomBytes(50))
  await expect(decryptCapgoV1('payload' as never, { ...release, privateKey })).rejects.toThrow(TypeError)
  await expect(decryptCapgoV1(release.payload, undefined as never)).rejects.toThrow(TypeError)
  await expect(decryptCapgoV1(release.payload, { ...release, privateKey: undefined as never })).rejects.toThrow(TypeError)
  await expect(decryptCapgoV1(release.payload, { ...release, privateKey: publicKey })).rejects.toMatchObject({ code: 'bad-key' })
})

test('a release of V1 is recognised, and its bundle becomes a release of V2', async () => {
  const bundle = randomBytes(500)
  const old = v1Release(bundle)
  expect((await identifyRelease({ ...old, publicKey })).kind).toBe('capgo-v1')
  const { unauthenticated } = await decryptCapgoV1(old.payload, { ...old, privateKey })
  const keys = cliKeyPair()
  const release = await encryptForCapgo(unauthenticated, { ...keys, pluginVersion: '8.0.0' })
  expect(bundle.equals((await verifyAndDecryptCapgo(release.payload, { ...release, publicKey: keys.publicKey })).bundle)).toBe(true)
})
