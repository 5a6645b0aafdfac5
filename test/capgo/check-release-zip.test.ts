import { randomBytes } from 'node:crypto'
import { zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { checkCapgoRelease, encryptForCapgo } from '../../src/capgo.js'
import { streamOf } from '../stream/streams.js'
import { cliKeyPair } from './helpers.js'

const { publicKey, privateKey } = cliKeyPair()
const zip = Buffer.from(zipSync({ 'index.html': randomBytes(100), 'assets/app.js': randomBytes(100) }))
/** Where the record begins that ends it, which has no comment. */
const end = zip.length - 22

/** Codes of what is wrong with a bundle whose signatures hold. */
async function problemsOf(bundle: Uint8Array, size?: number): Promise<readonly string[]> {
  const release = await encryptForCapgo(bundle, { privateKey, checksumForm: 'V3' })
  const payload = size === undefined ? release.payload : streamOf(release.payload, size)
  return (await checkCapgoRelease({ ...release, payload }, { publicKey })).problems.map(({ code }) => code)
}

/** The ZIP with other numbers in the record that ends it. */
function withNumbers(numbers: readonly (readonly [at: number, value: number])[], bundle = zip): Buffer {
  const copy = Buffer.from(bundle)
  for (const [at, value] of numbers) copy.writeUInt32LE(value, end + at)
  return copy
}

function withComment(length: number): Buffer {
  const copy = Buffer.concat([zip, Buffer.alloc(length, 'PK\u0005\u0006 is no record')])
  copy.writeUInt16LE(length, end + 20)
  return copy
}

test('a ZIP is one, whatever comment stands at its end', async () => {
  for (const bundle of [zip, withComment(1), withComment(500), withComment(65_535)]) expect(await problemsOf(bundle)).toEqual([])
})

test('a ZIP that is cut off anywhere is none', async () => {
  const sizes = [4, 5, 30, 100, end, end + 1, end + 4, end + 20, end + 21, ...Array.from({ length: 40 }, (_, i) => Math.floor((zip.length * i) / 40))]
  for (const size of sizes.filter((size) => size >= 4)) expect(await problemsOf(zip.subarray(0, size)), String(size)).toEqual(['not-a-zip'])
  const commented = withComment(500)
  for (const size of [commented.length - 1, commented.length - 499, commented.length - 500]) expect(await problemsOf(commented.subarray(0, size))).toEqual(['not-a-zip'])
})

test('a ZIP with a little behind it is one, as for the devices; with more than a comment may have it is none', async () => {
  expect(await problemsOf(Buffer.concat([zip, Buffer.alloc(2)]))).toEqual([])
  expect(await problemsOf(Buffer.concat([withComment(65_535), Buffer.alloc(100_000)]))).toEqual(['not-a-zip'])
})

test.each([
  ['that is empty', [[12, 0]]],
  ['that is too short for one file', [[12, 45]]],
  ['that reaches into the record that ends it', [[12, zip.readUInt32LE(end + 12) + 1]]],
  ['that lies behind the file', [[16, zip.length]]],
  ['of ZIP64, of which there is no other record', [[16, 0xffffffff]]],
  ['of ZIP64 by its size', [[12, 0xffffffff]]],
] as const)('a ZIP with a directory %s is none', async (_, numbers) => {
  expect(await problemsOf(withNumbers(numbers))).toEqual(['not-a-zip'])
})

test('a ZIP that says in records of ZIP64 where its directory is, is one', async () => {
  const locator = Buffer.concat([Buffer.from('PK\u0006\u0007'), Buffer.alloc(16)])
  const records = Buffer.concat([zip.subarray(0, end), locator, withNumbers([[12, 0xffffffff], [16, 0xffffffff]]).subarray(end)])
  expect(await problemsOf(records)).toEqual([])
})

test('the end of a large ZIP is found, in pieces of any size', async () => {
  const large = Buffer.from(zipSync({ 'index.html': randomBytes(2 ** 20) }, { level: 0 }))
  for (const size of [undefined, 524_288, 100_003]) {
    expect(await problemsOf(large, size)).toEqual([])
    expect(await problemsOf(large.subarray(0, -1), size)).toEqual(['not-a-zip'])
  }
  // The record lies across the border of two pieces that are decrypted one after the other.
  for (let over = 0; over < 24; over += 3) {
    const content = randomBytes(2 ** 19 - (large.length - 2 ** 20) + over)
    expect(await problemsOf(zipSync({ 'index.html': content }, { level: 0 }))).toEqual([])
  }
})

test('the names in a ZIP are not looked at', async () => {
  expect(await problemsOf(zipSync({ '../../evil.js': randomBytes(10) }))).toEqual([])
})
