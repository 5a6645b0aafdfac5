// Peak memory of decrypting an envelope in one call, in fresh processes. See README.md.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { MIB, printTable } from './util.mjs'

// This process stays small and imports nothing of the library: on Linux a child's peak starts at its parent's size.
const ALLOWANCE = 32 * MIB
const child = fileURLToPath(new URL('memory-child.mjs', import.meta.url))

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '50' },
    runs: { type: 'string', default: '5' },
    check: { type: 'boolean', default: false },
  },
})
const folder = mkdtempSync(join(tmpdir(), 'otaseal-memory-'))
try {
  main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function main() {
  runChild('make', values.size)
  console.log(`Peak resident memory for a bundle of ${values.size} MiB, in MiB; the greatest of ${values.runs} fresh processes`)
  const rows = [
    worst('reading only', 'load'),
    ...['node', 'web', 'noble'].map((backend) => worst(`verifyAndDecrypt, ${backend}`, 'decrypt', backend)),
  ]
  printTable([['', 'after imports', 'input', 'output', 'peak', 'grown', 'limit'], ...rows.map(cellsOf)])
  console.log('Grown: peak, less what the process took after its imports. Limit: input + output + 32 MiB.')
  const above = rows.filter(({ grown, limit }) => grown > limit)
  for (const { name } of above) console.log(`ABOVE THE LIMIT: ${name}`)
  if (values.check && above.length > 0) process.exitCode = 1
}

/** The run that grew most: a limit that holds only on average is none. */
function worst(name, job, backend = '') {
  const runs = Array.from({ length: Number(values.runs) }, () => {
    const { before, input, output, peak } = JSON.parse(runChild(job, backend))
    return { name, before, input, output, peak, grown: peak - before, limit: input + output + ALLOWANCE }
  })
  return runs.reduce((most, run) => (run.grown > most.grown ? run : most))
}

function runChild(job, argument) {
  return execFileSync(process.execPath, [child, job, folder, argument], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

function cellsOf({ name, before, input, output, peak, grown, limit }) {
  return [name, ...[before, input, output, peak, grown, limit].map((bytes) => (bytes / MIB).toFixed(1))]
}
