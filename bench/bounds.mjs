// Time and memory of the worst inputs, accepted and refused, each in fresh processes. See README.md.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { NODE, commandOf, provenance, readResults, resultsPath, writeResults } from './results.mjs'
import { MIB, check, printTable, runMain, summary } from './util.mjs'

// This process stays small and imports nothing of the library: on Linux a child's peak starts at its parent's size.
const child = fileURLToPath(new URL('bounds-child.mjs', import.meta.url))
/** What takes longer is measured once more, and not over and over. */
const SLOW = 5000

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, rows: { type: 'string', default: '' }, save: { type: 'boolean', default: false } },
})
const folder = mkdtempSync(join(tmpdir(), 'otaseal-bounds-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
await runMain(main)

function main() {
  check(Number(values.runs) > 0, 'usage: --runs 5 --rows slots,meta --save')
  const wanted = values.rows.split(',')
  const all = runChild('make').map((one, i) => ({ ...one, i }))
  const cases = all.filter(({ what }) => wanted.some((part) => what.includes(part)))
  const load = [loadavg()[0]]
  const rows = []
  for (const one of cases) {
    for (const backend of one.isHead ? ['node', 'noble'] : ['node']) {
      const row = measure(one, backend)
      console.log(cellsOf(row).join(' | '))
      rows.push(row)
    }
  }
  load.push(loadavg()[0])
  console.log()
  printTable([['input', 'backend', 'bytes', 'outcome', 'ms', 'CPU ms', 'MiB', 'bound'], ...rows.map(cellsOf)])
  console.log(`Medians of ${values.runs} fresh processes, and their greatest peak above an idle process with the same input. Load at start and end: ${load.map((one) => one.toFixed(1)).join(', ')}`)
  if (values.save) save(all, rows, load)
  const wrong = rows.filter(({ result, expected }) => result !== expected)
  for (const { what, backend, result, expected } of wrong) console.log(`OTHER OUTCOME: ${what}, ${backend}: ${result}, not ${expected}`)
  if (wrong.length > 0) process.exitCode = 1
}

/** Rows that were not measured this time stay, unless there is no such input any more. */
function save(all, rows, load) {
  const isMeasured = (row) => rows.some(({ what, backend }) => what === row.what && backend === row.backend)
  const kept = (readResults('bounds')?.rows ?? []).filter((row) => all.some(({ what }) => what === row.what) && !isMeasured(row))
  const order = all.map(({ what }) => what)
  const sorted = [...kept, ...rows].sort((a, b) => order.indexOf(a.what) - order.indexOf(b.what) || (a.backend < b.backend ? 1 : -1))
  writeResults(resultsPath('bounds'), { ...provenance(NODE, commandOf('node bench/bounds.mjs')), load, rows: sorted })
}

function measure({ i, what, bytes, expected, bound }, backend) {
  const idle = Math.min(...[0, 1].map(() => runChild('idle', i, backend).peak))
  const runs = []
  while (runs.length < Number(values.runs) && (runs.length < 2 || runs[0].ms < SLOW)) runs.push(runChild('run', i, backend))
  const medianOf = (name) => Number(summary(runs.map((run) => run[name])).median.toPrecision(3))
  const results = [...new Set(runs.map(({ result }) => result))]
  return { what, backend, bytes, expected, result: results.join(' or '), ms: medianOf('ms'), cpuMs: medianOf('cpuMs'), runs: runs.length, grown: Math.max(...runs.map(({ peak }) => peak)) - idle, bound }
}

function runChild(...args) {
  const [job, ...more] = args
  return JSON.parse(execFileSync(process.execPath, [child, job, folder, ...more.map(String)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }))
}

function cellsOf({ what, backend, bytes, result, ms, cpuMs, grown, bound }) {
  return [what, backend, typeof bytes === 'number' ? bytes.toLocaleString('en') : bytes, result, ms, cpuMs, (grown / MIB).toFixed(1), bound]
}
