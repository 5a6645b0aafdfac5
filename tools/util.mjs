// What the tools share; nothing but Node, since setup.mjs runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const SHELL = process.platform === 'win32'

/** Runs a command in full view and ends this program where it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', shell: SHELL, ...options })
  if (error) console.error(`${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

/** What a command prints; its complaints stay in view. */
export function outputOf(command, args, options = {}) {
  const { status, stdout } = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', shell: SHELL, ...options,
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout ?? ''}`)
  return stdout
}

/** Paths below `folder` with this ending, sorted, with forward slashes; none where there is no such folder, and none of what is installed. */
export function filesBelow(folder, ending) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    // A link of an installed package may lead back to this very folder.
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(path, ending)
    return path.endsWith(ending) ? [path] : []
  }).sort()
}

/** The text of a file, or `undefined` where it is missing. */
export function textOf(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

/** The last line of a guard: every problem, or what it looked at. */
export function report(guard, problems, summary) {
  for (const problem of problems) console.error(`${guard}: ${problem}`)
  if (problems.length > 0) process.exitCode = 1
  else console.log(`${guard}: ok, ${summary}`)
}

/** Notes which sources `dist` was built from; in node_modules, so that a new toolchain means a new build. */
export const STAMP = 'node_modules/.otaseal-dist'

export function hashOfSources() {
  const hash = createHash('sha256')
  for (const path of [...filesBelow('src', '.ts'), 'package.json', 'tsconfig.json', 'tsup.config.ts', 'tools/licenses.mjs']) {
    hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}
