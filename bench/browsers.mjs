// node bench/browsers.mjs: streams in Chromium, Firefox and WebKitGTK, and what people would use instead there. See README.md.
import { parseArgs } from 'node:util'
import { browserNames, titleOf } from './browser/launch.mjs'
import { requirementsOf } from './browser/requirements.mjs'
import { runPage } from './browser/run-page.mjs'
import { bundlePage } from './browser/serve.mjs'
import { DATA_TITLES } from './data.mjs'
import { printGroup } from './report.mjs'
import { groupOf, provenance, resultsPath, writeResults } from './results.mjs'
import { check, printTable, runMain, summary } from './util.mjs'

const STALL_LIMIT = 16
const LIMITED_METERS = ['messages', 'timers']
const KNOWN = { browsers: browserNames, data: ['random', 'js'], flows: ['one-shot', 'stream'], sides: ['device', 'build'] }
const USAGE = 'usage: --browsers chromium,firefox,webkit --sizes 1,5,50 --data random,js --flows one-shot,stream --sides device,build ' +
  '--rows otaseal,age --rounds 15 --stall-runs 9 --save --check'

// Browsers are ended also where this is interrupted.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
await runMain(main)

async function main() {
  const { browsers, settings, save, mustHold, command } = readOptions()
  const scripts = await bundlePage()
  const leaking = Object.keys(scripts).filter((path) => /(from|import) ?["']node:/.test(scripts[path]))
  check(leaking.length === 0, `${leaking.join(', ')} imports from node:, so it is not what a browser would load`)
  const problems = []
  for (const name of browsers) {
    const result = await runPage(name, scripts, settings)
    problems.push(...show(name, result, settings))
    const engine = result === undefined ? name : titleOf(name)
    const groups = (result?.groups ?? []).map(({ contenders, times, ...group }) => groupOf({ engine, ...group }, contenders, times))
    problems.push(...showGroups(engine, groups, { mustHold, ...result }))
    if (save && groups.length > 0) writeResults(resultsPath(name), { ...provenance(engine, command), groups })
  }
  for (const problem of problems) console.log(problem)
  if (mustHold && problems.length > 0) process.exitCode = 1
}

function readOptions() {
  const text = (value) => ({ type: 'string', default: value })
  const flag = { type: 'boolean', default: false }
  const { values } = parseArgs({
    options: {
      browsers: text(browserNames.join()), sizes: text('1,5,50'), data: text('random,js'), flows: text('one-shot,stream'),
      sides: text('device,build'), rows: text(''), rounds: text('15'), 'stall-runs': text('9'), save: flag, check: flag,
    },
  })
  const lists = Object.fromEntries(['browsers', 'data', 'flows', 'sides', 'rows'].map((name) => [name, values[name].split(',')]))
  const sizes = values.sizes.split(',').map(Number)
  const [rounds, stallRuns] = [Number(values.rounds), Number(values['stall-runs'])]
  const known = Object.entries(KNOWN).every(([name, of]) => lists[name].every((one) => of.includes(one)))
  check(known && sizes.every((size) => size > 0) && rounds > 0 && stallRuns >= 0, USAGE)
  const settings = { ...lists, sizes, rounds, stallRuns, stallMib: 50, seconds: 1800 }
  const command = ['node bench/browsers.mjs', ...process.argv.slice(2)].join(' ')
  return { browsers: lists.browsers, settings, save: values.save, mustHold: values.check, command }
}

/** Prints the groups of one browser, and gives what does not hold. */
function showGroups(engine, groups, { mustHold, error }) {
  for (const group of groups) {
    const { side, flow, data, mib, rounds } = group
    printGroup(group, `${engine}: ${side}, ${flow}, ${mib} MiB of ${DATA_TITLES[data]}, ${rounds} rounds`)
  }
  const requirements = requirementsOf(engine, groups)
  for (const { met, text } of requirements) if (met) console.log(`ok: ${text}`)
  const missed = requirements.filter(({ met }) => !met).map(({ text }) => `MISSED: ${text}`)
  const isEmpty = mustHold && error === undefined && groups.length > 0 && requirements.length === 0
  return isEmpty ? [`${engine}: nothing that is required was measured: --check needs streams of 50 MiB of random bytes`] : missed
}

/** Prints what one browser does and how it answers, and gives what does not hold. */
function show(name, result, { stallRuns }) {
  if (result === undefined) {
    console.log(`\n${name}: skipped: not installed`)
    return []
  }
  console.log(`\n${name}: ${result.userAgent ?? ''}`)
  if (result.error !== undefined) return [`FAILED in ${name}: ${result.error}`]
  const broken = result.behaviours.filter(({ problem }) => problem !== undefined)
  console.log(`Behaviours that hold: ${result.behaviours.length - broken.length} of ${result.behaviours.length}`)
  return [
    ...broken.map(({ name: behaviour, problem }) => `FAILED in ${name}: ${behaviour}: ${problem}`),
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
