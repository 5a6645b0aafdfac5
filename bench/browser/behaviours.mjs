// What must hold of streams in every browser. Each function throws where it does not.
import { encryptBundleStream, joinEnvelope } from '../../dist/build.js'
import { EnvelopeError, verifyAndDecryptStream } from '../../dist/device.js'
import { decryptInWorker } from 'docs/decrypt-in-worker.js'
import { drain, streamOf } from '../measure.mjs'
import { claims, demand, errorOf, joined, makeRelease, sameBytes } from './release.mjs'

const CHUNK = 256 * 1024
const SIZES = [
  ['an empty bundle', 0, CHUNK],
  ['exactly two chunks', 2 * CHUNK, CHUNK],
  ['exactly three small chunks', 3 * 16_384, 16_384],
  ['two chunks and some', 2 * CHUNK + 500, CHUNK],
]

/** By name. */
export function behavioursOf() {
  const whole = SIZES.map(([what, size, chunkSize]) => [`new Response(bundle) of ${what}`, async () => responseOf(size, chunkSize)])
  return { ...Object.fromEntries(whole), ...streams, ...workers }
}

const streams = {
  'pipeTo a WritableStream, byte by byte': async () => {
    const { bundle, envelope, options } = await makeRelease(700)
    const opened = await verifyAndDecryptStream(streamOf(envelope, 1), options)
    const parts = []
    await opened.bundle.pipeTo(new WritableStream({ write: (part) => void parts.push(part) }))
    demand(sameBytes(joined(parts), bundle), 'other bytes came out')
  },
  'the body of a fetch': async () => {
    const { bundle, envelope, options } = await makeRelease(5 * CHUNK + 1)
    await publish(envelope)
    const opened = await verifyAndDecryptStream((await fetch('/envelope')).body, options)
    demand(sameBytes(await bytesOf(opened.bundle), bundle), 'other bytes came out')
  },
  'encryptBundleStream and back': async () => {
    const { bundle, options, signer } = await makeRelease(3 * CHUNK)
    const { body, envelope } = await encryptBundleStream(streamOf(bundle, 100_000), { ...claims, signer })
    const sealed = await bytesOf(body)
    const { head, index } = await envelope
    const opened = await verifyAndDecryptStream(streamOf(joined([joinEnvelope(head, index), sealed]), 65_536), options)
    demand(sameBytes(await bytesOf(opened.bundle), bundle), 'other bytes came out')
  },
  'a changed chunk ends it, after the chunks before': async () => {
    const { envelope, options } = await makeRelease(3 * CHUNK)
    envelope[envelope.length - 20 - CHUNK] ^= 1
    let bytes = 0
    const { bundle } = await verifyAndDecryptStream(streamOf(envelope, 65_536), options)
    const error = await errorOf(drain(bundle, ({ length }) => (bytes += length)))
    demand(error instanceof EnvelopeError && error.code === 'bad-chunk', `not bad-chunk but ${error}`)
    demand(bytes === 2 * CHUNK, `${bytes} bytes came out before`)
  },
  'cancel reaches the source': async () => {
    const { envelope, options } = await makeRelease(20 * CHUNK)
    const { stream, seen } = watched(envelope)
    const { bundle } = await verifyAndDecryptStream(stream, options)
    const reader = bundle.getReader()
    await reader.read()
    await reader.cancel('enough')
    demand(seen.cancelled === 'enough', `the source was cancelled with ${seen.cancelled}`)
    demand(seen.bytes < 8 * CHUNK, `${seen.bytes} bytes were read for one chunk`)
  },
  'an AbortSignal ends it while it waits': async () => {
    const { envelope, options } = await makeRelease(2 * CHUNK)
    const { stream, seen } = watched(envelope.subarray(0, -1), { hangs: true })
    const controller = new AbortController()
    const { bundle } = await verifyAndDecryptStream(stream, { ...options, signal: controller.signal })
    const reading = drain(bundle, () => undefined)
    setTimeout(() => controller.abort(), 50)
    const error = await errorOf(reading)
    demand(error.code === 'aborted' && seen.cancelled === error, `it ended with ${error}, the source with ${seen.cancelled}`)
  },
}

/** The two files of docs/streams.md, as they stand there. */
const workers = {
  'in a worker: the same bytes': async () => {
    const { bundle, envelope, options } = await makeRelease(9 * CHUNK + 7)
    await publish(envelope)
    const opened = await decryptInWorker('/envelope', options)
    demand(opened.header.bundle.size === bundle.length, 'another header came')
    demand(sameBytes(await bytesOf(opened.bundle), bundle), 'other bytes came out')
  },
  'in a worker: the code of a refusal': async () => {
    const { envelope, options } = await makeRelease(2 * CHUNK)
    envelope[envelope.length - 1] ^= 1
    await publish(envelope)
    const { bundle } = await decryptInWorker('/envelope', options)
    const error = await errorOf(drain(bundle, () => undefined))
    demand(error instanceof EnvelopeError && error.code === 'bad-chunk', `not bad-chunk but ${error}`)
  },
}

async function responseOf(size, chunkSize) {
  const { bundle, envelope, options } = await makeRelease(size, chunkSize)
  const opened = await verifyAndDecryptStream(streamOf(envelope, 65_536), options)
  demand(sameBytes(await bytesOf(opened.bundle), bundle), 'other bytes came out')
}

async function bytesOf(stream) {
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** Puts an envelope where it can be fetched. */
async function publish(envelope) {
  const { ok } = await fetch('/envelope', { method: 'PUT', body: envelope })
  demand(ok, 'the server did not take the envelope')
}

/** A stream that notes what is read of it and what it is cancelled with; one that hangs never ends. */
function watched(bytes, { hangs = false } = {}) {
  const seen = { bytes: 0, cancelled: undefined }
  const pull = (controller) => {
    const piece = bytes.subarray(seen.bytes, seen.bytes + 65_536)
    seen.bytes += piece.length
    if (piece.length > 0) controller.enqueue(piece)
    else if (hangs) return new Promise(() => undefined)
    else controller.close()
    return undefined
  }
  return { stream: new ReadableStream({ pull, cancel: (reason) => void (seen.cancelled = reason) }, { highWaterMark: 0 }), seen }
}
