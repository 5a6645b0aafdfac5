// Which plots there are, of which results: none where the results are missing.
import { MIB } from '../util.mjs'

const FLOWS = { 'one-shot': 'one call', stream: 'stream' }
const BROWSERS = ['chromium', 'firefox', 'webkit']
const SIZE = 50

export function plotsOf(read) {
  return [nodePlot(read('node')), ...ratioPlots(read), memoryPlot(read('memory')), sizesPlot(read('sizes'))].filter((plot) => plot !== undefined)
}

function nodePlot(results) {
  const groups = results?.groups.filter((group) => isDevice(group) && group.mib === SIZE) ?? []
  if (groups.length === 0) return undefined
  const bar = (row) => ({ ...named(row), value: speed(row), label: figure(speed(row)) })
  return {
    name: 'node',
    title: `Verify and decrypt ${SIZE} MiB on Node`,
    subtitle: [...provenance(results), roundsOf(groups)],
    axis: 'MB/s, median: longer is faster',
    panels: groups.map(({ flow, rows }) => ({ title: FLOWS[flow], bars: sorted(timed(rows).map(bar)) })),
  }
}

/** Engines side by side: what each gives of the bare primitives' speed there. */
function ratioPlots(read) {
  const browsers = BROWSERS.map(read).filter((results) => results !== undefined)
  const shells = [read('shells')].filter((results) => results !== undefined)
  return [
    ratioPlot('browsers', 'in browsers, by stream', browsers, ({ flow, mib }) => flow === 'stream' && mib === SIZE),
    ratioPlot('shells', 'in engines without WebCrypto', shells, () => true),
  ]
}

function ratioPlot(name, where, files, isWanted) {
  const groups = files.flatMap(({ groups: of }) => largest(of.filter((group) => isDevice(group) && isWanted(group))))
  if (groups.length === 0) return undefined
  const bar = (row) => ({ ...named(row), value: row.ratio, label: figure(row.ratio) })
  const panel = ({ engine, flow, mib, rows }) => ({ title: `${engine}, ${mib} MiB, ${FLOWS[flow]}`, bars: sorted(timed(rows).map(bar)) })
  return {
    name,
    title: `Verify and decrypt ${where}`,
    subtitle: [...provenance({ ...files[0], engine: undefined }), roundsOf(groups)],
    axis: 'speed, where that of the bare primitives (the floor) is 1: longer is faster',
    panels: groups.map(panel),
  }
}

function memoryPlot(results) {
  if (results === undefined) return undefined
  const bar = (row) => ({ ...named(row), value: row.grown / MIB, label: `${Math.round(row.grown / MIB)}` })
  const panel = (flow) => ({ title: FLOWS[flow], bars: sorted(results.rows.filter((row) => row.flow === flow).map(bar)).reverse() })
  return {
    name: 'memory',
    title: `Peak memory of opening ${results.mib} MiB on Node`,
    subtitle: [...provenance(results), `the greatest of ${results.runs} fresh processes; in one call, what is opened lies in memory and counts`],
    axis: 'MiB beyond what the process has after its imports: shorter is better',
    panels: Object.keys(FLOWS).map(panel),
  }
}

function sizesPlot(results) {
  if (results === undefined) return undefined
  const rows = results.rows.filter(({ gzip }) => gzip !== undefined)
  const bar = (row) => ({ ...named(row), value: row.gzip / 1000, label: (row.gzip / 1000).toFixed(1) })
  return {
    name: 'sizes',
    title: 'What a web page loads to verify and decrypt',
    subtitle: [`${results.engine}, gzip level ${results.gzipLevel}; otaseal ${results.otaseal}; ${results.date}`],
    axis: 'kB, minified and gzipped: shorter is better',
    panels: [{ bars: sorted(rows.map(bar)).reverse() }],
  }
}

function isDevice({ side, data }) {
  return side === 'device' && data === 'random'
}

/** Of each engine and flow the group with most bytes. */
function largest(groups) {
  const most = new Map()
  for (const group of groups) {
    const key = `${group.engine} ${group.flow}`
    if (!(most.get(key)?.mib >= group.mib)) most.set(key, group)
  }
  return [...most.values()]
}

function timed(rows) {
  return rows.filter(({ ms }) => ms !== undefined)
}

function speed({ ms }) {
  return (SIZE * MIB) / 1000 / ms.median
}

function figure(value) {
  return value < 100 ? value.toPrecision(2) : `${Math.round(value)}`
}

/** The floor is known by its name, since every engine has another. */
function named({ name, package: of = '' }) {
  if (/^(floor|bare|the same|reading only)/.test(name)) return { name, kind: 'floor' }
  if (of.startsWith('otaseal')) return { name, kind: 'otaseal' }
  return { name, kind: name.startsWith('Capgo') ? 'deployed' : 'other' }
}

function sorted(bars) {
  return bars.sort((a, b) => b.value - a.value)
}

function provenance({ machine: { cpu, cores, memoryBytes, os }, engine, date, otaseal }) {
  const where = `${cpu}, ${cores} cores, ${Math.round(memoryBytes / 2 ** 30)} GiB, ${os}`
  return [where, [engine, `otaseal ${otaseal}`, date].filter((part) => part !== undefined).join('; ')]
}

function roundsOf(groups) {
  const counts = [...new Set(groups.map(({ rounds }) => rounds))]
  return `${counts.join(' or ')} rounds, medians; slow ones got fewer`
}
