// node bench/plots.mjs: draws docs/plots/*.svg from results/*.json; with --check it demands that those which are there are what it would draw.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { View, parse } from 'vega'
import { compile } from 'vega-lite'
import { barsOf } from './plots/bars.mjs'
import { plotsOf } from './plots/plots.mjs'
import { readResults } from './results.mjs'
import { check, runMain } from './util.mjs'

const FOLDER = fileURLToPath(new URL('../docs/plots/', import.meta.url))

await runMain(async () => {
  const isCheck = process.argv.includes('--check')
  mkdirSync(FOLDER, { recursive: true })
  for (const { name, ...plot } of plotsOf(readResults)) {
    const path = `${FOLDER}${name}.svg`
    const svg = `${await new View(parse(compile(barsOf(plot)).spec), { renderer: 'none' }).toSVG()}\n`
    if (isCheck) check(existsSync(path) && readFileSync(path, 'utf8') === svg, `docs/plots/${name}.svg is not what the results give: node bench/plots.mjs`)
    else writeFileSync(path, svg)
    console.log(`docs/plots/${name}.svg`)
  }
})
