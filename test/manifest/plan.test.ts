import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entry, objectsOf, opened, release, signedManifest } from './helpers.js'
import type { HaveFile, ManifestPlan, OpenedManifest } from '../../src/manifest.js'
import type { Files } from './helpers.js'

const digest = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')

/** What is said of files that are there. */
function having(files: Files): HaveFile[] {
  return Object.entries(files).map(([path, content]) => ({ path, sha256: digest(content) }))
}

async function planned(files: Files, have: Iterable<HaveFile>): Promise<ManifestPlan> {
  return (await opened(await release(files))).plan(have)
}

const paths = ({ fetch }: ManifestPlan): (readonly string[])[] => fetch.map((object) => object.paths)

describe('a plan', () => {
  test('of a first release fetches every content once', async () => {
    const manifest = await release({ a: 'one', b: 'two', 'c/d': 'one' })
    const plan = (await opened(manifest)).plan([])
    expect(plan).toMatchObject({ keep: [], copy: [], delete: [] })
    expect(paths(plan)).toEqual([['a', 'c/d'], ['b']])
    const objects = objectsOf(manifest)
    expect(plan.fetch.map(({ name, size }) => [name, size])).toEqual([...objects].map(([name, { length }]) => [name, length]))
    expect(plan.bytes).toBe([...objects.values()].reduce((sum, { length }) => sum + length, 0))
  })

  test('of an empty release deletes everything, and of nothing to nothing does nothing', async () => {
    expect(await planned({}, having({ a: 'one', b: 'two' }))).toEqual({ fetch: [], bytes: 0, keep: [], copy: [], delete: ['a', 'b'] })
    expect(await planned({}, [])).toEqual({ fetch: [], bytes: 0, keep: [], copy: [], delete: [] })
  })

  test('keeps what is there under its path, whatever the case of its digest', async () => {
    const have = having({ a: 'one', b: 'two' }).map(({ path, sha256 }) => ({ path, sha256: sha256.toUpperCase() }))
    expect(await planned({ a: 'one', b: 'two' }, have)).toEqual({ fetch: [], bytes: 0, keep: ['a', 'b'], copy: [], delete: [] })
  })

  test('copies a file that was moved, or is wanted twice', async () => {
    const plan = await planned({ new: 'one', same: 'two', twice: 'two' }, having({ old: 'one', same: 'two' }))
    expect(plan).toEqual({ fetch: [], bytes: 0, keep: ['same'], copy: [{ from: 'old', to: 'new' }, { from: 'same', to: 'twice' }], delete: ['old'] })
  })

  test('lets two files change places', async () => {
    const plan = await planned({ a: 'two', b: 'one' }, having({ a: 'one', b: 'two' }))
    expect(plan).toEqual({ fetch: [], bytes: 0, keep: [], copy: [{ from: 'b', to: 'a' }, { from: 'a', to: 'b' }], delete: [] })
  })

  test('fetches what has changed under its path', async () => {
    const plan = await planned({ a: 'new' }, having({ a: 'old' }))
    expect(plan).toMatchObject({ keep: [], copy: [], delete: [] })
    expect(paths(plan)).toEqual([['a']])
  })

  test('takes a path that is said twice as it is said last', async () => {
    const plan = await planned({ a: 'one', b: 'two' }, [...having({ a: 'one' }), ...having({ a: 'two' })])
    expect(plan).toMatchObject({ keep: [], copy: [{ from: 'a', to: 'b' }], delete: [] })
    expect(paths(plan)).toEqual([['a']])
  })

  test('takes what another manifest lists, and is the same at every call', async () => {
    const [before, after] = await Promise.all([release({ a: 'one', b: 'two' }).then(opened), release({ b: 'two', c: 'one', d: 'new' }).then(opened)])
    const plan = after.plan(before.files)
    expect(plan).toMatchObject({ keep: ['b'], copy: [{ from: 'a', to: 'c' }], delete: ['a'] })
    expect(after.plan(before.files)).toEqual(plan)
    expect(after.plan(new Set(before.files))).toEqual(plan)
    expect(after.plan(after.files)).toEqual({ fetch: [], bytes: 0, keep: ['b', 'c', 'd'], copy: [], delete: [] })
  })

  test('names how an object is encoded', async () => {
    const text = 'compressible '.repeat(200)
    const manifest = await opened(await release({ a: text, b: 'short' }, { compress: 'gzip' }))
    expect(manifest.plan([]).fetch.map(({ encoding }) => encoding)).toEqual(['gzip', undefined])
  })

  test('fetches both objects where a publisher gives two sizes to one digest, of which one can not be', async () => {
    const [a, b] = [entry('a'), entry('b')]
    const plan = (await opened(await signedManifest({ files: [a, { ...b, sha256: a.sha256, size: 9 }] }))).plan([])
    expect(paths(plan)).toEqual([['a'], ['b']])
  })
})

/** What a folder holds once the plan is carried out from an old folder into a new one; digests stand for files. */
function carriedOut({ fetch, copy, keep }: ManifestPlan, have: ReadonlyMap<string, string>, { files }: OpenedManifest): Map<string, string> {
  const after = new Map<string, string>()
  const put = (path: string, sha256: string | undefined): void => {
    if (sha256 === undefined || after.has(path)) throw new Error(`${path} comes twice, or from nowhere`)
    after.set(path, sha256)
  }
  for (const path of keep) put(path, have.get(path))
  for (const { from, to } of copy) put(to, have.get(from))
  const byObject = new Map(files.map(({ sha256, object }) => [object.name, sha256]))
  for (const object of fetch) for (const path of object.paths) put(path, byObject.get(object.name))
  return after
}

/** The same in one folder: all that is read is read before anything is written. */
function carriedOutInPlace(plan: ManifestPlan, have: ReadonlyMap<string, string>, manifest: OpenedManifest): Map<string, string> {
  const after = new Map([...have, ...carriedOut(plan, have, manifest)])
  for (const path of plan.delete) if (!after.delete(path)) throw new Error(`${path} is not there`)
  return after
}

const someFiles = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd/e', 'd/f', 'g'), fc.constantFrom('', '1', '2', '3', '4'), { maxKeys: 6 })

test('a plan, carried out, gives exactly the files of the release, and fetches each content that is nowhere once', async () => {
  await fc.assert(
    fc.asyncProperty(someFiles, someFiles, async (before, wanted) => {
      const manifest = await opened(await release(wanted))
      const have = new Map(having(before).map(({ path, sha256 }) => [path, sha256]))
      const plan = manifest.plan(having(before))
      const signed = having(wanted).map(({ path, sha256 }): [string, string] => [path, sha256])
      expect(carriedOut(plan, have, manifest)).toEqual(new Map(signed))
      expect(carriedOutInPlace(plan, have, manifest)).toEqual(new Map(signed))
      const there = new Set(have.values())
      expect(plan.fetch.length).toBe(new Set(signed.map(([, sha256]) => sha256).filter((sha256) => !there.has(sha256))).size)
      const sizes = new Map(plan.fetch.map(({ name, size }) => [name, size]))
      expect(plan.bytes).toBe([...sizes.values()].reduce((sum, size) => sum + size, 0))
    }),
    { numRuns: 200 },
  )
})
