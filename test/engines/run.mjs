// `npm run test:engines [-- NAMES]`: the suite in each engine, one line for each, and all that failed; see README.md.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { failedReport } from './outcome.mjs'
import { pages } from './pages.mjs'
import { processes } from './processes.mjs'
import { shells } from './shells.mjs'
import { workerd } from './workerd.mjs'

process.chdir(fileURLToPath(new URL('../..', import.meta.url)))
// Engines are ended also where this is interrupted.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

const engines = [...processes, ...workerd, ...shells, ...pages]
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !engines.some((engine) => engine.name === name))
if (unknown.length > 0) {
  console.error(`engines: no such engine: ${unknown.join(', ')}; there are ${engines.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
if (!existsSync('dist/device.js')) {
  console.error('engines: dist/device.js is missing: run npm run build')
  process.exit(2)
}

const reports = []
for (const engine of engines) {
  if (wanted.length > 0 && !wanted.includes(engine.name)) continue
  const report = await reportOf(engine)
  if (report === undefined) continue
  reports.push(report)
  show(report)
}
mkdirSync('reports', { recursive: true })
writeFileSync('reports/engines.json', `${JSON.stringify(reports, null, 2)}\n`)
const failed = reports.reduce((sum, { failures }) => sum + failures.length, 0)
if (failed > 0 || reports.length === 0) process.exitCode = 1

/** `undefined` where the engine is missing, and may be. */
async function reportOf(engine) {
  if (await engine.find()) return engine.run().catch((error) => failedReport(engine.name, error.stack))
  if (process.env.CI) return failedReport(engine.name, 'it is not installed, and must be where CI is set')
  console.log(`${engine.name}: skipped: it is not installed`)
  return undefined
}

function show({ engine, version, passed, failures, skipped }) {
  const said = version === undefined ? '' : ` (${version})`
  console.log(`${engine}${said}: ${passed} passed, ${failures.length} failed, ${skipped.length} skipped`)
  for (const { name, message } of failures) console.log(`  FAILED ${name}: ${message}`)
  for (const { name, why } of skipped) console.log(`  skipped ${name}: ${why}`)
}
