import { encryptBundleStream, joinEnvelope } from '../../src/build.js'
import { openEnvelope, verifyAndDecrypt, verifyAndDecryptStream } from '../../src/device.js'
import { check, refused, same } from './assert.js'
import { CHUNK, flipped, joined, pattern } from './data.js'
import { accepting, backends, claims, keys, once, seal } from './fixtures.js'
import { collect, freshLog, settled, streamOf } from './streams.js'
import { EnvelopeError } from '../../src/device.js'
import type { EngineTest } from './contract.js'
import type { Collected } from './streams.js'
import type { DeviceOptions, ErrorCode } from '../../src/device.js'

const SEALED = CHUNK + 16
const BUNDLE = pattern(11 * CHUNK + 500)
const CHUNKS = 12
const INDEX = CHUNKS * 32 + 56

/** More chunks than any backend has in flight, so that reading ahead would show. */
const sealed = once(async () => (await seal(BUNDLE)).toBytes())

/** Where chunk `i` begins in the bytes of the envelope. */
async function startOf(i: number): Promise<number> {
  const bytes = await sealed()
  return bytes.length - (BUNDLE.length + CHUNKS * 16) + i * SEALED
}

async function opened(input: ReadableStream<Uint8Array>, more: Partial<DeviceOptions> = {}): Promise<Collected> {
  return collect((await verifyAndDecryptStream(input, await accepting(more))).bundle)
}

const pieceSizes: Readonly<Record<string, readonly number[]>> = {
  'odd pieces': [1, 7, 4096, 0, 65_537, 3],
  'one piece': [2 ** 24],
  'pieces of a chunk': [SEALED],
}

const whole = backends.flatMap(({ title, backend }) =>
  Object.entries(pieceSizes).map(([what, sizes]): EngineTest => ({
    name: `an envelope that comes in ${what} is opened by ${title}`,
    run: async () => same((await opened(streamOf(await sealed(), sizes), { backend })).bytes, BUNDLE, 'the bundle'),
  })),
)

const sources: Readonly<Record<string, (bytes: Uint8Array<ArrayBuffer>) => ReadableStream<Uint8Array<ArrayBuffer>>>> = {
  'the body of a Response': (bytes) => new Response(bytes).body as ReadableStream<Uint8Array<ArrayBuffer>>,
  'the stream of a Blob': (bytes) => new Blob([bytes]).stream(),
  'a TransformStream': (bytes) => streamOf(bytes).pipeThrough(new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>()),
  'a stream that gzip has passed': (bytes) => through(through(new Blob([bytes]).stream(), new CompressionStream('gzip')), new DecompressionStream('gzip')),
}

type Bytes = Uint8Array<ArrayBuffer>

/** A compressor takes whatever bytes there are, and its type says more than that. */
function through(stream: ReadableStream<Bytes>, transform: { readonly readable: ReadableStream<Bytes>; readonly writable: unknown }): ReadableStream<Bytes> {
  return stream.pipeThrough<Bytes>({ readable: transform.readable, writable: transform.writable as WritableStream<Bytes> })
}

const platform: readonly EngineTest[] = [
  ...Object.entries(sources).map(([what, source]): EngineTest => ({
    name: `an envelope comes as ${what}`,
    run: async () => same((await opened(source(await sealed()))).bytes, BUNDLE, 'the bundle'),
  })),
  {
    name: 'a bundle goes into a Response, a WritableStream and two branches',
    run: async () => {
      const start = async (): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> => (await verifyAndDecryptStream(streamOf(await sealed()), await accepting())).bundle
      same(new Uint8Array(await new Response(await start()).arrayBuffer()), BUNDLE, 'of a Response')
      const written: Uint8Array[] = []
      await (await start()).pipeTo(new WritableStream({ write: (piece: Uint8Array) => void written.push(piece) }))
      same(joined(...written), BUNDLE, 'of a WritableStream')
      const branches = (await start()).tee()
      for (const { bytes } of await Promise.all(branches.map(collect))) same(bytes, BUNDLE, 'of a branch')
    },
  },
  {
    name: 'an envelope that comes byte by byte is opened, and one that is made byte by byte',
    run: async () => {
      const bundle = BUNDLE.subarray(0, 2 * CHUNK + 500)
      const envelope = (await seal(bundle)).toBytes()
      same((await opened(streamOf(envelope, [1]))).bytes, bundle, 'opened')
      const { body, envelope: made } = await encryptBundleStream(streamOf(bundle, [1]), { signer: (await keys.ed25519()).privateKey, ...claims })
      const { bytes } = await collect(body)
      const { head, index } = await made
      same((await verifyAndDecrypt(joinEnvelope(head, joined(index, bytes)), await accepting())).bundle, bundle, 'made')
    },
  },
]

const damages: Readonly<Record<string, { readonly code: ErrorCode; readonly chunks: number; readonly of: () => Promise<Uint8Array> }>> = {
  'cut in the middle of a chunk': { code: 'truncated', chunks: 5, of: async () => (await sealed()).subarray(0, (await startOf(5)) + 100) },
  'cut between two chunks': { code: 'truncated', chunks: 5, of: async () => (await sealed()).subarray(0, await startOf(5)) },
  'changed in a chunk': { code: 'bad-chunk', chunks: 5, of: async () => flipped(await sealed(), (await startOf(5)) + 100) },
  'changed in a tag': { code: 'bad-chunk', chunks: 5, of: async () => flipped(await sealed(), (await startOf(6)) - 1) },
  'changed in its index': { code: 'bad-index', chunks: 0, of: async () => flipped(await sealed(), (await startOf(0)) - INDEX) },
  'longer than was signed': { code: 'trailing-data', chunks: CHUNKS, of: async () => joined(await sealed(), Uint8Array.of(0)) },
}

const refusals = backends.flatMap(({ title, backend }) =>
  Object.entries(damages).map(([what, { code, chunks, of }]): EngineTest => ({
    name: `a stream that is ${what} ends with ${code} on ${title}, and nothing of what failed comes out`,
    run: async () => {
      for (const sizes of [[1000], [2 ** 24]]) {
        const { bytes, error } = await opened(streamOf(await of(), sizes), { backend })
        check(error instanceof EnvelopeError && error.code === code, `it ends with ${String(error)}`)
        same(bytes, BUNDLE.subarray(0, chunks * CHUNK), 'what came before')
      }
    },
  })),
)

const flow = backends.flatMap(({ title, backend }): EngineTest[] => [
  {
    name: `${title} reads no further ahead than a few chunks`,
    run: async () => {
      const log = freshLog()
      const { bundle } = await verifyAndDecryptStream(streamOf(await sealed(), [1000], log), await accepting({ backend }))
      check(log.bytes <= (await startOf(0)) - INDEX + 1000, `${log.bytes} bytes were read before anybody read the bundle`)
      const reader = bundle.getReader()
      for (let i = 0; i < 3; i++) {
        await reader.read()
        await settled()
        const most = (await startOf(i + 1 + 5)) + 1000
        check(log.bytes <= most, `${log.bytes} bytes were read for chunk ${i}, more than ${most}`)
      }
      await reader.cancel('enough')
      same(log.cancelled, ['enough'], 'the reason that the source was told')
      const { bytes } = log
      await settled()
      check(log.bytes === bytes, 'it was read after it was cancelled')
    },
  },
  {
    name: `a body that ${title} makes reads no further ahead, and is cancelled`,
    run: async () => {
      const log = freshLog()
      const { body, envelope } = await encryptBundleStream(streamOf(BUNDLE, [1000], log), { signer: (await keys.ed25519()).privateKey, ...claims, backend })
      const outcome = envelope.then(() => 'settled', (error: unknown) => error)
      const reader = body.getReader()
      for (let i = 0; i < 3; i++) await reader.read()
      await settled()
      check(log.bytes <= 8 * CHUNK, `${log.bytes} bytes were read for two chunks`)
      await reader.cancel('enough')
      same(log.cancelled, ['enough'], 'the reason that the source was told')
      same(await outcome, 'enough', 'the end of the envelope')
    },
  },
  {
    name: `an AbortSignal ends a stream that waits, on ${title}`,
    run: async () => {
      const log = freshLog()
      const stop = new AbortController()
      const stalled = streamOf((await sealed()).subarray(0, (await startOf(2)) + 100), [1000], log, 'stall')
      const { bundle } = await verifyAndDecryptStream(stalled, await accepting({ backend, signal: stop.signal }))
      const reader = bundle.getReader()
      for (let i = 0; i < 2; i++) same((await reader.read()).value, BUNDLE.subarray(i * CHUNK, (i + 1) * CHUNK), `chunk ${i}`)
      const pending = reader.read()
      stop.abort(new Error('the user left'))
      await refused(() => pending, 'aborted')
      same(log.cancelled.length, 1, 'how often the source was cancelled')
    },
  },
])

const failures: readonly EngineTest[] = [
  {
    name: 'what a source fails with comes out unchanged, after the chunks that had come',
    run: async () => {
      const failure = new Error('the network is gone')
      const { bytes, error } = await opened(streamOf((await sealed()).subarray(0, await startOf(3)), [1000], freshLog(), { error: failure }))
      check(error === failure, `it ends with ${String(error)}`)
      same(bytes, BUNDLE.subarray(0, 3 * CHUNK), 'what came before')
    },
  },
  {
    name: 'a stream that is read already is refused',
    run: async () => {
      const stream = streamOf(await sealed())
      stream.getReader()
      const device = await accepting()
      const error = await verifyAndDecryptStream(stream, device).then(() => undefined, (error: unknown) => error)
      check(error instanceof TypeError, `it ends with ${String(error)}`)
    },
  },
  {
    name: 'neighbouring chunks are opened from the answer to a request for their range',
    run: async () => {
      const envelope = await seal(BUNDLE)
      const head = await openEnvelope(envelope.head, await accepting())
      await head.setIndex(envelope.payload.subarray(0, INDEX))
      const range = envelope.payload.subarray(head.chunkRange(4).start, head.chunkRange(6).end)
      const found: number[] = []
      for await (const { i, plaintext } of head.decryptChunks({ first: 4, count: 3 }, streamOf(range, [999]))) {
        same(plaintext, BUNDLE.subarray(i * CHUNK, (i + 1) * CHUNK), `chunk ${i}`)
        found.push(i)
      }
      same(found, [4, 5, 6], 'the chunks')
    },
  },
]

export const streamTests: readonly EngineTest[] = [...whole, ...platform, ...refusals, ...flow, ...failures]
