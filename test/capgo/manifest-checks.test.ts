import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { encryptManifestForCapgo, verifyAndDecryptCapgoManifest } from '../../src/capgo.js'
import { cliKeyPair, describeEachCapgoBackend } from './helpers.js'
import { blockOf, cbc, rawSign, sha256 } from './hostile.js'
import { all, untilFailure } from './manifest-helpers.js'
import type { CapgoManifestOptions } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()

describeEachCapgoBackend('a file of a manifest', (backend) => {
  test.each([15, 31])('of %i signed bytes without padding, but for a byte that is none, is refused', async (size) => {
    const [key, iv, bytes] = [randomBytes(16), randomBytes(16), randomBytes(size)]
    const entryOf = (last: number): { file_name: string; file_hash: string; payload: Buffer } => ({
      file_name: 'a', file_hash: rawSign(blockOf(sha256(bytes)), privateKey).toString('hex'), payload: cbc(key, iv, Buffer.concat([bytes, Buffer.of(last)]), false),
    })
    const options = { publicKey, sessionKey: `${iv.toString('base64')}:${rawSign(blockOf(key), privateKey).toString('base64')}`, backend }
    expect((await all(verifyAndDecryptCapgoManifest([entryOf(1)], options))).map((file) => bytes.equals(file.bytes))).toEqual([true])
    for (const last of [0, 17, 255]) {
      expect(await untilFailure(verifyAndDecryptCapgoManifest([entryOf(last)], options))).toMatchObject({ before: [], error: { code: 'bad-checksum' } })
    }
  })

  test.each([8, 24, 40])('of %i bytes, which are no whole blocks, is truncated', async (size) => {
    const { sessionKey, files } = await encryptManifestForCapgo([{ path: 'a', bytes: randomBytes(20) }], { privateKey, checksumForm: 'V3', backend })
    const [entry] = await all(files)
    if (entry === undefined) throw new Error('no entry')
    const changed = { ...entry, payload: Buffer.concat([entry.payload, entry.payload]).subarray(0, size) }
    expect((await untilFailure(verifyAndDecryptCapgoManifest([changed], { publicKey, sessionKey, backend }))).error).toMatchObject({ code: 'truncated' })
  })

  test('is made and read by options that may change right after the call', async () => {
    const given = (await encryptManifestForCapgo([], { privateKey, checksumForm: 'V3', backend })).sessionKey
    const options: { -readonly [Name in keyof CapgoManifestOptions]: CapgoManifestOptions[Name] } = { privateKey, checksumForm: 'V3', sessionKey: given, compress: false, backend }
    const file = { path: 'a', bytes: Buffer.alloc(10_000, 'text') }
    const making = encryptManifestForCapgo([file], options)
    Object.assign(options, { sessionKey: undefined, compress: 'yes', privateKey: '', checksumForm: 'V2' })
    const { sessionKey, files } = await making
    expect(sessionKey).toBe(given)
    const entries = await all(files)
    expect(entries.map(({ file_name }) => file_name)).toEqual(['a'])
    const reading = { publicKey, sessionKey, maxSize: 10_000, backend }
    const read = verifyAndDecryptCapgoManifest(entries, reading)
    Object.assign(reading, { publicKey: '', sessionKey: '', maxSize: 1 })
    expect((await all(read)).map(({ bytes }) => file.bytes.equals(bytes))).toEqual([true])
  })
})
