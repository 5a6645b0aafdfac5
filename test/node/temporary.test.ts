import { readFileSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decryptFile, encryptFile } from '../../src/node.js'
import { CHUNK, accepting, pattern, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { streamOf } from '../stream/streams.js'
import { makePlace, makeSink, publishing } from './helpers.js'
import type { Place } from './helpers.js'

const isPosix = process.platform !== 'win32'
const signer = freshEd25519()
const bundle = pattern(6 * CHUNK + 9)
let sealed: Uint8Array<ArrayBuffer>
let place: Place

beforeAll(async () => {
  sealed = (await seal(signer, bundle)).toBytes()
})

beforeEach(() => {
  place = makePlace()
  place.put('secret-name.zip', bundle)
  place.put('secret-name.otaseal', sealed)
})

/** What was there of temporary files at each step of the work. */
interface Sight {
  readonly folder: string
  readonly name: string
  readonly mode: number
  readonly bytes: Buffer
}

function observe(): { readonly onProgress: () => void; readonly sights: Sight[] } {
  const sights: Sight[] = []
  const look = (path: string): Sight => ({
    ...{ folder: dirname(path), name: basename(path) },
    ...{ mode: statSync(path).mode & 0o777, bytes: readFileSync(path) },
  })
  return { sights, onProgress: () => void sights.push(...place.temporaries().map(look)) }
}

function expectPrivate(sights: readonly Sight[], folder: string): void {
  expect(sights.length).toBeGreaterThan(5)
  for (const { name, mode, folder: where } of sights) {
    expect(name).toMatch(/^\.otaseal-[0-9a-f]{24}\.tmp$/)
    expect(where).toBe(folder)
    if (isPosix) expect(mode).toBe(0o600)
  }
  expect(place.temporaries()).toEqual([])
}

describe('temporary files', () => {
  it('of decryptFile lie beside the target, for their owner alone', async () => {
    const { sights, onProgress } = observe()
    await decryptFile(place.path('secret-name.otaseal'), place.path('out'), accepting(signer, { onProgress }))
    expectPrivate(sights, place.folder)
    expect(sights.at(-1)?.bytes.length).toBeGreaterThan(0)
  })

  it('of encryptFile lie beside the target, for their owner alone, and hold nothing readable', async () => {
    const { sights, onProgress } = observe()
    await encryptFile(place.path('secret-name.zip'), place.path('out'), publishing(signer, { onProgress }))
    expectPrivate(sights, place.folder)
    expect(sights.some(({ bytes }) => bytes.length > CHUNK)).toBe(true)
    for (const { bytes } of sights) expectNothingReadable(bytes)
  })

  it('of encryptFile to a function lie where the system has them, for their owner alone, and hold nothing readable', async () => {
    const { sights, onProgress } = observe()
    await encryptFile(place.path('secret-name.zip'), makeSink(onProgress).write, publishing(signer, { onProgress }))
    expectPrivate(sights, place.path('tmp'))
    for (const { bytes } of sights) expectNothingReadable(bytes)
  })

  it('of a stream that is decrypted to a function lie where the system has them, and hold nothing readable', async () => {
    const { sights, onProgress } = observe()
    await decryptFile(streamOf(sealed), makeSink(onProgress).write, accepting(signer, { onProgress }))
    expectPrivate(sights, place.path('tmp'))
    for (const { bytes } of sights) expectNothingReadable(bytes)
  })

  it('are none where a file is decrypted to a function', async () => {
    const { sights, onProgress } = observe()
    await decryptFile(place.path('secret-name.otaseal'), makeSink(onProgress).write, accepting(signer, { onProgress }))
    expect(sights).toEqual([])
  })
})

/** No 16 bytes of the bundle stand in it, at whatever place. */
function expectNothingReadable(bytes: Buffer): void {
  for (let start = 0; start < bundle.length; start += CHUNK) {
    expect(bytes.includes(Buffer.from(bundle.slice(start, start + 16)))).toBe(false)
  }
}

describe.runIf(isPosix)('the mode of a new file', () => {
  it.each([0o000, 0o002, 0o022, 0o027, 0o077])('is what the mask %i leaves', async (mask) => {
    const previous = process.umask(mask)
    try {
      await encryptFile(place.path('secret-name.zip'), place.path('a'), publishing(signer))
      await decryptFile(place.path('secret-name.otaseal'), place.path('b'), accepting(signer))
      await decryptFile(place.path('secret-name.otaseal'), place.path('c'), { ...accepting(signer), overwrite: true })
    } finally {
      process.umask(previous)
    }
    expect(['a', 'b', 'c'].map(place.mode)).toEqual([0o666 & ~mask, 0o666 & ~mask, 0o666 & ~mask])
  })
})
