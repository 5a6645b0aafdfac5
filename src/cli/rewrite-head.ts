import { EnvelopeError, decodeHead, joinEnvelope, splitEnvelope } from '../index.js'
import { writeWhole } from '../node/temporary-file.js'
import { inputPieces, startOf } from './input.js'
import { writeStdout } from './terminal.js'
import type { Progress } from '../index.js'
import type { Pieces } from './input.js'
import type { Target } from './output.js'

/** How a head is changed. */
export interface Rewriting {
  readonly change: (head: string) => Promise<string>
  readonly onProgress: (progress: Progress) => void
  readonly signal: AbortSignal
}

type Write = (bytes: Uint8Array) => Promise<void>

/** More than what comes before the payload ever takes. */
const START = 2 ** 19

/**
 * Copies an envelope with another head and the same payload, in bounded memory, or changes a head that comes alone. The target appears
 * only when it is complete.
 *
 * @returns the new head
 * @throws EnvelopeError `truncated`, `trailing-data` where the payload has not the length that the head says; and what `change` throws
 */
export async function rewriteHead(path: string, target: Target, rewriting: Rewriting): Promise<string> {
  const { change, signal } = rewriting
  const pieces = inputPieces(path)
  try {
    const start = await untilAborted(signal, startOf(pieces, START))
    if (start.length < START && isJson(start)) {
      const head = await change(Buffer.from(start).toString('utf8'))
      await produce(target, signal, async (write) => write(Buffer.from(`${head}\n`)))
      return head
    }
    const { head, payload } = splitEnvelope(start)
    const changed = await change(head)
    await produce(target, signal, async (write) => {
      await write(joinEnvelope(changed, payload))
      await copyRest(pieces, decodeHead(changed).payloadLength, payload.length, { ...rewriting, write })
    })
    return changed
  } finally {
    // Who gave up a pipe does not wait until somebody writes to it.
    const closed = pieces.return().catch(() => undefined)
    if (!signal.aborted) await closed
  }
}

async function copyRest(pieces: Pieces, total: number, start: number, { signal, onProgress, write }: Rewriting & { readonly write: Write }): Promise<void> {
  let done = start
  for (;;) {
    if (done > total) throw new EnvelopeError('trailing-data', 'the envelope has more bytes than its head says: download it again')
    onProgress({ done, total })
    const { value } = await untilAborted(signal, pieces.next())
    if (value === undefined) break
    done += value.length
    if (done <= total) await write(value)
  }
  if (done < total) throw new EnvelopeError('truncated', `the envelope ends after ${done} of ${total} bytes of its payload: download it again`)
}

async function produce({ path, force }: Target, signal: AbortSignal, work: (write: Write) => Promise<void>): Promise<void> {
  if (path === '-') return work(writeStdout)
  await writeWhole(path, { overwrite: force, check: () => signal.throwIfAborted() }, async (file) => work(file.write))
}

async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted()
  let stop = (): void => undefined
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', stop)
  })
  return Promise.race([work, stopped]).finally(() => {
    signal.removeEventListener('abort', stop)
  })
}

function isJson(bytes: Uint8Array): boolean {
  return /^\s*\{/.test(Buffer.from(bytes.subarray(0, 256)).toString('latin1'))
}
