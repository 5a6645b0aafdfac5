import { expectTypeOf, test } from 'vitest'
import { verifyAndDecryptStream } from '../../src/index.js'
import type { DecryptedChunk, DecryptedStream, DeviceOptions, OpenedEnvelope } from '../../src/index.js'

/*
 * Checked by `tsc -p tsconfig.test.json`, which `npm run typecheck` runs: a call below that began to compile would
 * make its directive an error. None of it is ever run.
 */
declare const options: DeviceOptions
declare const response: Response
declare const blob: Blob
declare const bytes: ReadableStream<Uint8Array>
declare const texts: ReadableStream<string>
declare const opened: OpenedEnvelope
declare const stream: DecryptedStream['bundle']
declare const sink: WritableStream<Uint8Array>
declare const textSink: WritableStream<string>

export const calls: readonly (() => unknown)[] = [
  () => verifyAndDecryptStream(bytes, options),
  () => verifyAndDecryptStream({ head: 'text', payload: bytes }, options),
  () => response.body !== null && verifyAndDecryptStream(response.body, options),
  () => response.body !== null && verifyAndDecryptStream({ head: 'text', payload: response.body }, options),
  () => verifyAndDecryptStream(blob.stream(), options),
  () => verifyAndDecryptStream(stream, options),
  () => opened.decryptChunks({ first: 0, count: 1 }, bytes),

  // @ts-expect-error a stream of text
  () => verifyAndDecryptStream(texts, options),
  // @ts-expect-error a payload of text
  () => verifyAndDecryptStream({ head: 'text', payload: texts }, options),
  // @ts-expect-error a stream of text
  () => opened.decryptChunks({ first: 0, count: 1 }, texts),
  // @ts-expect-error bytes are for verifyAndDecrypt
  () => verifyAndDecryptStream(new Uint8Array(3), options),
  // @ts-expect-error a payload of bytes is for verifyAndDecrypt
  () => verifyAndDecryptStream({ head: 'text', payload: new Uint8Array(3) }, options),
  // @ts-expect-error a body may be missing
  () => verifyAndDecryptStream(response.body, options),
  // @ts-expect-error no options
  () => verifyAndDecryptStream(bytes),
  // @ts-expect-error no trusted key
  () => verifyAndDecryptStream(bytes, { app: 'a', channel: null, lastSequence: null }),
  // @ts-expect-error no span of chunks
  () => opened.decryptChunks(bytes),

  () => new Response(stream),
  () => new Request('https://example.com', { method: 'POST', body: stream }),
  () => stream.pipeTo(sink),
  // @ts-expect-error a sink of text
  () => stream.pipeTo(textSink),
]

test('the bundle is a stream of the platform, of bytes in memory of their own', () => {
  expectTypeOf<DecryptedStream['bundle']>().toExtend<ReadableStream<Uint8Array>>()
  expectTypeOf<DecryptedStream['bundle']>().toExtend<ReadableStream<Uint8Array<ArrayBuffer>>>()
  expectTypeOf<DecryptedStream['bundle']>().toExtend<BodyInit>()
  const piece = async () => (await stream.getReader().read()).value
  expectTypeOf(piece).returns.resolves.toEqualTypeOf<Uint8Array<ArrayBuffer> | undefined>()
  expectTypeOf<ReturnType<typeof stream.tee>[0]>().toEqualTypeOf<ReadableStream<Uint8Array<ArrayBuffer>>>()
  const looped = async () => {
    for await (const each of stream) return each
    return undefined
  }
  expectTypeOf(looped).returns.resolves.toEqualTypeOf<Uint8Array<ArrayBuffer> | undefined>()
  expectTypeOf<DecryptedChunk>().toEqualTypeOf<{ readonly i: number; readonly plaintext: Uint8Array<ArrayBuffer> }>()
  expectTypeOf<ReturnType<OpenedEnvelope['decryptChunks']>>().toEqualTypeOf<AsyncIterable<DecryptedChunk>>()
})
