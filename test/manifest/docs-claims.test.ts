import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../../src/index.js'
import { pathProblem } from '../../src/format/path.js'
import { CHUNKS_MAX, FILES_MAX, FOLDERS_MAX, MANIFEST_SIZE_MAX, NAME_SIZE_MAX, PATH_NAMES_MAX, PATH_SIZE_MAX } from '../../src/format/limits.js'
import { MEMORY_MAX } from '../../src/publish/read-file.js'
import { createManifest } from '../../src/build.js'
import { applyManifest, memoryStorage } from '../../src/manifest.js'
import { inputs, objectsOf, opened, publisher, publishing, release } from './helpers.js'

/* What docs/manifests.md says, held against the code. */

const textOf = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')
const page = textOf('../../docs/manifests.md')

/** The rows of the first table below a heading, as cells. */
function rowsBelow(heading: string): readonly (readonly string[])[] {
  const [, table = ''] = page.slice(page.indexOf(`\n${heading}\n`)).split(/\n\|[-|]+\|\n/)
  const lines = table.slice(0, table.indexOf('\n\n')).split('\n')
  return lines.map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()))
}

const numberOf = (text: string): number => Number(text.replaceAll(',', ''))

describe('attacks', () => {
  const rows = rowsBelow('## Attacks')
  const tests = readdirSync(fileURLToPath(new URL('.', import.meta.url))).filter((name) => /^attacks.*\.test\.ts$/.test(name))
  const source = tests.map((name) => textOf(name)).join('\n')
  /** Tests, and groups of them, that stand by themselves. */
  const titles = [...source.matchAll(/^(?:test|describe)\b(?:\.\w+\([^\n]*?\))?\('([^'\n]+)', /gm)].map(([, title]) => title)

  test('that are tested are those of the page, each in a row of its own, by the title of its test', () => {
    expect(titles.length).toBeGreaterThan(10)
    expect(rows.map((cells) => cells[3]).sort()).toEqual([...titles].sort())
  })

  test('are refused with codes that there are, and that their tests demand', () => {
    for (const [, , code = '', title = ''] of rows) {
      const codes = code === 'no error' ? [] : code.replaceAll('`', '').split(', ')
      expect(codes.filter((name) => !errorCodes.some((known) => known === name))).toEqual([])
      const [body = ''] = source.split(`'${title}', `)[1]?.split(/\n\}\)\n/) ?? []
      if (codes.length === 1) expect(body).toContain(`'${codes[0] as string}'`)
    }
  })
})

test('the limits are those of the table', () => {
  const [files, list, file, path] = rowsBelow('## Limits').map(([, limit = '']) => [...limit.matchAll(/[\d,]*\d/g)].map(([text]) => numberOf(text)))
  for (const most of [FILES_MAX, FOLDERS_MAX]) expect(files).toEqual([most])
  expect(list).toEqual([MANIFEST_SIZE_MAX / 2 ** 20])
  expect(file).toEqual([CHUNKS_MAX, (CHUNKS_MAX * 262_144) / 2 ** 30, (CHUNKS_MAX * 16_384) / 2 ** 30])
  expect(path).toEqual([PATH_SIZE_MAX, PATH_NAMES_MAX, NAME_SIZE_MAX])
  expect(page).toContain(`Files above ${MEMORY_MAX / 2 ** 20} MiB are read twice, and are not compressed`)
})

test('the characters and names that the page has as refused are refused in paths', () => {
  const [, list = ''] = /Refused are: (.+?) control\s+characters/s.exec(page) ?? []
  const characters = [...list.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text)
  expect(characters).toHaveLength(10)
  for (const text of characters) expect(pathProblem(text.startsWith('.') ? `a/${text}/b` : `a${text}b`)).toBeDefined()
  const [, names = ''] = /that Windows reserves\s\((.+?), \.\.\.\)/s.exec(page) ?? []
  for (const [, name = ''] of names.matchAll(/`(\w+)`/g)) expect(pathProblem(`${name}.txt`)).toBeDefined()
  expect(names).not.toBe('')
})

test('the functions of a storage are those of the table', () => {
  const named = rowsBelow('## Storage for other platforms').map(([call = '']) => /^`(\w+)\(/.exec(call)?.[1])
  const { contents, ...storage } = memoryStorage()
  expect(named.sort()).toEqual(Object.keys(storage).sort())
  expect(contents().size).toBe(0)
})

test('what applyManifest takes is in the table, with its defaults', () => {
  const rows = rowsBelow('## Install')
  expect(rows.flatMap(([name = '']) => [...name.matchAll(/`(\w+)`/g)].map(([, option]) => option))).toEqual([
    'storage', 'fetchObject', 'parallel', 'attempts', 'retryDelay', 'allowRollback', 'onProgress', 'signal',
  ])
  const source = textOf('../../src/manifest/apply-job.ts')
  const defaults = rows.filter(([, , left = '']) => /^[\d.]+$/.test(left)).map(([name = '', , left = '']) => `${name.replaceAll('`', '')}${name.includes('Delay') ? ': delay' : ''} = ${left}`)
  expect(defaults).toHaveLength(3)
  for (const written of defaults) expect(source).toContain(written)
})

describe('what is not protected', () => {
  const shared = { 'shared.js': 'the same in both', 'changed.js': 'one' }

  test('two releases name the objects that they share, and what a server sees says nothing but that', async () => {
    const one = await release(shared)
    const two = await createManifest(inputs({ ...shared, 'changed.js': 'two' }), publishing({ sequence: 1001, previous: { manifest: one, trust: publisher.publicKey } }))
    const [first, second] = [one, two].map(({ objectList }) => (JSON.parse(objectList) as { readonly objects: readonly string[] }).objects)
    expect(first?.filter((name) => second?.includes(name) === true)).toHaveLength(1)
    expect(objectsOf(two).size).toBe(1)
  })

  test('installed files are not checked again', async () => {
    const manifest = await release(shared)
    const storage = memoryStorage()
    const { releaseId } = await applyManifest(await opened(manifest), { storage, fetchObject: async ({ name, range: { start, end } }) => new Blob([objectsOf(manifest).get(name)?.subarray(start, end) as Uint8Array<ArrayBuffer>]).stream() })
    await storage.write(releaseId, 'changed.js', Buffer.from('two'), 0)
    const again = await applyManifest(await opened(manifest), { storage, fetchObject: async () => Promise.reject(new Error('nothing is fetched')) })
    expect(again.wasInstalled).toBe(true)
    expect(Buffer.from(storage.contents().get('changed.js') as Uint8Array).toString()).toBe('two')
  })
})
