import { concatParts, copyBytes, equalBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { checkAborted } from '../options.js'
import { makePause } from '../pause.js'
import { viewSource } from '../stream/source.js'
import type { Bytes } from '../bytes.js'
import type { Plan } from '../build/options.js'
import type { Hasher } from '../crypto/backend.js'
import type { ByteSource } from '../stream/source.js'
import type { StreamInput } from './input.js'
import type { Inputs } from './inputs.js'

/** Up to so many bytes a file that is a stream is held in memory: read once, and compressed where that is asked for. */
export const MEMORY_MAX = 67_108_864

const PIECE = 262_144

/** A file that was read once. */
export interface ReadFile {
  readonly path: string
  readonly size: number
  /** SHA-256, 32 bytes. */
  readonly digest: Bytes
  /** All of it, where it is in memory. */
  readonly bytes?: Bytes
  /** It once more. What it gives fails with `input-changed` at its end at the latest, where it is not what it was. */
  readonly open: () => Promise<ByteSource>
}

/** Files that are read one after the other. */
export interface FileReader {
  /** One call at a time. */
  readonly next: () => Promise<ReadFile | undefined>
  /** Nobody wants more: the stream that is being read, and the loop over the files, are told. */
  readonly close: (reason: unknown) => Promise<void>
}

interface State {
  /** Of the file that is being read. */
  source?: ByteSource
  closed?: { readonly reason: unknown }
}

/** Reads files as a caller gives them. What its streams and its loop throw comes out unchanged. */
export function fileReader(inputs: Inputs, plan: Plan): FileReader {
  const { backend, signal } = plan
  const read = streamReader(plan)
  const state: State = {}
  return {
    next: async () => {
      const input = await inputs.next()
      if (input === undefined || state.closed !== undefined) return undefined
      if ('bytes' in input) {
        const bytes = copyBytes(input.bytes)
        return inMemory(input.path, bytes, await backend.sha256(bytes))
      }
      const source = (state.source = await input.open(signal))
      await closeLate(source, state)
      return read(input, source)
    },
    close: async (reason) => {
      state.closed ??= { reason }
      await Promise.all([state.source?.close(reason), inputs.close()])
    },
  }
}

/** Closes a stream that took longer to open than anybody waited for it. */
async function closeLate(source: ByteSource, { closed }: State): Promise<void> {
  if (closed !== undefined) await source.close(closed.reason)
}

function inMemory(path: string, bytes: Bytes, digest: Bytes): ReadFile {
  return { path, size: bytes.length, digest, bytes, open: async () => viewSource(bytes) }
}

/** Reads one stream after the other, all by way of the same memory. */
function streamReader({ backend, signal }: Plan): (input: StreamInput, source: ByteSource) => Promise<ReadFile> {
  const memory = new Uint8Array(PIECE)
  const pause = makePause()
  return async ({ path, open, opensTwice }, source) => {
    const parts: Bytes[] = []
    let hasher: Hasher | undefined
    let size = 0
    for (let length = PIECE; length === PIECE; ) {
      checkAborted(signal)
      const piece = await source.take(PIECE, memory)
      length = piece.length
      size += length
      if (hasher === undefined && size > MEMORY_MAX) {
        if (!opensTwice) throw new RangeError(`the file ${JSON.stringify(path)} has more than ${MEMORY_MAX} bytes: pass a function that opens its stream, since it is read twice`)
        hasher = backend.hasher()
        for (const part of parts.splice(0)) hasher.update(part)
      }
      if (hasher === undefined) parts.push(copyBytes(piece))
      else hasher.update(piece)
      await pause()
    }
    if (hasher === undefined) {
      const bytes = concatParts(parts)
      return inMemory(path, bytes, await backend.sha256(bytes))
    }
    const digest = hasher.digest()
    return { path, size, digest, open: async () => unchanged(path, await open(signal), { size, digest }, backend.hasher()) }
  }
}

/**
 * A file while it is read once more, in pieces of which only the last is shorter than what is asked for: this one is not given before
 * all of the file has proved to be what it was.
 */
function unchanged(path: string, source: ByteSource, first: Pick<ReadFile, 'size' | 'digest'>, hasher: Hasher): ByteSource {
  let size = 0
  return {
    take: async (length) => {
      const piece = await source.take(length)
      hasher.update(piece)
      size += piece.length
      const isSame = piece.length < length ? size === first.size && equalBytes(hasher.digest(), first.digest) : size <= first.size
      if (!isSame) throw new EnvelopeError('input-changed', `the file ${JSON.stringify(path)} was changed while it was read: publish again when nobody writes to it`)
      return piece
    },
    close: source.close,
  }
}
