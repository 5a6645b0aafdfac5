// The groups of figures of one page, made as ../run.mjs makes those of Node.
import { agree } from '../agree.mjs'
import { measure } from '../measure.mjs'
import { MIB, Mismatch, randomBytes, repeated } from '../util.mjs'
import { contendersOf } from './contenders.mjs'

const FLOWS = ['one-shot', 'stream']
const SIDES = ['device', 'build']

/** Times by group, as `settings` of ../browsers.mjs ask for them. */
export async function timeGroups(settings, { settle, progress }) {
  const script = new Uint8Array(await (await fetch('/script')).arrayBuffer())
  const kinds = { random: (mib) => randomBytes(Math.round(mib * MIB)), js: (mib) => repeated(script, mib) }
  const groups = []
  for (const data of settings.data) {
    for (const mib of settings.sizes) {
      const bundle = kinds[data](mib)
      for (const flow of FLOWS.filter((one) => settings.flows.includes(one))) {
        await progress(`${flow}, ${mib} MiB of ${data}`)
        groups.push(...(await timeFlow({ flow, data, mib }, bundle, settings, settle)))
      }
    }
  }
  return groups
}

/** Both sides of one flow, with keys and sealed bytes that they share. */
async function timeFlow({ flow, data, mib }, bundle, { sides, rows, rounds: wanted }, settle) {
  const isWanted = (one) => one.flow === flow && (one.kind === 'floor' || rows.some((part) => one.name.includes(part)))
  const all = contendersOf.device.filter(isWanted)
  const ready = new Map()
  for (const one of all) ready.set(one.name, one.most?.[data] < mib ? `takes too long above ${one.most[data]} MiB` : await again(() => agree(one, bundle)))
  const groups = []
  for (const side of SIDES.filter((one) => sides.includes(one))) {
    const required = side === 'device' && flow === 'stream' && data === 'random' && mib > 10
    const { rounds, budget } = effortOf(mib, required, wanted)
    const of = all.filter((one) => contendersOf[side].includes(one))
    const times = await timesOf(new Map(of.map(({ name }) => [name, ready.get(name)])), side, { bundle, rounds, budget, settle })
    const listed = of.map(({ name, package: from, kind }) => ({ name, package: from, kind }))
    groups.push({ side, flow, data, mib, floor: of[0].name, rounds, contenders: listed, times })
  }
  return groups
}

/** Rounds, and the milliseconds that a contender may take of a group: who is slower gets fewer rounds. */
function effortOf(mib, required, wanted) {
  if (required) return { rounds: wanted, budget: 10_000 }
  return mib > 10 ? { rounds: Math.ceil(wanted / 2), budget: 1500 } : { rounds: wanted, budget: 500 }
}

/** Three at least, of which a median can be told, but one where even they would take long. */
function ownRounds(firstMs, budget) {
  return Math.max(firstMs > 5000 ? 1 : 3, Math.floor(budget / firstMs))
}

async function timesOf(ready, side, { bundle, rounds, budget, settle }) {
  const timed = [...ready].filter(([, made]) => typeof made !== 'string')
  const runs = timed.map(([name, { seal, open, sealed, firstMs }]) => {
    const run = side === 'device' ? (take) => open(sealed, take) : (take) => seal(bundle, take)
    return [name, { run: (take) => again(() => run(take)), rounds: ownRounds(firstMs[side], budget) }]
  })
  const times = await measure(Object.fromEntries(runs), rounds, 1, settle)
  return { ...Object.fromEntries(ready), ...times }
}

/** WebKitGTK refuses one key of X25519 in a hundred, whose first byte is zero: then the next one is taken. */
async function again(work, triesLeft = 3) {
  try {
    return await work()
  } catch (error) {
    if (triesLeft === 0 || error instanceof Mismatch) throw error
    return again(work, triesLeft - 1)
  }
}
