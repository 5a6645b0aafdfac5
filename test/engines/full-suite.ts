import { wycheproofSuite } from './full-suite-wycheproof.js'
import { watchedReport } from './watched.js'
import type { EngineReport } from './contract.js'
import type { Vectors } from './vectors.js'
import type { Running, Suite } from './watched.js'

/** All that an engine with WebCrypto must do. */
function fullSuite(vectors: Vectors): Suite {
  const suites: readonly Suite[] = [wycheproofSuite(vectors)]
  return { tests: suites.flatMap(({ tests }) => tests), skipped: suites.flatMap(({ skipped }) => skipped) }
}

export async function fullReport(engine: string, vectors: Vectors, running: Running): Promise<EngineReport> {
  return watchedReport(engine, fullSuite(vectors), running)
}
