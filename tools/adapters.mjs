// The adapters of docs/, type-checked against the SDKs that they are for, which are installed for this alone.
import { spawnSync } from 'node:child_process'
import { run, textOf } from './util.mjs'

const FOLDER = 'docs/adapters'
const INSTALL = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']

/** Whether node_modules holds what package.json asks for; npm writes its own lock there last. */
function isInstalled() {
  if (textOf(`${FOLDER}/node_modules/.package-lock.json`) === undefined) return false
  const { dependencies } = JSON.parse(textOf(`${FOLDER}/package.json`))
  return Object.entries(dependencies).every(
    ([name, version]) => JSON.parse(textOf(`${FOLDER}/node_modules/${name}/package.json`) ?? '{}').version === version,
  )
}

function install() {
  // Without a network npm would try again for minutes.
  const args = process.env.CI ? INSTALL : [...INSTALL, '--fetch-retries=0']
  const { status } = spawnSync('npm', args, { cwd: FOLDER, stdio: 'inherit', shell: process.platform === 'win32' })
  return status === 0
}

if (isInstalled() || install()) {
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', FOLDER])
  console.log('adapters: ok')
} else if (process.env.CI) {
  console.error('adapters: the SDKs could not be installed')
  process.exitCode = 1
} else {
  console.log('adapters: skipped, since the SDKs could not be installed: is there a network?')
}
