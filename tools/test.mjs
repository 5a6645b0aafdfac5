// `npm test [-- FILTERS]`: vitest, then one closing line that any CI can read. No test run is a failure too.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { lineOf, vitestTally } from './tally.mjs'

const REPORT = 'reports/vitest.json'
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`]

rmSync(REPORT, { force: true })
const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...process.argv.slice(2)]
const { status } = spawnSync(process.execPath, vitest, { stdio: 'inherit' })
const tally = vitestTally(REPORT) ?? { passed: 0, failed: 0, skipped: [] }
console.log(lineOf(tally))
if (status !== 0 || tally.passed === 0 || tally.failed > 0) process.exitCode = status || 1
