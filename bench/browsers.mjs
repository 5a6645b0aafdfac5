// node bench/browsers.mjs: streams in Chromium, Firefox and WebKitGTK. See README.md.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { browserNames } from './browser/launch.mjs'
import { runPage } from './browser/run-page.mjs'
import { bundlePage } from './browser/serve.mjs'
import { RATIO_LEGEND, printRows, linesOfBelow, rowsOf } from './report.mjs'
import { check, printTable, runMain, summary } from './util.mjs'

const STALL_LIMIT = 16
const LIMITED_METERS = ['messages', 'timers']

// Browsers are ended also where this is interrupted.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
await runMain(main)

async function main() {
  const { browsers, settings, json, mustHold } = readOptions()
  const scripts = await bundlePage()
  const leaking = Object.keys(scripts).filter((path) => /from ?["']node:/.test(scripts[path]))
  check(leaking.length === 0, `${leaking.join(', ')} imports from node:, so it is not what a browser would load`)
  const results = {}
  for (const name of browsers) results[name] = await runPage(name, scripts, settings)
  if (json) writeFileSync(json, `${JSON.stringify(results, undefined, 2)}\n`)
  const problems = Object.entries(results).flatMap(([name, result]) => show(name, result, settings))
  console.log(`\n${RATIO_LEGEND}`)
  for (const problem of problems) console.log(problem)
  if (mustHold && problems.length > 0) process.exitCode = 1
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      browsers: { type: 'string', default: browserNames.join() },
      size: { type: 'string', default: '50' },
      rounds: { type: 'string', default: '15' },
      'stall-runs': { type: 'string', default: '9' },
      json: { type: 'string' },
      check: { type: 'boolean', default: false },
    },
  })
  const browsers = values.browsers.split(',')
  const settings = { mib: Number(values.size), rounds: Number(values.rounds), stallRuns: Number(values['stall-runs']) }
  const known = browsers.every((name) => browserNames.includes(name))
  check(known && settings.mib > 0 && settings.rounds > 0 && settings.stallRuns >= 0,
    `usage: --browsers ${browserNames.join()} --size 50 --rounds 15 --stall-runs 9 --json FILE --check`)
  return { browsers, settings, json: values.json, mustHold: values.check }
}

/** Prints the tables of one browser, and gives what does not hold. */
function show(name, result, { mib, rounds, stallRuns }) {
  if (result === undefined) {
    console.log(`\n${name}: skipped: not installed`)
    return []
  }
  console.log(`\n${name}: ${result.userAgent ?? ''}`)
  if (result.error !== undefined) return [`FAILED in ${name}: ${result.error}`]
  const broken = result.behaviours.filter(({ problem }) => problem !== undefined)
  console.log(`Behaviours that hold: ${result.behaviours.length - broken.length} of ${result.behaviours.length}`)
  const slow = result.groups.flatMap(({ name: group, floor, times, required }) => {
    const contenders = Object.fromEntries(Object.keys(times).map((row) => [row, { required: required[row] }]))
    const rows = rowsOf({ contenders, floor }, times, mib)
    printRows(rows, `${name}, ${group}: ${mib} MiB of random bytes, ${rounds} rounds`)
    return linesOfBelow(rows)
  })
  return [
    ...broken.map(({ name: behaviour, problem }) => `FAILED in ${name}: ${behaviour}: ${problem}`),
    ...slow.map((problem) => `${name}: ${problem}`),
    ...(stallRuns === 0 ? [] : showStalls(name, result, stallRuns)),
  ]
}

/** Only Chromium computes on the thread that asks, so only there it is required. */
function showStalls(name, { stalls }, stallRuns) {
  const meters = Object.keys(stalls[0].gaps)
  const cell = (gaps) => (typeof gaps[0] !== 'number' ? '' : `${summary(gaps).max.toFixed(1)} (${summary(gaps).median.toFixed(1)})`)
  console.log(`\n${name}: longest time in ms without an answer, the worst of ${stallRuns} runs (their median)`)
  printTable([['', ...meters], ...stalls.map(({ name: row, gaps }) => [row, ...meters.map((meter) => cell(gaps[meter]))])])
  if (name !== 'chromium') return []
  return stalls.filter(({ limited }) => limited).flatMap(({ name: row, gaps }) =>
    LIMITED_METERS.filter((meter) => summary(gaps[meter]).max > STALL_LIMIT).map(
      (meter) => `${name}: ABOVE ${STALL_LIMIT} ms: ${row}, by ${meter}: ${summary(gaps[meter]).max.toFixed(1)}`,
    ),
  )
}
