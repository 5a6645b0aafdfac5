// Peak memory of verifying and decrypting, in fresh processes. See README.md.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { NODE, commandOf, provenance, writeResults } from './results.mjs'
import { MIB, check, printTable, runMain } from './util.mjs'

// This process stays small and imports nothing of the library: on Linux a child's peak starts at its parent's size.
const ALLOWANCE = 32 * MIB
const child = fileURLToPath(new URL('memory-child.mjs', import.meta.url))
const READING = { name: 'reading only', package: 'node', flow: 'one-shot', kind: 'floor' }

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '50' },
    runs: { type: 'string', default: '3' },
    rows: { type: 'string', default: '' },
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
})
const folder = mkdtempSync(join(tmpdir(), 'otaseal-memory-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
await runMain(main)

function main() {
  const wanted = values.rows.split(',')
  const contenders = runChild('list').filter(({ name, kind, isWhole }) => kind !== 'floor' && !isWhole && wanted.some((part) => name.includes(part)))
  check(contenders.length > 0 && values.size > 0 && values.runs > 0, 'usage: --size 50 --runs 3 --rows otaseal,age --json FILE --check')
  console.log(`Peak resident memory for a bundle of ${values.size} MiB, in MiB; the greatest of ${values.runs} fresh processes`)
  const rows = contenders.map((contender, i) => {
    runChild('make', { ...contender, mib: Number(values.size) })
    return [...(i === 0 ? [worst(READING, 'load')] : []), worst(contender, 'open')]
  }).flat()
  printTable([['', 'flow', 'after imports', 'input', 'output', 'peak', 'grown', 'limit'], ...rows.map(cellsOf)])
  console.log('Grown: peak, less what the process took after its imports. Limit: input + output + 32 MiB.')
  if (values.json) writeResults(values.json, { ...provenance(NODE, commandOf('node bench/memory.mjs')), mib: Number(values.size), runs: Number(values.runs), rows })
  const above = rows.filter(({ grown, limit }) => grown > limit)
  for (const { name, flow } of above) console.log(`ABOVE THE LIMIT: ${name}, ${flow}`)
  if (values.check && above.length > 0) process.exitCode = 1
}

/** The run that grew most: a limit that holds only on average is none. Only the library's one call has a limit. */
function worst({ name, package: of, flow, kind, module }, job) {
  const runs = Array.from({ length: Number(values.runs) }, () => {
    const { before, input, output, peak } = runChild(job, { name, flow, module })
    const limit = kind === 'otaseal' && flow === 'one-shot' ? input + output + ALLOWANCE : undefined
    return { name, package: of, flow, before, input, output, peak, grown: peak - before, limit }
  })
  return runs.reduce((most, run) => (run.grown > most.grown ? run : most))
}

function runChild(job, argument) {
  const args = [child, job, folder, ...(argument === undefined ? [] : [JSON.stringify(argument)])]
  const text = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
  return text === 'undefined' ? undefined : JSON.parse(text)
}

function cellsOf({ name, flow, before, input, output, peak, grown, limit }) {
  const inMib = (bytes) => (bytes === undefined ? '' : (bytes / MIB).toFixed(1))
  return [name, flow, ...[before, input, output, peak, grown, limit].map(inMib)]
}
