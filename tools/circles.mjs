// Files of dist must not import each other in a circle, by whichever backend: a constant would be used before it is made, and
// `saltLength: undefined`, say, is another signature scheme.
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { filesBelow, report, textOf } from './util.mjs'

const { imports } = JSON.parse(textOf('package.json'))
const files = filesBelow('dist', '.js').filter((path) => path !== 'dist/cli.js')

/** The files that one imports; of a name that package.json maps, each that it may stand for. */
function importsOf(path) {
  const specifiers = [...readFileSync(path, 'utf8').matchAll(/^(?:import|export)\b[^'";]*["']([.#][^"']+)["'];?$|^\} from ["']([.#][^"']+)["'];?$/gm)]
  return specifiers.map(([, whole, last]) => whole ?? last).flatMap((specifier) =>
    specifier.startsWith('#') ? Object.values(imports[specifier]).map((target) => posix.normalize(target)) : [posix.join(posix.dirname(path), specifier)])
}

const graph = new Map(files.map((path) => [path, importsOf(path)]))
const problems = []
const done = new Set()

function walk(path, trail) {
  if (trail.includes(path)) problems.push([...trail.slice(trail.indexOf(path)), path].join(' imports '))
  else if (!done.has(path)) {
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path])
    done.add(path)
  }
}

for (const path of files) walk(path, [])
const edges = [...graph.values()].flat()
if (edges.some((path) => !graph.has(path))) problems.push(`imports ${edges.find((path) => !graph.has(path))}, which is not there`)
report('circles', problems, `${files.length} files of dist, ${edges.length} imports`)
