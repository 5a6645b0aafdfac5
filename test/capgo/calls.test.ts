import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { capgoUpdateAnswer, checkCapgoRelease, decryptCapgoV1, encryptManifestForCapgo, EnvelopeError, identifyRelease, verifyAndDecryptCapgoManifest } from '../../src/capgo.js'
import { nodeCapgoBackend } from '../../src/node.js'
import { cliKeyPair, cliRelease } from './helpers.js'
import { all, cliManifest, untilFailure } from './manifest-helpers.js'
import type { CapgoBackend, CapgoCheckOptions } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()
const bytes = randomBytes(40)
const release = cliRelease(bytes, privateKey, 'V3')

/** A platform that fails where a signature is opened. */
const failing: CapgoBackend = {
  ...nodeCapgoBackend,
  rsaPublic: () => () => {
    throw new EnvelopeError('backend-unavailable', 'the platform has no RSA')
  },
}

test('a platform that fails is no property of a release: recognising and checking throw what it says', async () => {
  const { payload, ...fields } = release
  await expect(identifyRelease({ ...fields, publicKey }, { backend: failing })).rejects.toMatchObject({ code: 'backend-unavailable' })
  await expect(checkCapgoRelease(release, { publicKey, backend: failing })).rejects.toMatchObject({ code: 'backend-unavailable' })
  expect(payload.length).toBe(48)
})

test('the checker judges for pluginVersions alone: a pluginVersion that is passed by mistake changes nothing', async () => {
  const older = cliRelease(bytes, privateKey, 'V2')
  const options = { publicKey, pluginVersion: '8.1.0' } as CapgoCheckOptions
  expect((await checkCapgoRelease(older, options)).problems.map(({ code }) => code)).toEqual((await checkCapgoRelease(older, { publicKey })).problems.map(({ code }) => code))
})

test('options of a release of V1 are read once, at the call', async () => {
  const [key, iv] = [randomBytes(16), randomBytes(16)]
  const cipher = createCipheriv('aes-128-cbc', key, iv)
  const encryptedKey = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, key)
  const options = { privateKey, sessionKey: `${iv.toString('base64')}:${encryptedKey.toString('base64')}`, checksum: crc32(bytes).toString(16).padStart(8, '0') }
  const reading = decryptCapgoV1(Buffer.concat([cipher.update(bytes), cipher.final()]), options)
  Object.assign(options, { privateKey: '', sessionKey: '', checksum: '' })
  expect(bytes.equals((await reading).unauthenticated)).toBe(true)
})

test('a path of 1,024 characters is taken, and one of 1,025 is not', async () => {
  const path = `${'ab/'.repeat(10)}${`${'c'.repeat(180)}/`.repeat(5)}`.padEnd(1024, 'd')
  const { files } = await encryptManifestForCapgo([{ path, bytes }], { privateKey, checksumForm: 'V3' })
  expect((await all(files))[0]?.file_name).toBe(path)
  const longer = await encryptManifestForCapgo([{ path: `${path}d`, bytes }], { privateKey, checksumForm: 'V3' })
  expect((await untilFailure(longer.files)).error).toMatchObject({ code: 'malformed-release' })
})

test('the files of a release are not read for a plugin that can take no single files', async () => {
  const { sessionKey, entries } = cliManifest([{ path: 'a', bytes }], privateKey, 'V2')
  const read = (pluginVersion: string): ReturnType<typeof verifyAndDecryptCapgoManifest> => verifyAndDecryptCapgoManifest(entries, { publicKey, sessionKey, pluginVersion })
  expect((await untilFailure(read('7.0.37'))).error).toMatchObject({ code: 'unsupported' })
  expect((await all(read('7.0.38'))).length).toBe(1)
})

test.each([
  ['\u00fc', 'u\u0308'],
  ['x/\u1fb4.js', 'x/\u03b1\u0345\u0301.js'],
])('two names that are one in another form of Unicode are refused when they are read: %s and %s', async (...names) => {
  const { sessionKey, entries: [entry] } = cliManifest([{ path: 'a', bytes }], privateKey, 'V3')
  const named = names.map((file_name) => ({ file_name, file_hash: entry?.file_hash ?? '', payload: entry?.payload ?? bytes }))
  const { before, error } = await untilFailure(verifyAndDecryptCapgoManifest(named, { publicKey, sessionKey }))
  expect(before.length).toBe(1)
  expect(error).toMatchObject({ code: 'malformed-release', message: expect.stringContaining('comes twice') as string })
})

test('a path that the Capgo CLI has escaped is read where it is not too long without the escapes', async () => {
  const { sessionKey, entries: [entry] } = cliManifest([{ path: 'a', bytes }], privateKey, 'V3')
  const read = (path: string): ReturnType<typeof verifyAndDecryptCapgoManifest> => {
    const file_name = path.split('/').map(encodeURIComponent).join('/')
    return verifyAndDecryptCapgoManifest([{ file_name, file_hash: entry?.file_hash ?? '', payload: entry?.payload ?? bytes }], { publicKey, sessionKey })
  }
  expect((await all(read(`${'\u65e5'.repeat(60)}/${'\u65e5'.repeat(60)}.js`))).length).toBe(1)
  expect((await untilFailure(read('\u65e5'.repeat(400)))).error).toMatchObject({ code: 'malformed-release' })
})

test.each(['~user/x.js', 'a'.repeat(188), 'u\u0308.js'])('a path that some device can not keep is a problem of a manifest, and no answer: %s', async (path) => {
  const { sessionKey, entries: [entry] } = cliManifest([{ path: 'a', bytes }], privateKey, 'V3')
  const manifest = [{ file_name: path, file_hash: entry?.file_hash ?? '', download_url: 'https://updates.example.com/x' }]
  const upload = { ...release, manifest }
  expect((await checkCapgoRelease(upload, { publicKey })).problems.map(({ code }) => code)).toContain('malformed-release')
  expect(() => capgoUpdateAnswer({ version: '1', url: 'https://updates.example.com/zip', release: { ...release, sessionKey }, manifest })).toThrow(EnvelopeError)
})
