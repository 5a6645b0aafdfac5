// dist: emptied, since chunk names change with their content; built; stamped only when all of it worked.
import { rmSync, writeFileSync } from 'node:fs'
import { hashOfSources, run, STAMP } from './util.mjs'

const hash = hashOfSources()
rmSync(STAMP, { force: true })
rmSync('dist', { recursive: true, force: true })
run(process.execPath, ['node_modules/tsup/dist/cli-default.js'])
run(process.execPath, ['tools/licenses.mjs'])
writeFileSync(STAMP, hash)
