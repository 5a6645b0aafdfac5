import { describe, expect, test } from 'vitest'
import { openEnvelope } from '../../src/index.js'
import { nodeBackend, nodeDeviceBackend } from '../../src/node.js'
import { nobleBackend, nobleDeviceBackend } from '../../src/noble.js'
import { checkChunks } from '../../src/resume.js'
import { backends, describeEachBackend } from '../backends.js'
import { CHUNK, accepting, expectRefused, pattern, refusal, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { openWithIndex } from '../stream/readings.js'
import { readerOf, upTo } from './disk.js'
import type { ByteRange, OpenedEnvelope, Progress } from '../../src/index.js'
import type { Backend } from '../../src/crypto/backend.js'
import type { ReadPlaintext } from '../../src/resume.js'

const signer = freshEd25519()
const bundle = pattern(4 * CHUNK + 500)
const sealed = await seal(signer, bundle)
const ALL = new Set(upTo(5))
const rangeOf = (i: number): ByteRange => ({ start: i * CHUNK, end: Math.min((i + 1) * CHUNK, bundle.length) })

describeEachBackend('checkChunks', (backend) => {
  const device = accepting(signer, { backend })
  const open = async (more: object = {}): Promise<OpenedEnvelope> => openWithIndex(sealed, { ...device, ...more })
  const check = async (read: ReadPlaintext): Promise<ReadonlySet<number>> => checkChunks(await open(), read, { backend })

  test('asks for each chunk once, one after the other', async () => {
    const log: string[] = []
    const found = await check(async (range) => {
      log.push(`from ${range.start} to ${range.end}`)
      await new Promise((resolve) => setImmediate(resolve))
      log.push('read')
      return readerOf(bundle)(range)
    })
    expect(found).toEqual(ALL)
    expect(log).toEqual(upTo(5).flatMap((i) => [`from ${rangeOf(i).start} to ${rangeOf(i).end}`, 'read']))
  })

  const plain = (range: ByteRange): Uint8Array<ArrayBuffer> => bundle.slice(range.start, range.end)
  const forms: readonly (readonly [string, ReadPlaintext])[] = [
    ['bytes', plain],
    ['a Buffer', (range) => Buffer.from(plain(range))],
    ['a view within other bytes', ({ start, end }) => new Uint8Array([...pattern(77, 3), ...bundle, ...pattern(9, 4)]).subarray(77 + start, 77 + end)],
    ['a promise', async (range) => plain(range)],
    ['memory that it uses for every chunk', ((memory) => (range) => {
      memory.set(plain(range))
      return memory.subarray(0, range.end - range.start)
    })(new Uint8Array(CHUNK))],
  ]
  test.each(forms)('reads %s', async (_, read) => {
    expect(await check(read)).toEqual(ALL)
  })

  test.each(forms)('reads %s that are not the signed ones', async (_, read) => {
    const spoilt: ReadPlaintext = async (range) => {
      const bytes = await read(range)
      if (bytes !== undefined && range.start === CHUNK) bytes[0] = (bytes[0] as number) ^ 1
      return bytes
    }
    expect(await check(spoilt)).toEqual(new Set([0, 2, 3, 4]))
  })

  test.each([[0, undefined], [1, new Uint8Array(0)], [2, pattern(CHUNK - 1)], [4, bundle.slice(4 * CHUNK, -1)]])(
    'takes what ends before the end of chunk %i as a chunk that is not there', async (i, part) => {
      const found = await check((range) => (range.start === i * CHUNK ? part : plain(range)))
      expect(found).toEqual(new Set(upTo(5).filter((j) => j !== i)))
    },
  )

  test.each([['a chunk and a byte', 0, CHUNK + 1], ['a last chunk in memory for a whole one', 4, CHUNK]])(
    'refuses %s, which read was not asked for, as a mistake of the program', async (_, i, length) => {
      const read: ReadPlaintext = (range) => (range.start === i * CHUNK ? pattern(length) : plain(range))
      await expect(check(read)).rejects.toThrow(RangeError)
    },
  )

  test.each([null, 'text', 5, [1, 2], new ArrayBuffer(CHUNK), new DataView(new ArrayBuffer(CHUNK)), new Uint16Array(CHUNK / 2), new Uint8Array(new SharedArrayBuffer(CHUNK))])(
    'refuses what is no Uint8Array of memory that nobody shares: %s', async (value) => {
      await expect(check(() => value as unknown as Uint8Array)).rejects.toThrow(TypeError)
    },
  )

  test('passes on what read throws, and asks for nothing more', async () => {
    const failure = new Error('the disk fails')
    for (const fail of [() => Promise.reject(failure), (): never => { throw failure }]) {
      let asked = 0
      await expect(check((range) => (asked++ === 2 ? fail() : plain(range)))).rejects.toBe(failure)
      expect(asked).toBe(3)
    }
  })

  test('judges the bytes as they were when read gave them', async () => {
    let memory = new Uint8Array(0)
    const overwriting = (before: Uint8Array, after: Uint8Array): [ReadPlaintext, Backend] => [
      ({ start, end }) => (memory = before.slice(start, end)),
      {
        ...backend,
        gcmSealer: async (key) => {
          const sealer = await backend.gcmSealer(key)
          return {
            seal: async (nonce, plaintext) => {
              memory.set(after.subarray(0, memory.length))
              return sealer.seal(nonce, plaintext)
            },
          }
        },
      },
    ]
    const zeros = new Uint8Array(bundle.length)
    const [good, spoiling] = overwriting(bundle, zeros)
    expect(await checkChunks(await open(), good, { backend: spoiling })).toEqual(ALL)
    const [bad, mending] = overwriting(zeros, bundle)
    expect((await checkChunks(await open(), bad, { backend: mending })).size).toBe(0)
  })

  test('tells how far it has come, after each chunk, whether it was found or not', async () => {
    const told: Progress[] = []
    await checkChunks(await open(), (range) => (range.start === CHUNK ? undefined : plain(range)), { backend, onProgress: (progress) => told.push(progress) })
    expect(told).toEqual(upTo(5).map((i) => ({ done: rangeOf(i).end, total: bundle.length })))
    const mistake = new Error('of the caller')
    const telling = checkChunks(await open(), plain, { backend, onProgress: () => { throw mistake } })
    await expect(telling).rejects.toBe(mistake)
  })

  test('is stopped by its signal before it starts, and between two chunks', async () => {
    let asked = 0
    const stop = new AbortController()
    const read: ReadPlaintext = (range) => {
      if (asked++ === 2) stop.abort('enough')
      return plain(range)
    }
    const error = await refusal(async () => checkChunks(await open(), read, { backend, signal: stop.signal }))
    expect([error.code, error.cause, asked]).toEqual(['aborted', 'enough', 3])
    await expectRefused(async () => checkChunks(await open(), read, { backend, signal: stop.signal }), 'aborted')
    expect(asked).toBe(3)
  })

  test('is stopped by the signal of openEnvelope where it has none of its own', async () => {
    const stop = new AbortController()
    const opened = await open({ signal: stop.signal })
    expect(await checkChunks(opened, plain, { backend })).toEqual(ALL)
    stop.abort()
    await expectRefused(() => checkChunks(opened, plain, { backend }), 'aborted')
    expect(await checkChunks(opened, plain, { backend, signal: new AbortController().signal })).toEqual(ALL)
  })

  test('needs setIndex first, and an envelope of openEnvelope', async () => {
    const opened = await openEnvelope(sealed.head, device)
    for (const wrong of [opened, { ...(await open()) }, {} as OpenedEnvelope]) {
      await expect(checkChunks(wrong, plain, { backend })).rejects.toThrow(TypeError)
    }
    await opened.setIndex(sealed.payload.subarray(0, opened.indexRange.end))
    expect(await checkChunks(opened, plain, { backend })).toEqual(ALL)
  })

  test.each([null, 'options', [], { onProgress: 1 }, { signal: new AbortController() }, { signal: null }])(
    'refuses %j as options', async (options) => {
      await expect(checkChunks(await open(), plain, options as object)).rejects.toThrow(TypeError)
    },
  )
})

describe('checkChunks works with any backend that encrypts,', () => {
  const decrypting = [...backends, nodeDeviceBackend, nobleDeviceBackend]
  const pairs = decrypting.flatMap((device) => [undefined, ...backends].map((backend) => ({ device, backend })))
  test.each(pairs.map((pair) => [pair.backend?.name ?? 'left out', pair.device.name, pair] as const))(
    '%s, on an envelope opened by %s', async (_, __, { device, backend }) => {
      const opened = await openWithIndex(sealed, accepting(signer, { backend: device }))
      expect(await checkChunks(opened, readerOf(bundle), { backend })).toEqual(ALL)
    },
  )

  test('one for devices alone is refused, and one with nothing but the sealer is enough', async () => {
    const opened = await openWithIndex(sealed, accepting(signer, { backend: nodeDeviceBackend }))
    for (const backend of [nodeDeviceBackend, nobleDeviceBackend]) {
      await expect(checkChunks(opened, readerOf(bundle), { backend: backend as Backend })).rejects.toThrow(/gcmSealer/)
    }
    for (const full of [nodeBackend, nobleBackend]) {
      expect(await checkChunks(opened, readerOf(bundle), { backend: { lanes: 1, gcmSealer: (key) => full.gcmSealer(key) } })).toEqual(ALL)
    }
  })
})
