// npm run bench: how close the library comes to the bare cryptography it can't do without. See README.md.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { generateKeyPair } from 'otaseal'
import { groupsFor } from './contenders.mjs'
import { MIB, check, printTable, runMain, sameBytes, summary, timed } from './util.mjs'

await runMain(main)

async function main() {
  const options = readOptions()
  const keys = { ed25519: await generateKeyPair('Ed25519'), rsa: await generateKeyPair('RSA-4096') }
  const results = []
  for (const mib of options.sizes) results.push(...(await measureSize(mib, keys, options)))
  console.log(
    '\nRatio: median of the floor / median of the row; 1 is as fast as the floor. By round: least, median and greatest' +
      '\nratio of single rounds. Times belong to this machine and this hour and promise nothing: compare ratios only.',
  )
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ node: process.version, results }, undefined, 2)}\n`)
  const below = results.filter(({ ratio, required }) => required !== undefined && ratio < required)
  for (const row of below) console.log(`BELOW THE REQUIREMENT: ${row.name}, ${row.mib} MiB: ${row.ratio.toFixed(3)} < ${row.required}`)
  if (options.check && below.length > 0) process.exitCode = 1
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      sizes: { type: 'string', default: '5,50' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      check: { type: 'boolean', default: false },
    },
  })
  const sizes = values.sizes.split(',').map(Number)
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  check(sizes.every((size) => size > 0) && (rounds === undefined || rounds > 0), 'usage: --sizes 5,50 --rounds 15 --json FILE --check')
  return { ...values, sizes, rounds }
}

/** Pure JavaScript is some twelve times slower, so it gets a third of the rounds. */
function roundsOf(group, mib, wanted) {
  const native = wanted ?? (mib > 10 ? 21 : 45)
  return group.name !== 'noble' ? native : Math.max(3, Math.ceil(native / 3))
}

async function measureSize(mib, keys, { rounds }) {
  const { bundle, groups } = await groupsFor(mib, keys)
  const results = []
  for (const group of groups) {
    await agree(group, bundle)
    const count = roundsOf(group, mib, rounds)
    const rows = rowsOf(group, await measure(group, count, mib > 10 ? 1 : 5), mib)
    printGroup(rows, mib, count)
    results.push(...rows)
  }
  return results
}

/** Nothing is timed before everyone has shown the right plaintext; this is the first warm-up too. */
async function agree({ contenders }, bundle) {
  for (const [name, { run, encrypts }] of Object.entries(contenders)) {
    const parts = await run()
    check(encrypts || sameBytes(Buffer.concat(parts), bundle), `${name} does not give the plaintext`)
  }
}

/** Times of each contender by round. The order moves on and turns round, so that nobody always follows the same one. */
async function measure({ contenders }, rounds, warmUps) {
  const names = Object.keys(contenders)
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -warmUps; round < rounds; round++) {
    const order = names.map((_, i) => names[(i + warmUps + round) % names.length])
    if (round % 2 === 0) order.reverse()
    for (const name of order) {
      const { ms } = await timed(contenders[name].run)
      if (round >= 0) times[name].push(ms)
    }
  }
  return times
}

function rowsOf({ contenders, floor }, times, mib) {
  const floorTimes = times[floor]
  return Object.entries(contenders).map(([name, { required }]) => {
    const ms = summary(times[name])
    const ratioByRound = summary(times[name].map((time, round) => floorTimes[round] / time))
    return { name, mib, ms, ratio: summary(floorTimes).median / ms.median, ratioByRound, required }
  })
}

function printGroup(rows, mib, count) {
  console.log(`\n${mib} MiB of random bytes, ${count} rounds`)
  printTable([
    ['', 'ms (median)', 'min', 'max', 'MB/s', 'ratio', 'by round', 'required'],
    ...rows.map(({ name, ms, ratio, ratioByRound, required }) => [
      name,
      ms.median.toFixed(1), ms.min.toFixed(1), ms.max.toFixed(1),
      ((mib * MIB) / 1000 / ms.median).toFixed(0),
      ratio.toFixed(3),
      [ratioByRound.min, ratioByRound.median, ratioByRound.max].map((value) => value.toFixed(2)).join(' / '),
      required === undefined ? '' : `${ratio < required ? 'BELOW' : 'ok'} (>= ${required})`,
    ]),
  ])
}
