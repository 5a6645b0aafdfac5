import { fileCallError } from './errors.js'
import { createBar } from './progress.js'
import type { Progress } from '../index.js'
import type { Terminal } from './terminal.js'

/** Runs a file function that reads `source`, under a progress bar, and tells its failure in the words of the command line. */
export async function callFileFunction<T>(
  what: string,
  source: string,
  terminal: Terminal,
  call: (onProgress: (progress: Progress) => void) => Promise<T>,
): Promise<T> {
  const bar = createBar(what, !terminal.json)
  try {
    return await call(bar.update)
  } catch (error) {
    throw fileCallError(source, error)
  } finally {
    bar.stop()
  }
}
