import { expect } from 'vitest'
import { applyManifest, EnvelopeError } from '../../src/manifest.js'
import { objectsOf } from './helpers.js'
import type { Manifest } from '../../src/build.js'
import type { EnvelopeEvent, Progress } from '../../src/index.js'
import type { AppliedRelease, ApplyOptions, FetchObject, MemoryStorage, ObjectRequest, OpenedManifest, ReleaseStorage } from '../../src/manifest.js'
import type { Files } from './helpers.js'

/** What a server sends for a request, of the object that is asked for; a test's way of spoiling it. */
export type Answer = (bytes: Uint8Array, request: ObjectRequest, number: number) => ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>

/** Objects by name, and what was asked for. */
export interface Server {
  readonly objects: Map<string, Uint8Array>
  readonly requests: ObjectRequest[]
  /** The most requests that were under way at once. */
  readonly most: () => number
  readonly fetchObject: FetchObject
}

/** Pieces as a stream, given one for each read; what `end` throws breaks it off, and without `end` it closes. */
export function streamOf(pieces: Iterable<Uint8Array>, end?: () => void | Promise<void>, onCancel: () => void = () => undefined): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.iterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = iterator.next()
      if (next.done === true) {
        await end?.()
        controller.close()
      } else controller.enqueue(next.value)
    },
    cancel: onCancel,
  })
}

/** Bytes cut into pieces of at most `size`. */
export function cut(bytes: Uint8Array, size = 5000): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

export const whole: Answer = (bytes) => streamOf(cut(bytes))

/** A server that has the new objects of these releases. `answer` sends the bytes of the range that was asked for. */
export function serverOf(releases: readonly Manifest[], answer: Answer = whole): Server {
  const objects = new Map(releases.flatMap((manifest) => [...objectsOf(manifest)]))
  const requests: ObjectRequest[] = []
  let active = 0
  let most = 0
  return {
    objects,
    requests,
    most: () => most,
    fetchObject: async (request) => {
      const object = objects.get(request.name)
      const number = requests.push(request) - 1
      most = Math.max(most, ++active)
      try {
        // A turn of the event loop, in which others may ask as well.
        await new Promise<void>((resolve) => setImmediate(resolve))
        if (object === undefined) throw new Error('there is no such object')
        expect(object.length).toBe(request.size)
        return await answer(object.subarray(request.range.start, request.range.end), request, number)
      } finally {
        active--
      }
    },
  }
}

/** Options without pauses. */
export function applying(storage: ReleaseStorage, server: Pick<Server, 'fetchObject'>, more: Partial<ApplyOptions> = {}): ApplyOptions {
  return { storage, fetchObject: server.fetchObject, retryDelay: 0, ...more }
}

export async function apply(manifest: OpenedManifest, storage: ReleaseStorage, server: Pick<Server, 'fetchObject'>, more: Partial<ApplyOptions> = {}): Promise<AppliedRelease> {
  return applyManifest(manifest, applying(storage, server, more))
}

/** A short text for each content, so that a wrong file shows up as one. */
function shown(files: Iterable<readonly [string, string | Uint8Array]>): Record<string, string> {
  const entries = [...files].map(([path, content]) => [path, Buffer.from(content as Uint8Array).toString('latin1')] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The installed release has exactly these files, byte for byte. */
export function expectInstalled(storage: MemoryStorage, files: Files): void {
  const there = shown(storage.contents())
  const wanted = shown(Object.entries(files).map(([path, content]) => [path, Buffer.from(content as Uint8Array)]))
  expect(Object.keys(there)).toEqual(Object.keys(wanted))
  for (const [path, content] of Object.entries(wanted)) expect(there[path] === content, path).toBe(true)
}

/** Records of events and progress of a call. */
export function recorder(): { readonly events: EnvelopeEvent[]; readonly onEvent: (event: EnvelopeEvent) => void; readonly steps: Progress[]; readonly onProgress: (step: Progress) => void } {
  const events: EnvelopeEvent[] = []
  const steps: Progress[] = []
  return { events, steps, onEvent: (event) => void events.push(event), onProgress: (step) => void steps.push(step) }
}

export function codeOf(error: unknown): string {
  if (!(error instanceof EnvelopeError)) throw new Error('expected an EnvelopeError', { cause: error })
  return error.code
}
