import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { folderStorage } from '../../src/node.js'
import { pattern } from '../envelope/helpers.js'
import { A, B, expectOutsideUntouched, files, folder, isPosix, outside, place, put, read, release, storage } from './folder-place.js'
import { filesOpenIn } from './helpers.js'
import type { InstalledRelease } from '../../src/node.js'

describe('folderStorage', () => {
  it('has nothing at first', async () => {
    expect(await storage.installed()).toBeUndefined()
    expect([await storage.releases(), await storage.files(A)]).toEqual([[], []])
    await storage.remove(A)
    await storage.remove(A, 'a/b')
  })

  it('keeps files below releases, by their release', async () => {
    await put('index.html', 'one')
    await put('a/b/c.js', 'two')
    await put('index.html', 'three', B)
    expect(storage.releasePath(A)).toBe(join(folder, 'releases', A))
    expect([await read('index.html'), await read('a/b/c.js'), await read('index.html', B)]).toEqual(['one', 'two', 'three'])
    expect((await storage.releases()).toString().split(',').sort()).toEqual([A, B])
    expect(await files()).toEqual({ 'index.html': 3, 'a/b/c.js': 3 })
    await storage.remove(B)
    expect(await storage.releases()).toEqual([A])
  })

  it('writes at positions up to the end, and no further', async () => {
    await put('a', '0123')
    await storage.write(A, 'a', Buffer.from('xy'), 4)
    await storage.write(A, 'a', Buffer.from('-'), 1)
    await storage.write(A, 'a', new Uint8Array(0), 6)
    expect(await read('a')).toBe('0-23xy')
    await expect(storage.write(A, 'a', Buffer.from('z'), 7)).rejects.toThrow(RangeError)
    for (const position of [-1, 0.5, NaN]) await expect(storage.write(A, 'a', Buffer.from('z'), position)).rejects.toThrow(RangeError)
    await storage.write(A, 'empty', new Uint8Array(0), 0)
    expect(await files()).toEqual({ a: 6, empty: 0 })
  })

  it('reads large files in pieces that stay what they are, and closes a file whose loop was left', async () => {
    const bytes = pattern(700_000)
    await storage.write(A, 'a', bytes, 0)
    const pieces: Uint8Array[] = []
    for await (const piece of storage.read(A, 'a')) pieces.push(piece)
    expect(pieces.length).toBeGreaterThan(2)
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true)
    for await (const piece of storage.read(A, 'a')) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    if (process.platform === 'linux') expect(filesOpenIn(folder)).toBe(0)
  })

  it('installs: the record outlives the object, and is replaced by the next', async () => {
    await put('a')
    await storage.install(release)
    expect(readFileSync(join(folder, 'current.json'), 'utf8')).toBe(JSON.stringify(release))
    expect(await folderStorage(pathToFileURL(folder)).installed()).toEqual(release)
    const next = { releaseId: B, app: release.app, version: '1.5.0', sequence: 1001 }
    await storage.install(next)
    expect(await storage.installed()).toEqual(next)
    expect(readdirSync(folder).sort()).toEqual(['current.json', 'releases'])
  })

  it('is reached by a link to the folder itself, and through folders above it that are links', async () => {
    await put('a')
    symlinkSync(folder, join(outside, '../link'))
    const linked = folderStorage(join(outside, '../link'))
    await linked.write(A, 'b/c', Buffer.from('x'), 0)
    expect(await files()).toEqual({ a: 1, 'b/c': 1 })
  })

  it('takes paths of 64 parts, names of 255 bytes, and letters of all kinds', async () => {
    const paths = [Array<string>(64).fill('d').join('/'), 'x'.repeat(255), '\u00fc/\u65e5\u672c \ud83d\ude00.txt', '__proto__', 'constructor']
    for (const path of paths) await put(path)
    expect((await storage.files(A)).map(({ path }) => path).sort()).toEqual([...paths].sort())
    for (const path of paths) expect(await read(path)).toBe(path)
  })

  it('removes the folders that hold nothing any more, and no others', async () => {
    for (const path of ['a/b/c/d', 'a/e', 'f']) await put(path)
    await storage.remove(A, 'a/b/c/d')
    expect([existsSync(place('a/b')), existsSync(place('a'))]).toEqual([false, true])
    await storage.remove(A, 'a/e')
    await storage.remove(A, 'f')
    expect(readdirSync(place(''))).toEqual([])
  })

  it('writes and removes side by side', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `a/b/${i}`)
    await Promise.all(names.flatMap((name, i) => [put(name), storage.remove(A, `a/b/x${i}`)]))
    expect(Object.keys(await files()).sort()).toEqual([...names].sort())
  })

  it('lists a release in which the app makes and removes files all the time', async () => {
    await put('a/b')
    const done = new AbortController()
    const app = (async () => {
      for (let i = 0; !done.signal.aborted; i++) {
        await mkdir(place(`a/${i}`))
        await writeFile(place(`a/${i}/x`), '')
        await rm(place(`a/${i}`), { recursive: true })
      }
    })()
    try {
      for (let i = 0; i < 300; i++) expect(await files()).toMatchObject({ 'a/b': 3 })
    } finally {
      done.abort()
      await app
    }
  })

  it.each(['write', 'exclusive', 'install'] as const)('goes on with %s where its folder was removed', async (first) => {
    await put('a')
    rmSync(folder, { recursive: true })
    expect([await storage.installed(), await storage.releases(), await files()]).toEqual([undefined, [], {}])
    rmSync(folder, { recursive: true })
    if (first === 'exclusive') expect(await storage.exclusive(async () => 1)).toBe(1)
    if (first === 'install') await storage.install(release)
    await put('b')
    expect(await files()).toEqual({ b: 1 })
  })

  it('installs a release of no files: its folder is there', async () => {
    await storage.install(release)
    expect(readdirSync(storage.releasePath(A))).toEqual([])
  })

  it('install removes what killed programs have left of records, once it is old, and nothing else', async () => {
    await put('a')
    const names = [`.otaseal-${'0'.repeat(24)}.tmp`, `.otaseal-${'1'.repeat(24)}.tmp`, '.otaseal-x.tmp', `.otaseal-${'2'.repeat(24)}.tmp`]
    for (const name of names.slice(0, 3)) writeFileSync(join(folder, name), 'x')
    mkdirSync(join(folder, names[3] as string))
    for (const name of names.slice(1)) utimesSync(join(folder, name), 1000, 1000)
    await storage.install(release)
    expect(readdirSync(folder).sort()).toEqual(['current.json', 'releases', ...[names[0], names[2], names[3]]].sort())
  })

  it.runIf(isPosix)('makes files and folders with the usual modes', async () => {
    const previous = process.umask(0o027)
    try {
      await put('a/b')
      await storage.install(release)
    } finally {
      process.umask(previous)
    }
    const modes = [place('a/b'), place('a'), join(folder, 'current.json')].map((path) => statSync(path).mode & 0o777)
    expect(modes).toEqual([0o640, 0o750, 0o640])
  })

  it('fails with the code of the system and the path', async () => {
    await put('a/b')
    await expect(put('a/b/c')).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(put('a')).rejects.toMatchObject({ code: 'EISDIR', path: place('a') })
    await expect(read('none')).rejects.toMatchObject({ code: 'ENOENT', path: place('none') })
    writeFileSync(join(folder, '../file'), '')
    await expect(folderStorage(join(folder, '../file')).files(A)).rejects.toMatchObject({ code: 'ENOTDIR' })
  })
})

describe('what no release can have', () => {
  const paths = ['', '/etc/passwd', '../x', 'a/../b', 'a//b', './a', 'a/', 'a\\b', 'a:b', 'C:/x', 'nul', 'a\0b', 'cafe\u0301', 'a.', `${'d/'.repeat(64)}d`, 'x'.repeat(256)]

  it.each(paths)('the path %j is neither read nor written', async (path) => {
    await expect(put(path, 'x')).rejects.toThrow(RangeError)
    await expect(read(path)).rejects.toThrow(RangeError)
    expect(existsSync(join(folder, 'releases'))).toBe(false)
  })

  it('a path that leads out of the release is not removed', async () => {
    await put('a')
    await storage.install(release)
    for (const path of ['', '.', '..', '../../current.json', 'a/../..', '/a', 'a//b', 'a\0b']) await expect(storage.remove(A, path)).rejects.toThrow(RangeError)
    expect([await files(), (await storage.installed())?.releaseId]).toEqual([{ a: 1 }, A])
  })

  it.each(['', '..', '../outside', 'A'.repeat(64), A.slice(1), `${A}\n`, `${A}/..`])('the releaseId %j', async (releaseId) => {
    const calls = [
      async () => storage.releasePath(releaseId),
      async () => storage.install({ ...release, releaseId }),
      async () => storage.files(releaseId),
      async () => read('a', releaseId),
      async () => put('a', 'x', releaseId),
      async () => storage.remove(releaseId),
    ]
    for (const call of calls) await expect(call()).rejects.toThrow(RangeError)
    expectOutsideUntouched()
  })

  it('a record with wrong members', async () => {
    await put('a')
    for (const wrong of [{ app: '' }, { app: 'a b' }, { version: 5 }, { sequence: -1 }, { sequence: '5' }, { channel: '' }]) {
      await expect(storage.install({ ...release, ...wrong } as InstalledRelease)).rejects.toThrow()
    }
    expect(await storage.installed()).toBeUndefined()
  })
})
