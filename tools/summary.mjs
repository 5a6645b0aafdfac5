// The closing line of all tests, from all reports: `N passed, N failed, N skipped`. Where CI is set, none may be missing.
import { engineTally, lineOf, vitestTally } from './tally.mjs'
import { runtimes } from './runtime-list.mjs'
import { textOf } from './util.mjs'

/** Name of a run -> its tally, or `undefined` where it left no report. */
const runs = [
  [`node ${process.versions.node}`, vitestTally('reports/vitest.json')],
  ...runtimes.map(({ name }) => [name, vitestTally(`reports/vitest-${name}.json`)]),
  ...engineRuns(),
]

function engineRuns() {
  const engines = JSON.parse(textOf('reports/engines.json') ?? '[]')
  if (engines.length === 0) return [['engines', undefined]]
  return engines.map((report) => [`engine suite in ${report.engine}`, engineTally(report)])
}

const all = { passed: 0, failed: 0, skipped: [] }
for (const [name, tally] of runs) {
  if (tally === undefined) {
    console.log(`${name}: no report`)
    if (process.env.CI) all.failed++
    continue
  }
  console.log(`${name}: ${lineOf(tally)}`)
  for (const title of tally.skipped) console.log(`  skipped: ${title}`)
  all.passed += tally.passed
  all.failed += tally.failed
  all.skipped.push(...tally.skipped)
}

console.log(lineOf(all))
if (all.passed === 0 || all.failed > 0) process.exitCode = 1
