// Coverage-guided fuzzing: `node test/fuzz/run.mjs [TARGET...] [--seconds N] [--seed N] [--save]`, N seconds for each target.
// --save keeps what raised coverage in corpus/; --minimise only cuts the corpus down; --planted finds bugs that it plants itself;
// --fixtures makes the honest keys and releases anew.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { bundle } from './bundle.mjs'
import { planted } from './planted.mjs'

const OUT = 'reports/fuzz'
/** Milliseconds of the processor that one input may take, in instrumented code; honest ones take up to 50. What else the machine does is not counted. */
const SLOWEST = 4000
/** Milliseconds without a new input after which a process hangs: far more than a slow machine needs for the slowest input. */
const SILENT = 120_000
const RSS_MAX = 1.5 * 2 ** 30
const CORPUS_MAX = 40_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' }, ...Object.fromEntries(['save', 'minimise', 'planted', 'fixtures'].map((name) => [name, { type: 'boolean', default: false }])) },
})

mkdirSync(OUT, { recursive: true })
if (values.fixtures) await fixtures()
else if (values.planted) await findPlanted()
else await all()

async function fixtures() {
  await bundle('test/fuzz/make-fixtures.ts', `${OUT}/make-fixtures.cjs`)
  await run(process.execPath, [`${OUT}/make-fixtures.cjs`])
}

async function all() {
  const path = await bundleOf('targets')
  let finds = 0
  console.log(row('target', 'executions', '/ s', 'covered', 'inputs', 'new', 'found'))
  for (const name of await namesOf(path)) {
    const result = await worker(path, name, { mode: values.minimise ? 'minimise' : 'fuzz' })
    if (values.minimise) {
      save(name, result.kept)
      continue
    }
    if (result.find !== undefined) {
      finds++
      console.log(row(name, '', '', '', '', '', 1))
      console.log(`${result.find.what}\ninput, saved as ${result.find.file}, in base64: ${result.find.input}`)
      continue
    }
    const { executions, covered, inputs, found } = result
    console.log(row(name, executions, Math.round(executions / Number(values.seconds)), covered, inputs, found.length, 0))
    if (values.save) save(name, [...corpusOf(name), ...found])
  }
  console.log(`fuzz: ${finds === 0 ? 'ok' : 'FAILED'}, ${finds} finds`)
  if (finds > 0) process.exitCode = 1
}

/** Each planted bug must be found by its target. */
async function findPlanted() {
  let missed = 0
  for (const { target, ...plant } of planted.filter(({ target }) => positionals.length === 0 || positionals.includes(target))) {
    const path = await bundleOf(`planted-${target}`, [plant])
    const { find } = await worker(path, target, { mode: 'fuzz' })
    console.log(find === undefined ? `${target}: NOT FOUND: ${plant.replace}` : `${target}: found: ${find.what.split('\n')[0]}`)
    if (find === undefined) missed++
  }
  console.log(`planted: ${missed === 0 ? 'ok' : 'FAILED'}, ${planted.length - missed} of ${planted.length} found`)
  if (missed > 0) process.exitCode = 1
}

async function bundleOf(name, plants = []) {
  const path = `${process.cwd()}/${OUT}/${name}.cjs`
  await bundle('test/fuzz/targets.ts', path, plants)
  return path
}

async function namesOf(path) {
  const { createRequire } = await import('node:module')
  const names = createRequire(import.meta.url)(path).targets.map(({ name }) => name)
  const unknown = positionals.filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new RangeError(`there is no target ${unknown.join(', ')}: there are ${names.join(', ')}`)
  return positionals.length === 0 ? names : names.filter((name) => positionals.includes(name))
}

function fileOf(name) {
  return `test/fuzz/corpus/${name}.json`
}

function corpusOf(name) {
  return existsSync(fileOf(name)) ? JSON.parse(readFileSync(fileOf(name), 'utf8')) : []
}

/** The smallest first, as many as there is room for. */
function save(name, inputs) {
  let size = 0
  const kept = [...new Set(inputs)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).filter((input) => values.save || (size += input.length) <= CORPUS_MAX)
  writeFileSync(fileOf(name), `${JSON.stringify(kept, null, 0).replaceAll(',', ',\n')}\n`)
}

async function worker(path, name, { mode }) {
  const job = { bundle: path, name, mode, seconds: Number(values.seconds), seed: Number(values.seed), saved: corpusOf(name), out: OUT, slowest: SLOWEST, rssMax: RSS_MAX }
  writeFileSync(`${OUT}/${name}.job`, JSON.stringify(job))
  const start = Date.now()
  const isSilent = () => Date.now() - Math.max(start, statSync(`${OUT}/${name}.now`, { throwIfNoEntry: false })?.mtimeMs ?? 0) > SILENT
  const { output, ended } = await run(process.execPath, ['--max-old-space-size=1500', 'test/fuzz/worker.cjs', `${OUT}/${name}.job`], isSilent)
  if (ended === null || output.trim() === '') return { find: died(name, ended === null ? `nothing came for ${SILENT} ms` : `the process ended with ${ended}`) }
  return JSON.parse(output.trim().split('\n').at(-1))
}

function died(name, what) {
  const bytes = readFileSync(`${OUT}/${name}.now`)
  const input = bytes.subarray(4, 4 + bytes.readUInt32LE())
  const file = `${OUT}/find-${name}-died`
  writeFileSync(file, input)
  return { name, what, file, input: input.toString('base64') }
}

function run(command, parameters, isSilent = () => false) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
    const parts = []
    child.stdout.on('data', (part) => parts.push(part))
    const timer = setInterval(() => isSilent() && child.kill('SIGKILL'), 1000)
    child.on('close', (code) => {
      clearInterval(timer)
      resolve({ output: Buffer.concat(parts).toString(), ended: code })
    })
  })
}

function row(name, ...cells) {
  return name.padEnd(22) + cells.map((cell) => String(cell).padStart(11)).join('')
}
