import { buildBackend } from '#build-backend'
import { asBytes, copyBytes } from '../bytes.js'
import { chunkNonce } from '../crypto/chunked.js'
import { indexOf } from '../device/open-envelope.js'
import { plainRange } from '../format/geometry.js'
import { backendOption, callOption, checkAborted, objectOption } from '../options.js'
import { makePause } from '../pause.js'
import type { Awaitable, Backend } from '../crypto/backend.js'
import type { OpenedEnvelope } from '../device/open-envelope.js'
import type { ByteRange } from '../format/geometry.js'
import type { CallOptions } from '../options.js'

/** How {@link checkChunks} does its work. */
export interface CheckOptions extends CallOptions {
  /** One that encrypts. Left out: node:crypto on Node, WebCrypto elsewhere. */
  readonly backend?: Backend | undefined
}

/**
 * Finds out which chunks of a bundle that an earlier run has written are the signed ones: encrypts each again and compares
 * its digest with the signed index. One that is torn, missing, swapped or of another release is not among the result, and
 * is to be fetched again.
 *
 * @param read the plaintext from `start` to `end` (exclusive) as it lies on the disk; `undefined`, or fewer bytes, where it ends before
 * @returns the numbers of the chunks that are as the publisher signed them
 * @throws EnvelopeError `aborted`, `backend-unavailable`; and whatever `read` throws
 * @throws TypeError before `setIndex`
 */
export async function checkChunks(
  opened: OpenedEnvelope,
  read: (range: ByteRange) => Awaitable<Uint8Array | undefined>,
  options: CheckOptions = {},
): Promise<Set<number>> {
  const { geometry, keys, isSigned } = indexOf(opened)
  const { onProgress, signal } = callOption(objectOption('options', options))
  const sealer = await backendOption(options.backend ?? buildBackend, ['gcmSealer']).gcmSealer(keys.key)
  const pause = makePause()
  const found = new Set<number>()
  for (let i = 0; i < geometry.chunks; i++) {
    checkAborted(signal)
    const { start, end } = plainRange(geometry, i)
    const written = start === end ? new Uint8Array(0) : await read({ start, end })
    const plaintext = written === undefined ? undefined : copyBytes(asBytes(written, 'what read gives'))
    // R52
    if (plaintext?.length === end - start && (await isSigned(i, await sealer.seal(chunkNonce(keys.baseNonce, i), plaintext)))) found.add(i)
    onProgress({ done: end, total: geometry.size })
    await pause()
  }
  return found
}
