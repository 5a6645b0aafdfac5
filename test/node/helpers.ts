import { createHash } from 'node:crypto'
import { createReadStream, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, vi } from 'vitest'
import { temporaryFolder } from '../cli/cli.js'
import { CHUNK } from '../envelope/helpers.js'
import type { EncryptOptions, FileOptions } from '../../src/node.js'
import type { TestSigner } from '../envelope/signers.js'

/** An empty folder to work in, and inside of it the one where the system's temporary files go meanwhile. */
export interface Place {
  readonly folder: string
  readonly path: (name: string) => string
  /** Writes a file and gives its path. */
  readonly put: (name: string, bytes: Uint8Array | string, mode?: number) => string
  readonly read: (name: string) => Buffer
  /** Mode bits. */
  readonly mode: (name: string) => number
  /** All that is there: kind, mode, content, and for files the time of the last change. */
  readonly state: () => Readonly<Record<string, string>>
  /** Paths of temporary files, in both folders. */
  readonly temporaries: () => readonly string[]
}

const TMP = 'tmp'

afterEach(() => vi.unstubAllEnvs())

export function makePlace(): Place {
  const folder = temporaryFolder()
  const path = (name: string): string => join(folder, name)
  mkdirSync(path(TMP))
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(name, path(TMP))
  const names = (): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return {
    folder,
    path,
    put: (name, bytes, mode = 0o644) => {
      writeFileSync(path(name), bytes, { mode })
      return path(name)
    },
    read: (name) => readFileSync(path(name)),
    mode: (name) => lstatSync(path(name)).mode & 0o7777,
    state: () => Object.fromEntries(names().map((name) => [name, stateOf(path(name))])),
    temporaries: () => names().filter((name) => /(^|[/\\])\.otaseal-[^/\\]*\.tmp$/.test(name)).map(path),
  }
}

function stateOf(path: string): string {
  const stats = lstatSync(path)
  const mode = (stats.mode & 0o7777).toString(8)
  if (stats.isSymbolicLink()) return `link to ${readlinkSync(path)}`
  if (!stats.isFile()) return `${stats.isDirectory() ? 'folder' : 'special'} ${mode}`
  const hash = stats.mode & 0o400 ? createHash('sha256').update(readFileSync(path)).digest('base64url') : 'unreadable'
  return `file ${mode} ${stats.size} ${hash} ${stats.mtimeMs}`
}

/** What {@link call} fails with, once it is sure that it left nothing behind and changed nothing. */
export async function failureIn(place: Place, call: () => Promise<unknown>): Promise<Error & { readonly code?: unknown }> {
  const before = place.state()
  const error: unknown = await call().then(
    () => new Error('expected a failure, but the call returned'),
    (reason: unknown) => reason,
  )
  expect(place.state(), String(error)).toEqual(before)
  expect(error).toBeInstanceOf(Error)
  return error as Error
}

export async function expectFailure(place: Place, call: () => Promise<unknown>, code: string): Promise<void> {
  const error = await failureIn(place, call)
  expect(error.code, String(error)).toBe(code)
}

/** What the devices of `accepting` accept. */
export function publishing(signer: TestSigner, more: Partial<EncryptOptions & FileOptions> = {}): EncryptOptions & FileOptions {
  return {
    signer: signer.privateKey,
    app: 'com.example.app',
    version: '1.4.0',
    sequence: 1000,
    channel: 'production',
    chunkSize: CHUNK,
    ...more,
  }
}

/** A function output, and what it got: each piece copied, and its memory then used for something else. */
export function makeSink(then: () => unknown = () => undefined): {
  readonly write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>
  readonly pieces: readonly Buffer[]
  readonly bytes: () => Buffer
} {
  const pieces: Buffer[] = []
  return {
    pieces,
    write: async (bytes) => {
      pieces.push(Buffer.from(bytes))
      await then()
      bytes.fill(0xee)
    },
    bytes: () => Buffer.concat(pieces),
  }
}

/**
 * A file as a web stream. `Readable.toWeb` makes one too, but where that is cancelled while its Node stream is about to
 * flow again, Node ends the program: https://github.com/nodejs/node/issues/64529.
 */
export function streamOfFile(path: string): ReadableStream<Uint8Array> {
  const stream = createReadStream(path)
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = (await pieces.next()) as IteratorResult<Uint8Array, undefined>
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
    cancel: () => void stream.destroy(),
  })
}

/** How many files below a folder this process holds open, on Linux. */
export function filesOpenIn(folder: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(`${folder}/`)
    } catch {
      // That of the listing itself.
      return false
    }
  }).length
}
