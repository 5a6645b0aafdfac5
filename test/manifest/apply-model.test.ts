/** Whatever happens, in whatever order: what is installed is one release, whole, and a run in which nothing happens ends with the newest. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStorage } from '../../src/manifest.js'
import { CHUNK, pattern } from '../envelope/helpers.js'
import { apply, cut, expectInstalled, serverOf, streamOf, whole } from './applying.js'
import { opened, publisher, release } from './helpers.js'
import type { Manifest } from '../../src/build.js'
import type { MemoryStorage, ReleaseStorage } from '../../src/manifest.js'
import type { Answer } from './applying.js'

/** An edit of a release, as numbers that choose. */
interface Edit {
  readonly path: number
  readonly content: number
  readonly isRemoval: boolean
}

type Operation =
  | { readonly do: 'publish'; readonly edits: readonly Edit[] }
  | { readonly do: 'apply' }
  | { readonly do: 'fail' | 'kill'; readonly call: number; readonly part: number }
  | { readonly do: 'cut' | 'spoil object' | 'withhold'; readonly request: number; readonly at: number }
  | { readonly do: 'spoil file'; readonly release: number; readonly file: number; readonly at: number }

const paths = ['a', 'b/c', 'b/d', 'e/f/g', 'h', 'i']
const contents = [0, 1, 40, CHUNK, CHUNK + 1, 3 * CHUNK + 7].flatMap((size) => [pattern(size, 1), pattern(size, 2)])

const edit = fc.record({ path: fc.nat(paths.length - 1), content: fc.nat(contents.length - 1), isRemoval: fc.boolean() })
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ do: fc.constant('publish' as const), edits: fc.array(edit, { minLength: 1, maxLength: 4 }) }),
  fc.record({ do: fc.constant('apply' as const) }),
  fc.record({ do: fc.constantFrom('fail' as const, 'kill' as const), call: fc.nat(40), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ do: fc.constantFrom('cut' as const, 'spoil object' as const, 'withhold' as const), request: fc.nat(4), at: fc.double({ min: 0, max: 0.99, noNaN: true }) }),
  fc.record({ do: fc.constant('spoil file' as const), release: fc.nat(2), file: fc.nat(5), at: fc.nat(50_000) }),
)

/** What should be there. */
interface Model {
  readonly storage: MemoryStorage
  readonly releases: { readonly manifest: Manifest; readonly files: Record<string, Uint8Array> }[]
  /** What the app finds, spoilt files included. */
  installed: Record<string, Uint8Array>
  sequence: number
}

/** The storage of a program that fails, or is killed, at a call, and then does nothing more. */
function dying(storage: MemoryStorage, { do: how, call, part }: Extract<Operation, { call: number }>, onEnd: () => void): ReleaseStorage {
  let calls = 0
  const step = async <T>(work: () => Promise<T>, partly: () => Promise<void> = async () => undefined): Promise<T> => {
    if (calls++ < call) return work()
    if (how === 'fail') {
      await partly()
      throw new Error('the disk is broken')
    }
    if (calls === call + 1) await partly()
    onEnd()
    return new Promise(() => undefined)
  }
  return {
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
  }
}

async function publish(model: Model, edits: readonly Edit[]): Promise<void> {
  const last = model.releases.at(-1)
  const files = { ...last?.files }
  for (const { path, content, isRemoval } of edits) {
    if (isRemoval) Reflect.deleteProperty(files, paths[path] as string)
    else files[paths[path] as string] = contents[content] as Uint8Array
  }
  const previous = last && { previous: { manifest: last.manifest, trust: publisher.publicKey } }
  model.releases.push({ files, manifest: await release(files, { sequence: ++model.sequence, compress: 'gzip', ...previous }) })
}

function answerOf(what: Operation): Answer {
  return (bytes, request, number) => {
    if (!('request' in what) || number !== what.request) return whole(bytes, request, number)
    if (what.do === 'withhold') throw new Error('it is not there')
    if (what.do === 'cut') return streamOf(cut(bytes.subarray(0, what.at * bytes.length)))
    const spoilt = new Uint8Array(bytes)
    const at = Math.floor(what.at * bytes.length)
    spoilt[at] = (spoilt[at] as number) ^ 1
    return streamOf([spoilt])
  }
}

/** Applies the newest release while something happens; it may or may not get to its end. */
async function applyWith(model: Model, what: Operation): Promise<void> {
  const newest = model.releases.at(-1)
  if (newest === undefined) return
  const manifest = await opened(newest.manifest)
  let end = (): void => undefined
  const killed = new Promise<void>((resolve) => (end = resolve))
  const storage = 'call' in what ? dying(model.storage, what, end) : model.storage
  const server = serverOf(model.releases.map((it) => it.manifest), answerOf(what))
  const run = apply(manifest, storage, server, { attempts: 1, parallel: 2 }).then(
    ({ wasInstalled }) => (wasInstalled ? undefined : 'done'),
    (error: unknown) => expect(what.do, String(error)).not.toBe('apply'),
  )
  await Promise.race([run, killed])
  const installed = await model.storage.installed()
  if (installed?.releaseId !== manifest.releaseId) expect(what.do).not.toBe('apply')
  else if ((await Promise.race([run, killed])) === 'done') model.installed = newest.files
}

async function spoil(model: Model, { release: i, file: j, at }: Extract<Operation, { file: number }>): Promise<void> {
  const { storage } = model
  const id = (await storage.releases())[i]
  const file = id === undefined ? undefined : (await storage.files(id))[j]
  if (id === undefined || file === undefined || file.size === 0) return
  const position = at % file.size
  await storage.write(id, file.path, new Uint8Array([at]), position)
  if ((await storage.installed())?.releaseId !== id) return
  const spoilt = new Uint8Array(model.installed[file.path] as Uint8Array)
  spoilt[position] = at
  model.installed = { ...model.installed, [file.path]: spoilt }
}

test('any operations, faults and kills in any order', { timeout: 60_000 }, async () => {
  let applied = 0
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 3, maxLength: 14 }), async (operations) => {
      const model: Model = { storage: memoryStorage(), releases: [], installed: {}, sequence: 1000 }
      await publish(model, [{ path: 0, content: 3, isRemoval: false }])
      for (const what of operations) {
        if (what.do === 'publish') await publish(model, what.edits)
        else if (what.do === 'spoil file') await spoil(model, what)
        else await applyWith(model, what)
        expectInstalled(model.storage, model.installed)
      }
      await publish(model, [{ path: 1, content: 4, isRemoval: false }])
      await applyWith(model, { do: 'apply' })
      expectInstalled(model.storage, model.releases.at(-1)?.files ?? {})
      applied++
    }),
    { numRuns: Number(process.env['OTASEAL_RUNS'] ?? 60) },
  )
  expect(applied).toBeGreaterThan(0)
})
