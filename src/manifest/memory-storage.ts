import { asBytes, copyBytes } from '../bytes.js'
import type { Bytes } from '../bytes.js'
import type { InstalledRelease, ReleaseStorage } from './storage.js'

/** A file that grows; its memory is doubled where it is too small. */
interface MemoryFile {
  memory: Bytes
  size: number
}

/** Releases in memory: for tests, and where a program keeps the installed files itself. */
export interface MemoryStorage extends ReleaseStorage {
  /** Copies of the files of the installed release, by path; none before the first. */
  readonly contents: () => ReadonlyMap<string, Uint8Array<ArrayBuffer>>
}

/** Makes an empty one. */
export function memoryStorage(): MemoryStorage {
  const places = new Map<string, Map<string, MemoryFile>>()
  let installed: InstalledRelease | undefined
  let last: Promise<unknown> = Promise.resolve()
  const filesOf = (releaseId: string): ReadonlyMap<string, MemoryFile> => places.get(releaseId) ?? new Map()
  return {
    installed: async () => installed,
    install: async (release) => void (installed = { ...release }),
    releases: async () => [...places.keys()],
    files: async (releaseId) => [...filesOf(releaseId)].map(([path, { size }]) => ({ path, size })),
    read: async function* (releaseId, path) {
      const file = filesOf(releaseId).get(path)
      if (file === undefined) throw new RangeError('there is no such file')
      yield contentOf(file)
    },
    write: async (releaseId, path, bytes, position) => {
      const files = places.get(releaseId) ?? new Map<string, MemoryFile>()
      const file = files.get(path) ?? { memory: new Uint8Array(0), size: 0 }
      put(file, asBytes(bytes, 'bytes'), position)
      places.set(releaseId, files.set(path, file))
    },
    remove: async (releaseId, path) => {
      if (path === undefined) places.delete(releaseId)
      else places.get(releaseId)?.delete(path)
    },
    exclusive: async (work) => {
      const turn = last.then(work)
      last = turn.catch(() => undefined)
      return turn
    },
    contents: () => new Map([...filesOf(installed?.releaseId ?? '')].map(([path, file]) => [path, contentOf(file)])),
  }
}

function contentOf({ memory, size }: MemoryFile): Bytes {
  return copyBytes(memory.subarray(0, size))
}

function put(file: MemoryFile, bytes: Bytes, position: number): void {
  const end = position + bytes.length
  if (position > file.size) throw new RangeError('position lies behind the end of the file')
  if (end > file.memory.length) {
    const memory = new Uint8Array(Math.max(end, Math.min(2 * file.memory.length, end + 2 ** 24)))
    memory.set(file.memory.subarray(0, file.size))
    file.memory = memory
  }
  file.memory.set(bytes, position)
  file.size = Math.max(file.size, end)
}
