import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { createManifest } from '../../src/build.js'
import { openManifest } from '../../src/manifest.js'
import { folderFetcher, folderFiles, folderObjects } from '../../src/node.js'
import { temporaryFolder } from '../cli/cli.js'
import { expectRefused, pattern } from '../envelope/helpers.js'
import { opening, publishing } from '../manifest/helpers.js'
import { filesOpenIn } from './helpers.js'
import type { ByteStreamLike, FetchObject } from '../../src/node.js'

const isPosix = process.platform !== 'win32'
let folder: string
let objects: string

beforeEach(() => {
  folder = temporaryFolder()
  objects = join(folder, 'new/objects')
})

const nameOf = (text: string): string => createHash('sha256').update(text).digest('hex')

async function put(name: string, content: string): Promise<void> {
  const writer = await folderObjects(objects).create(content.length)
  const middle = Math.floor(content.length / 2)
  await writer.write(Buffer.from(content.slice(middle)), middle)
  await writer.write(Buffer.from(content.slice(0, middle)), 0)
  await writer.finish(name)
}

async function bytesOf(stream: ByteStreamLike): Promise<Buffer> {
  const reader = stream.getReader()
  const pieces: Uint8Array[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(pieces)
    pieces.push(value as Uint8Array)
  }
}

const fetched = async (fetchObject: FetchObject, name: string, start: number, end: number, size = end): Promise<string> =>
  (await bytesOf(await fetchObject({ name, size, range: { start, end } }))).toString()

describe('folderObjects', () => {
  it('makes its folder, and puts each object under its name, whole', async () => {
    await put(nameOf('a'), 'the object')
    expect(readdirSync(objects)).toEqual([nameOf('a')])
    expect(readFileSync(join(objects, nameOf('a')), 'utf8')).toBe('the object')
  })

  it('has nothing under a name before the object is complete, and nothing at all where it is discarded', async () => {
    const writer = await folderObjects(pathToFileURL(objects)).create(6)
    await writer.write(pattern(6), 0)
    expect(readdirSync(objects)).toEqual([expect.stringMatching(/^\.otaseal-[0-9a-f]{24}\.tmp$/)])
    await writer.discard()
    await writer.discard()
    expect(readdirSync(objects)).toEqual([])
  })

  it('replaces what a loss of power has left under a name', async () => {
    await put(nameOf('a'), 'the')
    await put(nameOf('a'), 'the object')
    expect(readFileSync(join(objects, nameOf('a')), 'utf8')).toBe('the object')
  })

  it.runIf(isPosix)('replaces a link under a name, not what it leads to; gives the usual mode', async () => {
    mkdirSync(objects, { recursive: true })
    writeFileSync(join(folder, 'precious'), 'precious')
    symlinkSync(join(folder, 'precious'), join(objects, nameOf('a')))
    const previous = process.umask(0o027)
    await put(nameOf('a'), 'the object').finally(() => process.umask(previous))
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('precious')
    expect(statSync(join(objects, nameOf('a'))).mode & 0o777).toBe(0o640)
  })

  it('refuses a name that is none, and leaves nothing once that is discarded', async () => {
    for (const name of ['../x', 'A'.repeat(64), '', nameOf('a').slice(1), `${nameOf('a')}\n`]) {
      const writer = await folderObjects(objects).create(1)
      await expect(writer.finish(name)).rejects.toThrow(RangeError)
      await writer.discard()
    }
    expect(readdirSync(objects)).toEqual([])
  })

  it('names the folder in errors', async () => {
    writeFileSync(join(folder, 'file'), '')
    const failing = folderObjects(join(folder, 'file')).create(1)
    await expect(failing).rejects.toMatchObject({ code: 'ENOTDIR', path: join(folder, 'file') })
  })

  it('flush fails where an object is gone that should be kept', async () => {
    const store = folderObjects(objects)
    const writer = await store.create(0)
    await writer.finish(nameOf('a'))
    await store.flush()
    const second = await store.create(0)
    await second.finish(nameOf('b'))
    rmSync(join(objects, nameOf('b')))
    await expect(store.flush()).rejects.toMatchObject({ code: 'ENOENT', path: join(objects, nameOf('b')) })
  })

  it('flush fails once where objects of a publish that failed are gone, and knows of them no more', async () => {
    const store = folderObjects(objects)
    const names = Array.from({ length: 40 }, (_, i) => nameOf(String(i)))
    for (const name of names) await (await store.create(0)).finish(name)
    for (const name of names) rmSync(join(objects, name))
    await expect(store.flush()).rejects.toMatchObject({ code: 'ENOENT' })
    await store.flush()
    await (await store.create(0)).finish(nameOf('a'))
    await store.flush()
  })

  it('goes on beside what a crash has left', async () => {
    mkdirSync(objects, { recursive: true })
    writeFileSync(join(objects, `.otaseal-${'0'.repeat(24)}.tmp`), 'half')
    await put(nameOf('a'), 'the object')
    expect(readdirSync(objects).sort()).toEqual([`.otaseal-${'0'.repeat(24)}.tmp`, nameOf('a')])
  })
})

const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs none /mnt'], { stdio: 'ignore' }).status === 0

it('a full disk: ENOSPC, and nothing of the object stays', ({ skip }) => {
  skip(!canMount, 'this machine lets nobody mount a file system of his own')
  const program = `
import { folderObjects } from ${JSON.stringify(new URL('../../dist/node.js', import.meta.url).href)}
import { readdirSync } from 'node:fs'
const writer = await folderObjects('disk').create(2000000)
await writer.write(new Uint8Array(2000000), 0).catch(({ code, path }) => console.log(code, path === process.cwd() + '/disk'))
await writer.discard()
console.log(readdirSync('disk').length)
`
  mkdirSync(join(folder, 'disk'))
  writeFileSync(join(folder, 'p.mjs'), program)
  const { stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', `mount -t tmpfs -o size=1m none disk && '${process.execPath}' p.mjs`], { cwd: folder, encoding: 'utf8' })
  expect(stdout, stderr).toBe('ENOSPC true\n0\n')
})

describe('folderFetcher', () => {
  it('gives a range, and where the object is shorter what there is of it', async () => {
    await put(nameOf('a'), '0123456789')
    const fetchObject = folderFetcher(pathToFileURL(objects))
    expect(await fetched(fetchObject, nameOf('a'), 0, 10)).toBe('0123456789')
    expect(await fetched(fetchObject, nameOf('a'), 3, 5)).toBe('34')
    expect(await fetched(fetchObject, nameOf('a'), 8, 20)).toBe('89')
    expect(await fetched(fetchObject, nameOf('a'), 20, 30)).toBe('')
    expect(await fetched(fetchObject, nameOf('a'), 4, 4)).toBe('')
  })

  it('says which object is not there, and takes no name that is none', async () => {
    const fetchObject = folderFetcher(objects)
    await expectRefused(async () => fetched(fetchObject, nameOf('b'), 0, 1), 'fetch-failed', new RegExp(`there is no object .*${nameOf('b')}`))
    mkdirSync(join(objects, nameOf('b')), { recursive: true })
    await expectRefused(async () => fetched(fetchObject, nameOf('b'), 0, 1), 'fetch-failed')
    await expect(fetched(fetchObject, '../new', 0, 1)).rejects.toThrow(RangeError)
  })

  it('stops at once where the call was stopped', async () => {
    const signal = AbortSignal.abort()
    await expectRefused(async () => folderFetcher(objects)({ name: nameOf('a'), size: 1, range: { start: 0, end: 1 }, signal }), 'aborted')
  })

  it.runIf(process.platform === 'linux')('closes the file of a stream that is cancelled before it is read', async () => {
    await put(nameOf('a'), '0123456789')
    const stream = await folderFetcher(objects)({ name: nameOf('a'), size: 10, range: { start: 0, end: 10 } })
    expect(filesOpenIn(objects)).toBe(1)
    await stream.getReader().cancel()
    expect(filesOpenIn(objects)).toBe(0)
  })
})

it('createManifest has the objects down on the disk before it gives the manifest, and fails where that does', async () => {
  mkdirSync(join(folder, 'from'))
  writeFileSync(join(folder, 'from/a'), 'a')
  const files = await folderFiles(join(folder, 'from'))
  const store = folderObjects(objects)
  const there: number[] = []
  await createManifest(files, publishing({ store: { ...store, flush: async () => store.flush().then(() => void there.push(readdirSync(objects).length)) } }))
  expect(there).toEqual([1])
  const failing = createManifest(files, publishing({ store: { ...store, flush: async () => Promise.reject(new Error('of the disk')) } }))
  await expect(failing).rejects.toThrow('of the disk')
})

const part = fc.stringMatching(/^[a-z0-9][a-z0-9 _\u00e0\u65e5-]{0,7}[a-z0-9]$/).map((text) => text.normalize('NFC')).filter((text) => !/^(com|lpt)\d$|^(con|prn|aux|nul)$/.test(text))
const trees = fc.dictionary(fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.map((each, i) => (i === parts.length - 1 ? `${each}.f` : each)).join('/')), fc.integer({ min: 0, max: 40_000 }), { maxKeys: 8 })

it('any tree goes through folderFiles, createManifest, folderObjects, folderFetcher and openManifest byte for byte', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(trees, fc.boolean(), async (tree, isCompressed) => {
      const from = join(folder, `from${++run}`)
      mkdirSync(from)
      for (const [path, size] of Object.entries(tree)) {
        mkdirSync(dirname(join(from, path)), { recursive: true })
        writeFileSync(join(from, path), isCompressed ? Buffer.alloc(size, path) : pattern(size, size))
      }
      const store = folderObjects(join(folder, `objects${run}`))
      const manifest = await createManifest(await folderFiles(from), publishing({ store, ...(isCompressed && { compress: 'gzip' as const }) }))
      const opened = await openManifest(manifest, opening())
      const fetchObject = folderFetcher(join(folder, `objects${run}`))
      expect(opened.files.map(({ path }) => path).sort()).toEqual(Object.keys(tree).sort())
      for (const { path, object } of opened.files) {
        const bytes = await bytesOf(await fetchObject({ name: object.name, size: object.size, range: { start: 0, end: object.size } }))
        expect(Buffer.from(await opened.decryptObject(path, bytes)).equals(readFileSync(join(from, path)))).toBe(true)
      }
      const names = existsSync(join(folder, `objects${run}`)) ? readdirSync(join(folder, `objects${run}`)) : []
      expect(names.sort()).toEqual(manifest.objects.map(({ name }) => name).sort())
    }),
    { numRuns: 25 },
  )
}, 20_000)
