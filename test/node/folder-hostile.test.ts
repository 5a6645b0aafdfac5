import { execFileSync } from 'node:child_process'
import { existsSync, linkSync, lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createManifest } from '../../src/build.js'
import { applyManifest, openManifest } from '../../src/manifest.js'
import { folderFetcher, folderFiles, folderObjects } from '../../src/node.js'
import { expectRefused } from '../envelope/helpers.js'
import { opening, publishing } from '../manifest/helpers.js'
import { A, B, expectOutsideUntouched, files, folder, isPosix, outside, place, plant, put, read, release, storage } from './folder-place.js'

describe('a broken current.json', () => {
  const good = JSON.stringify(release)
  it.each([
    ['empty', ''],
    ['cut', good.slice(0, -1)],
    ['with a newline behind it', `${good}\n`],
    ['laid out anew', JSON.stringify(release, null, 1)],
    ['null', 'null'],
    ['a list', '[]'],
    ['not UTF-8', Buffer.of(0x7b, 0xff, 0x7d)],
    ['of zeros, as after a loss of power', Buffer.alloc(170)],
    ['with a releaseId that leads elsewhere', good.replace(A, '../'.repeat(21) + 'x')],
    ['with a releaseId in capitals', good.replace(A, A.toUpperCase())],
    ['without a sequence', good.replace('"sequence":1000,', '')],
    ['with a sequence below 0', good.replace('1000', '-1')],
    ['with a member twice', good.replace('{', '{"sequence":5,')],
    ['with an unknown member', good.replace('}', ',"next":1}')],
    ['longer than any', JSON.stringify({ ...release, version: 'v'.repeat(5000) })],
  ])('%s is refused, and says what to do', async (_, content) => {
    await put('a')
    await storage.install(release)
    writeFileSync(join(folder, 'current.json'), content)
    await expectRefused(async () => storage.installed(), 'bad-storage', /current\.json does not say which release is installed .*put a good copy in its place/)
    await storage.install(release)
    expect(await storage.installed()).toEqual(release)
  })

  it.runIf(isPosix)('a link, a folder or a pipe in its place is refused; a link is replaced, and not followed', async () => {
    await put('a')
    await storage.install(release)
    const current = join(folder, 'current.json')
    renameSync(current, join(outside, 'good'))
    const refused = async (): Promise<void> => expectRefused(async () => storage.installed(), 'bad-storage', /it is no plain file/)
    mkdirSync(current)
    await refused()
    rmSync(current, { recursive: true })
    execFileSync('mkfifo', [current])
    await refused()
    unlinkSync(current)
    symlinkSync(join(outside, 'good'), current)
    await refused()
    unlinkSync(join(outside, 'good'))
    await refused()
    await storage.install(release)
    expect([lstatSync(current).isFile(), await storage.installed()]).toEqual([true, release])
    expectOutsideUntouched()
  })
})

describe.runIf(isPosix)('links that somebody has planted', () => {
  it('in place of files are neither read nor written; they are listed with the size -1, and removed without what they lead to', async () => {
    for (const [name, target] of [['file', join(outside, 'precious')], ['new', join(outside, 'new')], ['folder', outside], ['loop', 'loop']] as const) {
      plant(name, target)
      await expect(put(name, 'evil'), name).rejects.toMatchObject({ code: 'ELOOP', path: place(name) })
      await expect(read(name), name).rejects.toMatchObject({ code: 'ELOOP' })
    }
    expect(await files()).toEqual({ file: -1, new: -1, folder: -1, loop: -1 })
    for (const name of ['file', 'new', 'folder', 'loop']) await storage.remove(A, name)
    expect(await files()).toEqual({})
    expectOutsideUntouched()
  })

  it.each([['to a folder', 'sub'], ['to nothing', 'nothing']])('in place of folders lead nowhere: %s', async (_, target) => {
    plant('a/link', join(outside, target))
    await expect(put('a/link/x', 'evil')).rejects.toMatchObject({ code: 'ELOOP' })
    await expect(put('a/link/y/z', 'evil')).rejects.toMatchObject({ code: 'ELOOP' })
    await expect(read('a/link/x')).rejects.toMatchObject({ code: expect.stringMatching(/ELOOP|ENOENT/) as string })
    await storage.remove(A, 'a/link/x').catch((error: unknown) => expect(error).toMatchObject({ code: 'ELOOP' }))
    expect(await files()).toEqual({ 'a/link': -1 })
    expectOutsideUntouched()
    await storage.remove(A, 'a')
    expectOutsideUntouched()
  })

  it('in place of a release, or of all releases, are refused, and removing removes the link', async () => {
    await put('a')
    symlinkSync(join(outside, 'sub'), place('', B))
    for (const call of [async () => put('x', 'evil', B), async () => files(B), async () => storage.install({ ...release, releaseId: B })]) {
      await expect(call()).rejects.toMatchObject({ code: 'ELOOP' })
    }
    expect(await storage.releases()).toContain(B)
    await storage.remove(B)
    expect(await storage.releases()).toEqual([A])
    rmSync(join(folder, 'releases'), { recursive: true })
    symlinkSync(outside, join(folder, 'releases'))
    for (const call of [async () => put('x', 'evil'), async () => storage.releases(), async () => storage.remove(A)]) {
      await expect(call()).rejects.toMatchObject({ code: 'ELOOP' })
    }
    expectOutsideUntouched()
  })

  it('in a release that is removed are not followed', async () => {
    await put('a/b')
    plant('a/link', outside)
    plant('up', '../../..')
    await storage.remove(A)
    expect(existsSync(place(''))).toBe(false)
    expectOutsideUntouched()
  })

  it('hard links to what is elsewhere are not written through: the file is parted from its other names', async () => {
    await put('a')
    linkSync(join(outside, 'precious'), place('b'))
    await storage.write(A, 'b', Buffer.from('+'), 8)
    await storage.write(A, 'b', Buffer.from('P'), 0)
    expect([await read('b'), await files()]).toEqual(['Precious+', { a: 1, b: 9 }])
    expectOutsideUntouched()
  })

  it('pipes are not waited for, and no file', async () => {
    await put('a')
    execFileSync('mkfifo', [place('pipe')])
    await expect(read('pipe')).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(put('pipe')).rejects.toMatchObject({ code: 'ENXIO' })
    expect(await files()).toEqual({ a: 1, pipe: -1 })
    await storage.remove(A, 'pipe')
    expect(await files()).toEqual({ a: 1 })
  })
})

describe('what somebody has put into a release', () => {
  it('is listed, and removed, whatever its name is', async () => {
    await put('a')
    mkdirSync(place('hollow/sub'), { recursive: true })
    const names = process.platform === 'linux' ? ['a:b', 'cafe\u0301', 'x\\y', 'nul', '.hidden'] : ['.hidden']
    for (const name of names) writeFileSync(place(name), 'x')
    if (process.platform === 'linux') writeFileSync(Buffer.concat([Buffer.from(place('')), Buffer.of(0x78, 0xff)]), '')
    const listed = Object.keys(await files())
    expect(listed).toEqual(expect.arrayContaining([...names, 'a', 'hollow/sub']))
    for (const path of listed) if (path !== 'a') await storage.remove(A, path)
    expect(readdirSync(place(''))).toEqual(['a'])
  })

  it('does not keep a release from being applied: exactly the signed set is there then', async () => {
    const from = join(outside, 'sub')
    for (const path of ['index.html', 'assets/app.js', 'assets/deep/er.txt', 'empty']) {
      mkdirSync(dirname(join(from, path)), { recursive: true })
      writeFileSync(join(from, path), path === 'empty' ? '' : path.repeat(2000))
    }
    const objects = join(outside, 'objects')
    const manifest = await openManifest(await createManifest(await folderFiles(from), publishing({ store: folderObjects(objects) })), opening())
    const { releaseId } = manifest
    const root = join(folder, 'releases', releaseId)
    mkdirSync(join(root, 'index.html/sub'), { recursive: true })
    mkdirSync(join(root, 'more/hollow'), { recursive: true })
    writeFileSync(join(root, 'more/x'), 'x')
    writeFileSync(join(root, 'empty'), 'full')
    if (isPosix) symlinkSync(outside, join(root, 'assets'))
    await applyManifest(manifest, { storage, fetchObject: folderFetcher(objects) })
    expect(readdirSync(root, { recursive: true }).sort()).toEqual(readdirSync(from, { recursive: true }).sort())
    for (const { path } of manifest.files) expect(readFileSync(join(root, path)).equals(readFileSync(join(from, path)))).toBe(true)
    expect(await storage.installed()).toMatchObject({ releaseId, app: 'com.example.app', sequence: 1000 })
    expect(readdirSync(folder).sort()).toEqual(['current.json', 'releases'])
  })
})
