import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { checkAborted, untilAborted } from '../options.js'
import { isByteStream, streamSource } from '../stream/source.js'
import { fileSource } from './file-source.js'
import { systemError, withPath } from './system-error.js'
import { withTemporary } from './temporary-file.js'
import type { FileHandle } from 'node:fs/promises'
import type { Bytes } from '../bytes.js'
import type { AbortSignalLike } from '../options.js'
import type { ByteSource, ByteStreamLike } from '../stream/source.js'

/** The name of a file, or its `file:` URL. */
export type FileName = string | { readonly href: string }

/** A file, or a web `ReadableStream` of bytes (`Readable.toWeb` makes one of a Node stream). */
export type FileInput = FileName | ByteStreamLike

/** What is read, and how large it is where that is known. */
export interface OpenInput {
  readonly source: ByteSource
  /** Bytes. */
  readonly size: number | undefined
  /** The same bytes once more, from the start. */
  readonly again: () => ByteSource
}

type Signal = AbortSignalLike | undefined

export function pathOf(name: FileName): string {
  return typeof name === 'string' ? name : fileURLToPath(name.href)
}

/** Opens `input` for `work`, and closes it whatever happens. */
export async function withInput<T>(input: FileInput, signal: Signal, work: (input: OpenInput) => Promise<T>): Promise<T> {
  if (isByteStream(input)) {
    const source = streamSource(input)
    return work({ source, size: undefined, again: noSecondTime }).catch(async (error: unknown) => {
      await source.close(error)
      throw error
    })
  }
  const path = pathOf(input)
  const handle = await openFile(path, signal)
  const closing = { waits: true }
  try {
    const stats = await withPath(path, handle.stat())
    if (stats.isDirectory()) throw systemError('EISDIR', 'illegal operation on a directory', 'read', path)
    closing.waits = stats.isFile()
    const size = stats.isFile() ? stats.size : undefined
    const result = await work({
      source: fileSource(handle, path, { size }),
      size,
      again: () => fileSource(handle, path, { position: 0, size }),
    })
    closing.waits = true
    return result
  } finally {
    // What was read is there, whether or not closing fails. Who gave up a pipe does not wait until somebody writes to it.
    const closed = handle.close().catch(() => undefined)
    if (closing.waits) await closed
  }
}

/** A pipe opens only when somebody writes to it. */
async function openFile(path: string, signal: Signal): Promise<FileHandle> {
  checkAborted(signal)
  const opening = withPath(path, open(path, 'r'))
  return untilAborted(signal, async () => opening).catch((error: unknown) => {
    opening.then(async (handle) => handle.close()).catch(() => undefined)
    throw error
  })
}

/** An input that can be read twice: what is read of a stream is written to a temporary file on the way. */
export async function withSeekable<T>(input: FileInput, signal: Signal, work: (input: OpenInput) => Promise<T>): Promise<T> {
  return withInput(input, signal, async (opened) => {
    if (opened.size !== undefined) return work(opened)
    return withTemporary(tmpdir(), tmpdir(), async (temporary) =>
      work({ ...opened, source: keeping(opened.source, temporary.write), again: temporary.source }),
    )
  })
}

/** The same source; what is taken of it is written as well. */
function keeping({ take, close }: ByteSource, write: (bytes: Bytes) => Promise<void>): ByteSource {
  return {
    take: async (length, into) => {
      const bytes = await take(length, into)
      await write(bytes)
      return bytes
    },
    close,
  }
}

function noSecondTime(): never {
  throw new TypeError('a stream can be read only once')
}
