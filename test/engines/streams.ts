import { joined } from './data.js'

/** What happened to a source. */
export interface SourceLog {
  /** Bytes given so far. */
  bytes: number
  /** The reason of each cancellation. */
  readonly cancelled: unknown[]
}

export const freshLog = (): SourceLog => ({ bytes: 0, cancelled: [] })

/** What comes after the last piece: the end unless given, nothing ever, or an error. */
export type Ending = 'end' | 'stall' | { readonly error: unknown }

/** A stream of copies of the bytes, in pieces of these sizes over and over, that gives one only when it is asked for one. */
export function streamOf(bytes: Uint8Array, sizes: readonly number[] = [65_536], log: SourceLog = freshLog(), ending: Ending = 'end'): ReadableStream<Uint8Array<ArrayBuffer>> {
  let i = 0
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull: async (controller) => {
        if (log.bytes < bytes.length) {
          const piece = new Uint8Array(bytes.subarray(log.bytes, log.bytes + (sizes[i++ % sizes.length] as number)))
          log.bytes += piece.length
          controller.enqueue(piece)
        } else if (ending === 'stall') {
          await new Promise(() => undefined)
        } else if (ending === 'end') {
          controller.close()
        } else {
          controller.error(ending.error)
        }
      },
      cancel: (reason) => void log.cancelled.push(reason),
    },
    { highWaterMark: 0 },
  )
}

/** All that comes out of a stream, and what it fails with if it does. */
export interface Collected {
  readonly pieces: readonly Uint8Array[]
  readonly bytes: Uint8Array
  readonly failed: boolean
  readonly error?: unknown
}

/** By a reader, since not every engine can loop over a stream. */
export async function collect(stream: { getReader(): Pick<ReadableStreamDefaultReader<Uint8Array>, 'read'> }): Promise<Collected> {
  const reader = stream.getReader()
  const pieces: Uint8Array[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { pieces, bytes: joined(...pieces), failed: false }
      pieces.push(value)
    }
  } catch (error) {
    return { pieces, bytes: joined(...pieces), failed: true, error }
  }
}

/** Long enough for everything that is under way, and does not wait for something else, to have come about. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 60))
}
