// Runs stryker on rooms of src: `node test/mutation/run.mjs [format|keys|trust|device ...]`; without a name, on all.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { figuresOf } from './figures.mjs'

process.chdir(fileURLToPath(new URL('../..', import.meta.url)))
const all = ['format', 'keys', 'trust', 'device']
const rooms = process.argv.length > 2 ? process.argv.slice(2) : all
const unknown = rooms.filter((room) => !all.includes(room))
if (unknown.length > 0) throw new RangeError(`there is no room ${unknown.join(', ')}: name some of ${all.join(', ')}`)

for (const room of rooms) {
  run(process.execPath, ['test/mutation/node_modules/@stryker-mutator/core/bin/stryker.js', 'run', 'test/mutation/stryker.config.mjs'], {
    env: { ...process.env, MUTATION_ROOM: room },
  })
}
console.log(rooms.map((room) => figuresOf(room)).join('\n\n'))

function run(command, args, options) {
  const { status } = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (status !== 0) process.exit(status ?? 1)
}
