import pc from 'picocolors'
import { systemCode } from '../node/system-error.js'
import { ShownError, failureOf, fileError } from './errors.js'
import { printable } from './text.js'

/** What a command has to tell once its work is done. */
export interface Outcome {
  /** For programs: the members of the one JSON object. */
  readonly data: Readonly<Record<string, unknown>>
  /** For people. */
  readonly lines: readonly string[]
}

/** Where a command talks: results to stdout, everything else to stderr. */
export interface Terminal {
  /** Whether stdout gets exactly one JSON object. */
  readonly json: boolean
  /** To stderr, and never as JSON, where `output`, the file that the command wrote, is stdout itself. */
  show(outcome: Outcome, output?: string): Promise<void>
  note(message: string): void
  warn(message: string): void
  /** Tells why a command failed and returns its exit code. */
  fail(error: unknown): Promise<number>
}

const colours = pc.createColors(process.stderr.isTTY ? pc.isColorSupported : false)

/** Whether `argv` asks for JSON; known before it is parsed, since a usage error must be JSON too. */
export function createTerminal(argv: readonly string[]): Terminal {
  const end = argv.indexOf('--')
  const words = argv.slice(0, end < 0 ? argv.length : end)
  const asked = words.includes('--json') || (words[0] === 'capgo' && words.includes('-j'))
  const json = asked || (argv[0] === 'inspect' && !process.stdout.isTTY)
  const terminal: Terminal = {
    json,
    show: async ({ data, lines }, output) => {
      if (output === '-') writeStderr(textOf(lines))
      else await writeStdout(json ? jsonLine({ ok: true, ...data }) : textOf(lines))
    },
    note: (message) => writeStderr(`otaseal: ${printable(message)}\n`),
    warn: (message) => writeStderr(`otaseal: ${colours.yellow('warning')}: ${printable(message)}\n`),
    fail: async (error) => {
      if (systemCode(error) === 'EPIPE') return 1
      const failure = failureOf(error)
      if (failure === undefined) return 0
      const { code, message, exitCode } = failure
      const kind = exitCode === 2 ? 'usage' : `refused (${code})`
      const tell = (): void => writeStderr(`otaseal: ${colours.red(kind)}: ${printable(message)}\n`)
      if (!asked) tell()
      // Nobody would learn of it where stdout takes nothing.
      if (json && !(error instanceof ShownError)) await writeStdout(jsonLine({ ok: false, error: { code, message } })).catch(asked ? tell : () => undefined)
      return exitCode
    },
  }
  return terminal
}

/** Resolves once stdout has taken `data`; a reader that has gone away rejects it with `EPIPE`. */
export async function writeStdout(data: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(data, (error) => {
      if (error) reject(error)
      else resolve()
    })
  }).catch((error: unknown) => {
    throw systemCode(error) === 'EPIPE' ? error : fileError('write', 'the standard output', error)
  })
}

/** Without a listener a broken pipe would end the program with a stack trace; the write itself reports it. */
export function tolerateBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}

function writeStderr(text: string): void {
  process.stderr.write(text)
}

function jsonLine(value: object): string {
  return `${JSON.stringify(value).replace(unseen, escaped)}\n`
}

/** What JSON leaves as it is, and a terminal obeys or hides. */
const unseen = /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu

/** Each UTF-16 code unit as JSON escapes it. */
function escaped(character: string): string {
  return character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}
