// workerd, which runs the suite as a worker's own test.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleForWeb } from './bundle.mjs'
import { BEGIN, MARK } from './outcome.mjs'
import { reportOfProgram } from './programs.mjs'

const PROGRAM = fileURLToPath(new URL('../../.ci/runtimes/node_modules/workerd/bin/workerd', import.meta.url))

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = (modules = [(name = "worker", esModule = embed "worker.mjs")], compatibilityDate = "2026-01-01"))]);
`

const ENDING = `
  export default {
    async test() {
      const report = await fullReport('workerd', vectors, { version: navigator.userAgent, begin: (name) => console.log('${BEGIN}' + name) })
      console.log('${MARK}' + JSON.stringify(report))
    },
  }`

export const workerd = [
  {
    name: 'workerd',
    find: () => existsSync(PROGRAM),
    run: async () => {
      const cwd = mkdtempSync(join(tmpdir(), 'otaseal-workerd-'))
      try {
        writeFileSync(join(cwd, 'worker.mjs'), await bundleForWeb('fullReport', ENDING))
        writeFileSync(join(cwd, 'config.capnp'), CONFIG)
        return await reportOfProgram('workerd', [PROGRAM, 'test', 'config.capnp'], { cwd })
      } finally {
        rmSync(cwd, { recursive: true, force: true })
      }
    },
  },
]
