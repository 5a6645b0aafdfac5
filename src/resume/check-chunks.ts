import { asBytes, copyBytes } from '../bytes.js'
import { chunkNonce } from '../crypto/chunked.js'
import { webSealer } from '../crypto/web-seal.js'
import { indexOf } from '../device/open-envelope.js'
import { plainRange } from '../format/geometry.js'
import { backendOption, callOption, checkAborted, objectOption } from '../options.js'
import { makePause } from '../pause.js'
import type { Bytes } from '../bytes.js'
import type { Awaitable, Backend } from '../crypto/backend.js'
import type { OpenedEnvelope } from '../device/open-envelope.js'
import type { ByteRange } from '../format/geometry.js'
import type { CallOptions } from '../options.js'

/** How {@link checkChunks} does its work; without a `signal` of its own, that of `openEnvelope` stops it. */
export interface CheckOptions extends CallOptions {
  /** One that encrypts, for example `nobleBackend`. Left out: WebCrypto. */
  readonly backend?: Pick<Backend, 'lanes' | 'gcmSealer'> | undefined
}

/** The plaintext of the range as it lies on the disk; `undefined`, or fewer bytes, where it ends before. */
export type ReadPlaintext = (range: ByteRange) => Awaitable<Uint8Array | undefined>

/**
 * Finds out which chunks of a bundle that an earlier run has written are the signed ones: encrypts each again and compares
 * its digest with the signed index. One that is torn, missing, swapped or of another release is not among the result, and
 * is to be fetched again.
 *
 * @returns the numbers of the chunks that are as the publisher signed them
 * @throws EnvelopeError `aborted`, `backend-unavailable`; and whatever `read` throws
 * @throws TypeError before `setIndex`; RangeError where `read` gives more than it was asked for
 */
export async function checkChunks(
  opened: OpenedEnvelope,
  read: ReadPlaintext,
  options: CheckOptions = {},
): Promise<Set<number>> {
  const { geometry, keys, isSigned, policy } = indexOf(opened)
  const { backend = webSealer } = objectOption('options', options)
  const { onProgress, signal = policy.signal } = callOption(options)
  const sealer = await backendOption(backend, ['gcmSealer']).backend.gcmSealer(keys.key)
  const pause = makePause()
  const found = new Set<number>()
  for (let i = 0; i < geometry.chunks; i++) {
    checkAborted(signal)
    const range = plainRange(geometry, i)
    const plaintext = await readChunk(read, range)
    // R52
    if (plaintext !== undefined && (await isSigned(i, await sealer.seal(chunkNonce(keys.baseNonce, i), plaintext)))) found.add(i)
    onProgress({ done: range.end, total: geometry.size })
    await pause()
  }
  return found
}

/** A copy, so that nobody changes it while it is encrypted; nothing where it is not whole. */
async function readChunk(read: ReadPlaintext, range: ByteRange): Promise<Bytes | undefined> {
  const length = range.end - range.start
  if (length === 0) return new Uint8Array(0)
  const written = await read(range)
  if (written === undefined) return undefined
  const bytes = asBytes(written, 'what read gives')
  if (bytes.length > length) throw new RangeError(`read gave ${bytes.length} bytes where ${length} were asked for`)
  return bytes.length === length ? copyBytes(bytes) : undefined
}
