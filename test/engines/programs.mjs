// A program that prints its report, with all that it starts ended in time.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { BEGIN, MARK, TIMEOUT, checkedReport, failedReport, within } from './outcome.mjs'

const TAIL = 4000

/** The report that a program prints; a program that prints none, fails afterwards or doesn't end is reported as a failure. */
export async function reportOfProgram(engine, [command, ...args], { cwd, env = {}, timeout = TIMEOUT } = {}) {
  // A group of its own, so that it can be ended with all that it starts.
  const child = spawn(command, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const end = () => killGroup(child.pid)
  process.once('exit', end)
  const seen = { report: undefined, last: undefined, tail: '' }
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', (line) => note(seen, line))
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(failedReport(engine, error.message)))
    child.once('close', (code, signal) => resolve(outcomeOf(engine, seen, code ?? signal)))
  })
  try {
    return await within(timeout, ended, () => failedReport(engine, `nothing came within ${timeout / 1000} s: ${seen.tail}`, seen.last))
  } finally {
    process.off('exit', end)
    end()
  }
}

function note(seen, line) {
  const [report, begun] = [textAfter(MARK, line), textAfter(BEGIN, line)]
  if (report !== undefined) seen.report = report
  else if (begun !== undefined) seen.last = begun
  else seen.tail = `${seen.tail}\n${line}`.slice(-TAIL)
}

/** Some engines put a prefix before what a program prints. */
function textAfter(mark, line) {
  const at = line.indexOf(mark)
  return at < 0 ? undefined : line.slice(at + mark.length)
}

function outcomeOf(engine, { report, last, tail }, code) {
  if (report === undefined) return failedReport(engine, `it ended with ${code} and told nothing: ${tail}`, last)
  const checked = checkedReport(engine, JSON.parse(report))
  if (code === 0 || checked.failures.length > 0) return checked
  return failedReport(engine, `it ended with ${code} after its report: ${tail}`)
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}
