// npm run bench: the library, the bare cryptography that it can't do without, and what people would use instead. See README.md.
import { parseArgs } from 'node:util'
import { agree } from './agree.mjs'
import { DATA_TITLES, kindsOfData } from './data.mjs'
import { measure } from './measure.mjs'
import { loadAll } from './peers/index.mjs'
import { printGroup } from './report.mjs'
import { requirementsOf } from './requirements.mjs'
import { NODE, commandOf, groupOf, provenance, writeResults } from './results.mjs'
import { check, runMain } from './util.mjs'

const FLOWS = ['one-shot', 'stream']
const SIDES = ['device', 'build']
const USAGE = 'usage: --sizes 1,5,50 --rounds 15 --rows age,otaseal --flows one-shot,stream --sides device,build --data random,js --json FILE --check'

const contenders = await loadAll()
await runMain(main)

async function main() {
  const options = readOptions()
  if (!globalThis.gc) console.log('Without --expose-gc: what one contender leaves may be collected while another is timed.')
  const groups = []
  for (const data of options.data) {
    for (const mib of options.sizes) {
      for (const flow of options.flows) groups.push(...(await groupsOf(flow, data, mib, options)))
    }
  }
  if (options.json) writeResults(options.json, { ...provenance(NODE, commandOf('npm run bench --')), groups })
  const requirements = requirementsOf(groups, contenders)
  for (const { met, text } of requirements) console.log(`${met ? 'ok' : 'MISSED'}: ${text}`)
  if (options.check) {
    check(requirements.length > 0, 'nothing that is required was measured: --check needs 50 MiB of random bytes')
    if (requirements.some(({ met }) => !met)) process.exitCode = 1
  }
}

function readOptions() {
  const text = (value) => ({ type: 'string', default: value })
  const { values } = parseArgs({
    options: {
      sizes: text('1,5,50'), data: text('random,js'), flows: text(FLOWS.join()), sides: text(SIDES.join()), rows: text(''),
      rounds: { type: 'string' }, json: { type: 'string' }, check: { type: 'boolean', default: false },
    },
  })
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  const [sizes, data, flows, sides, rows] = ['sizes', 'data', 'flows', 'sides', 'rows'].map((name) => values[name].split(','))
  const known = (list, of) => list.every((one) => of.includes(one))
  const isGood = known(data, Object.keys(kindsOfData)) && known(flows, FLOWS) && known(sides, SIDES) && sizes.every((size) => size > 0)
  check(isGood && (rounds === undefined || rounds > 0), USAGE)
  return { ...values, sizes: sizes.map(Number), data, flows, sides, rows, rounds }
}

/** Both sides of one flow, with keys and sealed bytes that they share. */
async function groupsOf(flow, data, mib, { rows, rounds: wanted, sides }) {
  const bundle = kindsOfData[data](mib)
  const rounds = wanted ?? roundsOf(mib)
  const isWanted = ({ kind, name }) => kind === 'floor' || rows.some((part) => name.includes(part))
  const of = contenders.filter((one) => one.flow === flow && isWanted(one))
  const ready = new Map()
  for (const one of of) ready.set(one.name, one.most?.[data] < mib ? `takes too long above ${one.most[data]} MiB` : await agree(one, bundle))
  const groups = []
  for (const side of sides) {
    const times = await timesOf(ready, side, { bundle, rounds, mib })
    const group = groupOf({ engine: NODE, side, flow, data, mib, floor: of[0].name, rounds }, of, times)
    printGroup(group, `${side}, ${flow}, ${mib} MiB of ${DATA_TITLES[data]}, ${rounds} rounds`)
    groups.push(group)
  }
  return groups
}

function roundsOf(mib) {
  return mib > 10 ? 15 : 21
}

/** Who is slow gets fewer rounds: three at least, of which a median can be told, but one where even they would take minutes. */
function ownRounds(firstMs, mib) {
  const least = firstMs > 10_000 ? 1 : 3
  return Math.max(least, Math.floor((mib > 10 ? 4000 : 1500) / firstMs))
}

async function timesOf(ready, side, { bundle, rounds, mib }) {
  const timed = [...ready].filter(([, made]) => typeof made !== 'string')
  const runs = timed.map(([name, { seal, open, sealed, firstMs }]) => {
    const run = side === 'device' ? (take) => open(sealed, take) : (take) => seal(bundle, take)
    return [name, { run, rounds: ownRounds(firstMs[side], mib) }]
  })
  const times = await measure(Object.fromEntries(runs), rounds, mib > 10 ? 1 : 3, globalThis.gc)
  return { ...Object.fromEntries(ready), ...times }
}
