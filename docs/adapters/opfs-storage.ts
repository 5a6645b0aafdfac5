/// <reference lib="webworker" />
import type { InstalledRelease, ReleaseStorage, StoredFile } from 'otaseal/manifest'

type Folder = FileSystemDirectoryHandle

/** Releases in the origin private file system: `releases/<releaseId>/<path>`, and `current.json`, which names the installed one. */
export async function opfsStorage(): Promise<ReleaseStorage> {
  const root = await navigator.storage.getDirectory()
  const releases = await root.getDirectoryHandle('releases', { create: true })
  return {
    async installed() {
      const record = await orMissing(root.getFileHandle('current.json'))
      const text = record === undefined ? '' : await (await record.getFile()).text()
      return text === '' ? undefined : (JSON.parse(text) as InstalledRelease) // empty: a crash before the first release
    },
    async install(release) {
      const record = await root.getFileHandle('current.json', { create: true })
      const next = await record.createWritable() // a copy, which takes the place of the file in close()
      await next.write(JSON.stringify(release))
      await next.close()
    },
    async releases() {
      return listOf(releases.keys())
    },
    async files(releaseId) {
      const folder = await orMissing(releases.getDirectoryHandle(releaseId))
      return folder === undefined ? [] : listOf(filesBelow(folder, ''))
    },
    async *read(releaseId, path) {
      const file = await (await fileAt(releases, releaseId, path)).getFile()
      for (let at = 0; at < file.size; at += PIECE) yield new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer())
    },
    async write(releaseId, path, bytes, position) {
      const file = await (await fileAt(releases, releaseId, path, true)).createSyncAccessHandle()
      try {
        for (let done = 0; done < bytes.length; ) done += file.write(bytes.subarray(done), { at: position + done })
        file.flush() // so that install has nothing left to write down
      } finally {
        file.close()
      }
    },
    async remove(releaseId, path) {
      const names = [releaseId, ...(path?.split('/') ?? [])]
      const last = names.pop() as string
      await orMissing(folderAt(releases, names).then(async (folder) => folder.removeEntry(last, { recursive: true })))
    },
    exclusive: async (work) => navigator.locks.request('otaseal-releases', work),
  }
}

const PIECE = 262_144

async function folderAt(start: Folder, names: readonly string[], create = false): Promise<Folder> {
  let folder = start
  for (const name of names) folder = await folder.getDirectoryHandle(name, { create })
  return folder
}

async function fileAt(releases: Folder, releaseId: string, path: string, create = false): Promise<FileSystemFileHandle> {
  const names = [releaseId, ...path.split('/')]
  const last = names.pop() as string
  return (await folderAt(releases, names, create)).getFileHandle(last, { create })
}

async function* filesBelow(folder: Folder, prefix: string): AsyncGenerator<StoredFile> {
  for await (const [name, entry] of folder.entries()) {
    const path = prefix + name
    if (entry.kind === 'directory') yield* filesBelow(entry as Folder, `${path}/`)
    else yield { path, size: (await (entry as FileSystemFileHandle).getFile()).size }
  }
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** What is missing is no failure. */
async function orMissing<T>(found: Promise<T>): Promise<T | undefined> {
  return found.catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'NotFoundError') return undefined
    throw error
  })
}
