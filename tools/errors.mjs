// Every error code has one row in docs/errors.md and one section in docs/troubleshooting.md, and each of these a code.
import { report, textOf } from './util.mjs'

const list = /errorCodes = \[([^\]]*)\]/.exec(textOf('src/errors.ts') ?? '')?.[1] ?? ''
const codes = [...list.matchAll(/'([^']+)'/g)].map((match) => match[1])
const rows = [...(textOf('docs/errors.md') ?? '').matchAll(/^\|\s*`([^`]+)`\s*\|/gm)].map((match) => match[1])
const sections = [...(textOf('docs/troubleshooting.md') ?? '').matchAll(/^### `([^`]+)`$/gm)].map((match) => match[1])

const problems = []
if (codes.length === 0) problems.push('src/errors.ts: found no errorCodes')
for (const code of codes) {
  const count = rows.filter((row) => row === code).length
  if (count !== 1) problems.push(`docs/errors.md: ${count} rows for the code ${code}, must be one`)
  const told = sections.filter((section) => section === code).length
  if (told !== 1) problems.push(`docs/troubleshooting.md: ${told} sections for the code ${code}, must be one`)
}
for (const row of new Set(rows)) {
  if (!codes.includes(row)) problems.push(`docs/errors.md: a row for ${row}, which src/errors.ts does not have`)
}
for (const section of new Set(sections)) {
  if (!codes.includes(section)) problems.push(`docs/troubleshooting.md: a section for ${section}, which src/errors.ts does not have`)
}
report('errors', problems, `${codes.length} codes`)
