import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeEach, describe, expect, it } from 'vitest'
import { folderFiles } from '../../src/node.js'
import { temporaryFolder } from '../cli/cli.js'
import { expectRefused, pattern, sameAs } from '../envelope/helpers.js'
import { filesOpenIn } from './helpers.js'
import type { ByteStreamLike, ManifestInput } from '../../src/node.js'

const isPosix = process.platform !== 'win32'
const isLinux = process.platform === 'linux'
let folder: string

beforeEach(() => {
  folder = temporaryFolder()
})

function put(path: string, content: string | Uint8Array = path): string {
  const place = join(folder, path)
  mkdirSync(dirname(place), { recursive: true })
  writeFileSync(place, content)
  return place
}

function open(input: ManifestInput | undefined): ReturnType<ByteStreamLike['getReader']> {
  if (typeof input?.stream !== 'function') throw new Error('expected a function that opens a stream')
  return (input.stream() as ByteStreamLike).getReader()
}

async function contentOf(input: ManifestInput | undefined): Promise<Buffer> {
  const reader = open(input)
  const pieces: Uint8Array[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(pieces)
    pieces.push(value as Uint8Array)
  }
}

describe('folderFiles', () => {
  it('gives every file with its path, size and bytes, in the order of the paths', async () => {
    const large = pattern(700_001)
    put('b/large.bin', large)
    for (const path of ['b.txt', 'a/10.js', 'a/9.js', 'Z', '\u00fc/\u65e5\u672c \ud83d\ude00.txt', '.hidden']) put(path)
    put('empty', '')
    const files = await folderFiles(folder)
    expect(files.map(({ path }) => path)).toEqual(['.hidden', 'Z', 'a/10.js', 'a/9.js', 'b.txt', 'b/large.bin', 'empty', '\u00fc/\u65e5\u672c \ud83d\ude00.txt'])
    for (const file of files) {
      const content = await contentOf(file)
      if (file.path === 'b/large.bin') expect(content).toSatisfy(sameAs(large))
      else expect(content.toString()).toBe(file.path === 'empty' ? '' : file.path)
      expect(file).toMatchObject({ size: content.length })
    }
  })

  it('takes a URL, and reads where it was asked for, whatever the working directory is then', async () => {
    put('a')
    expect((await folderFiles(pathToFileURL(`${folder}/`))).map(({ path }) => path)).toEqual(['a'])
    const home = process.cwd()
    try {
      process.chdir(folder)
      const [file] = await folderFiles('.')
      process.chdir(home)
      expect((await contentOf(file)).toString()).toBe('a')
    } finally {
      process.chdir(home)
    }
  })

  it('of an empty folder is empty; folders that hold nothing are left out', async () => {
    mkdirSync(join(folder, 'a/b'), { recursive: true })
    expect(await folderFiles(folder)).toEqual([])
  })

  it('opens each stream anew', async () => {
    put('a')
    const [file] = await folderFiles(folder)
    expect([await contentOf(file), await contentOf(file)].map(String)).toEqual(['a', 'a'])
  })

  it('fails with the code of the system and the path where there is no folder, or a file can not be read', async () => {
    await expect(folderFiles(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT', path: join(folder, 'none') })
    const [file] = (put('a'), await folderFiles(folder))
    rmSync(join(folder, 'a'))
    await expect(contentOf(file)).rejects.toMatchObject({ code: 'ENOENT', path: join(folder, 'a') })
  })

  it('names the folder that may not be listed', async ({ skip }) => {
    skip(!isPosix || process.getuid?.() === 0, 'here, or as root, every folder may be listed')
    put('sub/a')
    chmodSync(join(folder, 'sub'), 0)
    await expect(folderFiles(folder)).rejects.toMatchObject({ code: 'EACCES', path: join(folder, 'sub') })
    chmodSync(join(folder, 'sub'), 0o700)
  })
})

it.runIf(isPosix)('folderFiles takes a link to the folder itself', async () => {
  put('real/a')
  symlinkSync('real', join(folder, 'link'))
  expect((await contentOf((await folderFiles(join(folder, 'link')))[0])).toString()).toBe('real/a')
})

describe.runIf(isLinux)('an open file', () => {
  it('is closed at its end, when the reader is cancelled, and after a failure', async () => {
    put('a', pattern(600_000))
    const [file] = await folderFiles(folder)
    await contentOf(file)
    expect(filesOpenIn(folder)).toBe(0)
    const reader = open(file)
    await reader.read()
    expect(filesOpenIn(folder)).toBe(1)
    await reader.cancel()
    expect(filesOpenIn(folder)).toBe(0)
    expect(await reader.read()).toMatchObject({ done: true })
    const failing = open(file)
    await failing.read()
    truncateSync(join(folder, 'a'), 300_000)
    await expect((async () => { for (;;) if ((await failing.read()).done) return })()).rejects.toMatchObject({ code: 'input-changed' })
    expect(filesOpenIn(folder)).toBe(0)
  })

  it('is not opened before it is read, nor by cancelling', async () => {
    put('a')
    const [file] = await folderFiles(folder)
    const reader = open(file)
    rmSync(join(folder, 'a'))
    await reader.cancel()
    expect(await reader.read()).toMatchObject({ done: true })
  })
})

describe('refused with bad-path', () => {
  const refused = async (message: RegExp): Promise<void> => expectRefused(async () => folderFiles(folder), 'bad-path', message)

  it.runIf(isPosix)('a symbolic link to a file, a folder, nothing, itself', async () => {
    put('real/a')
    for (const target of ['real/a', 'real', 'nothing', 'link', '/etc/passwd']) {
      symlinkSync(target, join(folder, 'link'))
      await refused(/link is a symbolic link: put the file itself in its place/)
      rmSync(join(folder, 'link'))
    }
  })

  it.runIf(isPosix)('a link that took the place of a file after the folder was listed', async () => {
    const path = put('a')
    put('secret')
    const [file] = await folderFiles(folder)
    renameSync(path, `${path}.away`)
    symlinkSync('secret', path)
    await expectRefused(async () => contentOf(file), 'bad-path', /a is a symbolic link/)
  })

  it.runIf(isPosix)('a link that took the place of a folder after that was listed', async () => {
    put('sub/deep/a')
    put('elsewhere/deep/a', 'secret')
    const file = (await folderFiles(folder)).find(({ path }) => path === 'sub/deep/a')
    renameSync(join(folder, 'sub'), join(folder, 'away'))
    symlinkSync('elsewhere', join(folder, 'sub'))
    await expectRefused(async () => contentOf(file), 'bad-path', /deep is a symbolic link/)
    if (isLinux) expect(filesOpenIn(folder)).toBe(0)
  })

  it.runIf(isPosix)('a pipe and a socket; a pipe that took the place of a file is not waited for', async () => {
    const path = put('a')
    const [file] = await folderFiles(folder)
    rmSync(path)
    execFileSync('mkfifo', [path])
    await refused(/a is neither a file nor a folder: remove it/)
    await expect(contentOf(file)).rejects.toMatchObject({ code: 'EINVAL', path })
    rmSync(path)
    const server = createServer().listen(join(folder, 's'))
    await refused(/s is neither a file nor a folder/)
    server.close()
  })

  it.runIf(isLinux)('names that are no text, that are equal in NFC, and that differ only in case', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.of(0xff)]), '')
    await refused(/no Unicode text: rename it/)
    for (const name of readdirSync(folder, { encoding: 'buffer' })) rmSync(Buffer.concat([Buffer.from(`${folder}/`), name]))
    put('x/caf\u00e9')
    put('x/cafe\u0301')
    await refused(/two entries named caf\u00e9, in two Unicode forms: rename one/)
    rmSync(join(folder, 'x'), { recursive: true })
    put('README')
    put('readme')
    await refused(/can't be in a release: its path differs from another path only in upper and lower case \("README"\): rename it/)
  })

  it.runIf(isLinux)('names that some device can not have, before anything is read', async () => {
    for (const name of ['a\\b', 'a:b', 'con.txt', 'a.', 'tab\t']) {
      put(name, '')
      await refused(/can't be in a release: its path /)
      rmSync(join(folder, name))
    }
    put(Array<string>(65).fill('d').join('/'))
    await refused(/more than 64 parts/)
  })

  it.runIf(isLinux)('and a name that is not in NFC is given in NFC, and read', async () => {
    put('cafe\u0301', 'content')
    const [file] = await folderFiles(folder)
    expect(file?.path).toBe('caf\u00e9')
    expect((await contentOf(file)).toString()).toBe('content')
  })
})
