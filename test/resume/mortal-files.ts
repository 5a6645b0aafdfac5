import { open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

/** The files of a process that can be killed. */
export interface MortalFiles {
  readonly files: {
    readonly open: (path: string, flags: number) => Promise<MortalHandle>
    readonly readFile: (path: string) => Promise<Buffer>
    readonly readdir: (path: string) => Promise<string[]>
    readonly rename: (from: string, to: string) => Promise<void>
    readonly rm: (path: string) => Promise<void>
    readonly writeFile: (path: string, bytes: Uint8Array) => Promise<void>
  }
  readonly isDead: () => boolean
}

type MortalHandle = Pick<FileHandle, 'close' | 'read' | 'sync' | 'truncate' | 'write'>

/** Kills a process: in the course of its write number so-and-so (0 is the first), after a part of it (0 to 1) is on the disk. */
export interface Death {
  readonly atWrite: number
  readonly part: number
}

/** A longer write does but half of it at once, as systems may. */
const SHORT = 10_000

/**
 * Node's files for a process that may die while it writes. What it wrote until then stays, nothing works any more
 * afterwards, and `onDeath` is called.
 */
export function mortalFiles(death: Death | undefined, onDeath: () => void): MortalFiles {
  let writes = 0
  let dead = false
  const alive = <A extends unknown[], T>(call: (...args: A) => Promise<T>) => async (...args: A): Promise<T> => {
    if (dead) throw new Error('killed')
    return call(...args)
  }
  /** How many of the bytes are written before the process dies; `undefined` where it lives on. */
  const lastWords = (length: number): number | undefined => {
    if (writes++ !== death?.atWrite) return undefined
    dead = true
    return Math.floor(death.part * length)
  }
  const die = (): never => {
    onDeath()
    throw new Error('killed')
  }
  const write = (handle: FileHandle) => async (bytes: Uint8Array, offset: number, length: number, position: number) => {
    const part = lastWords(length)
    const written = await handle.write(bytes, offset, part ?? (length > SHORT ? length >> 1 : length), position)
    return part === undefined ? written : die()
  }
  return {
    isDead: () => dead,
    files: {
      open: alive(async (path, flags) => {
        const handle = await open(path, flags)
        return {
          close: async () => handle.close(),
          read: alive(handle.read.bind(handle)),
          sync: alive(handle.sync.bind(handle)),
          truncate: alive(handle.truncate.bind(handle)),
          write: alive(write(handle)),
        } as MortalHandle
      }),
      readFile: alive(readFile as MortalFiles['files']['readFile']),
      readdir: alive(readdir as MortalFiles['files']['readdir']),
      rename: alive(rename),
      rm: alive(rm),
      writeFile: alive(async (path, bytes) => {
        const part = lastWords(bytes.length)
        await writeFile(path, bytes.subarray(0, part))
        if (part !== undefined) die()
      }),
    },
  }
}
