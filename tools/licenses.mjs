// dist/THIRD-PARTY-LICENSES.txt: the licence of each package whose code esbuild put into dist/cli.js.
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { report, textOf } from './util.mjs'

const METAFILE = 'dist/metafile-esm.json'
const LICENCE = /^(licen[cs]e|copying|notice)/i

const { outputs } = JSON.parse(textOf(METAFILE))
const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs))
const packages = [...new Set(inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]))]
const folders = packages.filter((folder) => folder !== undefined).sort()

const problems = []
const entries = folders.map((folder) => {
  const { name, version, license } = JSON.parse(textOf(`${folder}/package.json`))
  const texts = readdirSync(folder).filter((file) => LICENCE.test(file)).map((file) => textOf(`${folder}/${file}`).trim())
  if (texts.length === 0) problems.push(`${folder}: has no licence file, and dist/cli.js contains it`)
  return [`${name} ${version} (${license})`, ...texts].join('\n\n')
})

const intro = 'dist/cli.js contains code of the packages below.'
writeFileSync('dist/THIRD-PARTY-LICENSES.txt', [intro, ...entries].join(`\n\n${'-'.repeat(78)}\n\n`) + '\n')
rmSync(METAFILE)
report('licenses', problems, `${entries.length} packages in dist/cli.js`)
