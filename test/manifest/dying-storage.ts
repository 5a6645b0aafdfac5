import type { ReleaseStorage } from '../../src/manifest.js'

/** A program that fails, or is killed, at a call of its storage, after a part (0 to 1) of what it wrote; it does nothing more then. */
export interface Death {
  readonly how: 'fail' | 'kill'
  /** Number of the call; 0 is the first. */
  readonly call: number
  readonly part: number
}

export interface DyingStorage {
  readonly storage: ReleaseStorage
  /** Once the program was killed, and what its storage had begun has ended. */
  readonly died: Promise<unknown>
}

export function dying(storage: ReleaseStorage, { how, call, part }: Death): DyingStorage {
  let calls = 0
  const underWay = new Set<Promise<unknown>>()
  let end = (): void => undefined
  const died = new Promise<void>((resolve) => (end = resolve)).then(async () => Promise.allSettled(underWay))
  const step = async <T>(work: () => Promise<T>, partly: () => Promise<void> = async () => undefined): Promise<T> => {
    const number = calls++
    if (number >= call) {
      if (number === call) await partly()
      if (how === 'fail') throw new Error('the disk is broken')
      end()
      return new Promise(() => undefined)
    }
    const working = work()
    underWay.add(working)
    return working.finally(() => underWay.delete(working))
  }
  return {
    died,
    storage: {
      installed: async () => step(storage.installed),
      install: async (it) => step(async () => storage.install(it)),
      releases: async () => step(storage.releases),
      files: async (id) => step(async () => storage.files(id)),
      read: async function* (id, path) {
        await step(async () => undefined)
        yield* storage.read(id, path)
      },
      write: async (id, path, bytes, position) =>
        step(async () => storage.write(id, path, bytes, position), async () => storage.write(id, path, bytes.subarray(0, part * bytes.length), position)),
      remove: async (id, path) => step(async () => storage.remove(id, path)),
    },
  }
}
