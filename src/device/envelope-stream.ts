import { START_SIZE, headSizeOf, readHead } from '../format/container.js'
import { headText, parseHead } from '../format/head.js'
import { objectOption } from '../options.js'
import { isByteStream, streamSource } from '../stream/source.js'
import { orTell } from './tell.js'
import type { HeadInput, ParsedHead } from '../format/head.js'
import type { ByteSource, ByteStreamLike } from '../stream/source.js'
import type { Policy } from './options.js'

/** An envelope that comes as a stream: of a whole file, or of the payload where the head has come apart. */
export type EnvelopeStream = ByteStreamLike | { readonly head: HeadInput; readonly payload: ByteStreamLike }

/** The head of an envelope, to be read, and the source of all that follows it. */
export interface EnvelopeSource {
  /** Its text; of a head that is at hand, as it was when this was called. */
  readonly head: () => Promise<string>
  readonly source: ByteSource
}

/**
 * Takes the stream, which belongs to this call from now on.
 *
 * @throws TypeError where it is none, or has another reader
 */
export function envelopeSource(envelope: EnvelopeStream): EnvelopeSource {
  if (isByteStream(envelope)) {
    const source = streamSource(envelope)
    return { head: async () => headOf(source), source }
  }
  const { head, payload } = objectOption('envelope', envelope)
  if (isByteStream(payload)) return { head: async () => headText(head), source: streamSource(payload) }
  throw new TypeError('envelope must be a ReadableStream, or { head, payload } with one: a Node stream becomes one by Readable.toWeb()')
}

/**
 * Reads the head from the start of a file.
 *
 * @throws EnvelopeError `not-an-envelope`, `unsupported`, `limit-exceeded`, `truncated`, `malformed-head`
 */
export async function headOf(source: ByteSource): Promise<string> {
  const headSize = headSizeOf(await source.take(START_SIZE))
  return readHead(await source.take(headSize), headSize)
}

/** Reads the form of a head that comes; a refusal is told, though nothing is known of its release. */
export async function parsedHead(head: EnvelopeSource['head'], policy: Policy): Promise<ParsedHead> {
  return orTell(policy, 'head-refused', undefined, async () => parseHead(await head()))
}
