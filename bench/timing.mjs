// Whether the time of a comparison tells where two values differ: two classes of inputs, timed in random order, and Welch's t-test of each
// pair, cropped at several percentiles, as dudect does (Reparaz, Balasch and Verbauwhede, 2017). See README.md.
import { randomBytes } from 'node:crypto'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { NODE, commandOf, provenance, resultsPath, writeResults } from './results.mjs'
import { subjects } from './timing-subjects.mjs'
import { check, printTable, runMain } from './util.mjs'

/** As in dudect: above it there is certainly a leak. */
const LEAK = 10
/** Shares of the fastest samples that are kept. */
const KEPT = [1, 0.99, 0.9, 0.75, 0.5, 0.25, 0.1]
const BLOCK = 4096

const { values } = parseArgs({
  options: { samples: { type: 'string', default: '300000' }, slow: { type: 'string', default: '20000' }, rows: { type: 'string', default: '' }, save: { type: 'boolean', default: false } },
})
await runMain(main)

async function main() {
  check(Number(values.samples) > 0 && Number(values.slow) > 0, 'usage: --samples 300000 --slow 20000 --rows equalBytes --save')
  const load = [loadavg()[0]]
  const wanted = values.rows.split(',')
  const rows = []
  for (const subject of (await subjects()).filter(({ what }) => wanted.some((part) => what.includes(part)))) {
    const row = await judge(subject)
    console.log(cellsOf(row).join(' | '))
    rows.push(row)
  }
  load.push(loadavg()[0])
  console.log()
  printTable([['what', 'classes', 'samples', 'median ns', 'of them', 'greatest |t|', 'verdict'], ...rows.map(cellsOf)])
  console.log(`Load at start and end: ${load.map((one) => one.toFixed(1)).join(', ')}`)
  if (values.save) writeResults(resultsPath('timing'), { ...provenance(NODE, commandOf('node bench/timing.mjs')), load, leakAbove: LEAK, rows })
  const missed = rows.filter(({ leaks, expected }) => expected !== undefined && leaks !== expected)
  for (const { what, classes, expected } of missed) console.log(`OTHER THAN EXPECTED: ${what}, ${classes.join(' or ')}: a leak was ${expected ? 'not ' : ''}found`)
  if (missed.length > 0) process.exitCode = 1
}

/** Times `work` of inputs of both classes; which comes next is drawn by lot, and drawn before the clock starts. */
async function judge({ what, classes, inputs, work, isSlow, expected, repeat = 1 }) {
  const count = Number(isSlow ? values.slow : values.samples)
  const times = [new Float64Array(count), new Float64Array(count)]
  const taken = [0, 0]
  let lots = new Uint8Array(0)
  const total = count + (count >> 3)
  for (let i = 0; taken[0] < count && taken[1] < count; i++) {
    if (i % BLOCK === 0) lots = randomBytes(BLOCK)
    const drawn = lots[i % BLOCK] & 1
    const input = inputs[drawn](i)
    const ns = await elapsed(work, input, repeat)
    // The first are slow while the engine compiles.
    if (i > total - count) times[drawn][taken[drawn]++] = ns
  }
  const samples = times.map((all, one) => all.subarray(0, taken[one]))
  const byShare = Object.fromEntries(KEPT.map((share) => [share, tOf(samples, share)]).filter(([, t]) => t !== undefined))
  const t = Math.max(...Object.values(byShare))
  const medians = samples.map((all) => Math.round(all.toSorted()[all.length >> 1]))
  return { what, classes, samples: taken[0] + taken[1], medians, t, byShare, leaks: t > LEAK, expected }
}

async function elapsed(work, input, repeat) {
  const start = process.hrtime.bigint()
  for (let k = 0; k < repeat; k++) {
    const pending = work(input)
    if (pending instanceof Promise) await pending
  }
  return Number(process.hrtime.bigint() - start)
}

/** What is below the time that this share of both classes together is below. */
function cropped(samples, share) {
  if (share === 1) return samples
  const all = new Float64Array(samples[0].length + samples[1].length)
  all.set(samples[0])
  all.set(samples[1], samples[0].length)
  const limit = all.sort()[Math.floor(all.length * share)]
  return samples.map((some) => some.filter((ns) => ns <= limit))
}

/** `undefined` where hardly anything of a class is left. */
function tOf(samples, share) {
  const kept = cropped(samples, share)
  if (kept.some((some, i) => some.length < samples[i].length / 100)) return undefined
  return Number(Math.abs(welch(...kept)).toPrecision(3))
}

function welch(a, b) {
  const [one, other] = [a, b].map((all) => {
    const mean = all.reduce((sum, x) => sum + x, 0) / all.length
    return { mean, error: all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (all.length - 1) / all.length }
  })
  return (one.mean - other.mean) / Math.sqrt(one.error + other.error)
}

function cellsOf({ what, classes, samples, medians, t, leaks }) {
  return [what, classes.join(' / '), samples, medians[0], medians[1], t, leaks ? 'told apart' : 'not told apart']
}
