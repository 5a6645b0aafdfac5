// What browsers.mjs lets each browser do: first that streams behave, then speed against bare WebCrypto, then stalls.
import { behavioursOf } from './behaviours.mjs'
import { stallWorksOf } from './stall-works.mjs'
import { meters, supportsLongTasks } from './stalls.mjs'
import { timeGroups } from './timing.mjs'

try {
  await tell('result', await main(await (await fetch('/settings')).json()))
} catch (error) {
  await tell('result', { error: `${error}\n${error.stack}` })
}

async function main(settings) {
  const about = { userAgent: navigator.userAgent, isolated: crossOriginIsolated, longTasks: supportsLongTasks }
  const behaviours = await check(behavioursOf())
  const groups = await timeGroups(settings, { settle, progress: (line) => tell('progress', line) })
  return { ...about, behaviours, groups, stalls: await stall(settings.stallMib, settings.stallRuns) }
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

/** The longest gap of each run, in milliseconds, by what is done and by meter. */
async function stall(mib, runs) {
  if (runs === 0) return []
  const works = { 'nothing, for 300 ms': { run: () => pause(300) }, ...(await stallWorksOf(mib * 2 ** 20)) }
  const rows = []
  for (const [name, { run, limited = false }] of Object.entries(works)) {
    const gaps = Object.fromEntries(Object.keys(meters).map((meter) => [meter, []]))
    for (let i = 0; i < runs; i++) {
      for (const [meter, longestGap] of Object.entries(meters)) {
        await settle()
        gaps[meter].push(await longestGap(() => run(() => undefined)))
      }
    }
    rows.push({ name, gaps, limited })
    await tell('progress', `stalls of: ${name}`)
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
  await pause(30)
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function late() {
  await pause(30_000)
  throw new Error('nothing came within 30 s')
}
