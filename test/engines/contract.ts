/** What every engine runs, and what it tells: see README.md. Nothing here may need more than ES2022. */

/** A test of the engine suite. It fails by throwing. */
export interface EngineTest {
  readonly name: string
  readonly run: () => Promise<void> | void
}

/** What one engine says of the suite. */
export interface EngineReport {
  /** As `test/engines/run.mjs` knows it: `node20`, `chromium`, `jsc-interpreter`, … */
  readonly engine: string
  /** What it says of itself, a user agent for example. */
  readonly version?: string
  readonly passed: number
  readonly failures: readonly { readonly name: string; readonly message: string }[]
  readonly skipped: readonly { readonly name: string; readonly why: string }[]
}

/** Runs all tests, one after the other, and never throws. */
export async function reportOf(engine: string, tests: readonly EngineTest[]): Promise<EngineReport> {
  const failures: { name: string; message: string }[] = []
  for (const { name, run } of tests) {
    try {
      await run()
    } catch (error) {
      failures.push({ name, message: String(error) })
    }
  }
  return { engine, passed: tests.length - failures.length, failures, skipped: [] }
}
