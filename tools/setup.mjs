// Makes a fresh clone ready: `node tools/setup.mjs` installs what is missing; with `dist` it builds too, with `bench` it installs what
// the benchmarks need, with `updater` what docs/examples/updater needs, with `mutation` what test/mutation needs, with `site` what the
// documentation site needs, with `fuzz` what test/fuzz needs.
import { existsSync } from 'node:fs'
import { hashOfSources, run, STAMP, textOf } from './util.mjs'

const wants = new Set(process.argv.slice(2))
install('.')
if (wants.has('bench')) install('bench')
if (wants.has('fuzz')) install('test/fuzz')
if (wants.has('updater')) install('docs/examples/updater')
if (wants.has('mutation')) install('test/mutation')
if (wants.has('site')) install('docs/site')
if (wants.has('dist') && !isBuilt()) run(process.execPath, ['tools/build.mjs'])

function install(folder) {
  if (!isInstalled(folder)) run('npm', ['ci', '--ignore-scripts', '--include=dev'], { cwd: folder })
}

/** Whether node_modules holds what the lock file asks for; packages for other platforms may be absent. */
function isInstalled(folder) {
  const installed = textOf(`${folder}/node_modules/.package-lock.json`)
  if (installed === undefined) return false
  const have = JSON.parse(installed).packages
  const want = Object.entries(JSON.parse(textOf(`${folder}/package-lock.json`)).packages)
  return want.every(([path, { version, integrity, optional, link }]) => {
    if (!path.startsWith('node_modules/')) return true
    if (link) return existsSync(`${folder}/${path}`)
    if (optional && !have[path]) return true
    return existsSync(`${folder}/${path}`) && have[path]?.version === version && have[path].integrity === integrity
  })
}

function isBuilt() {
  return existsSync('dist/cli.js') && existsSync('dist/index.d.ts') && textOf(STAMP) === hashOfSources()
}
