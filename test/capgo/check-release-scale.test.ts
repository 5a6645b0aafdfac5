import { randomBytes } from 'node:crypto'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { capgoUpdateAnswer, checkCapgoRelease, encryptForCapgo } from '../../src/capgo.js'
import { cliKeyPair } from './helpers.js'
import type { CapgoManifestEntry } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()
const release = await encryptForCapgo(zipSync({ 'index.html': randomBytes(100) }), { privateKey, checksumForm: 'V3' })
const MOST = 100_000

const manifest: readonly CapgoManifestEntry[] = Array.from({ length: MOST }, (_, i) => ({ file_name: `assets/${i}.js`, file_hash: release.checksum, download_url: `https://cdn.example.com/${i}` }))
const previous = Array.from({ length: 50_000 }, () => release)
const pluginVersions = Array.from({ length: 50_000 }, (_, i) => `7.1.${i}`)

/** Milliseconds. */
async function timeOf(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** The longest time in which no timer had its turn, in milliseconds. */
async function longestStop(work: () => Promise<unknown>): Promise<number> {
  let last = performance.now()
  let longest = 0
  const look = (): void => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }
  const timer = setInterval(look, 1)
  await work().finally(() => clearInterval(timer))
  look()
  return longest
}

// Each took half a minute while the time grew with the square of the number.
describe('the time does not grow with the square of', () => {
  test('the earlier releases that a release has something in common with', async () => {
    expect(await timeOf(async () => checkCapgoRelease(release, { publicKey, previous }))).toBeLessThan(10_000)
  })

  test('the plugin versions that one reason is of', async () => {
    expect(await timeOf(async () => checkCapgoRelease(release, { publicKey, pluginVersions }))).toBeLessThan(10_000)
  })
})

describe('others have their turn, and an abort is heard, in', () => {
  test.each([
    ['a manifest', { ...release, manifest }, {}],
    ['a manifest in which nothing is right', { ...release, manifest: manifest.map(() => ({ file_name: '../x', file_hash: 'x', download_url: 'x' })) }, {}],
    ['earlier releases', release, { previous }],
    ['plugin versions', release, { pluginVersions }],
  ])('%s of a great many', async (_, upload, more) => {
    const stop = new AbortController()
    const checking = async (): Promise<unknown> => checkCapgoRelease(upload, { publicKey, signal: stop.signal, ...more })
    const longest = longestStop(async () => {
      const check = checking()
      setTimeout(() => stop.abort(), 30)
      await expect(check).rejects.toMatchObject({ code: 'aborted' })
    })
    expect(await longest).toBeLessThan(1500)
  })
})

test('the lists have bounds', async () => {
  await expect(checkCapgoRelease(release, { publicKey, previous: Array.from({ length: MOST + 1 }, () => release) })).rejects.toThrow(RangeError)
  await expect(checkCapgoRelease(release, { publicKey, pluginVersions: Array.from({ length: MOST + 1 }, () => '8.0.0') })).rejects.toThrow(RangeError)
  const sparse: CapgoManifestEntry[] = []
  sparse.length = 2 ** 32 - 1
  expect((await checkCapgoRelease({ ...release, manifest: sparse }, { publicKey })).problems.map(({ code }) => code)).toEqual(['limit-exceeded'])
})

test('an answer with as many files as a manifest may have takes seconds at most', async () => {
  const answered = await timeOf(() => capgoUpdateAnswer({ version: '1.0.0', url: 'https://cdn.example.com/1', release, manifest }))
  expect(answered).toBeLessThan(4000)
})
