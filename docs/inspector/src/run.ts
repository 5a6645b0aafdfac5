import { EnvelopeError, openEnvelope, verifyEnvelope } from 'otaseal/device'
import type { ByteRange, DeviceOptions, EnvelopeEvent, Header, OpenedEnvelope } from 'otaseal/device'
import type { Source } from './intake.js'

/** So many refused chunks are named before the rest is left alone. */
const REFUSED_MAX = 100

/** What a run takes. */
export interface Job {
  readonly source: Source
  readonly asServer: boolean
  readonly options: Omit<DeviceOptions, 'onEvent' | 'onProgress' | 'signal'>
  readonly signal: AbortSignal
}

/** What is told while a run goes on. */
export interface Listener {
  readonly counted: () => void
  readonly headVerified: (signers: readonly string[]) => void
  readonly readerUsed: (kid: string) => void
  /** The header with its checksum opened. */
  readonly opened: (header: Header) => void
  readonly indexVerified: () => void
  /** Chunks from the last one told of up to, not including, this one. */
  readonly verifiedUpTo: (chunk: number) => void
  /** `range`: where it lies in the payload, if that is known. */
  readonly chunkRefused: (chunk: number, range?: ByteRange) => void
}

/**
 * Makes all checks of a device, or all that a server can make; without a payload those of the head. A device goes on after a
 * chunk that is refused, so that all of them are known; the first refusal is thrown.
 */
export async function run(job: Job, on: Listener): Promise<void> {
  return job.asServer ? runServer(job, on) : runDevice(job, on)
}

async function runDevice({ source, options, signal }: Job, on: Listener): Promise<void> {
  const opened = await openEnvelope(source.head, { ...options, signal, onEvent: listening(on) })
  // Nothing of a run is told after it was stopped.
  signal.throwIfAborted()
  on.opened(opened.header)
  if (source.payload === undefined) return
  const { start, end } = opened.indexRange
  await opened.setIndex(new Uint8Array(await source.payload.slice(start, end).arrayBuffer()))
  on.indexVerified()
  const refusal = await readChunks(opened, source.payload, on)
  if (refusal !== undefined) throw refusal
}

/** Reads to the end of the payload, so that the library sees what is missing or too much; plaintext is dropped at once. */
async function readChunks(opened: OpenedEnvelope, payload: Blob, on: Listener): Promise<EnvelopeError | undefined> {
  let refusal: EnvelopeError | undefined
  let refused = 0
  let next = 0
  while (next < opened.chunks && refused < REFUSED_MAX) {
    const range = opened.chunkRange(next)
    const rest = { first: next, count: opened.chunks - next }
    try {
      for await (const { i } of opened.decryptChunks(rest, payload.slice(range.start).stream())) {
        next = i + 1
        on.verifiedUpTo(next)
      }
    } catch (error) {
      if (!(error instanceof EnvelopeError) || error.code === 'aborted') throw error
      if (error.code !== 'bad-chunk') throw refusal ?? error
      refusal ??= error
      refused++
      on.chunkRefused(next, opened.chunkRange(next))
      next++
    }
  }
  return refusal
}

async function runServer({ source, options, signal }: Job, on: Listener): Promise<void> {
  const { head, payload } = source
  const seen = { head: false, chunks: 0 }
  const noting: Listener = {
    ...on,
    headVerified: (signers) => {
      seen.head = true
      on.headVerified(signers)
    },
  }
  const stream = (payload ?? new Blob()).stream()
  try {
    await verifyEnvelope({ head, payload: stream }, { ...options, signal, onEvent: listening(noting), onProgress: () => on.verifiedUpTo(++seen.chunks) })
  } catch (error) {
    if (error instanceof EnvelopeError && error.code === 'bad-chunk') on.chunkRefused(seen.chunks)
    // All of the head is verified before the payload is looked for.
    if (payload !== undefined || !seen.head) throw error
  }
}

function listening(on: Listener): (event: EnvelopeEvent) => void {
  return (event) => {
    if (event.event === 'signature-counted') on.counted()
    if (event.event === 'head-verified') on.headVerified(event.signers)
    if (event.event === 'reader-used') on.readerUsed(event.kid)
  }
}
