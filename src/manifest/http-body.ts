import { asBytes } from '../bytes.js'
import { onAbort } from '../options.js'
import { piecesOf } from '../stream/pieces.js'
import { readableOf } from '../stream/readable.js'
import { cancelReader, turnOfEventLoop } from '../stream/source.js'
import { withoutUrl } from './http-exchange.js'
import type { Bytes } from '../bytes.js'
import type { AbortSignalLike } from '../options.js'
import type { ByteStreamLike, ByteStreamReaderLike } from '../stream/source.js'
import type { Exchange } from './http-exchange.js'

/** Milliseconds in which an answer that has given all its bytes may end, so that its connection serves the next request. */
const END_MILLISECONDS = 1000

/** What of a body is wanted. */
export interface BodyPart {
  /** Bytes that come before. */
  readonly before: number
  /** Bytes that are wanted. */
  readonly length: number
  /** Told once how many of them were given: at the end of the part, or where it broke off without an abort. */
  readonly onEnd: (given: number) => void
}

/** A part of the body of an answer: exactly its bytes, as they come, each read only when it is asked for. */
export function bodyPart(body: ByteStreamLike, { before, length, onEnd }: BodyPart, exchange: Exchange, signal: AbortSignalLike | undefined): ByteStreamLike {
  const reader = body.getReader()
  let skip = before
  let left = length
  const close = async (reason: unknown): Promise<void> => {
    if (left === 0) return
    if (signal?.aborted !== true) onEnd(length - left)
    exchange.close(reason)
    await cancelReader(reader, reason)
  }
  const next = async (): Promise<Bytes | undefined> => {
    while (left > 0) {
      const bytes = await nextBytes(reader, exchange)
      if (bytes === undefined) throw new Error(`the server's answer ended ${left} bytes too early`)
      const piece = bytes.subarray(skip, skip + left)
      skip = Math.max(0, skip - bytes.length)
      left -= piece.length
      if (left === 0) {
        onEnd(length)
        void awaitEnd(reader, exchange)
      }
      if (piece.length > 0) return piece
    }
    return undefined
  }
  return readableOf(piecesOf({ close }, (fail) => onAbort(signal, fail), next))
}

/** The next piece that is not empty; `undefined` at the end. Empty ones are silence. */
async function nextBytes(reader: ByteStreamReaderLike, exchange: Exchange): Promise<Bytes | undefined> {
  return exchange.wait(async () => {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new Error("the server's answer broke off", { cause: withoutUrl(cause) })
      })
      const bytes = done ? undefined : asBytes(value, 'each piece of the answer')
      // Nobody waits any more after the exchange has ended.
      if (bytes?.length !== 0 || exchange.signal.aborted) return bytes
      await turnOfEventLoop()
    }
  })
}

/** An answer that goes on, or does not end, is cut off. */
async function awaitEnd(reader: ByteStreamReaderLike, exchange: Exchange): Promise<void> {
  const reason = new Error("the server's answer did not end")
  const timer = setTimeout(() => exchange.close(reason), END_MILLISECONDS)
  const isEnd = await nextBytes(reader, exchange).then((bytes) => bytes === undefined, () => false)
  clearTimeout(timer)
  if (isEnd) return
  exchange.close(reason)
  await cancelReader(reader, reason)
}
