import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { checkCapgoRelease, encryptForCapgo } from '../../src/capgo.js'
import { streamOf } from '../stream/streams.js'
import { cliKeyPair, cliRelease, describeEachCapgoBackend } from './helpers.js'
import type { CapgoCheckOptions, CapgoNote, CapgoUpload } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()
const other = cliKeyPair()
const ZIP = Buffer.from(zipSync({ 'index.html': randomBytes(5000) }))
const release = await encryptForCapgo(ZIP, { privateKey, pluginVersion: '8.0.0' })
const options: CapgoCheckOptions = { publicKey }

const codes = (notes: readonly CapgoNote[]): readonly string[] => notes.map(({ code }) => code)
const problemsOf = async (upload: CapgoUpload, more: Partial<CapgoCheckOptions> = {}): Promise<readonly string[]> =>
  codes((await checkCapgoRelease(upload, { ...options, ...more })).problems)

/** The same bytes with one bit changed. */
function flipped(bytes: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  const at = Math.floor(bit / 8)
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << (bit % 8)), at)
  return copy
}

describeEachCapgoBackend('checkCapgoRelease', (backend) => {
  test('finds nothing wrong with what is right, as bytes and as a stream', async () => {
    for (const checksumForm of ['V2', 'V3'] as const) {
      const made = await encryptForCapgo(ZIP, { privateKey, checksumForm, backend })
      const cli = cliRelease(ZIP, privateKey, checksumForm)
      for (const upload of [made, cli, { ...made, payload: streamOf(made.payload, 1000) }]) {
        const report = await checkCapgoRelease(upload, { ...options, backend, pluginVersions: [checksumForm === 'V2' ? '7.29.0' : '8.51.23'] })
        expect(report).toEqual({ ok: true, problems: [], warnings: [], sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string, checksumForm, keyId: made.keyId })
      }
    }
  })

  test('goes on after a problem, and reports all of them', async () => {
    const { sessionKey } = await encryptForCapgo(ZIP, { ...other, checksumForm: 'V3', backend })
    const upload = { payload: release.payload.subarray(1), sessionKey, checksum: 'deadbeef', keyId: 'MIIBCgKCAQEAxxxxxxxx', manifest: [] }
    expect(await problemsOf(upload, { backend })).toEqual(['bad-key', 'bad-signature', 'malformed-release', 'malformed-release', 'truncated'])
  })
})

describe('each flipped bit is reported', () => {
  test('of the payload', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(release.payload.length * 8 - 1), async (bit) => {
        expect(await problemsOf({ ...release, payload: flipped(release.payload, bit) })).toEqual(['bad-checksum'])
      }),
    )
  })

  test('of the initialisation vector and of the signed session key', async () => {
    const [iv = '', key = ''] = release.sessionKey.split(':')
    await fc.assert(
      fc.asyncProperty(fc.nat(2047), async (bit) => {
        const sessionKey = `${iv}:${flipped(Buffer.from(key, 'base64'), bit).toString('base64')}`
        expect(await problemsOf({ ...release, sessionKey })).toEqual(['bad-signature'])
        const otherIv = `${flipped(Buffer.from(iv, 'base64'), bit % 128).toString('base64')}:${key}`
        expect(await problemsOf({ ...release, sessionKey: otherIv })).toEqual(['bad-checksum'])
      }),
    )
  })

  test('of the checksum', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(2047), async (bit) => {
        expect(await problemsOf({ ...release, checksum: flipped(Buffer.from(release.checksum, 'hex'), bit).toString('hex') })).toEqual(['bad-signature'])
      }),
    )
  })
})

describe('content', () => {
  test('that is no ZIP is a problem, since devices unzip it', async () => {
    for (const bundle of [randomBytes(100), Buffer.from('PK'), Buffer.from('PK\u0005\u0006')]) {
      const upload = await encryptForCapgo(bundle, { privateKey, checksumForm: 'V3' })
      const report = await checkCapgoRelease(upload, options)
      expect(codes(report.problems)).toEqual(['not-a-zip'])
      expect(report).toHaveProperty('sha256')
    }
  })

  test('that nobody encrypted is named so', async () => {
    const zip = Buffer.concat([ZIP, Buffer.alloc(16 - (ZIP.length % 16))])
    expect(await problemsOf({ ...release, payload: zip })).toEqual(['bad-checksum', 'not-encrypted'])
    expect(await problemsOf({ ...release, payload: zip, sessionKey: '' })).toEqual(['malformed-release', 'not-encrypted'])
    expect(await problemsOf({ ...release, payload: zip.subarray(0, 5) })).toEqual(['truncated', 'not-encrypted'])
  })

  test('is not decrypted for anyone who has no checksum that holds: the report says nothing of its padding', async () => {
    const { checksum } = await encryptForCapgo(ZIP, { ...other, checksumForm: 'V3' })
    const upload = await encryptForCapgo(randomBytes(100), { privateKey, checksumForm: 'V3' })
    for (const payload of [upload.payload, ...Array.from({ length: 50 }, () => randomBytes(96))]) {
      const report = await checkCapgoRelease({ ...upload, payload, checksum }, options)
      expect(codes(report.problems)).toEqual(['bad-signature'])
      expect(report).not.toHaveProperty('sha256')
      expect(await problemsOf({ ...upload, payload, checksum: release.checksum })).toEqual(['bad-checksum'])
    }
  })

  test('that is too large is a problem, also where it can not be decrypted', async () => {
    expect(await problemsOf(release, { maxSize: ZIP.length })).toEqual([])
    expect(await problemsOf(release, { maxSize: ZIP.length - 1 })).toEqual(['too-large'])
    expect(await problemsOf({ ...release, sessionKey: 'a:b' }, { maxSize: 100 })).toEqual(['malformed-release', 'too-large'])
  })

  test('whose payload is cut off, empty or of another release is a problem', async () => {
    expect(await problemsOf({ ...release, payload: release.payload.subarray(0, -1) })).toEqual(['truncated'])
    expect(await problemsOf({ ...release, payload: release.payload.subarray(0, -16) })).toEqual(['bad-checksum'])
    expect(await problemsOf({ ...release, payload: new Uint8Array(0) })).toEqual(['truncated'])
    expect(await problemsOf({ ...release, payload: new Uint8Array(0), sessionKey: '' })).toEqual(['malformed-release', 'truncated'])
    expect(await problemsOf({ ...release, payload: cliRelease(ZIP, privateKey, 'V3').payload })).toEqual(['bad-checksum'])
  })
})

describe('plugin versions', () => {
  const versions = ['5.29.0', '7.29.0', '7.30.0', '8.51.23']

  test('that would refuse the form of the checksum are named', async () => {
    const { problems, checksumForm } = await checkCapgoRelease(release, { ...options, pluginVersions: versions })
    expect([codes(problems), checksumForm]).toEqual([['unsupported'], 'V3'])
    expect(problems[0]?.message).toMatch(/^"5\.29\.0", "7\.29\.0": .*V2/)
    const v2 = await encryptForCapgo(ZIP, { privateKey, checksumForm: 'V2' })
    expect((await checkCapgoRelease(v2, { ...options, pluginVersions: versions })).problems[0]?.message).toMatch(/^"7\.30\.0", "8\.51\.23": /)
  })

  test('that nobody knows, or that read no encrypted release at all, are problems too', async () => {
    expect(await problemsOf(release, { pluginVersions: ['99.0.0', 'latest', '5.0.0', '8.0.0'] })).toEqual(['unsupported', 'unsupported', 'unsupported'])
    const many = Array.from({ length: 10_000 }, (_, i) => `7.${i % 30}.${i}`)
    const { problems } = await checkCapgoRelease(release, { ...options, pluginVersions: many })
    expect(problems.length).toBeLessThanOrEqual(101)
    expect(JSON.stringify(problems).length).toBeLessThan(20_000)
  })
})

test('another key id than that of the public key is a problem', async () => {
  for (const keyId of [release.keyId, null, undefined]) expect(await problemsOf({ ...release, keyId })).toEqual([])
  expect(await problemsOf({ ...release, keyId: 'MIIBCgKCAQEAxxxxxxxx' })).toEqual(['bad-key'])
})
