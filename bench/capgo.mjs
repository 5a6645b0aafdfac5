// node bench/capgo.mjs: the library's functions for the format of deployed Capgo plugins, against the same work on node:crypto as the Capgo
// CLI does it. See README.md.
import { randomFillSync } from 'node:crypto'
import { parseArgs } from 'node:util'
import { capgoGroups } from './capgo-contenders.mjs'
import { measure, partsOf } from './measure.mjs'
import { RATIO_LEGEND, linesOfBelow, printRows, rowsOf } from './report.mjs'
import { MIB, check, runMain, sameBytes } from './util.mjs'

await runMain(main)

async function main() {
  const { values } = parseArgs({
    options: { sizes: { type: 'string', default: '5,50' }, rounds: { type: 'string' }, check: { type: 'boolean', default: false } },
  })
  const sizes = values.sizes.split(',').map(Number)
  check(sizes.every((size) => size > 0) && !(values.rounds <= 0), 'usage: --sizes 5,50 --rounds 15 --check')
  const rows = []
  for (const mib of sizes) rows.push(...(await measureSize(mib, values.rounds)))
  console.log(`\n${RATIO_LEGEND}`)
  const below = linesOfBelow(rows)
  for (const line of below) console.log(line)
  if (below.length > 0 && values.check) process.exitCode = 1
}

/** Pure JavaScript is some twelve times slower, so it gets a third of the rounds. */
function roundsOf(group, mib, wanted) {
  const native = Number(wanted ?? (mib > 10 ? 21 : 45))
  return !group.name.endsWith('noble') ? native : Math.max(3, Math.ceil(native / 3))
}

async function measureSize(mib, rounds) {
  const bundle = randomFillSync(new Uint8Array(mib * MIB))
  const results = []
  for (const group of capgoGroups(bundle)) {
    for (const [name, contender] of Object.entries(group.contenders)) {
      const parts = await (contender.prove ?? partsOf)(contender)
      check(sameBytes(Buffer.concat(parts), bundle), `${name} does not give the plaintext`)
    }
    const count = roundsOf(group, mib, rounds)
    const rows = rowsOf(group, await measure(group.contenders, count, mib > 10 ? 1 : 5), mib)
    printRows(rows, `${mib} MiB of random bytes, ${count} rounds`)
    results.push(...rows)
  }
  return results
}
