// What browsers.mjs lets each browser do: first that streams behave, then speed against bare WebCrypto, then stalls.
import { measure, partsOf } from '../measure.mjs'
import { behavioursOf } from './behaviours.mjs'
import { groupsOf } from './contenders.mjs'
import { joined, makeRelease, sameBytes } from './release.mjs'
import { meters, supportsLongTasks } from './stalls.mjs'

try {
  await tell('result', await main(await (await fetch('/settings')).json()))
} catch (error) {
  await tell('result', { error: `${error}\n${error.stack}` })
}

async function main({ mib, rounds, stallRuns }) {
  const about = { userAgent: navigator.userAgent, isolated: crossOriginIsolated, longTasks: supportsLongTasks }
  const behaviours = await check(behavioursOf())
  const release = await makeRelease(mib * 2 ** 20)
  const groups = await groupsOf(release)
  const measured = []
  for (const group of groups) measured.push(await time(group, release.bundle, rounds))
  return { ...about, behaviours, groups: measured, stalls: await stall(groups, stallRuns) }
}

/** Each by its name, with what went wrong. */
async function check(behaviours) {
  const outcomes = []
  for (const [name, behave] of Object.entries(behaviours)) {
    const problem = await Promise.race([behave(), late()]).then(() => undefined, (error) => `${error}\n${error.stack}`)
    await tell('progress', `${name}: ${problem ?? 'ok'}`)
    outcomes.push({ name, problem })
  }
  return outcomes
}

/** Nothing is timed before everyone has shown the right plaintext. */
async function time({ name, floor, contenders }, bundle, rounds) {
  for (const [row, contender] of Object.entries(contenders)) {
    const right = sameBytes(joined(await (contender.prove ?? partsOf)(contender)), bundle)
    if (!right) throw new Error(`${row} does not give the plaintext`)
  }
  await tell('progress', `${name}: all give the same bytes`)
  const times = await measure(contenders, rounds, 2, settle)
  return { name, floor, times, required: Object.fromEntries(Object.entries(contenders).map(([row, { required }]) => [row, required])) }
}

/** The longest gap of each run, in milliseconds, by what is done and by meter. */
async function stall(groups, runs) {
  const all = Object.assign({}, ...groups.map(({ contenders }) => contenders))
  const works = { 'nothing, for 300 ms': () => pause(300) }
  for (const [row, { run, stalls }] of Object.entries(all)) if (stalls !== false) works[row] = () => run(() => undefined)
  const rows = []
  for (const [row, work] of Object.entries(works)) {
    const gaps = Object.fromEntries(Object.keys(meters).map((meter) => [meter, []]))
    for (let i = 0; i < runs; i++) {
      for (const [meter, longestGap] of Object.entries(meters)) {
        await settle()
        gaps[meter].push(await longestGap(work))
      }
    }
    rows.push({ name: row, gaps, limited: all[row]?.required !== undefined })
    await tell('progress', `stalls of: ${row}`)
  }
  return rows
}

async function tell(where, what) {
  await fetch(`/${where}`, { method: 'POST', body: JSON.stringify(what) })
}

/**
 * Has garbage collected that the last run left, as far as a page can: a run that never yields would leave all of its own
 * to one that does.
 */
async function settle() {
  globalThis.gc?.()
  await pause(100)
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function late() {
  await pause(30_000)
  throw new Error('nothing came within 30 s')
}
