import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ended, program } from './cli.js'
import type { Run } from './cli.js'

/** How a command ended that a person answered in a terminal. */
export interface Typed {
  /** The command's own exit code, as the shell tells it. */
  readonly code: number
  /** All that the terminal showed. */
  readonly shown: string
  /** Whether the terminal's settings are what they were. */
  readonly isRestored: boolean
}

/** Types each answer once the terminal shows the question before it; `line` is shell, in which `otaseal` is the program. */
export async function typed(
  folder: string,
  line: string,
  answers: readonly (readonly [question: string, answer: string])[],
  env: Readonly<Record<string, string>> = {},
): Promise<Typed> {
  const call = `otaseal() { '${process.execPath}' '${program}' "$@"; }; trap : INT; stty -g > before; ${line}; echo $? > code; stty -g > after`
  const basis = { PATH: process.env['PATH'] ?? '', HOME: folder, SHELL: '/bin/sh', TERM: 'xterm' }
  const child = spawn('script', ['-qec', call, '/dev/null'], { cwd: folder, env: { ...basis, ...env }, stdio: 'pipe' })
  child.stdin.on('error', () => undefined)
  const waiting = [...answers]
  let shown = ''
  child.stdout.on('data', (part: Buffer) => {
    shown += part.toString()
    const [next] = waiting
    if (next === undefined || !shown.includes(next[0])) return
    waiting.shift()
    shown = shown.slice(shown.indexOf(next[0]) + next[0].length)
    child.stdin.write(next[1])
  })
  const run: Run = await ended(child)
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  return { code: Number(read('code')), shown: run.stdout, isRestored: read('before') === read('after') && read('before') !== '' }
}
