// What reports of tests say: how many passed, failed and were skipped, and the titles of the skipped.
import { textOf } from './util.mjs'

/** Of a report of vitest, or `undefined` where there is none. */
export function vitestTally(path) {
  const text = textOf(path)
  if (text === undefined) return undefined
  const report = JSON.parse(text)
  const isSkipped = ({ status }) => status !== 'passed' && status !== 'failed'
  const skipped = report.testResults.flatMap((file) => file.assertionResults.filter(isSkipped).map(({ fullName }) => fullName))
  return { passed: report.numPassedTests, failed: failures(report), skipped }
}

/** A file that failed before any of its tests ran counts as one failure. */
function failures({ numFailedTests, testResults }) {
  const isBroken = (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed')
  return numFailedTests + testResults.filter(isBroken).length
}

/** Of one engine in reports/engines.json; an engine of which no test ran counts as a failure. */
export function engineTally({ passed, failures, skipped }) {
  const failed = failures.length + (passed + failures.length + skipped.length === 0 ? 1 : 0)
  return { passed, failed, skipped: skipped.map(({ name, why }) => `${name} (${why})`) }
}

export function lineOf({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped.length} skipped`
}
