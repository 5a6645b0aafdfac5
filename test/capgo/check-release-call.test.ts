import { randomBytes } from 'node:crypto'
import { zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { checkCapgoRelease, encryptForCapgo, EnvelopeError } from '../../src/capgo.js'
import { freshLog, streamOf, streamOfPieces } from '../stream/streams.js'
import { cliKeyPair } from './helpers.js'
import type { CapgoCheckOptions, CapgoUpload } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()
const ZIP = zipSync({ 'index.html': randomBytes(2 ** 20) }, { level: 0 })
const release = await encryptForCapgo(ZIP, { privateKey, pluginVersion: '8.0.0' })
const options: CapgoCheckOptions = { publicKey }

test.each([1_000_000, 65_536, 4097])('a stream in pieces of %i bytes is judged as its bytes are', async (size) => {
  const ofBytes = await checkCapgoRelease(release, options)
  expect(await checkCapgoRelease({ ...release, payload: streamOf(release.payload, size) }, options)).toEqual(ofBytes)
  const cut = release.payload.subarray(0, -1)
  expect(await checkCapgoRelease({ ...release, payload: streamOf(cut, size) }, options)).toEqual(await checkCapgoRelease({ ...release, payload: cut }, options))
})

test("a stream's own failure is thrown as it is, also where it looks like a refusal", async () => {
  for (const error of [new Error('disk'), new EnvelopeError('truncated', 'of another call'), new EnvelopeError('bad-checksum', 'of another call')]) {
    for (const fields of [{}, { sessionKey: 'a:b' }]) {
      const payload = streamOfPieces([release.payload.slice(0, 500_000)], { then: { error } })
      await expect(checkCapgoRelease({ ...release, ...fields, payload }, options)).rejects.toBe(error)
    }
  }
})

test('a piece that is no bytes is misuse', async () => {
  await expect(checkCapgoRelease({ ...release, payload: streamOfPieces(['text']) }, options)).rejects.toThrow(TypeError)
})

test.each([{}, { sessionKey: 'a:b' }])('an abort is thrown and cancels the stream, also while it waits (%j)', async (fields) => {
  const stop = new AbortController()
  const log = freshLog()
  const payload = streamOfPieces([release.payload.slice(0, 300_000)], { log, then: 'stall' })
  const checking = checkCapgoRelease({ ...release, ...fields, payload }, { ...options, signal: stop.signal })
  setTimeout(() => stop.abort(), 20)
  await expect(checking).rejects.toMatchObject({ code: 'aborted' })
  await new Promise((resume) => setTimeout(resume, 20))
  expect(log.cancelled).toHaveLength(1)
  await expect(checkCapgoRelease(release, { ...options, signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' })
})

test('a payload that is too large is not read to its end, and its stream is cancelled', async () => {
  for (const fields of [{}, { sessionKey: 'a:b' }]) {
    const log = freshLog()
    const many = Array.from({ length: 200 }, () => new Uint8Array(65_536))
    const { problems } = await checkCapgoRelease({ ...release, ...fields, payload: streamOfPieces(many, { log }) }, { ...options, maxSize: 100_000 })
    expect(problems.map(({ code }) => code)).toContain('too-large')
    expect(log.bytes).toBeLessThan(2_000_000)
    await new Promise((resume) => setTimeout(resume, 20))
    expect(log.cancelled).toHaveLength(1)
  }
})

test('progress is told of the payload, also of one that can not be decrypted', async () => {
  for (const fields of [{}, { sessionKey: 'a:b' }]) {
    const done: number[] = []
    await checkCapgoRelease({ ...release, ...fields }, { ...options, onProgress: (progress) => done.push(progress.done, progress.total) })
    expect(done.slice(-2)).toEqual([release.payload.length, release.payload.length])
  }
})

test('what is changed after the call is judged as it was', async () => {
  const upload = { ...release, payload: Buffer.from(release.payload), manifest: [{ file_name: 'a', file_hash: release.checksum, download_url: 'https://example.com/a' }] }
  const previous = [{ sessionKey: '', checksum: '' }]
  const pluginVersions = ['8.0.0']
  const checking = checkCapgoRelease(upload, { ...options, previous, pluginVersions })
  upload.payload.fill(0)
  Object.assign(upload.manifest[0] as object, { file_name: '../a' })
  Object.assign(previous[0] as object, release)
  pluginVersions[0] = '7.0.5'
  expect(await checking).toMatchObject({ ok: true, warnings: [] })
})

test('an endless stream of empty pieces is heard to be aborted', async () => {
  for (const fields of [{}, { sessionKey: 'a:b' }]) {
    const stop = new AbortController()
    const payload = streamOfPieces(Array.from({ length: 200_000 }, () => new Uint8Array(0)), { then: { error: new Error('nobody heard it') } })
    setTimeout(() => stop.abort(), 10)
    await expect(checkCapgoRelease({ ...release, ...fields, payload }, { ...options, signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' })
  }
})

test.each([
  ['no release', undefined, options],
  ['no options', release, undefined],
  ['no payload', { ...release, payload: undefined }, options],
  ['a payload of text', { ...release, payload: 'text' }, options],
  ['no public key', release, {}],
  ['versions that are no list', release, { ...options, pluginVersions: '8.0.0' }],
  ['a version that is no text', release, { ...options, pluginVersions: [8] }],
  ['earlier releases that are no list', release, { ...options, previous: release }],
  ['an earlier release that is none', release, { ...options, previous: [null] }],
  ['a signal that is none', release, { ...options, signal: {} }],
] as const)('%s is misuse', async (_, upload, given) => {
  await expect(checkCapgoRelease(upload as CapgoUpload, given as CapgoCheckOptions)).rejects.toThrow(TypeError)
})

test('a public key that can not be read is thrown, and the stream is left alone', async () => {
  const payload = streamOf(release.payload, 1000)
  await expect(checkCapgoRelease({ ...release, payload }, { publicKey: 'no key' })).rejects.toMatchObject({ code: 'bad-key' })
  expect(payload.locked).toBe(false)
})
