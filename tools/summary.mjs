// The closing line of a test run, from vitest's report: `N passed, N failed, N skipped`.
import { textOf } from './util.mjs'

const text = textOf('reports/vitest.json')
const results = text === undefined ? undefined : JSON.parse(text)

/** A file that failed before any of its tests ran counts as one failure. */
function failures({ numFailedTests, testResults }) {
  const isBroken = (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed')
  return numFailedTests + testResults.filter(isBroken).length
}

const passed = results?.numPassedTests ?? 0
const failed = results === undefined ? 0 : failures(results)
const skipped = results === undefined ? 0 : results.numPendingTests + results.numTodoTests

console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
if (passed === 0 || failed > 0) process.exitCode = 1
