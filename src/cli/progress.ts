import { SingleBar } from 'cli-progress'
import { sizeText } from './text.js'
import type { Progress } from '../index.js'

const PATIENCE_MS = 1000

/** A bar for one piece of work. */
export interface Bar {
  readonly update: (progress: Progress) => void
  readonly stop: () => void
}

/** A bar on stderr that appears once the work has lasted a second, and only where people see it. */
export function createBar(what: string, wanted: boolean): Bar {
  if (!wanted || !process.stderr.isTTY) return { update: () => undefined, stop: () => undefined }
  const started = Date.now()
  let bar: SingleBar | undefined
  return {
    update: ({ done, total }) => {
      if (bar === undefined && Date.now() - started > PATIENCE_MS) bar = startBar(what, total, done)
      bar?.update(done)
    },
    stop: () => bar?.stop(),
  }
}

/** Adds up the lengths of pieces. */
export function tally(total: number, onProgress: (progress: Progress) => void): (length: number) => void {
  let done = 0
  return (length) => {
    done += length
    onProgress({ done, total })
  }
}

/** Changes no setting of the terminal, so that a signal leaves none behind. */
function startBar(what: string, total: number, done: number): SingleBar {
  const isKnown = total !== Infinity
  const bar = new SingleBar({
    format: isKnown ? `${what} [{bar}] {percentage}%` : `${what} {value}`,
    formatValue: (value, _, type) => (type === 'value' ? sizeText(value) : String(value)),
    stream: process.stderr,
    hideCursor: false,
    linewrap: true,
    clearOnComplete: true,
    gracefulExit: false,
  })
  bar.start(isKnown ? total : 0, done)
  return bar
}
