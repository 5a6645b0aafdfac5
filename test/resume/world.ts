import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { openEnvelope } from '../../src/index.js'
import { accepting, pattern, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { honestAnswer, serve } from './cutting-server.js'
import { exampleOn } from './example.js'
import { mortalFiles } from './mortal-files.js'
import type { ByteRange, ChunkSize, Envelope, OpenedEnvelope } from '../../src/index.js'
import type { Answer, Asked } from './cutting-server.js'
import type { Death } from './mortal-files.js'

const signer = freshEd25519()

/** What a publisher has published. */
export interface Release extends Envelope {
  readonly bundle: Uint8Array<ArrayBuffer>
  readonly chunkSize: ChunkSize
}

/** A release whose bundle has no chunk that another's has. */
export async function releaseOf(size: number, chunkSize: ChunkSize, number: number): Promise<Release> {
  const bundle = pattern(size, number)
  return { ...(await seal(signer, bundle, { chunkSize, sequence: 1000 + number })), bundle, chunkSize }
}

/** A device that updates itself by the documented example, and a server. */
export interface World {
  /** The release that the server has now. */
  release: Release
  /** Changes an honest answer to a request for a part of the payload; it may switch `release` for the next one. */
  tamper: (answer: Answer, asked: ByteRange, opened: OpenedEnvelope) => Answer
  /** The ranges of the payload that were asked for. */
  readonly asked: readonly ByteRange[]
  readonly pauses: number[]
  readonly folder: string
  /** Where the bundle is to be in the end. */
  readonly final: string
  /** Where the download of the release is meanwhile, and its index; of the last run. */
  readonly kept: () => { readonly part: string; readonly index: string }
  /** One process from its start to its end; gives why it ended before the bundle stood under its name. */
  readonly run: (death?: Death) => Promise<unknown>
  /** Aborts the signal of the process that is running. */
  readonly stop: (reason?: unknown) => void
  readonly close: () => Promise<void>
}

export async function makeWorld(release: Release): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'otaseal-resume-'))
  const final = join(folder, 'bundle.zip')
  const asked: ByteRange[] = []
  const problems: unknown[] = []
  const client: { opened?: OpenedEnvelope; release: Release; stop: AbortController } = { release, stop: new AbortController() }
  const kept = (): ReturnType<World['kept']> => {
    const name = join(folder, `bundle-${client.opened?.releaseId ?? ''}`)
    return { part: `${name}.part`, index: `${name}.index` }
  }
  const answer = (request: Asked): Answer => {
    if (request.name === 'head.json') return { body: Buffer.from(world.release.head) }
    const honest = honestAnswer(world.release.payload, request)
    if (request.range === undefined || client.opened === undefined) throw new Error('only parts are asked for')
    asked.push(request.range)
    try {
      expectNeeded(request.range, client.opened, client.release, kept())
      expectNothingWrong(world)
    } catch (error) {
      problems.push(error)
    }
    return world.tamper(honest, request.range, client.opened)
  }
  const server = await serve(answer)
  const update = async (death: Death | undefined): Promise<void> => {
    client.stop = new AbortController()
    const { signal } = client.stop
    const { files } = mortalFiles(death, world.stop)
    client.release = world.release
    const head = await (await fetch(`${server.url}head.json`)).text()
    client.opened = await openEnvelope(head, accepting(signer, { signal }))
    const part = await exampleOn(files, world.pauses)(client.opened, `${server.url}payload.bin`, folder, signal)
    await files.rename(part, final)
  }
  const world: World = {
    release,
    tamper: (honest) => honest,
    asked,
    pauses: [],
    folder,
    final,
    kept,
    run: async (death) => {
      const outcome = await update(death).then(() => undefined, (error: unknown) => error)
      if (problems.length > 0) throw problems[0]
      expectNothingWrong(world)
      return outcome
    },
    stop: (reason) => client.stop.abort(reason),
    close: async () => {
      await server.close()
      rmSync(folder, { recursive: true })
    },
  }
  return world
}

const bytesOf = (path: string): Buffer => (existsSync(path) ? readFileSync(path) : Buffer.alloc(0))

/** Numbers of the chunks that are on the disk as they must be, found by comparing them with the original. */
export function chunksOnDisk(path: string, { bundle, chunkSize }: Release): Set<number> {
  const disk = bytesOf(path)
  const found = new Set<number>()
  for (let i = 0; i * chunkSize <= bundle.length; i++) {
    const [start, end] = [i * chunkSize, Math.min((i + 1) * chunkSize, bundle.length)]
    if (disk.subarray(start, end).equals(bundle.subarray(start, end))) found.add(i)
  }
  return found
}

/** A request must be for an index that the disk lacks, or for one of the longest runs of chunks that it lacks. */
function expectNeeded(range: ByteRange, opened: OpenedEnvelope, release: Release, { part, index }: ReturnType<World['kept']>): void {
  const { indexRange } = opened
  if (range.start === 0) {
    expect(range).toEqual(indexRange)
    expect(bytesOf(index).equals(release.payload.subarray(0, indexRange.end)), 'the index is on the disk').toBe(false)
    return
  }
  const found = chunksOnDisk(part, release)
  const needed: ByteRange[] = []
  for (let i = 0; i < opened.chunks; i++) {
    if (found.has(i)) continue
    const { start, end } = opened.chunkRange(i)
    const last = needed.at(-1)
    if (last?.end === start) needed[needed.length - 1] = { start: last.start, end }
    else needed.push({ start, end })
  }
  expect(needed, 'nothing is asked for that is on the disk, nor in more requests than it takes').toContainEqual(range)
}

/** Under the final name there is nothing, or a whole bundle; and nothing lies about that belongs to no download. */
function expectNothingWrong({ final, folder, release }: World): void {
  if (existsSync(final)) expect(readFileSync(final).equals(release.bundle), 'the bundle under its final name').toBe(true)
  expect(readdirSync(folder).filter((name) => !/^bundle(\.zip|-[0-9a-f]{64}\.(part|index))$/.test(name))).toEqual([])
}
