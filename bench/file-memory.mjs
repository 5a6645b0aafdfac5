// Peak memory of the command line on files of any size, as the system counts it. Needs GNU time. See README.md.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checkRoom, digestOf, runNode, workFolder, writeRandom } from './files.mjs'
import { MIB, check, printTable, runMain } from './util.mjs'

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const LIMIT = 128 * MIB
const MOST_GROWTH = 1.1
const APP = ['--app', 'com.example.bench']

await runMain(main)

function main() {
  const { sizes, folder: parent, mustHold } = readOptions()
  const folder = workFolder(parent)
  runNode(folder, [CLI, 'keygen', '--type', 'Ed25519'])
  const results = sizes.flatMap((gib) => measureSize(folder, gib))
  console.log('\nPeak resident memory of one process for each call, which ends with exit code 0, as /usr/bin/time counts it')
  printTable([
    ['', 'GiB', 'peak MiB', 'required', 'seconds', 'MB/s'],
    ...results.map((row) => [
      row.name, row.gib, (row.peak / MIB).toFixed(1), `${row.peak > LIMIT ? 'ABOVE' : 'ok'} (<= ${LIMIT / MIB})`,
      row.seconds.toFixed(1), ((row.gib * 1024 * MIB) / 1e6 / row.seconds).toFixed(0),
    ]),
  ])
  const problems = problemsOf(results)
  for (const problem of problems) console.log(problem)
  if (mustHold && problems.length > 0) process.exitCode = 1
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      gib: { type: 'string', default: '1' },
      // Not the system's folder for temporary files, which may lie in memory.
      folder: { type: 'string', default: '.' },
      check: { type: 'boolean', default: false },
    },
  })
  const sizes = values.gib.split(',').map(Number)
  check(sizes.every((gib) => gib > 0), 'usage: --gib 1,4 --folder DIR --check')
  return { sizes, folder: values.folder, mustHold: values.check }
}

/** Every call on a file of this size; at most two files of it lie on the disk, and a temporary one. */
function measureSize(folder, gib) {
  const size = Math.round(gib * 1024 * MIB)
  checkRoom(folder, size)
  const path = (name) => join(folder, name)
  const bundle = writeRandom(path('bundle'), size)
  const release = [...APP, '--bundle-version', '1.0.0', '--force']
  const policy = ['--key', '.otaseal_key.pub', ...APP]
  const run = (name, args, pipes) => ({ name, gib, ...runNode(folder, [CLI, ...args], pipes) })
  const rows = [run('encrypt', ['encrypt', 'bundle', ...release, '-o', 'envelope'])]
  rows.push(run('encrypt - (pipes)', ['encrypt', '-', ...release, '-o', '-'], { from: 'bundle', to: 'piped' }))
  rmSync(path('bundle'))
  rmSync(path('envelope'))
  rows.push(run('verify', ['verify', 'piped', ...policy]))
  rows.push(run('decrypt', ['decrypt', 'piped', ...policy, '-o', 'decrypted']))
  check(digestOf(path('decrypted')) === bundle, 'decrypt gave another file')
  rmSync(path('decrypted'))
  rows.push(run('decrypt - (pipes)', ['decrypt', '-', ...policy, '-o', '-'], { from: 'piped', to: 'decrypted' }))
  check(digestOf(path('decrypted')) === bundle, 'decrypt gave another file through pipes')
  rmSync(path('decrypted'))
  rmSync(path('piped'))
  return rows
}

function problemsOf(results) {
  const above = results.filter(({ peak }) => peak > LIMIT).map(({ name, gib }) => `ABOVE THE LIMIT: ${name}, ${gib} GiB`)
  const grown = results.filter(({ name, peak }) => peak > MOST_GROWTH * results.find((first) => first.name === name).peak)
  return [...above, ...grown.map(({ name, gib }) => `GROWS WITH THE SIZE: ${name}, ${gib} GiB: more than a tenth above the first size`)]
}
