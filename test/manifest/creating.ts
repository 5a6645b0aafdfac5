import { objectsOf, opened } from './helpers.js'
import type { Manifest, ManifestInput, ObjectStore } from '../../src/build.js'
import type { OpenManifestOptions } from '../../src/manifest.js'

/** The files of a release as a device gets them, by path. */
export async function filesIn(manifest: Manifest, objects: ReadonlyMap<string, Uint8Array> = objectsOf(manifest), more: Partial<OpenManifestOptions> = {}): Promise<Map<string, Uint8Array>> {
  const release = await opened(manifest, more)
  const files = new Map<string, Uint8Array>()
  for (const { path, object } of release.files) {
    const bytes = objects.get(object.name)
    if (bytes === undefined) throw new Error(`no object for ${path}`)
    files.set(path, await release.decryptObject(path, bytes))
  }
  return files
}

/** A stream in pieces of some length, and what became of it. */
export interface WatchedStream {
  readonly stream: ReadableStream<Uint8Array>
  readonly cancelled: () => unknown
  readonly pulled: () => number
}

/** A stream of these bytes that may fail, or come to a stop, after them. */
export function watchedStream(bytes: Uint8Array, { piece = 5000, end = (controller): void => controller.close() }: { piece?: number; end?: (controller: ReadableStreamDefaultController<Uint8Array>) => unknown } = {}): WatchedStream {
  let [at, pulled] = [0, 0]
  let cancelled: unknown
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        pulled++
        if (at >= bytes.length) await end(controller)
        else controller.enqueue(bytes.slice(at, at + piece))
        at += piece
      },
      cancel: (reason) => void (cancelled = reason),
    },
    { highWaterMark: 0 },
  )
  return { stream, cancelled: () => cancelled, pulled: () => pulled }
}

/** What a store was asked, in words, and what lies in it. */
export interface WatchedStore extends ObjectStore {
  readonly calls: string[]
  readonly objects: ReadonlyMap<string, Uint8Array>
}

/** A store in memory; `before` each call something may happen. Bytes that nobody wrote are 0xee. */
export function watchedStore(before: (call: string) => unknown = () => undefined): WatchedStore {
  const calls: string[] = []
  const objects = new Map<string, Uint8Array>()
  const called = async (call: string): Promise<void> => {
    calls.push(call)
    await before(call)
  }
  return {
    calls,
    objects,
    create: async (size) => {
      await called('create')
      const object = new Uint8Array(size).fill(0xee)
      return {
        write: async (bytes, position) => {
          await called('write')
          if (position + bytes.length > size) throw new Error('written beyond the end')
          object.set(bytes, position)
        },
        finish: async (name) => {
          await called('finish')
          objects.set(name, object)
        },
        discard: async () => called('discard'),
      }
    },
    flush: async () => called('flush'),
  }
}

/** Files from a generator that says when its loop was left. */
export async function* leaving(files: readonly ManifestInput[], left: () => void): AsyncGenerator<ManifestInput, void, undefined> {
  try {
    yield* files
  } finally {
    left()
  }
}
