import { startProgram } from './conformance-program.js'
import { judge, noAnswer } from './conformance-verdict.js'
import type { Program, Reply } from './conformance-program.js'
import type { Vector } from './conformance-vectors.js'
import type { Result } from './conformance-verdict.js'
import type { Progress } from '../index.js'

/** Vectors in a row without an answer, after which there is little hope. */
const PATIENCE = 5

/** Bytes of an answer's line that are always taken. */
const LINE_MAX = 2 ** 24

/** What became of all vectors. */
export interface Run {
  /** In the order of the vectors; without those that were not asked any more. */
  readonly results: readonly Result[]
  /** Why the run was given up. */
  readonly gaveUp?: string
  readonly warning?: string
}

export interface RunOptions {
  /** For one vector. */
  readonly seconds: number
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

/** A program, started again where it has failed. */
interface Asker {
  readonly ask: (vector: Vector) => Promise<Reply>
  readonly program: () => Program | undefined
  readonly kill: () => void
}

/** Asks a program all vectors. Aborted, it rejects once the program was ended. */
export async function runVectors(command: string, vectors: readonly Vector[], options: RunOptions): Promise<Run> {
  const milliseconds = options.seconds * 1000
  const asker = createAsker(command, milliseconds)
  const { signal } = options
  signal.addEventListener('abort', asker.kill)
  try {
    const { results, gaveUp } = await askAll(asker, vectors, options)
    const { fault, warning } = (await asker.program()?.finish(milliseconds)) ?? {}
    signal.throwIfAborted()
    const last = results.at(-1)
    return {
      results: fault === undefined || last === undefined ? results : [...results.slice(0, -1), noAnswer(last.vector, fault)],
      ...(gaveUp !== undefined && { gaveUp }),
      ...(warning !== undefined && { warning }),
    }
  } finally {
    signal.removeEventListener('abort', asker.kill)
    asker.kill()
  }
}

async function askAll(asker: Asker, vectors: readonly Vector[], { signal, onProgress }: RunOptions): Promise<Run> {
  const results: Result[] = []
  let silent = 0
  for (const vector of vectors) {
    const reply = await asker.ask(vector)
    signal.throwIfAborted()
    const result = judge(vector, reply)
    results.push(result)
    onProgress({ done: results.length, total: vectors.length })
    if (result.verdict !== 'no-answer') {
      silent = 0
      continue
    }
    // It may be out of step.
    asker.kill()
    silent += 1
    const isHopeless = 'fault' in reply && reply.isFinal === true && silent === results.length
    if (results.length < vectors.length && (isHopeless || silent === PATIENCE)) return { results, gaveUp: result.found.reason ?? '' }
  }
  return { results }
}

function createAsker(command: string, milliseconds: number): Asker {
  let program: Program | undefined
  return {
    ask: async ({ operation, input, options, expected }) => {
      program ??= startProgram(command)
      const size = 'size' in expected ? expected.size : expected.released
      return program.ask(JSON.stringify({ operation, input, options }), { milliseconds, length: Math.max(LINE_MAX, 2 * size) })
    },
    program: () => program,
    kill: () => {
      program?.kill()
      program = undefined
    },
  }
}
