// node bench/tables.mjs: the tables of README.md that come from results/*.json, ready to paste.
import { readResults } from './results.mjs'
import { MIB } from './util.mjs'

const SIDES = ['device', 'build']
const node = readResults('node')
const memory = readResults('memory')
const sizes = readResults('sizes')

for (const side of SIDES) {
  for (const flow of ['one-shot', 'stream']) printSpeed(side, flow)
}
if (memory) table(`Peak memory, ${memory.mib} MiB`, ['MiB beyond imports', 'one call', 'stream'], namesOf(memory.rows).map(memoryRow))
if (sizes) table('For a web page', ['kB', 'minified', 'gzip'], sizes.rows.map(({ name, minified, gzip, skipped }) => [name, kb(minified) ?? skipped, kb(gzip) ?? '']))

/** Columns are sizes and kinds of data, as far as they were measured; a cell is MB/s and the ratio. */
function printSpeed(side, flow) {
  const groups = (node?.groups ?? []).filter((group) => group.side === side && group.flow === flow)
  if (groups.length === 0) return
  const cell = ({ mib, rows }, name) => {
    const { ms, ratio, skipped } = rows.find((row) => row.name === name) ?? {}
    return ms === undefined ? (skipped ?? '') : `${((mib * MIB) / 1000 / ms.median).toPrecision(3)}, ${ratio.toPrecision(2)}`
  }
  const rows = namesOf(groups.flatMap((group) => group.rows)).map((name) => [name, ...groups.map((group) => cell(group, name))])
  table(`${side}, ${flow}, ${node.engine}, ${node.date}`, ['MB/s, ratio', ...groups.map(({ mib, data }) => `${mib} MiB, ${data}`)], rows)
}

function memoryRow(name) {
  const grown = (flow) => memory.rows.find((row) => row.name === name && row.flow === flow)?.grown
  return [name, ...['one-shot', 'stream'].map((flow) => (grown(flow) === undefined ? '' : Math.round(grown(flow) / MIB)))]
}

function namesOf(rows) {
  return [...new Set(rows.map(({ name }) => name))]
}

function kb(bytes) {
  return bytes === undefined ? undefined : (bytes / 1000).toFixed(1)
}

function table(title, head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  console.log([`\n${title}\n`, line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n'))
}
