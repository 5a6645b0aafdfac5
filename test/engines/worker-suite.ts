import { deviceSuite } from './device-suite.js'
import { watchedReport } from './watched.js'
import type { EngineReport } from './contract.js'
import type { Running } from './watched.js'

/** What a worker of a page runs, where there is no document. */
export async function workerReport(engine: string, _: unknown, running: Running): Promise<EngineReport> {
  const isPage = 'document' in globalThis
  const premise = { name: 'it is a worker, not a page', run: () => { if (isPage) throw new Error('there is a document') } }
  return watchedReport(engine, { tests: [premise, ...deviceSuite()], skipped: [] }, running)
}
