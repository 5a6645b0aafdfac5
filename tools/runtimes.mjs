// `npm run test:runtimes [-- NAMES]`: vitest in other runtimes, one line for each, and all that failed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { lineOf, vitestTally } from './tally.mjs'
import { runtimes } from './runtime-list.mjs'
import { outputOf, textOf } from './util.mjs'

/** A run that hangs is ended after so many milliseconds. */
const LIMIT = 1_200_000

const wanted = process.argv.slice(2)
const unknown = wanted.filter((wish) => !runtimes.some(({ name }) => name === wish))
if (unknown.length > 0) {
  console.error(`runtimes: no such runtime: ${unknown.join(', ')}; there are ${runtimes.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
mkdirSync('reports', { recursive: true })
for (const runtime of runtimes) {
  if (wanted.length > 0 && !wanted.includes(runtime.name)) continue
  if (existsSync(runtime.command[0])) test(runtime)
  else if (process.env.CI) fail(`${runtime.name}: it is not installed, and must be where CI is set`)
  else console.log(`${runtime.name}: skipped, since it is not installed: see .ci/engines`)
}

function test({ name, title, command: [program, ...options], tests, without, env }) {
  const report = `reports/vitest-${name}.json`
  rmSync(report, { force: true })
  const kind = title ?? name.replace(/\d+$/, '')
  const version = /\d+\.\d+\.\d+/.exec(outputOf(program, ['--version']))[0]
  const started = Date.now()
  const log = `reports/vitest-${name}.log`
  const { status } = spawnSync(program, [...options, 'node_modules/vitest/vitest.mjs', 'run', ...argumentsOf(tests, without, report)], {
    stdio: ['ignore', openSync(log, 'w'), 'inherit'], timeout: LIMIT, env: { ...process.env, ...env, OTASEAL_RUNTIME: `${kind} ${version}` },
  })
  const tally = vitestTally(report)
  if (status !== 0 || tally === undefined || tally.passed === 0 || tally.failed > 0) fail(textOf(log))
  const seconds = Math.round((Date.now() - started) / 1000)
  console.log(`${kind} ${version}: ${tally === undefined ? `no report, ended with ${status}` : lineOf(tally)}, ${seconds} s`)
}

function argumentsOf(tests, without, report) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  // With a slash behind: a filter is any part of a path.
  const filters = tests.map((path) => `test/${path}${path.endsWith('.ts') ? '' : '/'}`)
  return [...reporters, ...filters, ...without.flatMap((path) => ['--exclude', `test/${path}`])]
}

function fail(message) {
  console.error(message)
  process.exitCode = 1
}
