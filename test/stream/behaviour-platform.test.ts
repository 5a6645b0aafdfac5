import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyAndDecryptStream } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, pattern, sameAs, seal } from '../envelope/helpers.js'
import { withPayload } from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'
import { fileForm, partsForm } from './readings.js'
import { collect, freshLog, settled } from './streams.js'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import type { ByteStreamLike, DecryptedStream } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(20 * CHUNK + 500)
const sealed = await seal(signer, bundle)
const bad = withPayload(sealed, (payload) => (payload[payload.length - 1] = (payload.at(-1) as number) ^ 1))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otaseal-streams-'))
  await writeFile(join(folder, 'good.otaseal'), sealed.toBytes())
  await writeFile(join(folder, 'bad.otaseal'), Buffer.concat([sealed.toBytes().subarray(0, -bad.payload.length), bad.payload]))
})
afterAll(async () => rm(folder, { recursive: true }))

/** What Node's types call a stream of the platform. */
const toNode = ({ bundle: stream }: DecryptedStream): Readable => Readable.fromWeb(stream as unknown as NodeReadableStream)
const toWeb = (stream: Readable): ByteStreamLike => Readable.toWeb(stream)

describeEachBackend('with streams of Node,', (backend) => {
  const device = accepting(signer, { backend })

  test('from a file to a file', async () => {
    const target = join(folder, `${backend.name}.bundle`)
    const file = createReadStream(join(folder, 'good.otaseal'), { highWaterMark: 10_000 })
    await pipeline(toNode(await verifyAndDecryptStream(toWeb(file), device)), createWriteStream(target))
    expect(await readFile(target)).toSatisfy(sameAs(bundle))
    expect(file.closed).toBe(true)
  })

  test('a refused chunk rejects the pipeline with its own error, and closes the file', async () => {
    const file = createReadStream(join(folder, 'bad.otaseal'), { highWaterMark: 1000 })
    const { bundle: stream } = await verifyAndDecryptStream(toWeb(file), device)
    const piped = pipeline(toNode({ bundle: stream } as DecryptedStream), createWriteStream(join(folder, 'never')))
    await expect(piped).rejects.toMatchObject({ name: 'EnvelopeError', code: 'bad-chunk' })
    await settled()
    expect(file.destroyed).toBe(true)
  })

  test('destroying the output closes the file', async () => {
    const file = createReadStream(join(folder, 'good.otaseal'), { highWaterMark: 1000 })
    const output = toNode(await verifyAndDecryptStream(toWeb(file), device))
    for await (const piece of output as AsyncIterable<Uint8Array>) {
      expect(piece).toHaveLength(CHUNK)
      break
    }
    await settled()
    expect([file.destroyed, file.bytesRead < sealed.payload.length]).toEqual([true, true])
  })

  test('a file that cannot be read rejects with its own error', async () => {
    const file = createReadStream(join(folder, 'missing'))
    await expect(verifyAndDecryptStream(toWeb(file), device)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describeEachBackend('with streams of the platform,', (backend) => {
  const device = accepting(signer, { backend })

  test('the body of a Response goes in, and the bundle is the body of another', async () => {
    const { body } = new Response(sealed.toBytes())
    const { bundle: stream } = await verifyAndDecryptStream(body as ReadableStream<Uint8Array>, device)
    expect(new Uint8Array(await new Response(stream).arrayBuffer())).toSatisfy(sameAs(bundle))
    const { bundle: broken } = await verifyAndDecryptStream(partsForm(bad).input, device)
    await expect(new Response(broken).arrayBuffer()).rejects.toMatchObject({ code: 'bad-chunk' })
  })

  test('a Blob goes in', async () => {
    const { bundle: stream } = await verifyAndDecryptStream(new Blob([sealed.toBytes()]).stream(), device)
    expect((await collect(stream)).bytes).toSatisfy(sameAs(bundle))
  })

  test('a transform between the source and the call, and one after it', async () => {
    const zipped = await seal(signer, gzipSync(bundle), { backend })
    const log = freshLog()
    const { stream: source } = fileForm(zipped, 1000, { log })
    const { bundle: stream } = await verifyAndDecryptStream(source.pipeThrough(new TransformStream<Uint8Array, Uint8Array>()), device)
    const unzipped = stream.pipeThrough(new DecompressionStream('gzip'))
    expect(await buffer(unzipped)).toSatisfy(sameAs(bundle))
    expect(log.cancelled).toEqual([])
  })

  test('pipeTo gives all to a sink and closes it, which waits as the sink does', async () => {
    const log = freshLog()
    const taken: Uint8Array[] = []
    let closed = false
    const sink = new WritableStream<Uint8Array>({
      write: async (piece) => {
        await settled(2)
        taken.push(piece)
        expect(log.bytes).toBeLessThan(21 * 32 + 56 + (taken.length + backend.lanes + 2) * (CHUNK + 16) + 1000)
      },
      close: () => void (closed = true),
    })
    const { bundle: stream } = await verifyAndDecryptStream(partsForm(sealed, 1000, { log }).input, device)
    await stream.pipeTo(sink)
    expect([closed, taken.length]).toEqual([true, 21])
    expect(Buffer.concat(taken)).toSatisfy(sameAs(bundle))
  })

  test('pipeTo aborts the sink with the refusal, and never closes it', async () => {
    const ends: unknown[] = []
    const sink = new WritableStream<Uint8Array>({
      close: () => void ends.push('closed'),
      abort: (reason) => void ends.push(reason),
    })
    const { bundle: stream } = await verifyAndDecryptStream(partsForm(bad).input, device)
    await expect(stream.pipeTo(sink)).rejects.toMatchObject({ code: 'bad-chunk' })
    expect(ends).toMatchObject([{ code: 'bad-chunk' }])
  })

  test('a sink that fails cancels the source with its own error', async () => {
    const full = new Error('the disk is full')
    const log = freshLog()
    const sink = new WritableStream<Uint8Array>({
      write: () => {
        throw full
      },
    })
    const { bundle: stream } = await verifyAndDecryptStream(partsForm(sealed, 1000, { log }).input, device)
    await expect(stream.pipeTo(sink)).rejects.toBe(full)
    expect(log.cancelled).toEqual([full])
  })
})

describe('a stream of bytes with a controller of its own', () => {
  test('(type: bytes) goes in, though each piece is transferred to its reader', async () => {
    const file = sealed.toBytes()
    let start = 0
    const source = new ReadableStream({
      type: 'bytes',
      pull: (controller) => {
        if (start >= file.length) controller.close()
        else controller.enqueue(file.slice(start, (start += 7777)))
      },
    })
    const { bundle: stream } = await verifyAndDecryptStream(source, accepting(signer))
    expect((await collect(stream)).bytes).toSatisfy(sameAs(bundle))
  })
})
