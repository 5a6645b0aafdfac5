// Fuzzes one target in a process of its own: jsfuzz's corpus and mutations on code that istanbul has instrumented, as jsfuzz does. Its own
// loop is left aside: it has no end, no seed, and sends each input to another process as JSON. So is its versifier, which takes all memory
// that there is within seconds where inputs nest.
const { createHash } = require('node:crypto')
const { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync, writeSync } = require('node:fs')
const { createInstrumenter } = require('istanbul-lib-instrument')
const { Corpus } = require('jsfuzz/build/src/corpus')

const { bundle, name, seconds, seed, saved, out, mode, slowest, rssMax } = JSON.parse(readFileSync(process.argv[2], 'utf8'))

Math.random = randomOf(seed)
const target = load(bundle).targets.find((one) => one.name === name)
const { counters, isNew, covered } = coverageOf()
const now = openSync(`${out}/${name}.now`, 'w')
main().then(
  (result) => process.stdout.write(`${JSON.stringify(result)}\n`),
  (error) => {
    process.stdout.write(`${JSON.stringify(error.find ?? { find: { what: error.stack } })}\n`)
    process.exitCode = 1
  },
).finally(() => closeSync(now))

async function main() {
  const honest = target.seeds().map((bytes) => Buffer.from(bytes))
  const inputs = [...honest, ...saved.map((text) => Buffer.from(text, 'base64'))]
  return mode === 'minimise' ? minimise(honest, inputs) : fuzz(inputs)
}

async function fuzz(inputs) {
  const corpus = new Corpus([], false)
  corpus.maxInputSize = target.maxSize ?? 4096
  corpus.inputs.push(...inputs)
  corpus.seedLength = inputs.length
  const end = Date.now() + seconds * 1000
  const found = []
  let executions = 0
  for (; executions < inputs.length || Date.now() < end; executions++) {
    const input = corpus.generateInput()
    await run(input)
    if (isNew() && executions >= inputs.length) {
      corpus.inputs.push(input)
      found.push(input)
    }
    if (executions % 200 === 0) await turn(input)
  }
  return { name, executions, covered: covered(), counters: counters.length, inputs: corpus.inputs.length, found: found.map((input) => input.toString('base64')) }
}

/** Those saved inputs that add to what the honest ones cover, the smallest first, each cut down as far as it still does. */
async function minimise(honest, inputs) {
  for (const input of honest) await run(input)
  isNew(true)
  const kept = []
  for (const input of inputs.slice(honest.length).sort((a, b) => a.length - b.length)) {
    await run(input)
    if (isNew(true)) kept.push(input)
  }
  return { name, kept: kept.map((input) => input.toString('base64')), covered: covered() }
}

/** The input is noted first: a hang, or a process that dies, tells nothing itself. */
async function run(input) {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(input.length)
  writeSync(now, Buffer.concat([length, input]), 0, input.length + 4, 0)
  counters.fill(0)
  const start = process.cpuUsage()
  try {
    await target.run(Uint8Array.from(input))
  } catch (error) {
    throw finding(input, `${error.stack}${error.cause === undefined ? '' : `\n${error.cause?.stack}`}`)
  }
  const { user, system } = process.cpuUsage(start)
  const milliseconds = (user + system) / 1000
  if (milliseconds > slowest) throw finding(input, `it took ${Math.round(milliseconds)} ms`)
}

/** Timers and finalisers have their turn. */
async function turn(input) {
  await new Promise((resolve) => setImmediate(resolve))
  const rss = process.memoryUsage.rss()
  if (rss > rssMax) throw finding(input, `the process has ${Math.round(rss / 2 ** 20)} MiB`)
}

function finding(input, what) {
  const file = `${out}/find-${name}-${createHash('sha256').update(input).digest('hex').slice(0, 16)}`
  writeFileSync(file, input)
  return { find: { find: { name, what, file, input: input.toString('base64') } } }
}

/** All counters in one array, so that they can be looked at after each input; how often each was hit, in steps, is coverage too. */
function coverageOf() {
  const [data] = Object.values(globalThis.__coverage__)
  const branches = Object.values(data.b)
  const [statements, functions] = [Object.keys(data.s).length, Object.keys(data.f).length]
  const hits = new Uint32Array(statements + functions + branches.reduce((sum, arms) => sum + arms.length, 0))
  data.s = hits.subarray(0, statements)
  data.f = hits.subarray(statements, statements + functions)
  let offset = statements + functions
  for (const [i, arms] of Object.entries(data.b)) {
    data.b[i] = hits.subarray(offset, offset + arms.length)
    offset += arms.length
  }
  const seen = new Uint8Array(hits.length)
  return {
    counters: hits,
    covered: () => seen.reduce((sum, steps) => sum + (steps === 0 ? 0 : 1), 0),
    isNew: (plain = false) => {
      let found = false
      for (let i = 0; i < hits.length; i++) {
        if (hits[i] === 0) continue
        const step = plain ? 1 : 1 << Math.min(7, 31 - Math.clz32(hits[i]))
        if ((seen[i] & step) === 0) found = true
        seen[i] |= step
      }
      return found
    },
  }
}

/** Instrumented once for all targets. */
function load(path) {
  const instrumented = path.replace(/\.cjs$/, '.instrumented.cjs')
  const isFresh = existsSync(instrumented) && statSync(instrumented).mtimeMs > statSync(path).mtimeMs
  if (!isFresh) writeFileSync(instrumented, createInstrumenter({ compact: true, esModules: false }).instrumentSync(readFileSync(path, 'utf8'), path))
  return require(instrumented)
}

/** mulberry32, as in test/random.ts: the same seed, the same mutations. */
function randomOf(start) {
  let state = start >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}
