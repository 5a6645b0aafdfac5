import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openEnvelope } from '../../src/index.js'
import { checkChunks } from '../../src/resume.js'
import { describeEachBackend } from '../backends.js'
import { forgedChunk } from '../envelope/attacker.js'
import { CHUNK, accepting, expectRefused, pattern, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { openWithIndex } from '../stream/readings.js'
import { damaged, damages, readerOf, upTo } from './disk.js'
import type { ByteRange, OpenedEnvelope } from '../../src/index.js'
import type { Backend } from '../../src/crypto/backend.js'

const signer = freshEd25519()
const bundle = pattern(6 * CHUNK + 500)
const sealed = await seal(signer, bundle)
const other = await seal(signer, pattern(bundle.length, 99), { sequence: 1001 })
const ALL = upTo(7)
const without = (...missing: readonly number[]): number[] => ALL.filter((i) => !missing.includes(i))
const numbers = (found: ReadonlySet<number>): number[] => [...found].sort((a, b) => a - b)

describeEachBackend('R52: checkChunks', (backend) => {
  const device = accepting(signer, { backend })
  const open = async (): Promise<OpenedEnvelope> => openWithIndex(sealed, device)
  const check = async (file: Uint8Array): Promise<number[]> => numbers(await checkChunks(await open(), readerOf(file), { backend }))

  test('finds every chunk of a file that is whole: the control of what follows', async () => {
    expect(await check(bundle)).toEqual(ALL)
  })

  describe.each(damages)('does not find a chunk %s,', (_, damage) => {
    test.each([
      [0, 0], [0, CHUNK - 1], [3, 0], [3, 1], [3, 9000], [3, CHUNK - 1], [6, 0], [6, 499],
    ])('chunk %i at its byte %i, but all others', async (i, at) => {
      expect(await check(damaged(bundle, CHUNK, i, damage, at))).toEqual(without(i))
    })
  })

  test('does not find chunks that have changed places, one that stands twice, nor any when all are moved', async () => {
    const file = Buffer.from(bundle)
    bundle.subarray(CHUNK, 2 * CHUNK).forEach((byte, at) => (file[4 * CHUNK + at] = byte))
    expect(await check(file)).toEqual(without(4))
    file.set(bundle.subarray(4 * CHUNK, 5 * CHUNK), CHUNK)
    expect(await check(file)).toEqual(without(1, 4))
    expect(await check(bundle.subarray(1))).toEqual([])
    expect(await check(Buffer.concat([bundle.subarray(CHUNK), bundle.subarray(0, CHUNK)]))).toEqual([])
  })

  test('does not find chunks of another release, nor in that release chunks of this one', async () => {
    const file = pattern(bundle.length, 99)
    expect(await check(file)).toEqual([])
    file.set(bundle.subarray(2 * CHUNK, 3 * CHUNK), 2 * CHUNK)
    expect(await check(file)).toEqual([2])
    expect(numbers(await checkChunks(await openWithIndex(other, device), readerOf(file), { backend }))).toEqual(without(2))
  })

  test.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 6 * CHUNK - 1, 6 * CHUNK, 6 * CHUNK + 499, 6 * CHUNK + 500])(
    'of a file that ends after %i bytes finds the chunks that are whole',
    async (length) => {
      const whole = length === bundle.length ? 7 : Math.floor(length / CHUNK)
      expect(await check(bundle.subarray(0, length))).toEqual(upTo(whole))
    },
  )

  test('of a file that goes on behind the bundle finds all, and does not look there', async () => {
    expect(await check(Buffer.concat([bundle, pattern(3 * CHUNK, 5)]))).toEqual(ALL)
  })

  test('of a sparse file finds what was written', async () => {
    const sparse = new Uint8Array(bundle.length)
    for (const i of [1, 5]) sparse.set(bundle.subarray(i * CHUNK, (i + 1) * CHUNK), i * CHUNK)
    expect(await check(sparse)).toEqual([1, 5])
  })

  test('of no file finds nothing, and an empty last chunk always', async () => {
    expect((await checkChunks(await open(), () => undefined, { backend })).size).toBe(0)
    for (const size of [0, 2 * CHUNK]) {
      const even = await seal(signer, pattern(size), { backend })
      const opened = await openWithIndex(even, device)
      const asked: ByteRange[] = []
      const read = (range: ByteRange): undefined => void asked.push(range)
      expect(numbers(await checkChunks(opened, read, { backend }))).toEqual([size / CHUNK])
      expect(asked).toHaveLength(size / CHUNK)
    }
  })

  test('finds exactly the chunks whose bytes are the signed ones, whatever is on the disk', async () => {
    const opened = await open()
    const state = fc.record({ damage: fc.constantFrom(undefined, ...damages.map(([, damage]) => damage)), at: fc.nat(CHUNK - 1) })
    const disk = fc.tuple(fc.array(state, { minLength: 7, maxLength: 7 }), fc.option(fc.nat(bundle.length), { freq: 4 }))
    await fc.assert(
      fc.asyncProperty(disk, async ([states, end]) => {
        let file = new Uint8Array(bundle)
        states.forEach(({ damage, at }, i) => {
          if (damage !== undefined) file = damaged(file, CHUNK, i, damage, i === 6 ? at % 500 : at)
        })
        file = file.subarray(0, end ?? undefined)
        const same = (i: number): boolean => Buffer.from(file.subarray(i * CHUNK, (i + 1) * CHUNK)).equals(bundle.subarray(i * CHUNK, (i + 1) * CHUNK))
        expect(numbers(await checkChunks(opened, readerOf(file), { backend }))).toEqual(ALL.filter(same))
      }),
      { numRuns: 40, seed: 52 },
    )
  })

  test('does not find what an attacker makes who has the session key: the signed index has no digest of it', async () => {
    const opened = await open()
    const evil = new Uint8Array(CHUNK).fill(0x41)
    const file = new Uint8Array(bundle)
    file.set(evil, 2 * CHUNK)
    const forged = await forgedChunk(sealed.head, signer, 2, evil)
    const digest = new Uint8Array(await backend.sha256(forged))
    const index = sealed.payload.slice(0, opened.indexRange.end)
    index.set(digest, 2 * 32)
    // With an index of the attacker's choice the chunk would be found.
    const believing: Backend = {
      ...backend,
      sha256: (...parts) => backend.sha256(...parts.map((part) => (part.length === index.length ? sealed.payload.slice(0, index.length) : part))),
    }
    const fooled = await openEnvelope(sealed.head, { ...device, backend: believing })
    await fooled.setIndex(index)
    expect(numbers(await checkChunks(fooled, readerOf(file), { backend }))).toEqual(ALL)

    await expectRefused(() => opened.setIndex(index), 'bad-index')
    expect(numbers(await checkChunks(opened, readerOf(file), { backend }))).toEqual(without(2))
    const fresh = await openEnvelope(sealed.head, device)
    await expectRefused(() => fresh.setIndex(index), 'bad-index')
    await expect(checkChunks(fresh, readerOf(file), { backend })).rejects.toThrow(TypeError)
  })

  test('takes the word of a backend for the ciphertext alone: what it makes up is not found', async () => {
    const making = (seal: (plaintext: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): Backend => ({
      ...backend,
      gcmSealer: () => ({ seal: (_, plaintext) => seal(plaintext) }),
    })
    for (const seal of [(bytes: Uint8Array<ArrayBuffer>) => bytes, () => new Uint8Array(0), () => new Uint8Array(CHUNK + 16)]) {
      expect((await checkChunks(await open(), readerOf(bundle), { backend: making(seal) })).size).toBe(0)
    }
    const failure = new Error('the platform fails')
    const failing = making(() => {
      throw failure
    })
    await expect(checkChunks(await open(), readerOf(bundle), { backend: failing })).rejects.toBe(failure)
  })

  test('needs a backend that encrypts', async () => {
    for (const lacking of [{ ...backend, gcmSealer: undefined }, { ...backend, lanes: 0 }, {}, null, 'web']) {
      const options = { backend: lacking as unknown as Backend }
      await expect(checkChunks(await open(), readerOf(bundle), options)).rejects.toThrow(TypeError)
    }
  })
})
