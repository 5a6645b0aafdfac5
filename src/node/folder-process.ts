import { createHash } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { systemCode } from './system-error.js'

/** Tells a process from all others, also from one that gets its number later. */
export interface ProcessMark {
  readonly pid: number
  /** When it was started, as the system counts; 0 where that can't be asked for. */
  readonly start: string
  /** Where its number means something: the machine since it was booted, and the container. */
  readonly place: string
}

const UNKNOWN = '0'

/** What /proc tells of a process, on Linux. */
interface ProcessState {
  readonly letter: string
  readonly start: string
}

export async function thisProcess(): Promise<ProcessMark> {
  const start = (await stateOf('self'))?.start ?? UNKNOWN
  return { pid: process.pid, start, place: await placeOfProcesses() }
}

/** Whether a process has ended; `undefined` where that can't be told, as of a thread of this one. */
export async function hasEnded({ pid, start, place }: ProcessMark): Promise<boolean | undefined> {
  if (place !== (await placeOfProcesses())) return undefined
  if (!isNumberTaken(pid)) return true
  const state = await stateOf(String(pid))
  if (state === undefined || start === UNKNOWN) return undefined
  // One that nobody has waited for keeps its number.
  const isGone = state.start !== start || state.letter === 'Z' || state.letter === 'X'
  return !isGone && pid === process.pid ? undefined : isGone
}

/** Asking takes no signal; who may not send one is told so only of a process that is there. */
function isNumberTaken(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) !== 'ESRCH'
  }
}

/** proc_pid_stat(5): the third member, and the 22nd; the second, a name, may have parentheses and spaces in it. */
async function stateOf(pid: string): Promise<ProcessState | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  const members = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [letter, start] = [members[0], members[19]]
  return letter === undefined || start === undefined || !/^\d{1,20}$/.test(start) ? undefined : { letter, start }
}

async function placeOfProcesses(): Promise<string> {
  const nothing = (): string => ''
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(nothing)
  const container = await readlink('/proc/self/ns/pid').catch(nothing)
  return createHash('sha256').update(JSON.stringify([hostname(), boot, container])).digest('hex').slice(0, 16)
}
