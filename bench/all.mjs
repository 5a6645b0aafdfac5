// node bench/all.mjs: everything that README.md tells of Node, measured again on this machine, and the plots of it.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { resultsPath } from './results.mjs'

const STEPS = [
  ['run.mjs', '--json', resultsPath('node')],
  ['memory.mjs', '--json', resultsPath('memory')],
  ['sizes.mjs', '--json', resultsPath('sizes')],
  ['plots.mjs'],
  ['tables.mjs'],
]

for (const step of STEPS) {
  const args = step.map((part) => (part.endsWith('.mjs') ? fileURLToPath(new URL(part, import.meta.url)) : part))
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
