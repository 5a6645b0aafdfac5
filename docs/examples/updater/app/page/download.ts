import { EnvelopeError } from 'otaseal/device'
import { checkChunks, planRanges } from 'otaseal/resume'
import { ServerError } from './problems.js'
import { fetchRange } from './server.js'
import { dropOtherParts, INDEX, readPart, writePart } from './state.js'
import type { OpenedEnvelope } from 'otaseal/device'

/** In a row, without one new chunk. */
const MOST_TRIES = 4

export interface DownloadOptions {
  readonly signal: AbortSignal
  /** Bytes of the bundle that are there and verified. */
  readonly onProgress: (done: number, total: number) => void
}

/** Fetches what is missing of a release; each chunk is written down as soon as it is verified. */
export async function download(opened: OpenedEnvelope, path: string, { signal, onProgress }: DownloadOptions): Promise<void> {
  const { releaseId, header } = opened
  const { chunk } = header.body
  await dropOtherParts(releaseId)
  await keepTrying(async () => takeIndex(opened, path, signal), signal)
  // What an earlier run has left is believed only when it proves to be what was signed.
  const have = await checkChunks(opened, async ({ start }) => readPart([releaseId, start / chunk]))
  const tell = (): void => onProgress(Math.min(have.size * chunk, header.bundle.size), header.bundle.size)
  tell()
  await keepTrying(async (gained) => {
    for (const span of planRanges(opened, have)) {
      for await (const { i, plaintext } of opened.decryptChunks(span, await fetchRange(path, span, signal))) {
        await writePart([releaseId, i], plaintext)
        have.add(i)
        gained()
        tell()
      }
    }
  }, signal)
}

/** The index of an earlier run, if it is good, or a fresh one. */
async function takeIndex(opened: OpenedEnvelope, path: string, signal: AbortSignal): Promise<void> {
  const saved = await readPart([opened.releaseId, INDEX])
  if (saved !== undefined && (await opened.setIndex(saved).then(() => true, () => false))) return
  const index = new Uint8Array(opened.indexRange.end)
  let length = 0
  for await (const piece of iterate(await fetchRange(path, opened.indexRange, signal))) {
    if (length + piece.length > index.length) throw new EnvelopeError('trailing-data', 'more came than was asked for')
    index.set(piece, length)
    length += piece.length
  }
  await opened.setIndex(index.subarray(0, length))
  await writePart([opened.releaseId, INDEX], index)
}

/** Not all browsers can loop over a stream themselves. */
async function* iterate(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value
  } finally {
    await reader.cancel()
  }
}

/** A broken connection is tried again, with longer and longer pauses; what is refused is not. */
async function keepTrying(step: (gained: () => void) => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await step(() => (tries = 0))
      return
    } catch (error) {
      const isBroken = error instanceof ServerError ? error.code === 'no-connection' : error instanceof EnvelopeError && error.code === 'truncated'
      if (!isBroken || signal.aborted || tries >= MOST_TRIES) throw error
      await pause(100 * 2 ** tries, signal)
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    }, { once: true })
  })
}
