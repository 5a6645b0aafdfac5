import type * as promises from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

/** What happens at the operation with this number, counted from 0: a write before it stops is half done. */
export interface CrashPlan {
  at: number
  readonly how: 'stops' | 'fails'
  /** The operations so far. */
  readonly done: string[]
  readonly stopped: () => void
  /** Left out: the file system has hard links. */
  readonly hasLinks?: boolean
}

/** What a test says of the files that it works on. */
export interface WatchedWorld {
  plan?: CrashPlan | undefined
  /** The code with which writing any folder down to the disk fails. */
  folders?: string | undefined
  readonly handles: FileHandle[]
}

type Call = (...args: unknown[]) => Promise<unknown>

function failure(code: string, syscall = 'test'): Error {
  return Object.assign(new Error(`${code}: made for a test`), { code, syscall })
}

/** Node's functions for files, each of whose operations goes by the plan of `world`. */
export function watchedFiles(module: typeof promises, world: WatchedWorld): typeof promises {
  function watched(name: string, call: Call): Call {
    return async (...args) => {
      const { plan } = world
      if (plan === undefined) return call(...args)
      const isDue = plan.done.length === plan.at
      plan.done.push(name)
      if (isDue && plan.how === 'fails') throw failure('EIO')
      if (plan.done.length > plan.at && plan.how === 'stops') {
        const [bytes] = args
        if (name === 'write' && bytes instanceof Uint8Array) await call(bytes.subarray(0, bytes.length / 2))
        plan.stopped()
        await new Promise(() => undefined)
      }
      if (name === 'link' && plan.hasLinks === false) throw failure('EPERM')
      // What lies on the disk after a loss of power is not seen here, and takes long.
      return name === 'sync' ? undefined : call(...args)
    }
  }

  const watchedHandle = (handle: FileHandle): FileHandle => {
    world.handles.push(handle)
    return new Proxy(handle, {
      get: (target, name) => {
        const code = world.folders
        if (name === 'sync' && code !== undefined) return async () => {
          if ((await target.stat()).isDirectory()) throw failure(code, 'fsync')
        }
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? watched(String(name), (member as Call).bind(target)) : member
      },
    })
  }

  const functions = Object.entries(module).filter(([, member]) => typeof member === 'function')
  const all = Object.fromEntries(functions.map(([name, call]) => [name, watched(name, call as Call)]))
  const open = watched('open', module.open as Call)
  return { ...module, ...all, open: async (...args: unknown[]) => watchedHandle((await open(...args)) as FileHandle) }
}
