// What comes of an engine: its report, or a report of how it failed to give one.

/** Milliseconds for all that one engine runs. */
export const TIMEOUT = 300_000

/** What stands in a line before a report, so that it is found among whatever else an engine prints. */
export const MARK = '@engine-report '
export const BEGIN = '@engine-begin '

/** A report of an engine that gave none. */
export function failedReport(engine, message, last) {
  const name = last === undefined ? 'the engine' : `the engine, in ${last}`
  return { engine, passed: 0, failures: [{ name, message }], skipped: [] }
}

/** The report, once somebody made one of it: whatever an engine may send in its place is a failure. */
export function checkedReport(engine, report) {
  const isReport = Number.isInteger(report?.passed) && Array.isArray(report.failures) && Array.isArray(report.skipped)
  if (!isReport) return failedReport(engine, `it told ${JSON.stringify(report)?.slice(0, 2000)} in place of a report`)
  if (report.passed + report.failures.length === 0) return failedReport(engine, 'it ran no test')
  return { ...report, engine }
}

/** What comes first: the outcome, or that it took too long. */
export async function within(milliseconds, outcome, late) {
  let timer
  const timeout = new Promise((resolve) => (timer = setTimeout(() => resolve(late()), milliseconds)))
  try {
    return await Promise.race([outcome, timeout])
  } finally {
    clearTimeout(timer)
  }
}
