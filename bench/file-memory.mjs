// Peak memory of the command line on files of any size, as the system counts it. Needs GNU time. See README.md.
import { spawnSync } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { MIB, check, printTable, runMain } from './util.mjs'

const TIME = '/usr/bin/time'
const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const LIMIT = 128 * MIB
const MOST_GROWTH = 1.1
const APP = ['--app', 'com.example.bench']

await runMain(main)

function main() {
  const { sizes, folder: parent, mustHold } = readOptions()
  check(existsSync(TIME), `${TIME} is missing: it is GNU time, for example of Debian's package time`)
  const folder = mkdtempSync(join(resolve(parent), 'otaseal-file-memory-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
  otaseal(folder, ['keygen', '--type', 'Ed25519'])
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
  const { bavail, bsize } = statfsSync(folder)
  check(bavail * bsize > 3 * size, `${folder} has ${Math.floor((bavail * bsize) / MIB)} MiB left, ${gib} GiB need three times as much`)
  const path = (name) => join(folder, name)
  const bundle = writeRandom(path('bundle'), size)
  const release = [...APP, '--bundle-version', '1.0.0', '--force']
  const policy = ['--key', '.otaseal_key.pub', ...APP]
  const run = (name, args, pipes) => ({ name, gib, ...otaseal(folder, args, pipes) })
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

/** One call, with its peak in bytes. Between files and a call that reads - and writes - there are real pipes. */
function otaseal(folder, args, pipes) {
  const record = join(folder, 'time')
  const call = [TIME, '--format', '%M %e', '--output', record, process.execPath, CLI, ...args]
  const script = pipes === undefined ? '"$@"' : 'set -o pipefail; cat "$FROM" | "$@" | cat > "$TO"'
  const env = { ...process.env, FROM: pipes?.from, TO: pipes?.to }
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', ...call], {
    cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'],
  })
  check(status === 0, `otaseal ${args.join(' ')} ended with ${status}: ${stderr}`)
  const [kib, seconds] = readFileSync(record, 'utf8').trim().split(' ').map(Number)
  return { peak: kib * 1024, seconds }
}

/** Writes random bytes, and gives their SHA-256. */
function writeRandom(path, size) {
  const hash = createHash('sha256')
  const piece = new Uint8Array(MIB)
  const file = openSync(path, 'wx')
  for (let left = size; left > 0; left -= piece.length) {
    const part = randomFillSync(piece.subarray(0, left))
    hash.update(part)
    for (let done = 0; done < part.length; ) done += writeSync(file, part, done)
  }
  closeSync(file)
  return hash.digest('hex')
}

function digestOf(path) {
  const hash = createHash('sha256')
  const piece = new Uint8Array(MIB)
  const file = openSync(path)
  for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) hash.update(piece.subarray(0, read))
  closeSync(file)
  return hash.digest('hex')
}

function problemsOf(results) {
  const above = results.filter(({ peak }) => peak > LIMIT).map(({ name, gib }) => `ABOVE THE LIMIT: ${name}, ${gib} GiB`)
  const grown = results.filter(({ name, peak }) => peak > MOST_GROWTH * results.find((first) => first.name === name).peak)
  return [...above, ...grown.map(({ name, gib }) => `GROWS WITH THE SIZE: ${name}, ${gib} GiB: more than a tenth above the first size`)]
}
