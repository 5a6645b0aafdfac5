// node bench/start-up.mjs: how long an app waits for its first verdict, against the bare calls. See README.md.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { encryptBundle, generateKeyPair } from 'otaseal/build'
import { browserNames, isInstalled } from './browser/launch.mjs'
import { NODE, provenance, resultsPath, writeResults } from './results.mjs'
import { startInPages } from './start-up/pages.mjs'
import { check, printTable, runMain, summary } from './util.mjs'

const KEYS = ['Ed25519', 'RSA-4096']
const CHILD = fileURLToPath(new URL('start-up/child.mjs', import.meta.url))
/** What otaseal may take of the floor's time. */
const MOST = 2
const FLOOR = 'bare'
const ROWS = [FLOOR, 'otaseal']
const CLAIMS = { app: 'com.example.app', channel: 'production', version: '1.4.0' }

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
await runMain(main)

async function main() {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '21' },
      engines: { type: 'string', default: ['node', ...browserNames].join() },
      json: { type: 'string', default: resultsPath('start-up') },
      check: { type: 'boolean', default: false },
    },
  })
  const heads = await Promise.all(KEYS.map(publish))
  const rows = []
  for (const engine of values.engines.split(',')) rows.push(...(await rowsOf(engine, heads, Number(values.runs))))
  printTable([['engine', 'key', 'measured', 'row', 'median ms', 'min', 'max', 'ratio'], ...rows.map(cells)])
  writeResults(values.json, { ...provenance(NODE, 'node bench/start-up.mjs'), runs: Number(values.runs), rows })
  const slow = rows.filter(({ ratio }) => ratio > MOST)
  for (const { engine, key, what, ratio } of slow) console.error(`above ${MOST}: ${engine}, ${key}, ${what}: ${ratio}`)
  if (values.check && slow.length > 0) process.exitCode = 1
}

/** A head, and the key that has signed it. */
async function publish(type) {
  const { publicKey, privateKey } = await generateKeyPair(type)
  const { head } = await encryptBundle(new TextEncoder().encode('bundle'), { signer: privateKey, type: 'text/plain', ...CLAIMS })
  return { head, key: { type, pem: publicKey, ...CLAIMS } }
}

async function rowsOf(engine, heads, runs) {
  if (engine !== 'node' && !isInstalled(engine)) {
    console.log(`${engine}: skipped: not installed`)
    return []
  }
  // In turns, and each first in every other round.
  const starts = heads.flatMap(({ head, key }) =>
    Array.from({ length: runs }, (_, round) => (round % 2 ? ROWS.toReversed() : ROWS).map((row) => ({ row, head, key }))).flat())
  const samples = engine === 'node' ? starts.map(startProcess) : await startInPages(engine, starts)
  for (const { version } of samples) check(version === CLAIMS.version, `${engine}: a row read version ${version} from the head`)
  const measures = engine === 'node' ? { process: 'the whole process', ms: 'from the import to the verdict' } : { ms: "from the page's first script to the verdict" }
  return KEYS.flatMap((type) => Object.entries(measures).flatMap(([measure, what]) => {
    const timesOf = (row) => samples.filter((_, i) => starts[i].row === row && starts[i].key.type === type).map((sample) => sample[measure])
    const floor = summary(timesOf(FLOOR)).median
    return ROWS.map((row) => ({ engine, key: type, what, row, ...timesIn(timesOf(row), floor) }))
  }))
}

/** The ratio is the row's median over the floor's: how many times as long it takes. */
function timesIn(times, floor) {
  const ms = summary(times)
  const rounded = (value) => Number(value.toPrecision(4))
  return { ms: { median: rounded(ms.median), min: rounded(ms.min), max: rounded(ms.max) }, ratio: rounded(ms.median / floor) }
}

function startProcess({ row, head, key }) {
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHILD, row], { input: JSON.stringify({ head, key }), encoding: 'utf8' })
  const ms = performance.now() - start
  check(status === 0, `${row}: ${stderr}`)
  return { ...JSON.parse(stdout), process: ms }
}

function cells({ engine, key, what, row, ms, ratio }) {
  return [engine, key, what, row, ms.median, ms.min, ms.max, ratio]
}
