// docs/spec.md numbers its requirements (**R12**); each is cited in a comment of src and in a test.
import { filesBelow, report, textOf } from './util.mjs'

const SPEC = 'docs/spec.md'
const DEFINITION = /^[ >]*(?:[-*+] +|\d+[.)] +|\| *)?\*\*R(\d+)\*\*/gm
const COMMENT = /\/\/.*|\/\*[^]*?\*\//g
const CITATION = /\bR(\d+)\b/g

const numbersIn = (text, pattern) => [...text.matchAll(pattern)].map((match) => Number(match[1]))
const commentsOf = (text) => (text.match(COMMENT) ?? []).join('\n')

/** Number of a requirement -> the files that cite it. */
function citations(folder, readable) {
  const found = new Map()
  for (const path of filesBelow(folder, '.ts')) {
    for (const number of numbersIn(readable(textOf(path)), CITATION)) {
      found.set(number, (found.get(number) ?? new Set()).add(path))
    }
  }
  return found
}

const defined = numbersIn(textOf(SPEC) ?? '', DEFINITION)
const inSource = citations('src', commentsOf)
const inTests = citations('test', (text) => text)

const problems = []
if (defined.length === 0) problems.push(`${SPEC}: found no requirement`)
for (let number = 1; number <= Math.max(0, ...defined); number++) {
  const count = defined.filter((other) => other === number).length
  if (count !== 1) problems.push(`${SPEC}: R${number} stands there ${count} times, must be once`)
  if (count === 0) continue
  if (!inSource.has(number)) problems.push(`${SPEC}: R${number} is cited by no comment in src`)
  if (!inTests.has(number)) problems.push(`${SPEC}: R${number} is cited by no test`)
}
for (const [number, paths] of [...inSource, ...inTests]) {
  if (!defined.includes(number)) problems.push(`${[...paths].join(', ')}: cites R${number}, which ${SPEC} does not have`)
}
report('requirements', problems, `${defined.length} requirements, each in src and test`)
