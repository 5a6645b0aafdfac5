/* The storage of docs/manifests.md for the origin private file system, as it is, against a stand-in of that: types are proven by tools/adapters.mjs. */
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { writeFileSync } from 'node:fs'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { applyManifest } from '../../src/manifest.js'
import { temporaryFolder } from '../cli/cli.js'
import { expectRefused, pattern } from '../envelope/helpers.js'
import { serverOf } from './applying.js'
import { opened, publisher, release } from './helpers.js'
import type { ReleaseStorage } from '../../src/manifest.js'
import type { Files } from './helpers.js'

let opfsStorage: () => Promise<ReleaseStorage>

beforeAll(async () => {
  const source = readFileSync(fileURLToPath(new URL('../../docs/adapters/opfs-storage.ts', import.meta.url)), 'utf8')
  const module = join(temporaryFolder(), 'opfs-storage.mjs')
  writeFileSync(module, (await transform(source, { loader: 'ts' })).code)
  opfsStorage = ((await import(pathToFileURL(module).href)) as { readonly opfsStorage: () => Promise<ReleaseStorage> }).opfsStorage
})

afterEach(() => vi.unstubAllGlobals())

interface FileNode {
  readonly kind: 'file'
  bytes: Buffer
}

interface FolderNode {
  readonly kind: 'directory'
  readonly entries: Map<string, FileNode | FolderNode>
}

const missing = (): DOMException => new DOMException('there is no such entry', 'NotFoundError')

/** A file as the platform shows it: what a writable holds takes the file's place when it is closed. */
function fileHandle(node: FileNode): object {
  return {
    kind: 'file',
    getFile: async () => new File([new Uint8Array(node.bytes)], 'file'),
    createWritable: async () => {
      const parts: string[] = []
      return { write: async (text: string) => void parts.push(text), close: async () => void (node.bytes = Buffer.from(parts.join(''))) }
    },
    createSyncAccessHandle: async () => ({
      write: (bytes: Uint8Array, { at }: { readonly at: number }) => {
        const most = bytes.subarray(0, 10_000) // a platform may write less than it was given
        const next = Buffer.alloc(Math.max(node.bytes.length, at + most.length))
        node.bytes.copy(next)
        next.set(most, at)
        node.bytes = next
        return most.length
      },
      flush: () => undefined,
      close: () => undefined,
    }),
  }
}

function folderHandle({ entries }: FolderNode): object {
  const get = async (name: string, create: boolean, made: () => FileNode | FolderNode): Promise<object> => {
    const node = entries.get(name) ?? (create ? made() : undefined)
    if (node === undefined) throw missing()
    entries.set(name, node)
    return handleOf(node)
  }
  return {
    kind: 'directory',
    getDirectoryHandle: async (name: string, { create = false } = {}) => get(name, create, () => ({ kind: 'directory', entries: new Map() })),
    getFileHandle: async (name: string, { create = false } = {}) => get(name, create, () => ({ kind: 'file', bytes: Buffer.alloc(0) })),
    removeEntry: async (name: string) => {
      if (!entries.delete(name)) throw missing()
    },
    async *keys() {
      yield* entries.keys()
    },
    async *entries() {
      for (const [name, node] of entries) yield [name, handleOf(node)]
    },
  }
}

function handleOf(node: FileNode | FolderNode): object {
  return node.kind === 'file' ? fileHandle(node) : folderHandle(node)
}

/** Makes the platform's globals; gives the root of the file system. */
function standIn(): FolderNode {
  const root: FolderNode = { kind: 'directory', entries: new Map() }
  const locks = { request: async (_name: string, work: () => Promise<unknown>) => work() }
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => folderHandle(root) }, locks })
  return root
}

async function contentsOf(storage: ReleaseStorage): Promise<Record<string, string>> {
  const { releaseId = '' } = (await storage.installed()) ?? {}
  const contents: Record<string, string> = {}
  for (const { path } of await storage.files(releaseId)) {
    const pieces: Uint8Array[] = []
    for await (const piece of storage.read(releaseId, path)) pieces.push(piece)
    contents[path] = Buffer.concat(pieces).toString('base64')
  }
  return contents
}

const base64 = (files: Files): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, content]) => [path, Buffer.from(content as Uint8Array).toString('base64')]))

const one: Files = { 'index.html': 'one', 'assets/app.js': pattern(300_000, 1), 'assets/deep/empty': '' }
const two: Files = { ...one, 'index.html': 'two', 'assets/new.js': pattern(40_000, 2) }

test('the storage for browsers installs one release after the other, and goes on after a failure', async () => {
  standIn()
  const storage = await opfsStorage()
  expect([await storage.installed(), await storage.releases()]).toEqual([undefined, []])
  const first = await release(one)
  const second = await release(two, { sequence: 1001, version: '1.5.0', previous: { manifest: first, trust: publisher.publicKey } })
  const server = serverOf([first, second])
  const apply = async (manifest: typeof first): Promise<unknown> =>
    applyManifest(await opened(manifest), { storage, fetchObject: server.fetchObject, retryDelay: 0 })
  expect(await apply(first)).toMatchObject({ wasInstalled: false, fetchedObjects: 3 })
  expect(await contentsOf(storage)).toEqual(base64(one))
  const withheld = [...server.objects].filter(([name]) => !first.files.some(({ object }) => object.name === name))
  for (const [name] of withheld) server.objects.delete(name)
  await expectRefused(async () => apply(second), 'fetch-failed')
  expect(await contentsOf(storage)).toEqual(base64(one))
  for (const [name, object] of withheld) server.objects.set(name, object)
  const reopened = await opfsStorage()
  expect(await applyManifest(await opened(second), { storage: reopened, fetchObject: server.fetchObject })).toMatchObject({ fetchedObjects: 2 })
  expect(await contentsOf(reopened)).toEqual(base64(two))
  expect(await reopened.installed()).toMatchObject({ version: '1.5.0', sequence: 1001 })
})

test('a crash before the first release was installed leaves none', async () => {
  const root = standIn()
  const storage = await opfsStorage()
  root.entries.set('current.json', { kind: 'file', bytes: Buffer.alloc(0) })
  expect(await storage.installed()).toBeUndefined()
})

test('removing what is not there is no failure, of a whole release or of a file in a folder', async () => {
  standIn()
  const storage = await opfsStorage()
  const releaseId = 'a'.repeat(64)
  for (const path of [undefined, 'file', 'no/such/folder']) await storage.remove(releaseId, path)
  await storage.write(releaseId, 'folder/file', Buffer.from('x'), 0)
  await storage.remove(releaseId, 'folder/file')
  expect(await storage.files(releaseId)).toEqual([])
})
