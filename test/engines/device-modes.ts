import { openEnvelope, splitEnvelope, verifyAndDecrypt, verifyAndDecryptStream } from 'otaseal/device'
import { bytesOf } from './device-vectors.js'
import type { ByteStreamLike, DeviceBackend, DeviceOptions, OpenedEnvelope } from 'otaseal/device'
import type { Vector } from './device-vectors.js'

/** A place in the bundle, and what came out for it. */
export interface Released {
  readonly at: number
  readonly bytes: Uint8Array
}

/** A way to decrypt: tells what comes out as soon as it does, and fails where the envelope is refused. */
export interface Mode {
  readonly name: string
  readonly takes: (vector: Vector, backend: DeviceBackend | undefined) => boolean
  readonly run: (envelope: Uint8Array, options: DeviceOptions, release: (released: Released) => void) => Promise<void>
}

/** What a vector demands, in the forms that calls take. */
export function optionsOf({ options: { reader, ...options } }: Vector, backend: DeviceBackend | undefined): DeviceOptions {
  return {
    ...options,
    ...(reader !== undefined && { reader: 'secret' in reader ? bytesOf(reader.secret) : reader.jwk }),
    ...(backend !== undefined && { backend }),
  }
}

/** Bytes as a stream of any pieces, for engines that have no streams. */
export function streamOf(bytes: Uint8Array, size: number): ByteStreamLike {
  let at = 0
  return {
    getReader: () => ({
      read: async () => (at < bytes.length ? { done: false, value: bytes.subarray(at, (at += size)) } : { done: true }),
      cancel: async () => undefined,
    }),
  }
}

export const hasStreams: boolean = typeof globalThis.ReadableStream === 'function'

function streamMode(name: string, size: number, takes: Mode['takes']): Mode {
  return {
    name,
    takes: (vector, backend) => hasStreams && looksAtAll(vector, backend) && takes(vector, backend),
    run: async (envelope, options, release) => {
      const checksum = options.backend?.hasher !== undefined
      const { bundle } = await verifyAndDecryptStream(streamOf(envelope, size), { ...options, checksum })
      const reader = bundle.getReader()
      let at = 0
      try {
        for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
          release({ at, bytes: value as Uint8Array })
          at += (value as Uint8Array).length
        }
      } catch (error) {
        const again = await reader.read().then(() => 'gives more after it has failed', (reason: unknown) => reason)
        throw again === error ? error : new Error(`the stream ${String(again)}`)
      }
    },
  }
}

/** Whether a stream compares the checksum of the whole, without which one vector is accepted. */
const looksAtAll: Mode['takes'] = ({ code }, backend) => code !== 'bad-checksum' || backend?.hasher !== undefined

/** Verified, and ready for chunks. */
async function open(envelope: Uint8Array, options: DeviceOptions): Promise<readonly [OpenedEnvelope, payload: Uint8Array]> {
  const { head, payload } = splitEnvelope(envelope)
  const opened = await openEnvelope(head, options)
  await opened.setIndex(payload.subarray(opened.indexRange.start, opened.indexRange.end))
  return [opened, payload]
}

/** The checksum of the whole is the caller's, who has the chunks. */
const allButChecksum: Mode['takes'] = ({ code }) => code !== 'bad-checksum'

const modesOfChunks: readonly Mode[] = [
  {
    name: 'random access',
    takes: allButChecksum,
    // The last chunk first, with all that follows it; one that is refused does not keep the others from being tried.
    run: async (envelope, options, release) => {
      const [opened, payload] = await open(envelope, options)
      const refusals: unknown[] = []
      for (let i = opened.chunks - 1; i >= 0; i--) {
        const { start, end } = opened.chunkRange(i)
        try {
          const bytes = await opened.decryptChunk(i, payload.subarray(start, i === opened.chunks - 1 ? payload.length : end))
          release({ at: i * opened.header.body.chunk, bytes })
        } catch (error) {
          refusals.push(error)
        }
      }
      if (refusals.length > 0) throw refusals[0]
    },
  },
  {
    name: 'chunks as they come',
    takes: allButChecksum,
    run: async (envelope, options, release) => {
      const [opened, payload] = await open(envelope, options)
      const stream = streamOf(payload.subarray(opened.indexRange.end), 1000)
      for await (const { i, plaintext } of opened.decryptChunks({ first: 0, count: opened.chunks }, stream)) {
        release({ at: i * opened.header.body.chunk, bytes: plaintext })
      }
    },
  },
]

export const modes: readonly Mode[] = [
  {
    name: 'one-shot',
    takes: () => true,
    run: async (envelope, options, release) => release({ at: 0, bytes: (await verifyAndDecrypt(envelope, options)).bundle }),
  },
  ...modesOfChunks,
  streamMode('stream', 4093, () => true),
  streamMode('byte by byte', 1, ({ input, released }) => input.length < 2400 || (released ?? 0) > 1000),
]
