// Makes a fresh clone ready: `node tools/setup.mjs` installs what is missing, `node tools/setup.mjs dist` builds too.
import { existsSync } from 'node:fs'
import { hashOfSources, run, STAMP, textOf } from './util.mjs'

if (!isInstalled()) run('npm', ['ci', '--ignore-scripts', '--include=dev'])
if (process.argv.includes('dist') && !isBuilt()) run(process.execPath, ['tools/build.mjs'])

/** Whether node_modules holds what the lock file asks for; packages for other platforms may be absent. */
function isInstalled() {
  const installed = textOf('node_modules/.package-lock.json')
  if (installed === undefined) return false
  const have = JSON.parse(installed).packages
  const want = Object.entries(JSON.parse(textOf('package-lock.json')).packages)
  return want.every(([path, { version, integrity, optional }]) => {
    if (path === '' || (optional && !have[path])) return true
    return existsSync(path) && have[path]?.version === version && have[path].integrity === integrity
  })
}

function isBuilt() {
  return existsSync('dist/cli.js') && existsSync('dist/index.d.ts') && textOf(STAMP) === hashOfSources()
}
