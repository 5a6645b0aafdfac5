import { describe, expect, test } from 'vitest'
import { encryptManifestForCapgo, verifyAndDecryptCapgoManifest } from '../../src/capgo.js'
import { cliKeyPair } from './helpers.js'
import { all, cliManifest, untilFailure } from './manifest-helpers.js'
import type { CapgoFile } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()
const options = { privateKey, checksumForm: 'V3' } as const
const bytes = Buffer.from('some bytes')
const filesAt = (...paths: readonly string[]): CapgoFile[] => paths.map((path) => ({ path, bytes }))

/** One signed entry, given out under any names: nothing in the format binds them. */
const { sessionKey, entries: [entry] } = cliManifest([{ path: 'a', bytes }], privateKey, 'V3')

async function written(...paths: readonly string[]): Promise<string[]> {
  const { files } = await encryptManifestForCapgo(filesAt(...paths), options)
  return (await all(files)).map(({ file_name }) => file_name)
}

async function refusalToWrite(...paths: readonly string[]): Promise<Awaited<ReturnType<typeof untilFailure>>> {
  return untilFailure((await encryptManifestForCapgo(filesAt(...paths), options)).files)
}

function read(...names: readonly string[]): ReturnType<typeof verifyAndDecryptCapgoManifest> {
  const entries = names.map((file_name) => ({ file_hash: entry?.file_hash ?? '', payload: entry?.payload ?? bytes, file_name }))
  return verifyAndDecryptCapgoManifest(entries, { sessionKey, publicKey })
}

const refused: readonly (readonly [what: string, path: string, message: string])[] = [
  ['nothing', '', 'is empty'],
  ['a slash alone', '/', 'is absolute'],
  ['an absolute path', '/etc/passwd', 'is absolute'],
  ['a drive letter', 'C:/windows', 'is absolute'],
  ['a drive letter without a separator', 'c:file', 'is absolute'],
  ['a share', '\\\\server\\file', 'backslash'],
  ['a backslash', 'a\\b', 'backslash'],
  ['a dot', '.', 'an empty part'],
  ['two dots', '..', 'an empty part'],
  ['a step up', '../a', 'an empty part'],
  ['a step up in the middle', 'a/../b', 'an empty part'],
  ['a dot part', 'a/./b', 'an empty part'],
  ['an empty part', 'a//b', 'an empty part'],
  ['a folder', 'a/', 'an empty part'],
  ['NUL', 'a\0b', 'control character'],
  ['a newline', 'a\nb', 'control character'],
  ['a C1 control', 'a\u0085b', 'control character'],
  ['a lone surrogate', 'a\ud800b', 'surrogate'],
  ['1,025 characters', `${'a/'.repeat(5)}${'b/'.repeat(507)}c`, 'more than 1024 characters'],
  ['33 parts', Array.from({ length: 33 }, () => 'a').join('/'), 'more than 32 parts'],
  ['an escaped step up', '..%2fb', 'escapes of a separator'],
  ['an escaped step up, in capitals', '..%2Fb', 'escapes of a separator'],
  ['escaped dots', '%2e%2e/b', 'escapes of a separator'],
  ['an escaped separator in front', '%2Fa', 'escapes of a separator'],
  ['an escaped backslash', 'a%5cb', 'escapes of a separator'],
  ['an escaped NUL', 'a%00', 'escapes of a separator'],
]

describe.each(refused)('a path that is or has %s', (_what, path, message) => {
  test('is written for nobody', async () => {
    const { before, error } = await refusalToWrite('fine', path)
    expect(before.length).toBe(1)
    expect(error).toMatchObject({ code: 'malformed-release', message: expect.stringContaining(message) as string })
  })

  test.each(['', '.br'])('is not read, with "%s" behind it', async (suffix) => {
    const { before, error } = await untilFailure(read('fine', path + suffix))
    expect(before.length).toBe(1)
    expect(error).toMatchObject({ code: 'malformed-release', message: expect.stringContaining(message) as string })
  })
})

/** What others may have published. */
const refusedToWrite: readonly (readonly [string, string, string])[] = [
  ['a space', 'a b', 'space'],
  ['a no-break space', 'a\u00a0b', 'space'],
  ['a decomposed letter', 'u\u0308', 'NFC'],
  ['a part of 188 bytes', `${'a'.repeat(188)}/b`, 'more than 187 bytes'],
  ['a part of 63 characters and 189 bytes', '日'.repeat(63), 'more than 187 bytes'],
  ['a tilde in front', '~partytown/x.js', 'begins with ~'],
]

describe.each(refusedToWrite)('a path that has %s', (_what, path, message) => {
  test('is not written, but read', async () => {
    const { before, error } = await refusalToWrite('fine', path)
    expect(before.length).toBe(1)
    expect(error).toMatchObject({ code: 'malformed-release', message: expect.stringContaining(message) as string })
    expect((await all(read(path)))[0]?.path).toBe(path)
  })
})

describe('names that end in .br', () => {
  test.each(['a.br', '.br', 'a/.br', 'a.br.br'])('are not written, since devices would cut it off: %s', async (path) => {
    expect((await refusalToWrite(path)).error).toMatchObject({ code: 'malformed-release', message: expect.stringContaining('ends in .br') as string })
  })

  test.each(['.br', 'a/.br', 'a.br.br'])('are not read where nothing is left, or another .br: %s', async (name) => {
    expect((await untilFailure(read(name))).error).toMatchObject({ code: 'malformed-release' })
  })

  test('are other names where it is in capitals', async () => {
    expect(await written('a.BR')).toEqual(['a.BR'])
  })
})

describe('names with escapes', () => {
  test.each(['logo%402x.png', 'a%C3%BC', '%41'])('are not written, since servers would change them: %s', async (path) => {
    expect((await refusalToWrite(path)).error).toMatchObject({ code: 'malformed-release', message: expect.stringContaining('two hex digits') as string })
  })

  test.each(['logo%402x.png', 'a%C3%BC', '%41'])('are read literally: %s', async (name) => {
    expect((await all(read(name)))[0]?.path).toBe(name)
  })

  test.each(['100%', '%zz', 'a%4', 'logo@2x.png', 'ünï', '日本/語.html', '+[1]{2}$!~\'"', 'a?b#c', '...', 'a..b', '-', 'a~/~b', 'a'.repeat(187)])(
    'or without, and with other characters, are written as they are: %s',
    async (path) => {
      expect(await written(path)).toEqual([path])
      expect((await all(read(path)))[0]?.path).toBe(path)
    },
  )
})

const collisions: readonly (readonly [string, string, string])[] = [
  ['the same', 'a/b', 'a/b'],
  ['the same but for the case of letters', 'assets/Main.js', 'assets/main.js'],
  ['the same but for the case of a folder', 'Assets/main.js', 'assets/main.js'],
  ['the same but for the case of letters that are none of ASCII', 'Ünï', 'üNÏ'],
  ['the same but for letters with two small forms', 'straße', 'STRASSE'],
  ['the same but for a capital letter whose small one has two', 'STRA\u1e9eE', 'straße'],
  ['a file and a folder', 'a', 'a/b'],
  ['a folder and a file', 'a/b/c', 'a/b'],
  ['a folder and a file in capitals', 'a/b/c', 'A'],
]

describe.each(collisions)('two paths that are %s', (_what, first, second) => {
  test('are refused at the second', async () => {
    for (const { before, error } of [await refusalToWrite('x', first, second), await untilFailure(read('x', first, second))]) {
      expect(before.length).toBe(2)
      expect(error).toMatchObject({ code: 'malformed-release' })
      expect(error.message).toContain(JSON.stringify(second))
    }
  })
})

test('a compressed file and the same uncompressed are refused', async () => {
  const { before, error } = await untilFailure(read('a', 'a.br'))
  expect(before.length).toBe(1)
  expect(error).toMatchObject({ code: 'malformed-release', message: expect.stringContaining('comes twice') as string })
})

test('folders may share files and names below other folders', async () => {
  const paths = ['a/b/c', 'a/b/d', 'a/c', 'b', 'c/a', 'ab']
  expect(await written(...paths)).toEqual(paths)
})

test('a message shows a hostile name harmlessly, and not all of a long one', async () => {
  const { error } = await untilFailure(read(`\u202e\u2028\u001b[2J${'x'.repeat(5000)}`))
  expect(error.message).toMatch(/^[\x20-\x7e]{20,400}$/)
})

test('100,001 files are refused, at the last', async () => {
  const { pathCheck } = await import('../../src/capgo/manifest-path.js')
  const check = pathCheck('written')
  for (let i = 0; i < 100_000; i++) check(`d/${i}`)
  expect(() => check('one-more')).toThrow('more than 100000 files')
})
