import { buildTests } from './full-suite-build.js'
import { keyTests } from './full-suite-keys.js'
import { wycheproofSuite } from './full-suite-wycheproof.js'
import { prefixed, watchedReport } from './watched.js'
import type { EngineReport } from './contract.js'
import type { Vectors } from './vectors.js'
import type { Running, Suite } from './watched.js'

/** All that an engine with WebCrypto must do. */
function fullSuite(vectors: Vectors): Suite {
  const wycheproof = wycheproofSuite(vectors)
  return {
    tests: [
      ...prefixed('build', buildTests),
      ...prefixed('keys', keyTests),
      ...prefixed('Wycheproof', wycheproof.tests),
    ],
    skipped: wycheproof.skipped,
  }
}

export async function fullReport(engine: string, vectors: Vectors, running: Running): Promise<EngineReport> {
  return watchedReport(engine, fullSuite(vectors), running)
}
