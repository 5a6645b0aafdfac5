// What a run has found, for README.md: `node test/mutation/figures.mjs ROOM [survivors]`.
import { readFileSync } from 'node:fs'

const COLUMNS = ['Killed', 'Timeout', 'Survived', 'NoCoverage', 'Ignored']

function filesOf(room) {
  return Object.entries(JSON.parse(readFileSync(`reports/mutation/${room}/mutation.json`, 'utf8')).files)
}

function row(name, mutants) {
  const count = (status) => mutants.filter((mutant) => mutant.status === status).length
  const counts = COLUMNS.map(count)
  const [killed, timeout, survived, uncovered] = counts
  const score = (100 * (killed + timeout)) / (killed + timeout + survived + uncovered)
  return `| ${[name, mutants.length, ...counts, Number.isNaN(score) ? '' : `${score.toFixed(1)} %`].join(' | ')} |`
}

/** A table in Markdown: each file of a room, and the sum. */
export function figuresOf(room) {
  const files = filesOf(room)
  return [
    '| file | mutants | killed | timeout | survived | not covered | ignored | score |',
    '|---|---:|---:|---:|---:|---:|---:|---:|',
    ...files.map(([path, { mutants }]) => row(`\`${path.slice('src/'.length)}\``, mutants)),
    row(`**${room}**`, files.flatMap(([, { mutants }]) => mutants)),
  ].join('\n')
}

/** Each mutant that no test kills, with what it was and what became of it. */
export function survivorsOf(room) {
  return filesOf(room).flatMap(([path, { mutants, source }]) =>
    mutants
      .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
      .map(({ location: { start, end }, replacement, mutatorName, status }) => {
        const lines = source.split('\n').slice(start.line - 1, end.line)
        lines[lines.length - 1] = lines[lines.length - 1].slice(0, end.column - 1)
        const was = lines.join(' ').slice(start.column - 1).replace(/\s+/g, ' ')
        return `${path}:${start.line}:${start.column} ${mutatorName}${status === 'NoCoverage' ? ' (not covered)' : ''}\n  - ${was.slice(0, 200)}\n  + ${replacement.replace(/\s+/g, ' ').slice(0, 160)}`
      }),
  )
}

const [, script, room, what] = process.argv
if (script.endsWith('figures.mjs')) console.log(what === 'survivors' ? survivorsOf(room).join('\n') : figuresOf(room))
