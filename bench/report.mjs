// How benchmarks are told: the same in every table.
import { MIB, printTable, summary } from './util.mjs'

export const RATIO_LEGEND =
  'Ratio: median of the floor / median of the row; 1 is as fast as the floor. By round: least, median and greatest' +
  '\nratio of single rounds. Times belong to this machine and this hour and promise nothing: compare ratios only.'

/** A row for each contender of a group, from its times by round. */
export function rowsOf({ contenders, floor }, times, mib) {
  const floorTimes = times[floor]
  return Object.entries(contenders).map(([name, { required }]) => {
    const ms = summary(times[name])
    const ratioByRound = summary(times[name].map((time, round) => floorTimes[round] / time))
    return { name, mib, ms, ratio: summary(floorTimes).median / ms.median, ratioByRound, required }
  })
}

export function printRows(rows, title) {
  console.log(`\n${title}`)
  printTable([
    ['', 'ms (median)', 'min', 'max', 'MB/s', 'ratio', 'by round', 'required'],
    ...rows.map(({ name, mib, ms, ratio, ratioByRound, required }) => [
      name,
      ms.median.toFixed(1), ms.min.toFixed(1), ms.max.toFixed(1),
      speed(mib, ms),
      ratio.toFixed(3),
      [ratioByRound.min, ratioByRound.median, ratioByRound.max].map((value) => value.toFixed(2)).join(' / '),
      required === undefined ? '' : `${ratio < required ? 'BELOW' : 'ok'} (>= ${required})`,
    ]),
  ])
}

/** A group as results.mjs makes it. */
export function printGroup({ mib, rows }, title) {
  console.log(`\n${title}`)
  const cellsOf = ({ name, ms, rounds, ratio, skipped }) => {
    if (skipped !== undefined) return [name, '-', '-', '-', '-', '-', skipped]
    return [name, ms.median.toFixed(1), ms.min.toFixed(1), ms.max.toFixed(1), speed(mib, ms), ratio.toFixed(3), rounds]
  }
  printTable([['', 'ms (median)', 'min', 'max', 'MB/s', 'ratio', 'rounds'], ...rows.map(cellsOf)])
}

function speed(mib, { median }) {
  return ((mib * MIB) / 1000 / median).toFixed(0)
}

/** A line for each row that is too slow. */
export function linesOfBelow(rows) {
  const below = rows.filter(({ ratio, required }) => required !== undefined && ratio < required)
  return below.map(({ name, mib, ratio, required }) => `BELOW THE REQUIREMENT: ${name}, ${mib} MiB: ${ratio.toFixed(3)} < ${required}`)
}
