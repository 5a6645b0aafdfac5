/*
 * The readers of docs/readers, which are no part of the package: each must pass all vectors. What it needs is installed by
 * .ci/engines; where it is missing, its test fails in CI and is skipped elsewhere.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { json, otaseal, temporaryFolder } from '../cli/cli.js'

const readers = fileURLToPath(new URL('../../docs/readers', import.meta.url))
const sources = readdirSync(join(readers, 'java')).filter((name) => name.endsWith('.java')).map((name) => join(readers, 'java', name))
const isCI = (process.env['CI'] ?? '') !== ''

const can = (program: string, ...args: readonly string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const pass = async (command: string): Promise<void> => {
  const run = await otaseal(temporaryFolder(), ['conformance', '--command', command, '--json'])
  const { ok, whole, failures, gaveUp } = json(run)
  expect({ failures, gaveUp, stderr: run.stderr }).toEqual({ failures: [], gaveUp: undefined, stderr: '' })
  expect([run.code, ok, whole]).toEqual([0, true, true])
}

/** Debian's, whose package of cryptography it is. */
const PYTHON = '/usr/bin/python3'
const hasPython = can(PYTHON, '-c', 'import cryptography')
it.skipIf(!hasPython && !isCI)('Python (skipped: /usr/bin/python3 with cryptography is missing, apt install python3-cryptography)', async () => {
  await pass(`${PYTHON} "${join(readers, 'python/reader.py')}"`)
})

const hasJava = can('javac', '-version') && can('java', '-version')
it.skipIf(!hasJava && !isCI)('Java (skipped: javac is missing, apt install openjdk-17-jdk-headless)', async () => {
  const classes = temporaryFolder()
  execFileSync('javac', ['--release', '17', '-Xlint:all', '-Werror', '-d', classes, ...sources])
  await pass(`java -cp "${classes}" Reader`)
})
