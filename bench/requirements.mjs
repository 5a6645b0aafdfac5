// What is required on Node, of 50 MiB of random bytes on the device.
const MIB = 50
const OF_FLOOR = 0.9
const OF_PEERS = 3
const NAME = 'otaseal, node'

/** A line for each requirement, and whether it is met; none where the groups don't hold what they speak of. */
export function requirementsOf(groups, contenders) {
  const wanted = groups.filter(({ side, data, mib }) => side === 'device' && data === 'random' && mib === MIB)
  return wanted.flatMap((group) => linesOf(group, contenders.filter(({ flow }) => flow === group.flow)))
}

function linesOf({ flow, rows }, contenders) {
  const timed = rows.filter(({ ms }) => ms !== undefined)
  const own = timed.find(({ name }) => name === NAME)
  if (own === undefined) return []
  const ofKind = (kind) => timed.filter(({ name }) => contenders.some((one) => one.name === name && one.kind === kind))
  const line = (text, value, least) => ({ met: value >= least, text: `${flow}, ${MIB} MiB: ${text}: ${value.toFixed(2)}, required ${least}` })
  const lines = [line('share of the floor', own.ratio, OF_FLOOR)]
  for (const { name, ms } of ofKind('deployed')) lines.push(line(`times as fast as ${name}`, ms.median / own.ms.median, 1))
  const [fastest] = ofKind('peer').sort((a, b) => a.ms.median - b.ms.median)
  if (fastest) lines.push(line(`times as fast as the fastest peer, ${fastest.name}`, fastest.ms.median / own.ms.median, OF_PEERS))
  return lines
}
