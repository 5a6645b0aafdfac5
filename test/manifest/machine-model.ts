/** Releases and a disk, and what must be there after each step of a state machine. */
import { expect } from 'vitest'
import { CHUNK, pattern } from '../envelope/helpers.js'
import { opened, publisher, release } from './helpers.js'
import type { Manifest } from '../../src/build.js'
import type { OpenedManifest, ReleaseStorage } from '../../src/manifest.js'

type Contents = Readonly<Record<string, Uint8Array>>

export interface Published {
  readonly manifest: Manifest
  readonly opened: OpenedManifest
  readonly files: Contents
  readonly app: string
  readonly channel: string
  readonly sequence: number
}

/** What must be there. */
export interface Model {
  readonly releases: Published[]
  installed: Published | undefined
  /** What the app finds: the files of the installed release, or what became of them on the disk. */
  found: Contents
  /** Files of the installed release that were lost: until a call ends they may be there in part. */
  lost: ReadonlySet<string>
  sequence: number
}

/** A disk, which each call opens again. */
export interface Disk {
  readonly open: () => ReleaseStorage
  readonly count: (what: string) => void
}

export const paths: readonly string[] = ['a', 'b/c', 'b/d', 'e/f/g', 'h', 'i']
export const contents: readonly Uint8Array[] = [0, 1, 40, CHUNK, CHUNK + 1, 3 * CHUNK + 7].flatMap((size) => [pattern(size, 1), pattern(size, 2)])
export const APP = 'com.example.app'
async function bytesOf(storage: ReleaseStorage, releaseId: string, path: string): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of storage.read(releaseId, path)) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function filesOf(storage: ReleaseStorage, releaseId: string): Promise<ReadonlyMap<string, Buffer>> {
  const all = new Map<string, Buffer>()
  for (const { path } of await storage.files(releaseId)) all.set(path, await bytesOf(storage, releaseId, path))
  return all
}

/** R82: the installed release is one that was published, whole, but for what was spoilt or lost on the disk. */
export async function expectInstalled(model: Model, { open }: Disk): Promise<void> {
  const { installed, found, lost } = model
  const storage = open()
  const record = await storage.installed()
  expect([record?.releaseId, record?.sequence, record?.app]).toEqual([installed?.opened.releaseId, installed?.sequence, installed?.app])
  if (installed === undefined) return
  const there = await filesOf(storage, installed.opened.releaseId)
  const names = [...there.keys()].filter((path) => !lost.has(path)).sort()
  expect(names).toEqual(Object.keys(found).filter((path) => !lost.has(path)).sort())
  for (const path of names) expect(there.get(path)?.equals(found[path] as Uint8Array), path).toBe(true)
  for (const path of lost) {
    const part = there.get(path)
    if (part === undefined) continue
    const content = installed.files[path] as Uint8Array
    expect(part.equals(content.subarray(0, part.length)), `what is there of ${path}`).toBe(true)
    if (part.length < content.length) continue
    // A call that failed had put it in its place again.
    model.lost = new Set([...model.lost].filter((other) => other !== path))
    model.found = { ...model.found, [path]: content }
  }
  expect((await storage.releases()).length, 'releases that are kept').toBeLessThanOrEqual(4)
}

export async function publish(model: Model, edits: readonly { path: number; content: number; isRemoval: boolean }[], app: string, channel: string, withPrevious: boolean): Promise<void> {
  const last = model.releases.filter((one) => one.app === app && one.channel === channel).at(-1)
  const files: Record<string, Uint8Array> = { ...last?.files }
  for (const { path, content, isRemoval } of edits) {
    if (isRemoval) Reflect.deleteProperty(files, paths[path] as string)
    else files[paths[path] as string] = contents[content] as Uint8Array
  }
  const previous = withPrevious && last && { previous: { manifest: last.manifest, trust: publisher.publicKey } }
  const sequence = ++model.sequence
  const manifest = await release(files, { app, channel, sequence, ...(sequence % 2 === 0 && { compress: 'gzip' }), ...previous })
  model.releases.push({ manifest, files, app, channel, sequence, opened: await opened(manifest, { app, channel }) })
}

/** What must come of a call on a storage and a server that work: the rule of R47 and R82. */
export function verdictOf({ installed, lost }: Model, to: Published, allowRollback: boolean): 'nothing to do' | 'repaired' | 'wrong-app' | 'rollback' | 'installed' {
  if (installed === undefined) return 'installed'
  if (installed.opened.releaseId === to.opened.releaseId) return lost.size === 0 ? 'nothing to do' : 'repaired'
  if (installed.app !== to.app) return 'wrong-app'
  return allowRollback || installed.channel !== to.channel || to.sequence > installed.sequence ? 'installed' : 'rollback'
}

export function becomes(model: Model, to: Published): void {
  if (model.installed === to) for (const path of model.lost) model.found = { ...model.found, [path]: to.files[path] as Uint8Array }
  else model.found = to.files
  model.installed = to
  model.lost = new Set()
}

/** The most that may be fetched: an object for each content that is nowhere, twice where its start was left by a call before. */
export async function missing({ files, opened: { files: list, releaseId } }: Published, storage: ReleaseStorage): Promise<{ readonly objects: number; readonly bytes: number }> {
  const installed = (await storage.installed())?.releaseId
  const others = installed === undefined || installed === releaseId ? [] : [...(await filesOf(storage, installed)).values()]
  const [staged, begun, objects] = [await filesOf(storage, releaseId), new Set<string>(), new Map<string, number>()]
  for (const { path, sha256, object } of list) {
    const isIt = (bytes: Buffer | undefined): boolean => bytes?.equals(files[path] as Uint8Array) === true
    // What an earlier call has left counts in its own place alone.
    if (others.some(isIt) || list.some((other) => other.sha256 === sha256 && isIt(staged.get(other.path)))) continue
    if (staged.has(path)) begun.add(sha256)
    objects.set(sha256, object.size)
  }
  return { objects: objects.size, bytes: [...objects].reduce((sum, [sha256, size]) => sum + size * (begun.has(sha256) ? 3 : 1), 0) }
}

/** With these each run begins. */
export async function begin(count: Disk['count'], open: Disk['open']): Promise<{ readonly model: Model; readonly real: Disk }> {
  const model: Model = { releases: [], installed: undefined, found: {}, lost: new Set(), sequence: 1000 }
  await publish(model, [0, 1, 2].map((path) => ({ path, content: 10 - 3 * path, isRemoval: false })), APP, 'production', false)
  return { model, real: { count, open } }
}
