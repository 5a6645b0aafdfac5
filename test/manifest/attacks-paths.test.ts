/** What a publisher tries who is not trusted with the disk, or somebody who has been there before. */
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { applyManifest } from '../../src/manifest.js'
import { folderStorage } from '../../src/node.js'
import { temporaryFolder } from '../cli/cli.js'
import { expectRefused } from '../envelope/helpers.js'
import { serverOf } from './applying.js'
import { entry, opened, release, signedManifest } from './helpers.js'
import type { Files } from './helpers.js'

// R73, R74
describe('Whatever paths a signed manifest has, nothing is written outside', () => {
  const hostile = ['../out', '/out', 'a/../../out', 'a/./b', 'C:/out', 'C:\\out', '..\\out', 'a\\..\\out', '', 'a//b', 'a/', 'con', 'a/nul.txt', 'a:b', 'a\u0000b', 'a.', '\u202etxt', 'e\u0301']
  test.each(hostile.map((path) => [path]))('%j', async (path) => {
    await expectRefused(async () => opened(await signedManifest({ files: [entry(path)] })), 'bad-manifest')
  })

  test('Nor do two paths that a disk takes for one, or a file that is a folder as well', async () => {
    for (const paths of [['a', 'A'], ['a', 'a'], ['a', 'a/b'], ['Straße/x', 'STRASSE/x']]) {
      await expectRefused(async () => opened(await signedManifest({ files: paths.map((path) => entry(path)) })), 'bad-manifest')
    }
    expect((await opened(await signedManifest({ files: [entry('a'), entry('b/c')] }))).files).toHaveLength(2)
  })
})

test.skipIf(process.platform === 'win32')('Links that were planted where a release is put together lead nowhere', async () => {
  const files: Files = { 'a.txt': 'new a', 'folder/b.txt': 'new b', 'folder/deep/c.txt': 'new c' }
  const manifest = await release(files)
  const plants: readonly ((place: string, outside: string) => void)[] = [
    (place, outside) => symlinkSync(join(outside, 'secret'), join(place, 'a.txt')),
    (place, outside) => symlinkSync(join(outside, 'made-by-link'), join(place, 'a.txt')),
    (place, outside) => symlinkSync(outside, join(place, 'folder')),
    (place, outside) => {
      mkdirSync(join(place, 'folder'))
      symlinkSync(outside, join(place, 'folder', 'deep'))
    },
    (place) => mkdirSync(join(place, 'a.txt', 'empty'), { recursive: true }),
    (place) => writeFileSync(join(place, 'folder'), 'a file where a folder must be'),
  ]
  for (const plant of plants) {
    const outside = temporaryFolder()
    writeFileSync(join(outside, 'secret'), 'stays')
    const storage = folderStorage(temporaryFolder())
    const it = await opened(manifest)
    const place = storage.releasePath(it.releaseId)
    mkdirSync(place, { recursive: true })
    plant(place, outside)
    await applyManifest(it, { storage, fetchObject: serverOf([manifest]).fetchObject })
    expect([readdirSync(outside), readFileSync(join(outside, 'secret'), 'utf8')]).toEqual([['secret'], 'stays'])
    for (const [path, content] of Object.entries(files)) expect(readFileSync(join(place, path), 'utf8')).toBe(content)
    expect(existsSync(join(place, 'a.txt', 'empty'))).toBe(false)
  }
})
