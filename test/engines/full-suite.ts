import { nobleDeviceBackend } from '../../src/noble.js'
import { deviceSuite } from './device-suite.js'
import { buildTests } from './full-suite-build.js'
import { hostileTests } from './full-suite-hostile.js'
import { keyTests } from './full-suite-keys.js'
import { propertyTests } from './full-suite-properties.js'
import { releaseTests } from './full-suite-releases.js'
import { streamTests } from './full-suite-streams.js'
import { trustTests } from './full-suite-trust.js'
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
      ...prefixed('device', deviceSuite()),
      ...prefixed('device on noble', deviceSuite(nobleDeviceBackend)),
      ...prefixed('build', buildTests),
      ...prefixed('keys', keyTests),
      ...prefixed('streams', streamTests),
      ...prefixed('trust', trustTests),
      ...prefixed('releases', releaseTests),
      ...prefixed('properties', propertyTests),
      ...prefixed('hostile', hostileTests),
      ...prefixed('Wycheproof', wycheproof.tests),
    ],
    skipped: wycheproof.skipped,
  }
}

export async function fullReport(engine: string, vectors: Vectors, running: Running): Promise<EngineReport> {
  return watchedReport(engine, fullSuite(vectors), running)
}
