import { asBytes, concatBytes, copyBytes, equalBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { checkAborted, closedOnFailure } from '../options.js'
import { byteStreamOption, streamSource, viewSource } from '../stream/source.js'
import type { Bytes } from '../bytes.js'
import type { Awaitable } from '../crypto/backend.js'
import type { Plan } from '../build/options.js'
import type { ByteSource, ByteStreamLike } from '../stream/source.js'

/** Up to so many bytes a file is held in memory, read once, and compressed where that is asked for. */
export const MEMORY_MAX = 67_108_864

const PIECE = 262_144

/**
 * A file of a release, at its relative path: its bytes, or a stream of them. A function that opens the stream is called twice
 * where the file has more than 64 MiB, and must give the same bytes; a stream itself can't have more.
 */
export type ManifestInput =
  | { readonly path: string; readonly bytes: Uint8Array }
  | {
      readonly path: string
      readonly stream: ByteStreamLike | (() => Awaitable<ByteStreamLike>)
      /** Bytes, for the progress alone. */
      readonly size?: number | undefined
    }

/** A file that was read once. */
export interface ReadFile {
  readonly size: number
  /** SHA-256, 32 bytes. */
  readonly digest: Bytes
  /** All of it, where it is not too large for that. */
  readonly bytes: Bytes | undefined
  /** It once more. */
  readonly open: () => Promise<ByteSource>
}

/**
 * Reads a file as a caller gives it.
 *
 * @throws EnvelopeError `aborted`; TypeError, RangeError; and what its stream throws
 */
export async function readInput(input: ManifestInput, plan: Plan): Promise<ReadFile> {
  if ('bytes' in input) {
    const bytes = copyBytes(asBytes(input.bytes, 'bytes'))
    return atHand(bytes, await plan.backend.sha256(bytes))
  }
  const { stream, path } = input
  const open = async (): Promise<ByteSource> => streamSource(byteStreamOption('stream', typeof stream === 'function' ? await stream() : stream))
  const { size, digest, bytes } = await readOnce(await open(), plan)
  if (bytes !== undefined) return atHand(bytes, digest)
  if (typeof stream !== 'function') throw new RangeError(`${path} has more than ${MEMORY_MAX} bytes: pass a function that opens its stream, since it is read twice`)
  return { size, digest, bytes, open }
}

function atHand(bytes: Bytes, digest: Bytes): ReadFile {
  return { size: bytes.length, digest, bytes, open: async () => viewSource(bytes) }
}

async function readOnce(source: ByteSource, { backend, signal }: Plan): Promise<Omit<ReadFile, 'open'>> {
  const hasher = backend.hasher()
  let pieces: Bytes[] = []
  let size = 0
  await closedOnFailure(source, signal, async () => {
    for (let length = PIECE; length === PIECE; ) {
      checkAborted(signal)
      const piece = await source.take(PIECE)
      length = piece.length
      size += length
      hasher.update(piece)
      if (size <= MEMORY_MAX) pieces.push(piece)
      else pieces = []
    }
  })
  return { size, digest: hasher.digest(), bytes: size <= MEMORY_MAX ? concatBytes(...pieces) : undefined }
}

/** Whether what was read the second time is what was read the first time. */
export function checkUnchanged(path: string, first: Bytes, second: Bytes): void {
  if (equalBytes(first, second)) return
  throw new EnvelopeError('input-changed', `${path} was changed while it was read: publish again when nobody writes to it`)
}
