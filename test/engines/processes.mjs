// Programs that run JavaScript from the command line, with the package as it is installed.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleForWeb, installSuite } from './bundle.mjs'
import { BEGIN, MARK } from './outcome.mjs'
import { reportOfProgram } from './programs.mjs'

const RUNTIMES = fileURLToPath(new URL('../../.ci/runtimes/node_modules/', import.meta.url))
const runtime = (path) => join(RUNTIMES, path)

/** Runs the suite of this name and prints its report as one line. */
const printing = (suite, engine) => `
  const { process, navigator } = globalThis
  const version = globalThis.Bun || globalThis.Deno ? navigator.userAgent : process.version
  const report = await ${suite}('${engine}', vectors, { version, begin: (name) => console.log('${BEGIN}' + name) })
  console.log('${MARK}' + JSON.stringify(report))
  process.exitCode = report.failures.length > 0 ? 1 : 0`

/** Of each, the program and the arguments before the name of a module. */
const programs = {
  node20: [process.execPath],
  node22: [runtime('node22/bin/node')],
  node24: [runtime('node24/bin/node')],
  node26: [runtime('node26/bin/node')],
  bun: [runtime('bun/bin/bun.exe'), '--bun'],
  deno: [runtime('deno/deno'), 'run', '-A', '--node-modules-dir=manual'],
}

const installed = Object.entries(programs).map(([name, command]) => ({
  name,
  find: () => existsSync(command[0]),
  run: async () => inFolder(async (cwd) => {
    await installSuite(cwd, 'fullReport', printing('fullReport', name))
    return reportOfProgram(name, [...command, 'suite.mjs'], { cwd })
  }),
}))

/** What a web app bundles, where the platform has taken WebCrypto away. */
const withoutSubtle = {
  name: 'node20-without-subtle',
  find: () => true,
  run: async () => inFolder(async (cwd) => {
    const take = `Object.defineProperty(globalThis, 'crypto', { value: { getRandomValues: crypto.getRandomValues.bind(crypto) } })`
    writeFileSync(join(cwd, 'take.mjs'), take)
    writeFileSync(join(cwd, 'suite.mjs'), await bundleForWeb('insecureReport', printing('insecureReport', 'node20-without-subtle')))
    return reportOfProgram('node20-without-subtle', [process.execPath, '--import', './take.mjs', 'suite.mjs'], { cwd })
  }),
}

export const processes = [...installed, withoutSubtle]

async function inFolder(run) {
  const folder = mkdtempSync(join(tmpdir(), 'otaseal-engine-'))
  try {
    return await run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
