import { reportOf } from './contract.js'
import type { EngineReport, EngineTest } from './contract.js'

/** Milliseconds that one test may take in the slowest of these engines. */
const LIMIT = 60_000

/** What a suite of many parts has: its tests, and what it can't run here. */
export interface Suite {
  readonly tests: readonly EngineTest[]
  readonly skipped: EngineReport['skipped']
}

/** How an engine runs it. */
export interface Running {
  /** Told of each test before it begins, so that one that never ends can be named. */
  readonly begin?: (name: string) => unknown
  /** What the engine says of itself. */
  readonly version?: string
}

/** The report of a suite in which no test may take for ever. */
export async function watchedReport(engine: string, { tests, skipped }: Suite, { begin, version }: Running = {}): Promise<EngineReport> {
  const watched = tests.map(({ name, run }) => ({
    name,
    run: async () => {
      await begin?.(name)
      return withinLimit(run)
    },
  }))
  const report = await reportOf(engine, watched)
  return { ...report, skipped, ...(version !== undefined && { version }) }
}

async function withinLimit(run: EngineTest['run']): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${LIMIT / 1000} s`)), LIMIT)
  })
  try {
    await Promise.race([(async () => run())(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** The tests under names of their own. */
export function prefixed(prefix: string, tests: readonly EngineTest[]): EngineTest[] {
  return tests.map(({ name, run }) => ({ name: `${prefix}: ${name}`, run }))
}
