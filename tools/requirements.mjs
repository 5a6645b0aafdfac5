// docs/spec.md numbers its requirements (**R12**) and names errors ([`truncated`]): each requirement is cited in a comment of src and
// in a test, nobody cites one that isn't there, and each error is one of the library's.
import { filesBelow, report, textOf } from './util.mjs'

const SPEC = 'docs/spec.md'
const DEFINITION = /^[ >]*(?:[-*+] +|\d+[.)] +|\| *)?\*\*R(\d+)\*\*/gm
const COMMENT = /\/\/.*|\/\*[^]*?\*\//g
const CITATION = /\bR(\d+)\b/g
/** R71 to R76: all between them are cited as well. */
const RANGE = /\bR(\d+) to R(\d+)\b/g
const BRACKETS = /\[(`[a-z-]+`[^\]]*)\]/g

const numbersIn = (text, pattern) => [...text.matchAll(pattern)].map((match) => Number(match[1]))
const commentsOf = (text) => (text.match(COMMENT) ?? []).join('\n')

/** Number of a requirement -> the files that cite it. */
function citations(folder, endings, readable) {
  const found = new Map()
  for (const path of endings.flatMap((ending) => filesBelow(folder, ending))) {
    for (const number of numbersIn(readable(textOf(path)), CITATION)) {
      found.set(number, (found.get(number) ?? new Set()).add(path))
    }
  }
  return found
}

const whole = (text) => text
const page = textOf(SPEC) ?? ''
const defined = numbersIn(page, DEFINITION)
const inSource = citations('src', ['.ts'], commentsOf)
const inTests = citations('test', ['.ts', '.mjs'], whole)
const elsewhere = [
  citations('docs', ['.md', '.json', '.py', '.java', '.ts', '.mjs', '.js'], whole), citations('tools', ['.mjs'], commentsOf),
  citations('test', ['README.md'], whole),
]

const problems = []
if (defined.length === 0) problems.push(`${SPEC}: found no requirement`)
for (let number = 1; number <= Math.max(0, ...defined); number++) {
  const count = defined.filter((other) => other === number).length
  if (count !== 1) problems.push(`${SPEC}: R${number} stands there ${count} times, must be once`)
  if (count === 0) continue
  if (!inSource.has(number)) problems.push(`${SPEC}: R${number} is cited by no comment in src`)
  if (!inTests.has(number)) problems.push(`${SPEC}: R${number} is cited by no test`)
}
for (const [number, paths] of [inSource, inTests, ...elsewhere].flatMap((found) => [...found])) {
  if (!defined.includes(number)) problems.push(`${[...paths].join(', ')}: cites R${number}, which ${SPEC} does not have`)
}
for (const [range, first, last] of page.matchAll(RANGE)) {
  if (Number(first) >= Number(last)) problems.push(`${SPEC}: ${range} is no range`)
}

const list = /errorCodes = \[([^\]]*)\]/.exec(textOf('src/errors.ts') ?? '')?.[1] ?? ''
const known = new Set([...list.matchAll(/'([^']+)'/g)].map((match) => match[1]))
/** What the columns of codes hold: that of section 9's steps, and that of the limits. */
const columns = page.split('\n').filter((line) => /^\| \d+ \||`limit-exceeded`|`bad-(?:manifest|trust-store)`/.test(line) && line.startsWith('|'))
const columnCodes = columns.flatMap((line) => [...(line.split(' | ').at(-1) ?? '').matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map((match) => match[1]))
const bracketCodes = [...page.matchAll(BRACKETS)].flatMap((match) =>
  [...match[1].matchAll(/(?:^|; )`([a-z-]+)`|`([a-z]+(?:-[a-z]+)+)`/g)].map(([, first, other]) => first ?? other))
const used = new Set([...columnCodes, ...bracketCodes])
for (const code of used) {
  if (!known.has(code)) problems.push(`${SPEC}: names the error ${code}, which src/errors.ts does not have`)
}
report('requirements', problems, `${defined.length} requirements, each in src and test; ${used.size} of ${known.size} errors named`)
