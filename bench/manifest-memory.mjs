// Peak memory of installing a large release from a server in another process. Needs GNU time. See README.md.
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checkRoom, digestOf, runNode, workFolder, writeRandom, writeText } from './files.mjs'
import { MIB, check, printTable, runMain } from './util.mjs'

const CHILD = fileURLToPath(new URL('manifest-memory-child.mjs', import.meta.url))
const SERVER = fileURLToPath(new URL('manifest-server.mjs', import.meta.url))
const LIMIT = 160 * MIB
/** Where memory is short, and V8 is told so; without it, it collects garbage the later the more memory the machine has. */
const SMALL_HEAP = '--max-old-space-size=64'

/** How many million bytes each file has, in a release of so many; text compresses by a quarter, random bytes not at all. */
const LAYOUTS = {
  thousands: { sizes: (mb) => Array.from({ length: mb * 10 }, () => 0.1), compress: 'none', write: writeRandom },
  hundreds: { sizes: (mb) => Array.from({ length: mb }, () => 1), compress: 'none', write: writeRandom },
  one: { sizes: (mb) => [mb * 0.8, ...Array.from({ length: 10 }, () => mb * 0.02)], compress: 'none', write: writeRandom },
  gzip: { sizes: (mb) => Array.from({ length: 10 }, () => mb / 10), compress: 'gzip', write: writeText },
  br: { sizes: (mb) => Array.from({ length: 10 }, () => mb / 10), compress: 'br', write: writeText },
}

await runMain(main)

async function main() {
  const { mb, layouts, folder: parent, check: mustHold } = readOptions()
  const folder = workFolder(parent)
  checkRoom(folder, mb * 1e6)
  runNode(folder, [CHILD, 'keys'])
  const results = []
  for (const name of layouts) results.push(...(await measureLayout(folder, name, mb)))
  console.log(`\nSmall heap: node ${SMALL_HEAP}`)
  console.log('Peak resident memory of one process for each call, which ends with exit code 0, as /usr/bin/time counts it')
  printTable([
    ['', 'MB', 'files', 'MB of objects', 'peak MiB', 'required', 'seconds'],
    ...results.map(({ name, mb, files, bytes, peak, seconds, isApplied }) => [
      name, mb, files, (bytes / 1e6).toFixed(1), (peak / MIB).toFixed(1),
      isApplied ? `${peak > LIMIT ? 'ABOVE' : 'ok'} (<= ${LIMIT / MIB})` : '', seconds.toFixed(1),
    ]),
  ])
  if (mustHold && results.some(({ peak, isApplied }) => isApplied && peak > LIMIT)) process.exitCode = 1
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      mb: { type: 'string', default: '500' },
      layouts: { type: 'string', default: Object.keys(LAYOUTS).join(',') },
      // Not the system's folder for temporary files, which may lie in memory.
      folder: { type: 'string', default: '.' },
      check: { type: 'boolean', default: false },
    },
  })
  const layouts = values.layouts.split(',')
  check(Number(values.mb) > 0 && layouts.every((name) => name in LAYOUTS), `usage: --mb 500 --layouts ${Object.keys(LAYOUTS).join(',')} --folder DIR --check`)
  return { ...values, mb: Number(values.mb), layouts }
}

async function measureLayout(folder, layout, mb) {
  const { sizes, compress, write } = LAYOUTS[layout]
  for (const name of ['source', 'server']) mkdirSync(join(folder, name))
  const digests = sizes(mb).map((size, i) => write(join(folder, 'source', `${i}.bin`), Math.round(size * 1e6)))
  const published = runNode(folder, [CHILD, 'publish', 'source', compress])
  const { bytes } = JSON.parse(published.stdout)
  rmSync(join(folder, 'source'), { recursive: true })
  const server = await startServer(join(folder, 'server'))
  const release = { mb, files: digests.length, bytes }
  const rows = [{ name: `createManifest, ${layout}`, ...release, ...published }]
  for (const [how, flags] of [['', []], [', small heap', [SMALL_HEAP]]]) {
    const applied = runNode(folder, [...flags, CHILD, 'apply', server.url])
    const { installed } = JSON.parse(applied.stdout)
    check(digests.every((digest, i) => digestOf(join(installed, `${i}.bin`)) === digest), `${layout}: another file was installed`)
    rmSync(join(folder, 'device'), { recursive: true })
    rows.push({ name: `applyManifest, ${layout}${how}`, ...release, ...applied, isApplied: true })
  }
  server.stop()
  rmSync(join(folder, 'server'), { recursive: true })
  return rows
}

async function startServer(folder) {
  const child = spawn(process.execPath, [SERVER, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [url] = await new Promise((started) => createInterface(child.stdout).once('line', (line) => started([line])))
  return { url, stop: () => child.stdin.end() }
}
