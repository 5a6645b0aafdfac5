// Many small files: a release with one manifest against a scheme with an envelope for each file, in one run. See README.md.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { generateKeyPair } from 'otaseal/build'
import { countingBackend, makeFiles, waysOf } from './manifest-work.mjs'
import { timed } from './measure.mjs'
import { check, printTable, runMain, summary } from './util.mjs'

/** Times fewer public-key operations than one signature for each file takes. */
const MOST_OPERATIONS = 20

await runMain(main)

async function main() {
  const options = readOptions()
  const { parent, count, size, types, rounds } = options
  const place = mkdtempSync(join(parent, 'otaseal-manifest-'))
  process.on('exit', () => rmSync(place, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
  const source = join(place, 'files')
  mkdirSync(source)
  const files = makeFiles(source, count, size)
  const problems = []
  for (const type of types) {
    const ways = waysOf(files, source, place, await generateKeyPair(type))
    const runs = await measureWays(ways, rounds)
    printRuns(ways, runs, `${count} files of ${size} bytes, ${type}, ${rounds} rounds, in changing order`)
    problems.push(...problemsOf(ways, runs, type))
  }
  console.log('\nPublic key: signing and verifying, each time counted. Symmetric: AES-256-GCM, SHA-256, HMAC. Rest: reading, writing, copying, lists.')
  console.log('Medians. Each: an envelope for each file. Fewer, faster: each / this row, both in memory, or both from file to file.')
  for (const problem of problems) console.log(problem)
  if (options.check && problems.length > 0) process.exitCode = 1
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      files: { type: 'string', default: '10000' },
      size: { type: 'string', default: '4096' },
      keys: { type: 'string', default: 'RSA-4096,Ed25519' },
      rounds: { type: 'string', default: '3' },
      folder: { type: 'string', default: '.' },
      check: { type: 'boolean', default: false },
    },
  })
  const [count, size, rounds] = [values.files, values.size, values.rounds].map(Number)
  check([count, size, rounds].every((number) => Number.isSafeInteger(number) && number > 0), 'usage: --files 10000 --size 4096 --keys RSA-4096,Ed25519 --rounds 3 --folder DIR --check')
  return { count, size, rounds, types: values.keys.split(','), parent: resolve(values.folder), check: values.check }
}

/** What each way took by round; the order turns round. */
async function measureWays(ways, rounds) {
  const names = Object.keys(ways)
  const runs = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) runs[name].push(await runStages(ways[name]))
  }
  return runs
}

async function runStages({ stages, prove }) {
  const took = {}
  let result = {}
  const { backend, counts } = countingBackend()
  for (const [stage, run] of Object.entries(stages)) {
    Object.assign(counts, { operations: 0, publicKeyMs: 0, symmetricMs: 0 })
    const { result: given, ms } = await timed(() => run({ ...result, backend }))
    took[stage] = { ms, ...counts }
    result = given
  }
  prove(result)
  result.clean?.()
  return took
}

function printRuns(ways, runs, title) {
  const rows = Object.entries(runs).flatMap(([name, rounds]) => {
    const [total, each] = [totalOf(rounds), totalOf(runs[ways[name].against])]
    const ratios = [`${(each.operations / total.operations).toFixed(0)}x`, `${(each.ms / total.ms).toFixed(2)}x`]
    const stages = Object.keys(rounds[0]).map((stage) => [`  ${stage}`, ...cellsOf(medianOf(rounds.map((round) => round[stage]))), '', ''])
    return [[name, ...cellsOf(total), ...ratios], ...stages]
  })
  console.log(`\n${title}`)
  printTable([['', 'ms', 'public-key operations', 'public key ms', 'symmetric ms', 'rest ms', 'fewer', 'faster'], ...rows])
}

function cellsOf({ ms, operations, publicKeyMs, symmetricMs }) {
  return [ms.toFixed(0), operations, publicKeyMs.toFixed(0), symmetricMs.toFixed(0), (ms - publicKeyMs - symmetricMs).toFixed(0)]
}

/** All stages of a round together. */
function totalOf(rounds) {
  return medianOf(rounds.map((round) => Object.values(round).reduce(added)))
}

function added(one, other) {
  return Object.fromEntries(Object.entries(one).map(([name, value]) => [name, value + other[name]]))
}

function medianOf(figures) {
  return Object.fromEntries(Object.keys(figures[0]).map((name) => [name, summary(figures.map((figure) => figure[name])).median]))
}

function problemsOf(ways, runs, type) {
  const manifests = Object.entries(runs).filter(([name]) => ways[name].against !== name)
  return manifests.flatMap(([name, rounds]) => {
    const [total, each] = [totalOf(rounds), totalOf(runs[ways[name].against])]
    const tooMany = each.operations < MOST_OPERATIONS * total.operations
    const verified = rounds.some(({ open, apply }) => open.operations !== 1 || apply.operations !== 0)
    return [
      ...(tooMany ? [`TOO MANY PUBLIC-KEY OPERATIONS: ${name}, ${type}`] : []),
      ...(verified ? [`NOT ONE CHECK OF A SIGNATURE ON THE DEVICE: ${name}, ${type}`] : []),
    ]
  })
}
