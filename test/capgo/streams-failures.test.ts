import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyAndDecryptCapgoStream } from '../../src/capgo.js'
import { promptly } from '../stream/signals.js'
import { collect, freshLog, pullCounting, settled, streamOf, streamOfPieces } from '../stream/streams.js'
import { cliKeyPair, cliRelease, describeEachCapgoBackend } from './helpers.js'
import { bundle, directions, fields, P, payload, publicKey, reason } from './streams-directions.js'

/** What nobody waited for, and failed. */
const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)
beforeAll(() => void process.on('unhandledRejection', note))
afterAll(async () => {
  await settled()
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

describeEachCapgoBackend('a stream that fails', (backend) => {
  describe.each(directions)('while $name:', ({ input, start }) => {
    test.each([0, 1000, P, 2 * P + 3])('an error of the source after %i bytes comes out unchanged, and nothing after it', async (after) => {
      const log = freshLog()
      const started = await start(streamOf(input.subarray(0, after), 65_536, { log, then: { error: reason } }), backend)
      const reader = started.stream.getReader()
      let read = 0
      const outcome = await promptly((async () => {
        for (let next = await reader.read(); !next.done; next = await reader.read()) read += next.value.length
      })())
      expect(outcome).toEqual({ status: 'rejected', reason })
      expect(read).toBeLessThanOrEqual(after)
      expect(await promptly(reader.read())).toEqual({ status: 'rejected', reason })
      expect(await promptly(started.promise)).toEqual({ status: 'rejected', reason })
    })

    test('an error of a stream of Node comes out unchanged', async () => {
      const node = new Readable({ read() { this.destroy(reason) } })
      const started = await start(Readable.toWeb(node) as ReadableStream<Uint8Array>, backend)
      expect((await collect(started.stream)).error).toBe(reason)
    })

    test.each([['text', 'words'], ['an ArrayBuffer', new ArrayBuffer(16)], ['numbers', [1, 2]], ['words of 16 bits', new Uint16Array(8)], ['shared memory', new Uint8Array(new SharedArrayBuffer(16))]])(
      'a piece of %s is a mistake of the program, and cancels the source',
      async (_, piece) => {
        const log = freshLog()
        const started = await start(streamOfPieces([input.subarray(0, 100), piece], { log }), backend)
        const { error, bytes } = await collect(started.stream)
        expect(error).toBeInstanceOf(TypeError)
        expect(bytes.length).toBe(0)
        expect(log.cancelled).toEqual([error])
      },
    )

    test('a stream that has a reader is refused, and so is what is none', async () => {
      const taken = streamOf(input)
      taken.getReader()
      await expect(start(taken, backend)).rejects.toBeInstanceOf(TypeError)
      for (const value of [undefined, null, input, 'text', Readable.from([input])] as unknown as ReadableStream<Uint8Array>[]) {
        await expect(start(value, backend)).rejects.toBeInstanceOf(TypeError)
      }
    })

    test('a stream is taken once: a second call with it is refused, and the first goes on', async () => {
      const source = streamOf(input)
      const first = await start(source, backend)
      await expect(start(source, backend)).rejects.toBeInstanceOf(TypeError)
      expect((await collect(first.stream)).failed).toBe(false)
    })

    test('what comes out has one reader', async () => {
      const { stream } = await start(streamOf(input), backend)
      stream.getReader()
      expect(() => stream.getReader()).toThrow(TypeError)
    })

    test('nobody need wait for the promise beside it', async () => {
      const before = unhandled.length
      const broken = await start(streamOf(input.subarray(0, 1000), 65_536, { then: { error: reason } }), backend)
      await collect(broken.stream)
      await (await start(streamOf(input), backend)).stream.cancel(reason)
      await settled()
      expect(unhandled.length).toBe(before)
    })
  })

  test('a release that is refused before its payload is read cancels the source, and reads nothing', async () => {
    const other = cliRelease(bundle, cliKeyPair().privateKey, 'V3')
    for (const [more, code] of [
      [{ sessionKey: other.sessionKey }, 'bad-signature'], [{ checksum: other.checksum }, 'bad-signature'], [{ sessionKey: '' }, 'malformed-release'],
      [{ checksum: '' }, 'malformed-release'], [{ pluginVersion: '7.29.0' }, 'unsupported'],
    ] as const) {
      const { stream, log } = pullCounting(payload)
      await expect(verifyAndDecryptCapgoStream(stream, { ...fields, ...more, publicKey, backend })).rejects.toMatchObject({ code })
      await settled()
      expect(log).toMatchObject({ pulls: 0, cancelled: [{ code }] })
    }
  })

  test('a payload that is refused at its end gives all but its last piece, and after that nothing', async () => {
    const changed = Buffer.from(payload)
    changed[changed.length - 20] = (changed[changed.length - 20] as number) ^ 1
    const { unverified, sha256 } = await verifyAndDecryptCapgoStream(streamOf(changed), { ...fields, publicKey, backend })
    const reader = unverified.getReader()
    for (let i = 0; i < 4; i++) expect((await reader.read()).value?.length).toBe(P)
    for (let i = 0; i < 3; i++) await expect(reader.read()).rejects.toMatchObject({ code: 'bad-checksum' })
    await expect(sha256).rejects.toMatchObject({ code: 'bad-checksum' })
    expect(await promptly(reader.closed)).toMatchObject({ status: 'rejected', reason: { code: 'bad-checksum' } })
  })

  test('a payload that breaks off anywhere gives no last piece', async () => {
    for (const [length, code] of [[P, 'bad-checksum'], [P + 1, 'truncated'], [2 * P - 16, 'bad-checksum'], [2 * P, 'bad-checksum'], [payload.length - 1, 'truncated'], [payload.length - 16, 'bad-checksum']] as const) {
      const { unverified } = await verifyAndDecryptCapgoStream(streamOf(payload.subarray(0, length), 50_000), { ...fields, publicKey, backend })
      const { bytes, error } = await collect(unverified)
      expect(error).toMatchObject({ code })
      expect(bytes.length).toBe(Math.floor((length - 1) / P) * P)
    }
  })
})
