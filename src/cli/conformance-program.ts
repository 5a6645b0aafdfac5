import { spawn } from 'node:child_process'
import { SHELL_CODES, endGroup, publicEnvironment } from '../node/shell-command.js'
import { systemCode } from '../node/system-error.js'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** Milliseconds after the end of a program, or of its stdout, in which the other is waited for. */
const GRACE = 1000

/** What a program makes of a request: a line, or what is wrong with it. */
export type Reply = { readonly line: Buffer } | Fault

/** Why there is no answer, as the rest of a sentence that begins with "it". */
export interface Fault {
  readonly fault: string
  /** No other request will fare better. */
  readonly isFinal?: true
}

/** What an answer may take. */
export interface Bounds {
  readonly milliseconds: number
  /** Bytes of the line. */
  readonly length: number
}

/** A program that answers requests, one at a time. */
export interface Program {
  readonly ask: (request: string, bounds: Bounds) => Promise<Reply>
  /** Ends its stdin and waits for its end; what it does wrong then. */
  readonly finish: (milliseconds: number) => Promise<Finish>
  /** Ends it with all that it has started, and whoever waits for it. */
  readonly kill: () => void
}

/** How a program ended. */
export interface Finish {
  readonly fault?: string
  /** Wrong, but of no answer. */
  readonly warning?: string
}

type Child = ChildProcessByStdio<Writable, Readable, null>

/** Starts a program by the shell, in a group of processes of its own, so that all that it starts can be ended. */
export function startProgram(command: string): Program {
  const detached = process.platform !== 'win32'
  const child = spawn(command, { shell: true, detached, env: publicEnvironment(), stdio: ['pipe', 'pipe', 'inherit'] })
  // It may fail before it reads: its end tells.
  child.stdin.on('error', () => undefined)
  const kill = (): void => {
    child.stdin.destroy()
    child.stdout.destroy()
    // Whatever becomes of it.
    child.unref()
    if (detached && child.pid !== undefined) endGroup(child.pid)
    else child.kill('SIGKILL')
  }
  return conversation(child, endingOf(child), kill)
}

function conversation(child: Child, ending: Promise<Fault>, kill: () => void): Program {
  const lines = lineReader(child.stdout)
  let killed: (fault: Fault) => void = () => undefined
  const ended = Promise.race([ending, new Promise<Fault>((resolve) => (killed = resolve))])
  return {
    ask: async (request, { milliseconds, length }) => {
      const line = lines.next(length)
      child.stdin.write(`${request}\n`)
      const reply = (await within<Reply>(milliseconds, [line, ended])) ?? lateFault(milliseconds, lines.pending())
      // For the rest of what it printed at once; what comes later is the answer to the next request, or is left at the end.
      await nextTurn()
      return 'line' in reply && lines.hasMore() ? { fault: 'it printed more than one line' } : reply
    },
    finish: async (milliseconds) => {
      child.stdin.end()
      await within(milliseconds, [ended])
      if (lines.hasMore()) return { fault: 'it printed more after its last answer' }
      if (isRunning(child)) return { warning: 'did not end when its stdin did, and was ended' }
      return child.exitCode === 0 ? {} : { warning: `ended with ${exitText(child)} when its stdin did` }
    },
    kill: () => {
      kill()
      killed({ fault: 'it was ended' })
    },
  }
}

/** Without a flush what a program prints stays in it, which is the mistake that most make first. */
function lateFault(milliseconds: number, pending: number): Fault {
  const printed = pending === 0 ? 'printed nothing: it must flush its stdout behind each line' : `printed ${pending} bytes, but no line feed`
  return { fault: `it did not answer within ${milliseconds / 1000} seconds, and ${printed}` }
}

/** What comes first of some promises; `undefined` where none comes in time. */
async function within<T>(milliseconds: number, promises: readonly Promise<T>[]): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const time = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), milliseconds)))
  try {
    return await Promise.race([...promises, time])
  } finally {
    clearTimeout(timer)
  }
}

async function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** How a program ended, or its stdout: known once both have, or a while after the first. */
async function endingOf(child: Child): Promise<Fault> {
  return new Promise((resolve) => {
    const tell = (): void => {
      const words = SHELL_CODES.get(child.exitCode ?? 0)
      if (isRunning(child)) resolve({ fault: 'it closed its stdout before it answered' })
      else if (words === undefined) resolve({ fault: `it ended with ${exitText(child)} before it answered` })
      else resolve({ fault: `it ${words}`, isFinal: true })
    }
    const wait = (): void => void setTimeout(tell, GRACE).unref()
    child.on('error', (error) => resolve({ fault: `it could not be started: ${systemCode(error) ?? 'the system refused'}`, isFinal: true }))
    child.on('exit', wait)
    child.stdout.on('end', wait)
    child.on('close', tell)
  })
}

function isRunning({ exitCode, signalCode }: Child): boolean {
  return exitCode === null && signalCode === null
}

function exitText({ exitCode, signalCode }: Child): string {
  return exitCode === null ? (signalCode ?? 'a signal') : `exit code ${exitCode}`
}

/** The lines of a stream, each of which must be asked for. */
interface LineReader {
  /** The next line, which may have so many bytes. */
  readonly next: (length: number) => Promise<Reply>
  /** Whether there is anything that nobody has asked for. */
  readonly hasMore: () => boolean
  /** Bytes of a line that has not ended yet. */
  readonly pending: () => number
}

function lineReader(stream: Readable): LineReader {
  let parts: Buffer[] = []
  let length = 0
  let isAfter = false
  let asked: { readonly max: number; readonly resolve: (reply: Reply) => void } | undefined
  const tell = (reply: Reply, isMore: boolean): void => {
    asked?.resolve(reply)
    asked = undefined
    parts = []
    isAfter = isMore
  }
  stream.on('data', (part: Buffer) => {
    if (asked === undefined) {
      isAfter = true
      return
    }
    const end = part.indexOf(0x0a)
    parts.push(end < 0 ? part : part.subarray(0, end))
    length += part.length
    if (length > asked.max) tell({ fault: `it printed more than ${asked.max} bytes` }, true)
    else if (end >= 0) tell({ line: Buffer.concat(parts) }, end + 1 < part.length)
  })
  return {
    next: async (max) =>
      new Promise((resolve) => {
        length = 0
        asked = { max, resolve }
      }),
    hasMore: () => isAfter,
    pending: () => length,
  }
}
