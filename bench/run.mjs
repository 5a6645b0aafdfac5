// npm run bench: how close the library comes to the bare cryptography it can't do without. See README.md.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { generateKeyPair } from 'otaseal'
import { groupsFor } from './contenders.mjs'
import { measure, partsOf } from './measure.mjs'
import { RATIO_LEGEND, printRows, linesOfBelow, rowsOf } from './report.mjs'
import { check, runMain, sameBytes } from './util.mjs'

await runMain(main)

async function main() {
  const options = readOptions()
  const keys = { ed25519: await generateKeyPair('Ed25519'), rsa: await generateKeyPair('RSA-4096') }
  const results = []
  for (const mib of options.sizes) results.push(...(await measureSize(mib, keys, options)))
  console.log(`\n${RATIO_LEGEND}`)
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ node: process.version, results }, undefined, 2)}\n`)
  const below = linesOfBelow(results)
  for (const line of below) console.log(line)
  if (below.length > 0 && options.check) process.exitCode = 1
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      sizes: { type: 'string', default: '5,50' },
      rounds: { type: 'string' },
      groups: { type: 'string' },
      json: { type: 'string' },
      check: { type: 'boolean', default: false },
    },
  })
  const sizes = values.sizes.split(',').map(Number)
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  const usage = 'usage: --sizes 5,50 --rounds 15 --groups node,stream,other,noble,capgo,capgo-other,capgo-noble --json FILE --check'
  check(sizes.every((size) => size > 0) && (rounds === undefined || rounds > 0), usage)
  return { ...values, sizes, rounds, groups: values.groups?.split(',') }
}

/** Pure JavaScript is some twelve times slower, so it gets a third of the rounds. */
function roundsOf(group, mib, wanted) {
  const native = wanted ?? (mib > 10 ? 21 : 45)
  return !group.name.endsWith('noble') ? native : Math.max(3, Math.ceil(native / 3))
}

async function measureSize(mib, keys, { rounds, groups: wanted }) {
  const { bundle, groups } = await groupsFor(mib, keys)
  const results = []
  for (const group of groups.filter(({ name }) => wanted === undefined || wanted.includes(name))) {
    await agree(group, bundle)
    const count = roundsOf(group, mib, rounds)
    const rows = rowsOf(group, await measure(group.contenders, count, mib > 10 ? 1 : 5), mib)
    printRows(rows, `${mib} MiB of random bytes, ${count} rounds`)
    results.push(...rows)
  }
  return results
}

/** Nothing is timed before everyone has shown the right plaintext; this is the first warm-up too. */
async function agree({ contenders }, bundle) {
  for (const [name, contender] of Object.entries(contenders)) {
    const parts = await (contender.prove ?? partsOf)(contender)
    check(sameBytes(Buffer.concat(parts), bundle), `${name} does not give the plaintext`)
  }
}
