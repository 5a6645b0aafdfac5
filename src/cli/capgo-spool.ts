import { tmpdir } from 'node:os'
import { copySource } from '../node/file-source.js'
import { withTemporary } from '../node/temporary-file.js'
import { writeStdout } from './terminal.js'
import type { FileOutput } from '../node.js'

/** Gives stdout what `work` writes only once all of that is done: until then it lies in a temporary file. */
export async function spooled<T>(signal: AbortSignal, work: (output: FileOutput) => Promise<T>): Promise<T> {
  return withTemporary(tmpdir(), tmpdir(), async (file) => {
    const result = await work(file.write)
    signal.throwIfAborted()
    await Promise.race([copySource(file.source(), writeStdout), aborted(signal)])
    return result
  })
}

/** Whoever reads stdout may do nothing for ever. */
async function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
