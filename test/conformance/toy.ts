import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { json, otaseal, temporaryFolder } from '../cli/cli.js'
import type { Run, RunOptions } from '../cli/cli.js'

const program = fileURLToPath(new URL('toy-reader.mjs', import.meta.url))

/** A vector that toy-reader.mjs understands. */
export type ToyVector = Readonly<Record<string, unknown>>

/** The bytes of which any may be released. */
function plaintext(size: number): Uint8Array {
  let state = 1
  return Uint8Array.from({ length: size }, () => (state = (Math.imul(1664525, state) + 1013904223) >>> 0) >>> 24)
}

const inputOf = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export function accepting(size: number, operation = 'envelope'): ToyVector {
  const sha256 = createHash('sha256').update(plaintext(size)).digest('hex')
  return { name: `${size} bytes`, operation, options: { app: null }, input: inputOf({ accept: size }), output: { size, sha256 } }
}

export function refusing(code: string, release?: number, operation = 'envelope'): ToyVector {
  const released = release === undefined ? {} : { released: release }
  return { name: `${code}: wrong`, operation, options: { app: null }, input: inputOf({ refuse: code, release }), code, ...released }
}

/** Two to accept and three to refuse, one of which may release some. */
export const five: readonly ToyVector[] = [accepting(100), refusing('bad-tag'), refusing('truncated', 40), accepting(0, 'object'), refusing('bad-json', undefined, 'head')]

export function write(folder: string, vectors: readonly ToyVector[], name = 'toy.json'): void {
  writeFileSync(join(folder, name), JSON.stringify({ about: [], vectors }))
}

export function commandOf(fault: string, from = 1): string {
  return `"${process.execPath}" "${program}" "${fault}" ${from}`
}

/** A failure in what `--json` prints. */
export interface Failure {
  readonly name: string
  readonly verdict: string
  readonly found: { readonly reason?: string; readonly code?: string; readonly output?: { readonly size: number } }
}

/** What `--json` prints. */
export interface Report {
  readonly ok: boolean
  readonly passed: number
  readonly failed: number
  readonly notAsked: number
  readonly gaveUp?: string
  readonly warning?: string
  readonly failures: readonly Failure[]
}

export async function conform(folder: string, command: string, more: readonly string[] = [], options: RunOptions = {}): Promise<Run> {
  return otaseal(folder, ['conformance', '--command', command, '--vectors', 'toy.json', ...more], options)
}

/** Runs a program on vectors of a folder of its own. */
export async function report(vectors: readonly ToyVector[], command: string, more: readonly string[] = []): Promise<{ readonly run: Run; readonly report: Report }> {
  const folder = temporaryFolder()
  write(folder, vectors)
  const run = await conform(folder, command, ['--json', ...more])
  return { run, report: json(run) as unknown as Report }
}
