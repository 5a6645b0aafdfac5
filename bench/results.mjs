// Results as files: one for each engine, from which the plots and the tables of README.md are made.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem, type } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { summary } from './util.mjs'

const OS_RELEASE = '/etc/os-release'
const FOLDER = fileURLToPath(new URL('results/', import.meta.url))
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

export const NODE = `node ${process.versions.node}`

/** Where the results of this name are kept in the project. */
export function resultsPath(name) {
  return `${FOLDER}${name}.json`
}

/** How a program was called, but for where its results went. */
export function commandOf(program) {
  const args = process.argv.slice(2)
  return [program, ...args.filter((arg, i) => !arg.startsWith('--json') && args[i - 1] !== '--json')].join(' ')
}

/** What the figures of every file hang on; `command` is what makes it again. */
export function provenance(engine, command) {
  const processors = cpus()
  const machine = { cpu: processors[0].model.trim(), cores: processors.length, memoryBytes: totalmem(), os: `${systemName()} ${process.arch}` }
  return { machine, engine, date: new Date().toISOString().slice(0, 10), otaseal: version, command }
}

/**
 * One group of a file: `times` has the milliseconds of each row by its name, in rounds. What was left out has a text instead that says
 * why. The ratio is the floor's median over the row's.
 */
export function groupOf({ engine, side, flow, data, mib, floor, rounds }, rows, times) {
  const floorMedian = summary(times[floor]).median
  const rowOf = ({ name, package: of }) => {
    if (typeof times[name] === 'string') return { name, package: of, skipped: times[name] }
    const ms = summary(times[name])
    return { name, package: of, rounds: times[name].length, ms: roundedAll(ms), ratio: rounded(floorMedian / ms.median) }
  }
  return { engine, side, flow, data, mib, floor, rounds, rows: rows.map(rowOf) }
}

export function writeResults(path, content) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(content, undefined, 2)}\n`)
}

/** The results of this name, or `undefined` where there are none. */
export function readResults(name) {
  try {
    return JSON.parse(readFileSync(resultsPath(name), 'utf8'))
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return undefined
  }
}

function systemName() {
  if (!existsSync(OS_RELEASE)) return type()
  return /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync(OS_RELEASE, 'utf8'))?.[1] ?? type()
}

function roundedAll(values) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, rounded(value)]))
}

/** To four digits, which is more than any of these figures is worth. */
function rounded(value) {
  return Number(value.toPrecision(4))
}
