import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import type { ChildProcess } from 'node:child_process'

export const program: string = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** How a run of the command line ended. */
export interface Run {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly bytes: Buffer
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: Uint8Array
}

/** What of this machine's environment a run may see: nothing that changes what it prints or which keys it takes. */
const basis = Object.fromEntries(['PATH', 'HOME', 'SystemRoot'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))

export function start(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [program, ...args], { cwd, env: { ...basis, ...env }, stdio: 'pipe' })
}

/** Runs `otaseal ARGS` in `cwd`. */
export async function otaseal(cwd: string, args: readonly string[], { env = {}, input }: RunOptions = {}): Promise<Run> {
  const child = start(cwd, args, env)
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input ?? '')
  return ended(child)
}

export async function ended(child: ChildProcess): Promise<Run> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (part: Buffer) => out.push(part))
  child.stderr?.on('data', (part: Buffer) => err.push(part))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const bytes = Buffer.concat(out)
      resolve({ code, signal, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err).toString() })
    })
  })
}

/** The one JSON object that a run printed. */
export function json({ stdout }: Run): Record<string, unknown> {
  if (!/^\{.*\}\n$/.test(stdout)) throw new Error(`not one line of JSON: ${stdout}`)
  return JSON.parse(stdout) as Record<string, unknown>
}

/** The code in a failed run's JSON. */
export function codeOf(run: Run): unknown {
  const { ok, error } = json(run)
  return ok === false ? (error as { readonly code: unknown }).code : undefined
}

const folders: string[] = []

/** An empty folder, removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'otaseal-test-'))
  folders.push(folder)
  return folder
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder with an Ed25519 key pair and the file `app.bin`. */
export async function workFolder(): Promise<string> {
  const folder = temporaryFolder()
  const { code, stderr } = await otaseal(folder, ['keygen', '--type', 'Ed25519'])
  if (code !== 0) throw new Error(stderr)
  writeFileSync(join(folder, 'app.bin'), content)
  return folder
}

export const content: Buffer = Buffer.from('the bundle of an app '.repeat(20_000))

/** The names in a folder, sorted. */
export function namesIn(folder: string): readonly string[] {
  return readdirSync(folder).sort()
}

export const release = ['--app', 'com.example.app', '--bundle-version', '1.4.0'] as const
export const accept = ['--key', '.otaseal_key.pub', '--app', 'com.example.app'] as const

/** The util-linux one, whose -e and -c others lack. */
export function hasScript(): boolean {
  try {
    return execFileSync('script', ['-qec', 'echo yes', '/dev/null'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).startsWith('yes')
  } catch {
    return false
  }
}
