// What is required in each browser, of a stream of 50 MiB of random bytes on the device, in pieces of 64 KiB.
const MIB = 50
const NAME = 'otaseal, web'
const OF_FLOOR = 0.8
const OF_AGE = 5
const OF_RUNNING_HASH = 8

/** A line for each requirement, and whether it is met; none where the groups don't hold what they speak of. */
export function requirementsOf(engine, groups) {
  const group = groups.find(({ side, flow, data, mib }) => side === 'device' && flow === 'stream' && data === 'random' && mib === MIB)
  const row = (name) => group?.rows.find((one) => one.name === name && one.ms !== undefined)
  const own = row(NAME)
  if (own === undefined) return []
  const line = (text, value, least) => ({ met: value >= least, text: `${engine}: stream, ${MIB} MiB: ${text}: ${value.toFixed(2)}, required ${least}` })
  const times = (name, least) => {
    const other = row(name)
    return other === undefined ? [] : [line(`times as fast as ${name}`, other.ms.median / own.ms.median, least)]
  }
  const lines = [line('share of the floor', own.ratio, OF_FLOOR), ...times('age-encryption', OF_AGE)]
  return [...lines, ...times('a running SHA-256 of noble, WebCrypto GCM', OF_RUNNING_HASH)]
}
