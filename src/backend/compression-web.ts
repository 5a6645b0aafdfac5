import { EnvelopeError } from '../errors.js'
import type { Bytes } from '../bytes.js'
import type { Encoding } from '../compression.js'

/** Whatever becomes of so many bytes is in memory before anybody asks for it. */
const SLICE = 16_384

/** The names that the Compression Standard has for them. */
const FORMATS: Readonly<Record<Encoding, string>> = { br: 'brotli', gzip: 'gzip' }

/** All of `bytes`, as small as it gets. */
export async function compress(encoding: Encoding, bytes: Bytes): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of through('CompressionStream', encoding, once(bytes))) parts.push(part)
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer())
}

/** Decodes pieces while they come. Leaving the loop ends theirs. */
export function decompress(encoding: Encoding, pieces: AsyncIterable<Bytes>): AsyncGenerator<Uint8Array, void, undefined> {
  return through('DecompressionStream', encoding, pieces)
}

async function* once(bytes: Bytes): AsyncGenerator<Bytes, void, undefined> {
  yield bytes
}

async function* through(name: 'CompressionStream' | 'DecompressionStream', encoding: Encoding, pieces: AsyncIterable<Bytes>): AsyncGenerator<Uint8Array, void, undefined> {
  const { readable, writable } = streamOf(name, encoding)
  // Its failure is the reader's as well.
  feed(writable.getWriter(), pieces).catch(() => undefined)
  const reader = readable.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

async function feed(writer: WritableStreamDefaultWriter<BufferSource>, pieces: AsyncIterable<Bytes>): Promise<void> {
  try {
    for await (const piece of pieces) {
      for (let start = 0; start < piece.length; start += SLICE) await writer.write(piece.subarray(start, start + SLICE))
    }
    await writer.close()
  } catch (error) {
    await writer.abort(error)
  }
}

function streamOf(name: 'CompressionStream' | 'DecompressionStream', encoding: Encoding): CompressionStream | DecompressionStream {
  try {
    return new globalThis[name](FORMATS[encoding] as CompressionFormat)
  } catch (cause) {
    throw new EnvelopeError('backend-unavailable', `this engine has no ${name} for ${FORMATS[encoding]}: publish with another encoding, gzip for example, or with none`, { cause })
  }
}
